"""What damaged lines of text say, by the bytes that went out instead of them."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from board_peers import Session, measured

Place = tuple[int, int]
"""Session and reading."""
_BETWEEN = re.compile(r"[,;\t \r]+")
_ALIKE = re.compile(r"[-+.0-9eE]+")


class Damage:
    """The rows that damaged lines can be read as, each of them once.

    Parameters
    ----------
    sessions : sequence of Session
        What the device printed.
    counted : bool
        Whether a line begins with its count.
    scale : float
        What was printed, times this, is what the device measured.
    """

    def __init__(self, sessions: Sequence[Session], *, counted: bool, scale: float) -> None:
        self._sessions = sessions
        self._counted = counted
        self._scale = scale
        self._rows: dict[bytes, list[Place]] | None = None

    def said(self, row: np.ndarray, before: Place | None, after: Place | None) -> bool:
        """Say whether a damaged line between two others says a row; it does so only once.

        Parameters
        ----------
        row : ndarray (n_axes,)
            As the device would have measured it.
        before, after : Place or None
            The lines that the rows around it were printed in; None: there is none.
        """
        if self._rows is None:
            self._rows = {}
            for place, read in self._read(len(row)):
                self._rows.setdefault(read.tobytes(), []).append(place)
        places = self._rows.get(np.ascontiguousarray(row).tobytes(), [])
        first = before or (-1, 0)
        last = after or (self._sessions[-1].number + 1, 0)
        found = next((place for place in places if first <= place <= last), None)
        if found is not None:
            places.remove(found)
        return found is not None

    def _read(self, n_axes: int) -> Iterator[tuple[Place, np.ndarray]]:
        """Yield what damaged lines say, together with the line behind if they lost their end."""
        rest = b""
        for one in self._sessions:
            cut = {0} if rest else set()
            for index in sorted(cut | {k + i for k in one.damaged for i in (0, 1)}):
                if index and index - 1 not in one.damaged:
                    rest = b""
                if index == one.readings or (index not in one.damaged and not rest):
                    continue
                *lines, rest = (rest + self._went(one, index, n_axes)).split(b"\n")
                for line in lines:
                    numbers = self._numbers(line, n_axes)
                    if numbers is not None:
                        yield (one.number, index), numbers
            # a reset cuts no line: the first one behind it may be read with what has lost its end
            rest = rest if one.readings - 1 in one.damaged else b""

    def _went(self, session: Session, index: int, n_axes: int) -> bytes:
        """Return the bytes that went out as a line."""
        if index in session.damaged:
            return session.damaged[index]
        values = measured(session.number, index, 1, n_axes)[0] / self._scale
        count = [str(index)] if self._counted else []
        return ",".join(count + [f"{value:.3f}" for value in values]).encode() + b"\r\n"

    def _numbers(self, line: bytes, n_axes: int) -> np.ndarray | None:
        """Return what a line says, as the device would have measured it; None: no row."""
        fields = [field for field in _BETWEEN.split(line.decode("latin-1")) if field]
        if len(fields) != n_axes + self._counted or not all(map(_ALIKE.fullmatch, fields)):
            return None
        try:
            values = np.array([float(field) for field in fields[int(self._counted) :]])
        except ValueError:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            as_held = values.astype(np.float32).astype(np.float64)
            return np.rint(as_held * self._scale).astype(np.int64)
