"""The program: `tinyml-studio` opens the window, `tinyml-studio VERB` works headless.

`worker KIND` and `acquire` are the program's own child processes, not meant for people.
"""

import os
import sys


def has_display() -> bool:
    """Tell whether a window can be shown on this computer now."""
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal", "vnc"):
        return True
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def main(argv: list[str] | None = None) -> int:
    """Run the program with command-line arguments and return its exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == ["worker"] and len(arguments) == 2:
        from studio.services import worker

        return worker.main(arguments[1])
    if arguments == ["acquire"]:
        from studio.devices import acquire

        return acquire.main()
    if arguments:
        from studio.cli import frame

        return frame.run(arguments)
    if has_display():
        from studio.gui import app

        return app.main()
    from studio.cli import frame

    sys.stderr.write("No display was found, so the demo runs here in the terminal.\n")
    return frame.run(["demo"])


if __name__ == "__main__":
    sys.exit(main())
