"""The board: core, peripherals and virtual time together; what control requests act on."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vboard.errors import BoardError, Fault, Halted
from vboard.image import load_image
from vboard.machine import CORES, Machine
from vboard.sensor import Sensor
from vboard.serial_port import SerialPort
from vboard.sources import open_source

log = logging.getLogger("virtual_board")
MARKS = 4096
"""As many marks are kept, newest ones."""
LAG_S = 0.5
"""With the clock held, a delay beyond this is forgotten instead of caught up."""
DEFAULT_SENSOR = {"generator": "sine"}


@dataclass(frozen=True, slots=True)
class Spec:
    """What the board file says."""

    id: str
    core: str
    clock_hz: int
    flash_bytes: int
    ram_bytes: int


class Board:
    """A virtual board.

    Parameters
    ----------
    spec : Spec
    hook : the compiled block counter or None
    real_time : bool
        Hold virtual time to the clock.
    lossy, serial_port
        See `SerialPort`.
    """

    def __init__(
        self, spec: Spec, *, hook: Any, real_time: bool, lossy: bool, serial_port: int = 0
    ) -> None:
        self.spec = spec
        self.real_time = real_time
        self.lossy = lossy
        self._changed = threading.Condition(threading.RLock())
        self.serial = SerialPort(self._changed, lossy=lossy, port=serial_port)
        self.machine = Machine(
            spec.core,
            spec.flash_bytes,
            spec.ram_bytes,
            read=self._read,
            write=self._write,
            hook=hook,
        )
        self._requests = threading.Lock()
        self._generation = 1
        self._sensor = Sensor(*open_source(DEFAULT_SENSOR), clock_hz=spec.clock_hz)
        self._pending: Sensor | None = None
        self._registers = dict.fromkeys((0x000, 0x008, 0x010, 0x108, 0x110, 0x204), 0)
        self._marks: deque[dict[str, int]] = deque(maxlen=MARKS)
        self._slept = 0
        self._origin = (0.0, 0)
        self._fruitless = 0
        self._woken = False
        self._readers: dict[int, Callable[[], int]] = {
            0x010: lambda: self._registers[0x010],
            0x014: lambda: self.serial.waiting,
            0x104: self._read_generation,
            0x110: lambda: self._registers[0x110],
            0x114: lambda: 0 if self._pending else self._sensor.level(self.now),
            0x118: lambda: self._sensor.dropped,
            0x200: self._read_cycles,
            0x204: lambda: self._registers[0x204],
            0x208: lambda: spec.clock_hz,
        }
        self._writers = self._commands()

    def _commands(self) -> dict[int, Callable[[int], None]]:
        """Return what happens when the program writes to a register, by its address."""
        return {
            0x004: self._transmit,
            0x00C: self._receive,
            0x100: self._describe,
            0x10C: self._take_readings,
            0x20C: self._sleep,
            0x210: self._mark,
            0x214: self._fail,
        }

    @property
    def now(self) -> int:
        """Virtual time in cycles since reset."""
        return self.machine.counter.cycles + self._slept

    # Control requests. Each holds `_requests`, so two clients cannot interleave.

    def flash(self, data: bytes) -> None:
        """Check an image, write it to flash and start it.

        Raises
        ------
        BoardError
            If it cannot run here; the old one then keeps running.
        """
        image = load_image(data, self.spec.flash_bytes, self.spec.ram_bytes)
        with self._requests:
            self._halt()
            self.machine.load(image)
            self._start()

    def reset(self) -> None:
        """Start the program in flash anew; revives the core after a fault."""
        with self._requests:
            self._halt()
            self._start()

    def halt(self) -> None:
        """Stop the core for good."""
        with self._requests:
            self._halt()

    def connect_sensor(self, settings: Mapping[str, Any]) -> None:
        """Connect another sensor; it is held at its first reading.

        Raises
        ------
        BoardError
            If the file or the settings are no good.
        """
        sensor = Sensor(*open_source(settings), clock_hz=self.spec.clock_hz)
        with self._requests, self._changed:
            self._pending = sensor
            self._generation += 1
            self._woken = True
            self._changed.notify_all()

    def counters(self) -> dict[str, Any]:
        """Return counts since reset, the marks, and where the sensor is."""
        with self._changed:
            sensor = self._pending or self._sensor
            return {
                "instructions": self.machine.counter.instructions,
                "cycles": self.machine.counter.cycles,
                "time_cycles": self.now,
                "seconds": self.now / self.spec.clock_hz,
                "stack_bytes": self.machine.stack_bytes(),
                "marks": list(self._marks),
                "serial": {
                    "sent": self.serial.sent,
                    "discarded": self.serial.discarded,
                    "waiting": self.serial.waiting,
                },
                "sensor": {
                    "position": sensor.position,
                    "dropped": sensor.dropped,
                    "held": sensor.held,
                    "ended": sensor.ended,
                },
            }

    def info(self) -> dict[str, Any]:
        """Return what runs and what is connected."""
        image = self.machine.image
        description = (self._pending or self._sensor).description
        return {
            "board": self.spec.id,
            "clock_hz": self.spec.clock_hz,
            "running": self.machine.running,
            "fault": self.machine.fault.as_dict() if self.machine.fault else None,
            "image": image
            and {
                "kind": image.kind,
                "sha256": image.sha256,
                "flash_bytes": len(image.flash),
                "static_ram_bytes": image.static_ram_bytes,
            },
            "real_time": self.real_time,
            "lossy": self.lossy,
            "serial_connected": self.serial.connected,
            "counter": self.machine.counter.kind,
            "sensor": {
                "sample_rate_hz": description.sample_rate_hz,
                "dtype": description.dtype,
                "axes": [{"name": name, "units": units} for name, units in description.axes],
            },
        }

    def _halt(self) -> None:
        waker = threading.Thread(target=self._wake_until_halted, daemon=True)
        waker.start()
        self.machine.halt()
        waker.join()

    def _wake_until_halted(self) -> None:
        while self.machine.running:
            with self._changed:
                self._changed.notify_all()
            time.sleep(0.005)

    def _start(self) -> None:
        with self._changed:
            self.serial.clear()
            self.serial.sent = self.serial.discarded = 0
            self._sensor = self._pending or self._sensor
            self._pending = None
            self._sensor.rewind()
            self._registers = dict.fromkeys(self._registers, 0)
            self._marks.clear()
            self._slept = self._fruitless = 0
            self._origin = (time.monotonic(), 0)
        self.machine.reset()

    # Registers; called in the core's thread.

    def _check(self) -> None:
        if self.machine.halting:
            raise Halted

    def _read(self, offset: int) -> int:
        reader = self._readers.get(offset)
        if reader is None:
            raise Fault(f"read of register 0x{offset:03x}, which does not exist")
        return reader() & 0xFFFFFFFF

    def _write(self, offset: int, value: int) -> None:
        writer = self._writers.get(offset)
        if writer is not None:
            writer(value & 0xFFFFFFFF)
        elif offset in (0x000, 0x008, 0x108):
            self._registers[offset] = value & 0xFFFFFFFF
        else:
            raise Fault(f"write to register 0x{offset:03x}, which does not exist")

    def _transmit(self, count: int) -> None:
        self._check()
        if count:
            data = self.machine.read_memory(self._registers[0x000], count)
            self.serial.send(data, self._check)

    def _receive(self, limit: int) -> None:
        self._check()
        data = self.serial.take(limit) if self.serial.waiting else b""
        if data:
            self._fruitless = 0
            self.machine.write_memory(self._registers[0x008], data)
        self._registers[0x010] = len(data)

    def _read_generation(self) -> int:
        with self._changed:
            self._adopt()
            return self._generation

    def _describe(self, address: int) -> None:
        with self._changed:
            self._adopt()
            packed = self._sensor.description.pack()
        self.machine.write_memory(address, packed)

    def _adopt(self) -> None:
        if self._pending is not None:
            self._sensor = self._pending
            self._pending = None

    def _take_readings(self, limit: int) -> None:
        self._check()
        if self.real_time:
            with self._changed:
                self._hold()
        with self._changed:
            if self._pending is not None:
                self._registers[0x110] = 0
                return
            data = self._sensor.take(self.now, limit)
            size = self._sensor.description.reading_bytes
        self._registers[0x110] = len(data) // size
        if data:
            self._fruitless = 0
            self.machine.write_memory(self._registers[0x108], data)

    def _read_cycles(self) -> int:
        now = self.now
        self._registers[0x204] = now >> 32
        return now

    def _mark(self, number: int) -> None:
        counter = self.machine.counter
        self._marks.append(
            {
                "mark": number,
                "instructions": counter.instructions,
                "cycles": counter.cycles,
                "stack_bytes": self.machine.stack_depth(),
            }
        )

    def _fail(self, code: int) -> None:
        if code == 0x100:
            raise Fault("main returned")
        raise Fault(f"the program reported exception {code}")

    # Time.

    def _sleep(self, readings: int) -> None:
        """Move time to the next event: at once if nobody minds, else as the clock goes."""
        with self._changed:
            limit = self.now + self.spec.clock_hz
            local = (time.monotonic(), self.now)
            while not self.serial.waiting and not self._woken:
                self._check()
                event = self._next_event(readings)
                if event is not None and event <= self.now:
                    self._fruitless += 1
                    return
                target = min(limit, limit if event is None else event)
                if target <= self.now:
                    return
                if self.real_time:
                    self._wait(self._origin, target)
                elif event is None or not self.serial.connected:
                    self._wait(local, target)
                else:
                    self._slept += target - self.now
            self._woken = False

    def _next_event(self, readings: int) -> int | None:
        """Return when as many readings wait, or None if the program cannot wait for that.

        A program that sleeps for readings which are there and does not take them would spin.
        """
        if not readings or self._pending is not None or self._fruitless > 1:
            return None
        if self._sensor.level(self.now) >= readings:
            return self.now
        return self._sensor.when(readings)

    def _wait(self, origin: tuple[float, int], target: int) -> None:
        """Let time pass by the clock until `target` or until something changes."""
        host, cycles = origin
        clock = self.spec.clock_hz
        due = host + (target - cycles) / clock
        delay = due - time.monotonic()
        if delay > 0:
            self._changed.wait(delay)
        elif delay < -LAG_S and self.real_time:
            self._origin = (time.monotonic(), target)
        reached = min(target, cycles + int((time.monotonic() - host) * clock) + 1)
        self._slept += max(0, (target if delay <= 0 else reached) - self.now)

    def _hold(self) -> None:
        """Wait while virtual time is ahead of the clock: the core is faster than a real one."""
        host, cycles = self._origin
        ahead = host + (self.now - cycles) / self.spec.clock_hz - time.monotonic()
        while ahead > 0.001:
            self._check()
            self._changed.wait(min(ahead, 0.1))
            ahead = host + (self.now - cycles) / self.spec.clock_hz - time.monotonic()


def read_spec(table: Mapping[str, Any]) -> Spec:
    """Take what matters here from a board file.

    Raises
    ------
    BoardError
        If it lacks a value or is for a core that is not emulated.
    """
    try:
        spec = Spec(
            str(table["id"]),
            str(table["core"]),
            int(table["clock_hz"]),
            int(table["flash_bytes"]),
            int(table["ram_bytes"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BoardError(f"The board file lacks or misstates {error}.") from error
    if spec.core not in CORES:
        raise BoardError(f"A {spec.core} core is not emulated; {', '.join(CORES)} are.")
    for name in ("flash_bytes", "ram_bytes"):
        size = getattr(spec, name)
        if size <= 0 or size % 4096 or size > 64 << 20:
            raise BoardError(f"{name} is {size}; it must be a multiple of 4096 up to 64 MiB.")
    return spec


def image_bytes(path: Path) -> bytes:
    """Read an image file.

    Raises
    ------
    BoardError
        If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise BoardError(f"{path} cannot be read: {error.strerror}.") from error
