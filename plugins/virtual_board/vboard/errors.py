"""The two ways in which something ends early."""


class BoardError(Exception):
    """A request that cannot be met; its text is for the person who asked."""


class Halted(Exception):
    """Raised in the core's thread when someone wants it to stop."""


class Fault(Exception):
    """The program on the board did something that the hardware refuses."""
