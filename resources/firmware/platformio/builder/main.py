"""Build script of the virtual boards: zig compiles and links, the linker's map is kept.

PlatformIO runs this inside SCons, in the Python environment that holds TinyML Studio, so the
compiler is the one installed there and nothing is ever downloaded.
"""

import importlib.util
import os
import subprocess
import sys

from SCons.Script import AlwaysBuild, Default, DefaultEnvironment

env = DefaultEnvironment()
board = env.BoardConfig()
platform_dir = env.PioPlatform().get_dir()

ziglang = importlib.util.find_spec("ziglang")
if ziglang is None:
    sys.stderr.write("Error: the compiler (the Python package ziglang) is not installed\n")
    env.Exit(1)
env.PrependENVPath("PATH", next(iter(ziglang.submodule_search_locations)))

TARGET = ["-target", board.get("build.target"), "-mcpu=" + board.get("build.cpu")]

env.Replace(
    CC="zig cc",
    CXX="zig c++",
    AS="zig cc",
    LINK="zig cc",
    AR="zig ar",
    RANLIB="zig ranlib",
    PROGSUFFIX=".elf",
    CCFLAGS=[
        *TARGET,
        "-O2",
        "-g0",
        "-ffreestanding",
        # the same bytes as on the PC: no multiply and add in one rounding, no fast-math
        "-ffp-contract=off",
        "-fno-fast-math",
        "-fno-strict-aliasing",
        # zig traps on undefined behaviour unless told otherwise
        "-fno-sanitize=undefined",
        "-ffunction-sections",
        "-fdata-sections",
        "-fno-unwind-tables",
        "-fno-asynchronous-unwind-tables",
        "-Wall",
        "-Wextra",
    ],
    CFLAGS=["-std=c99"],
    # a freestanding compiler brings no string.h
    CPPPATH=[os.path.join(platform_dir, "include")],
    LINKFLAGS=[
        *TARGET,
        "-Wl,--gc-sections",
        "-Wl,-e," + board.get("build.entry"),
        "-Wl,--print-map",
        "-Wl,-T," + board.get("build.ldscript"),
    ],
)

env.Append(CPPDEFINES=[("TML_BOARD_ID", env.StringifyMacro(board.get("build.board_id")))])


def link(target, source, env):
    """Link and keep the map, which zig's linker can only print, beside the image."""
    command = env.subst_list("$LINK -o $TARGET $LINKFLAGS $SOURCES", target=target, source=source)
    program = str(target[0])
    with open(program[: -len(".elf")] + ".map", "wb") as linker_map:
        done = subprocess.run(
            [str(part) for part in command[0]], stdout=linker_map, env=env["ENV"], check=False
        )
    return done.returncode


env.Replace(
    LINKCOM=env.Action(
        link,
        lambda target, source, env: f"Linking {target[0]}",
        varlist=["LINK", "LINKFLAGS"],
    )
)

image = env.BuildProgram()
for script in (board.get("build.ldscript"), "sections.ld"):
    env.Depends(image, os.path.join(env.subst("$PROJECT_DIR"), script))
AlwaysBuild(env.Alias("nobuild", image))
Default([image])
