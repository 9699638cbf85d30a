"""What common USB ids stand for, where no board file says it.

An id names a board, or only the chip that carries the serial line: then which board is behind it
cannot be told, and the speed of the line matters (a bridge), while a board that is a USB device
itself ignores it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UsbId:
    """What is behind an id."""

    title: str
    bridge: bool = False
    """Whether it carries a serial line, so that the speed matters."""


_ARDUINO = {
    # the last two digits tell the board, the first two which program it runs
    0x5A: "Arduino Nano 33 BLE (Sense)",
    0x5B: "Arduino Portenta H7",
    0x5D: "Arduino Edge Control",
    0x5E: "Arduino Nano RP2040 Connect",
    0x5F: "Arduino Nicla Vision",
    0x64: "Arduino Opta",
    0x66: "Arduino Giga R1 WiFi",
    0x68: "Arduino Portenta C33",
    0x69: "Arduino Uno R4 Minima",
}
_ARDUINO_PROGRAMS = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x80}
_KNOWN = {
    (0x2341, 0x0042): UsbId("Arduino Mega 2560", bridge=True),
    (0x2341, 0x0043): UsbId("Arduino Uno", bridge=True),
    (0x2341, 0x003D): UsbId("Arduino Due, programming port", bridge=True),
    (0x2341, 0x0060): UsbId("Arduino Nicla Sense ME", bridge=True),
    (0x2341, 0x1002): UsbId("Arduino Uno R4 WiFi", bridge=True),
    (0x2341, 0x8036): UsbId("Arduino Leonardo"),
    (0x2341, 0x8037): UsbId("Arduino Micro"),
    (0x2341, 0x804D): UsbId("Arduino Zero"),
    (0x2341, 0x8054): UsbId("Arduino MKR WiFi 1010"),
    (0x2341, 0x8057): UsbId("Arduino Nano 33 IoT"),
    (0x2886, 0x0045): UsbId("Seeed XIAO nRF52840 Sense, bootloader"),
    (0x2886, 0x8045): UsbId("Seeed XIAO nRF52840 Sense"),
    (0x2E8A, 0x0005): UsbId("Raspberry Pi Pico with MicroPython"),
    (0x2E8A, 0x0009): UsbId("Raspberry Pi Pico 2"),
    (0x2E8A, 0x000A): UsbId("Raspberry Pi Pico"),
    (0x2E8A, 0x00C0): UsbId("Raspberry Pi Pico"),
    (0x2E8A, 0x000C): UsbId("Raspberry Pi Debug Probe", bridge=True),
    (0x239A, 0x8029): UsbId("Adafruit Feather nRF52840"),
    (0x239A, 0x8045): UsbId("Adafruit Circuit Playground Bluefruit"),
    (0x239A, 0x8071): UsbId("Adafruit CLUE"),
    (0x239A, 0x8087): UsbId("Adafruit Feather Sense"),
    (0x303A, 0x1001): UsbId("Espressif ESP32 (built-in USB)"),
    (0x0483, 0x374B): UsbId("ST board with ST-LINK/V2-1", bridge=True),
    (0x0483, 0x374E): UsbId("ST board with STLINK-V3", bridge=True),
    (0x0483, 0x374F): UsbId("ST board with STLINK-V3", bridge=True),
    (0x0483, 0x3753): UsbId("ST board with STLINK-V3", bridge=True),
    (0x0483, 0x3754): UsbId("ST board with STLINK-V3", bridge=True),
    (0x0483, 0x5740): UsbId("ST microcontroller (its own USB)"),
    (0x0D28, 0x0204): UsbId("Board with DAPLink, such as the micro:bit", bridge=True),
    (0x1366, 0x0105): UsbId("Board with J-Link", bridge=True),
    (0x0451, 0xBEF3): UsbId("TI LaunchPad (XDS110)", bridge=True),
    (0x16C0, 0x0483): UsbId("Teensy"),
    (0x10C4, 0xEA60): UsbId("Board behind a CP210x converter", bridge=True),
    (0x1A86, 0x7523): UsbId("Board behind a CH340 converter", bridge=True),
    (0x1A86, 0x55D4): UsbId("Board behind a CH9102 converter", bridge=True),
    (0x0403, 0x6001): UsbId("Board behind an FT232R converter", bridge=True),
    (0x0403, 0x6010): UsbId("Board behind an FT2232 converter", bridge=True),
    (0x0403, 0x6015): UsbId("Board behind an FT-X converter", bridge=True),
    (0x067B, 0x2303): UsbId("Board behind a PL2303 converter", bridge=True),
}


def look_up(vendor: int, product: int) -> UsbId | None:
    """Return what an id stands for; None if that is not known."""
    known = _KNOWN.get((vendor, product))
    if known is None and vendor == 0x2341 and product >> 8 in _ARDUINO_PROGRAMS:
        title = _ARDUINO.get(product & 0xFF)
        known = UsbId(title) if title else None
    return known
