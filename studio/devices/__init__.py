"""Boards on a cable: ports, the link, protocols, recording.

Owns everything between a serial port and arrays of readings. `ports` says what there is; `link`
opens one by its URL (COM3, /dev/ttyACM0, virtual://NAME, socket://HOST:PORT), its `intake` takes
the bytes off it in a thread; `opening` finds out who speaks there. Codecs do no input or output:
`packet` is ours, spoken by a `connection`; those of others are modules of `protocols`, driven by
a `codec_source`. Whatever delivers readings is a `source.Source` in the end, a file or a
microphone too; `steady` makes one outlive its port. `recorder` leads a stream through `stages`
into a capture log, `ring_buffer` shows its newest readings to whoever draws; `acquire` is the
process that does so beside the window, so that no stall of the window can lose a byte. May import
the shared modules (`types`, `errors`, `paths`, `capture_log`) and pyserial; knows neither projects
nor jobs.
"""
