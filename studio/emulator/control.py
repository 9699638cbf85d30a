"""Control requests to a running virtual board, and its state file."""

import json
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio.errors import DeviceError
from studio.paths import boards_dir
from studio.types import Axis, VirtualBoard

ANSWER_S = 30.0


def read_state(path: Path) -> VirtualBoard | None:
    """Return what a state file says, or None if there is none or it is damaged."""
    try:
        table = json.loads(path.read_bytes())
        return VirtualBoard(
            name=str(table["name"]),
            pid=int(table["pid"]),
            board=str(table["board"]),
            serial_port=int(table["serial_port"]),
            control_port=int(table["control_port"]),
            token=str(table["token"]),
            pty=str(table["pty"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find(name: str, *, state: Path | None = None) -> VirtualBoard:
    """Return the board of this name as its state file describes it.

    Raises
    ------
    DeviceError
        If no such board was started.
    """
    found = read_state((state or boards_dir()) / f"{name}.json")
    if found is None:
        raise DeviceError(
            f"No virtual board {name!r} is running.",
            f"Start it: tinyml-studio boards start --name {name}",
        )
    return found


def serial_socket(board: VirtualBoard, *, timeout_s: float = 10.0) -> socket.socket:
    """Open a board's serial port as a plain socket; the caller closes it.

    Raises
    ------
    DeviceError
        If the board does not answer.
    """
    try:
        return socket.create_connection(("127.0.0.1", board.serial_port), timeout_s)
    except OSError as error:
        raise _silent(board, error) from error


def _silent(board: VirtualBoard, error: OSError | str) -> DeviceError:
    return DeviceError(
        f"The virtual board {board.name!r} does not answer: {error}.",
        f"Start it again: tinyml-studio boards start --name {board.name}",
    )


class Control:
    """Control requests to one board, each over a connection of its own.

    Parameters
    ----------
    board : VirtualBoard
    timeout_s : float
        How long one answer may take.
    """

    def __init__(self, board: VirtualBoard, *, timeout_s: float = ANSWER_S) -> None:
        self.board = board
        self._timeout_s = timeout_s

    def flash(self, path: Path) -> Mapping[str, Any]:
        """Write an ELF or BIN image to flash and start it.

        Returns
        -------
        mapping
            `kind`, `sha256`, `flash_bytes`, `static_ram_bytes`.

        Raises
        ------
        DeviceError
            If the image is damaged or does not fit; the old one keeps running.
        """
        image: Mapping[str, Any] = self._ask("flash", path=str(Path(path).resolve()))["image"]
        return image

    def reset(self) -> None:
        """Start the program anew; revives the core after a fault, rewinds the sensor."""
        self._ask("reset")

    def stop(self) -> None:
        """End the board's process."""
        self._ask("stop")

    def sensor_file(
        self,
        path: Path,
        *,
        sample_rate_hz: float | None = None,
        axes: Sequence[Axis] = (),
        repeat: bool = False,
    ) -> None:
        """Play a recording: `.npy`, `(readings, axes)`, int16 or float32, or 16-bit `.wav`.

        It is held at reading 0 until the program takes its first reading.

        Raises
        ------
        DeviceError
            If the file cannot be played.
        """
        request: dict[str, Any] = {"file": str(Path(path).resolve()), "repeat": repeat}
        if sample_rate_hz is not None:
            request["sample_rate_hz"] = sample_rate_hz
        self._ask("sensor", **request, axes=_rows(axes))

    def sensor_generator(
        self,
        kind: str,
        *,
        sample_rate_hz: float = 16000.0,
        dtype: str = "int16",
        axes: Sequence[Axis] = (),
        amplitude: float = 0.5,
        frequency_hz: float = 440.0,
        seed: int = 0,
    ) -> None:
        """Feed the sensor from a generator: `sine`, `noise` or `silence`, without end.

        Parameters
        ----------
        kind : str
        amplitude : float
            Of full scale for int16, absolute for float32.
        frequency_hz : float
            Of a sine; axis n is n radians ahead.
        seed : int
            Of noise.

        Raises
        ------
        DeviceError
            If there is no such generator or a setting is out of range.
        """
        self._ask(
            "sensor",
            generator=kind,
            sample_rate_hz=sample_rate_hz,
            dtype=dtype,
            axes=_rows(axes),
            amplitude=amplitude,
            frequency_hz=frequency_hz,
            seed=seed,
        )

    def counters(self) -> Mapping[str, Any]:
        """Return counts since reset.

        Returns
        -------
        mapping
            `instructions`, `cycles` (without sleep), `time_cycles` and `seconds` (virtual time),
            `stack_bytes` (most used), `marks` (list of `mark`, `instructions`, `cycles`; the
            newest 4096), `serial` (`sent`, `discarded`, `waiting` bytes) and `sensor` (`position`,
            `dropped`, `held`, `ended`).
        """
        return self._ask("counters")

    def info(self) -> Mapping[str, Any]:
        """Return what runs: `running`, `fault`, `image`, `sensor`, `serial_connected`, ..."""
        return self._ask("info")

    def fault(self) -> Mapping[str, Any] | None:
        """Return why the core stopped, or None.

        Returns
        -------
        mapping or None
            `reason`, `pc`, `lr`, `sp`, `function` (around PC) and `caller` (around LR: who called,
            unless the function itself has made a call since).
        """
        fault: Mapping[str, Any] | None = self._ask("fault")["fault"]
        return fault

    def _ask(self, do: str, **fields: Any) -> dict[str, Any]:
        request = {"token": self.board.token, "do": do, **fields}
        address = ("127.0.0.1", self.board.control_port)
        try:
            with socket.create_connection(address, self._timeout_s) as connection:
                connection.sendall(json.dumps(request).encode() + b"\n")
                line = connection.makefile("rb").readline()
            if not line:
                raise _silent(self.board, "it closed the connection")
        except OSError as error:
            raise _silent(self.board, error) from error
        return _accepted(self.board, line)


def _rows(axes: Sequence[Axis]) -> list[dict[str, str]]:
    return [{"name": axis.name, "units": axis.units} for axis in axes]


def _accepted(board: VirtualBoard, line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
        accepted = answer.pop("ok")
    except (ValueError, AttributeError, KeyError) as error:
        raise DeviceError(
            f"What answers on the control port of {board.name!r} is no virtual board.",
            f"Start it again: tinyml-studio boards start --name {board.name}",
        ) from error
    if not accepted:
        raise DeviceError(str(answer.get("message", "The virtual board refused.")))
    return dict(answer)
