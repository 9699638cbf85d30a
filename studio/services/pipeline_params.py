"""What can be set about the parts of a pipeline that are no plugins, as Params classes."""

from dataclasses import dataclass

from studio.params import param

MAX_MS = 600_000.0


@dataclass(frozen=True, slots=True)
class WindowParams:
    """How much of the signal is judged at once, and how often."""

    window_ms: float = param(
        1000.0,
        "Window length",
        units="ms",
        low=1,
        high=MAX_MS,
        help="Stretch of signal that one decision is made from: as long as what is to be told "
        "apart, such as a word or one swing of a movement.",
    )
    stride_ms: float = param(
        500.0,
        "Window stride",
        units="ms",
        low=1,
        high=MAX_MS,
        help="Time from one window's start to the next one's. A shorter stride decides more often "
        "and leaves less time for each decision.",
    )


@dataclass(frozen=True, slots=True)
class DecisionParams:
    """How the model's scores become decisions."""

    threshold: float = param(
        0.6,
        "Threshold",
        low=0.0,
        high=1.0,
        help="The mean score that a label needs. Below it nothing is decided.",
    )
    smoothing: int = param(
        3,
        "Windows averaged",
        units="windows",
        low=1,
        high=100,
        help="The mean of so many windows is judged. More make fewer false alarms and answer "
        "later.",
    )
