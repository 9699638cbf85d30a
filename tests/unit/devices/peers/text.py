"""Plays a board that prints its readings as text, as sketches for the data forwarder and the
Arduino plotter do. It begins by itself, greets, and cannot be stopped.

Run it: it prints the port to open, then plays until it is ended.
"""

try:
    from peers.uart import Peer, parser, serve, settings, signal_values
except ImportError:  # run as a program
    from uart import Peer, parser, serve, settings, signal_values

FORMS = ("commas", "tabs", "semicolons", "spaces", "named", "pairs", "counted", "timed")
NAMES_EVERY = 100


class TextPeer(Peer):
    """A board that prints.

    Parameters
    ----------
    form : str
        One of `FORMS`: numbers between one of four separators; `named` by a line with units
        now and then; `name:value` pairs; a column that counts the readings (`counted`,
        without a name) or tells milliseconds (`timed`).
    greeting : bytes
        What it prints after a reset.
    """

    def __init__(self, *, form: str = "commas", greeting: bytes = b"", **given: object) -> None:
        super().__init__(**given)  # type: ignore[arg-type]
        self.form = form
        self._greeting = greeting
        self.say_after: dict[int, bytes] = {}
        """Lines to print before readings."""

    tells_damage = True

    def boot(self) -> None:
        self.uart.send(self._greeting)
        self.begin()

    def _names(self) -> bytes:
        """The line of names, which it says every now and then."""
        if self.form == "named":
            names = [f"acc{chr(88 + i)} [m/s2]" for i in range(self.n_axes)]
            return ", ".join(names).encode() + b"\r\n"
        names = ["millis", *(f"a{i}" for i in range(self.n_axes))]
        return ",".join(names).encode() + b"\r\n"

    def encode(self, first: int) -> bytes:
        values = signal_values(self.session, first, 1, self.n_axes)[0] / 8
        numbers = [f"{value:.3f}" for value in values]
        if self.form == "pairs":
            line = "\t".join(f"axis_{i}:{number}" for i, number in enumerate(numbers))
        elif self.form == "counted":
            line = ",".join([str(first), *numbers])
        elif self.form == "timed":
            line = ",".join([str(1000 + round(first * 1000 / self.rate_hz)), *numbers])
        else:
            separators = {"tabs": "\t", "semicolons": ";", "spaces": " "}
            line = separators.get(self.form, ",").join(numbers)
        before = self.say_after.pop(first, b"")
        if self.form in ("named", "timed") and first % NAMES_EVERY == 0:
            before = self._names()
        return before + line.encode() + b"\r\n"


if __name__ == "__main__":
    options = parser("Plays a board that prints its readings.")
    options.add_argument("--form", choices=FORMS, default="commas")
    given = options.parse_args()
    serve(TextPeer(form=given.form, **settings(given)), given.seconds)
