"""PlatformIO development platform of the virtual boards; everything is in builder/main.py."""

from platformio.platform.base import PlatformBase


class TinymlvirtualPlatform(PlatformBase):
    """The class that PlatformIO derives from the platform's name."""
