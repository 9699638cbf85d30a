"""Boards on a cable: ports, the link, packets, recording.

Owns everything between a serial port and arrays of readings. `packet` is the codec and does no
input or output; `link` opens ports by URL (COM3, /dev/ttyACM0, virtual://NAME, socket://HOST:PORT);
`connection` speaks the protocol; `recorder` writes a capture log; `acquire` is the process that
does so beside the window, so that no stall of the window can lose a byte. May import the shared
modules (`types`, `errors`, `paths`, `capture_log`) and pyserial; knows neither projects nor jobs.
"""
