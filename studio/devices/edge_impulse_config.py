"""What a board with Edge Impulse's firmware answers to `AT+CONFIG?`."""

import re
from dataclasses import dataclass

from studio.errors import DeviceError

DEFAULT_BAUD = 115200
_SECTION = re.compile(r"^=+ *(.*?) *=+$")
_SENSOR = re.compile(
    r"name:\s*(?P<name>.+?),\s*max sample length:\s*(?P<longest>[\d.]+)\s*s,"
    r"\s*frequencies:\s*\[(?P<rates>[^\]]*)\]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor, or several read together, as the board offers it."""

    name: str
    longest_s: float
    rates_hz: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """What a board says about itself."""

    id: str
    board: str
    version: tuple[int, ...]
    """Of the AT commands."""
    baud: int
    """Speed at which it can send recordings."""
    connected: bool
    """Whether it is connected to a network, to which it would send its recordings."""
    sensors: tuple[Sensor, ...]

    def sensor(self, name: str) -> Sensor:
        """Return a sensor by its name or a part of it, the first one if no name is given.

        Raises
        ------
        DeviceError
            If there is no such sensor.
        """
        wanted = name.strip().lower()
        for found in (
            [sensor for sensor in self.sensors if sensor.name.lower() == wanted],
            [sensor for sensor in self.sensors if wanted in sensor.name.lower()],
        ):
            if found:
                return found[0]
        names = ", ".join(repr(sensor.name) for sensor in self.sensors)
        if not self.sensors:
            raise DeviceError(
                "The board lists no sensors.", "Flash its Edge Impulse firmware anew."
            )
        raise DeviceError(f"The board has no sensor {name!r}.", f"It has: {names}.")


def read_config(text: str) -> Config:
    """Return what the answer says; what it leaves out is empty."""
    sections: dict[str, dict[str, str]] = {}
    fields: dict[str, str] = {}
    sensors: dict[str, Sensor] = {}
    for line in map(str.strip, text.splitlines()):
        heading = _SECTION.match(line)
        if heading:
            fields = sections.setdefault(heading[1].lower(), {})
            continue
        offered = _SENSOR.search(line)
        if offered:
            rates = tuple(float(rate) for rate in _NUMBER.findall(offered["rates"]))
            longest = _NUMBER.match(offered["longest"])
            name = offered["name"]
            sensors.setdefault(name, Sensor(name, float(longest[0]) if longest else 0.0, rates))
            continue
        key, colon, value = line.partition(":")
        if colon:
            fields[key.strip().lower()] = value.strip()
    device = sections.get("device info", {})
    baud = device.get("data transfer baudrate", "")
    return Config(
        id=device.get("id", ""),
        board=device.get("type", ""),
        version=tuple(int(part) for part in re.findall(r"\d{1,4}", device.get("at version", ""))),
        baud=int(baud) if re.fullmatch(r"\d{1,8}", baud) else DEFAULT_BAUD,
        connected=sections.get("wifi", {}).get("connected") == "1",
        sensors=tuple(sensors.values()),
    )
