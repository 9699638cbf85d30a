"""What the axes of a signal are called wherever one is drawn: one name for one scale."""

from studio.gui.texts import tr
from studio.types import Axis

FULL_SCALE = 32768.0
"""How far 16 bits reach: sound is shown in the readings that the firmware sees."""
_SOUND_UNITS = "wav"


def is_sound(axis: Axis) -> bool:
    """Whether an axis is sound: whole numbers of 16 bits."""
    return axis.units == _SOUND_UNITS or axis.name == "audio"


def axis_title(axis: Axis) -> str:
    """Return the words at a plot's left: the unit, or what is measured where it has none."""
    return tr("16-bit readings") if is_sound(axis) else axis.units or axis.name
