"""The work of the worker processes: which function answers which request.

`tinyml-studio worker training` may load TensorFlow, `tinyml-studio worker data` never does.
"""

from collections.abc import Callable, Mapping
from typing import Any

from studio.errors import ConfigError
from studio.events import Reporter
from studio.jobs import serve_worker
from studio.services import apart

Work = Callable[[Mapping[str, Any], Reporter], Mapping[str, Any]]


def _train(request: Mapping[str, Any], report: Reporter) -> Mapping[str, Any]:
    from studio.learning import training

    return training.train(request, report)


def _score(request: Mapping[str, Any], report: Reporter) -> Mapping[str, Any]:
    from studio.learning import training

    return training.score(request, report)


def _sketch(request: Mapping[str, Any], report: Reporter) -> Mapping[str, Any]:
    from studio.learning import training

    return training.sketch(request, report)


def _dataset(request: Mapping[str, Any], report: Reporter) -> Mapping[str, Any]:
    from studio.services import dataset

    return dataset.work(request, report)


WORK: dict[str, dict[str, Work]] = {
    "training": {"train": _train, "score": _score, "sketch": _sketch},
    "data": {"dataset": _dataset, apart.CALL: apart.work},
}


def main(kind: str) -> int:
    """Be the worker of a kind until its one request is done; return the exit code."""

    def work(request: dict[str, Any], report: Reporter) -> Mapping[str, Any]:
        wanted = str(request.get("do"))
        try:
            function = WORK[kind][wanted]
        except KeyError as error:
            raise ConfigError(f"There is no {kind} worker that can do {wanted!r}.") from error
        return function(request, report)

    return serve_worker(work)
