"""Services that keep an interpreter busy for seconds, called in a process of their own.

A window that did such work in a thread would hang every few milliseconds, since only one thread of
a process runs Python at a time. The function, what it is given and what it returns travel pickled:
both ends are this program, and nothing but the pipe between them is read.
"""

import base64
import pickle
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from studio.events import Reporter
from studio.jobs import run_worker

T = TypeVar("T")
CALL = "call"
PATIENCE_S = 20.0
"""How long what is half done may take to be kept or taken back, once the person asks to stop."""


def apart(work: Callable[..., T], *given: object, report: Reporter, **named: object) -> T:
    """Call a service in the data worker, as if it were called here.

    Parameters
    ----------
    work : callable
        A function of a module, which takes `report` by name.
    given, named
        What else it takes; like its result, anything that can be pickled.

    Raises
    ------
    StudioError
        What the service raises, or a `ToolError` if the worker died.
    Cancelled
        If the person stopped it: the service heard of it from its reporter, as it would here.
    """
    call = _packed(partial(work, *given, **named))
    done = run_worker("data", {"do": CALL, CALL: call}, report, patience_s=PATIENCE_S)
    returned: T = _unpacked(done["returned"])
    return returned


def work(request: Mapping[str, Any], report: Reporter) -> dict[str, Any]:
    """Make the call that was asked for (in the data worker)."""
    return {"returned": _packed(_unpacked(request[CALL])(report=report))}


def _packed(what: object) -> str:
    return base64.b64encode(pickle.dumps(what)).decode()


def _unpacked(text: str) -> Any:
    return pickle.loads(base64.b64decode(text))
