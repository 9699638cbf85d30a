"""Files read ahead of their turn by a few threads, as far as memory allows."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from studio.errors import PluginError, ProjectError, StudioError
from studio.services.import_find import Found
from studio.services.import_fit import options_for
from studio.types import Imported, ImportOptions

_THREADS = 4
_SHARE_FILES = 32
_SHARE_BYTES = 4 << 20
_AHEAD_BYTES = 64 << 20

Outcome = list[Imported] | StudioError
"""The stretches of a file, or why it could not be read."""


@dataclass(frozen=True, slots=True)
class _Share:
    """Some small files, or a large one: what a thread reads in one go."""

    files: list[Found]
    size: int
    reading: "Future[list[Outcome]]"


def read_ahead(files: Sequence[Found], options: ImportOptions) -> Iterator[tuple[Found, Outcome]]:
    """Yield the files in their order with what they hold."""
    ahead: deque[_Share] = deque()
    waiting = 0
    with ThreadPoolExecutor(_THREADS) as threads:
        try:
            for share, size in _shares(files):
                while ahead and (len(ahead) > 2 * _THREADS or waiting + size > _AHEAD_BYTES):
                    waiting -= ahead[0].size
                    yield from _each(ahead.popleft())
                ahead.append(_Share(share, size, threads.submit(_read, share, options)))
                waiting += size
            while ahead:
                yield from _each(ahead.popleft())
        finally:
            for left in ahead:
                left.reading.cancel()


def _each(share: _Share) -> Iterator[tuple[Found, Outcome]]:
    yield from zip(share.files, share.reading.result(), strict=True)


def _shares(files: Sequence[Found]) -> Iterator[tuple[list[Found], int]]:
    share: list[Found] = []
    size = 0
    for file in files:
        if share and (len(share) >= _SHARE_FILES or size + file.size > _SHARE_BYTES):
            yield share, size
            share, size = [], 0
        share.append(file)
        size += file.size
    if share:
        yield share, size


def _read(files: Sequence[Found], options: ImportOptions) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for file in files:
        try:
            outcomes.append(_stretches(file, options))
        except StudioError as error:
            outcomes.append(error)
    return outcomes


def _stretches(file: Found, options: ImportOptions) -> list[Imported]:
    try:
        found: list[Imported] = file.importer().read(file.path, options_for(file, options))
    except StudioError:
        raise
    except OSError as error:
        raise ProjectError(
            f"{file.path.name} cannot be read: {error.strerror or error}.", "Check the file."
        ) from error
    except Exception as error:  # an importer is a plugin: its fault costs one file
        raise PluginError(
            f"The importer could not cope with {file.path.name}: {type(error).__name__}: {error}.",
            "The file is damaged, or of a kind that the importer does not know.",
        ) from error
    return found
