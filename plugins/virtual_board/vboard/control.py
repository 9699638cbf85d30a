"""Control requests: one JSON object per line over loopback TCP, one answer per line."""

import hmac
import json
import logging
import socket
import socketserver
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vboard.board import Board, image_bytes
from vboard.errors import BoardError
from vboard.state import State

log = logging.getLogger("virtual_board")
MAX_LINE = 65536


class Control:
    """Answers requests about a board.

    Parameters
    ----------
    board : Board
    state : State
    token : str
        Every request must carry it: other users of the computer can reach the port.
    """

    def __init__(self, board: Board, state: State, *, token: str, port: int = 0) -> None:
        self._board = board
        self._state = state
        self._token = token
        self.stop_requested = threading.Event()
        self._requests: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "info": lambda _: self._board.info(),
            "flash": self._flash,
            "reset": self._reset,
            "stop": self._stop,
            "sensor": self._sensor,
            "counters": lambda _: self._board.counters(),
            "fault": self._fault,
        }
        control = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    while line := self.rfile.readline(MAX_LINE):
                        self.wfile.write(control.answer(line) + b"\n")
                except OSError:
                    log.debug("a control client went away")

        self._server = _Server(("127.0.0.1", port), Handler)
        self.port: int = self._server.server_address[1]

    def serve(self) -> None:
        """Answer in the background."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, line: bytes) -> bytes:
        """Return the answer to one request line; never raises for what a request holds."""
        try:
            request = json.loads(line)
            result = {"ok": True, **self._act(request)}
        except BoardError as error:
            result = {"ok": False, "message": str(error)}
        except (ValueError, RecursionError):
            result = {"ok": False, "message": "The request is not a JSON object on one line."}
        return json.dumps(result).encode()

    def _act(self, request: object) -> dict[str, Any]:
        if not isinstance(request, dict):
            raise BoardError("The request is not a JSON object.")
        token = str(request.get("token", ""))
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise BoardError("The request does not carry this board's token.")
        action = self._requests.get(str(request.get("do")))
        if action is None:
            known = ", ".join(self._requests)
            raise BoardError(f"There is no request {request.get('do')!r}; there are {known}.")
        return action(request)

    def _flash(self, request: Mapping[str, Any]) -> dict[str, Any]:
        data = image_bytes(Path(str(request.get("path", ""))))
        self._board.flash(data)
        self._state.save_flash(data)
        return {"image": self._board.info()["image"]}

    def _reset(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        self._board.reset()
        return {}

    def _stop(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        self.stop_requested.set()
        return {}

    def _sensor(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self._board.connect_sensor(request)
        return {"sensor": self._board.info()["sensor"]}

    def _fault(self, _request: Mapping[str, Any]) -> dict[str, Any]:
        return {"fault": self._board.info()["fault"]}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    address_family = socket.AF_INET
