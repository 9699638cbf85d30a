"""Kill -9 at random moments of `demo --quick`: nothing saved is lost, and the demo runs again.

Each round does the demo in a fresh folder, half of the time from the real window, and kills one of
its processes: the window itself (or the program in the terminal), a worker, the emulator or the
acquisition process. The moment is a random fraction of the demo in which such a process lives,
spread evenly over the rounds. Then everything must end by itself, each project open, each
recording that was reported as saved hold its bytes, and the demo, run again in the same folder,
succeed.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import common
from kill_check import Saved, differing, opens
from kill_run import LONGEST_S, DemoRun, alive, home_of, kill

from studio.services import examples

# the parts of one example's share of the progress in which such a process lives
SPANS = {
    "window": [(0.0, 0.99)],
    "worker": [(0.25, 0.58), (0.70, 0.74)],
    "emulator": [(0.0, 0.99)],
    "acquisition": [(0.03, 0.245)],
}
ATTEMPTS = 3
"""A victim may end before its moment comes; then the round is begun anew."""
ENDS_S = 120.0
"""How long a demo may take to miss what was killed: the board is not needed while it trains."""
SETTLE_S = 30.0
"""How long what is left may take to end by itself then."""


@dataclass
class Round:
    """One kill and what came of it."""

    victim: str
    host: str
    wanted: float
    """Fraction of the demo at which to kill."""
    at: str = ""
    """The last progress before the kill."""
    code: int = 0
    """Exit code of the broken demo; negative for the one that was killed itself."""
    said: str = ""
    settle_s: float = 0.0
    saved: int = 0
    faults: list[str] = field(default_factory=list)
    not_opened: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    rerun_failed: str = ""
    rerun_s: float = 0.0


def plan(rounds: int, victims: Sequence[str], rng: random.Random) -> list[Round]:
    """Spread the rounds over the victims, and each victim's over the moments of its life."""
    chosen = [victims[place % len(victims)] for place in range(rounds)]
    count = len(examples.names())
    planned = []
    for victim in victims:
        many = chosen.count(victim)
        for place in range(many):
            # a position along all its spans of all examples, laid end to end
            position = (place + rng.random()) / many * count
            number, rest = int(position), position % 1
            spans = SPANS[victim]
            rest *= sum(high - low for low, high in spans)
            for low, high in spans:
                if rest <= high - low:
                    break
                rest -= high - low
            host = "window" if victim == "window" or rng.random() < 0.5 else "terminal"
            planned.append(Round(victim, host, (number + low + rest) / count))
    rng.shuffle(planned)
    return planned


def break_off(run: DemoRun, row: Round, rng: random.Random) -> bool:
    """Kill the round's victim at its moment; False if there was none to kill any more."""
    pause = rng.uniform(0.0, 0.5)
    if not run.wait_for(lambda: run.fraction >= row.wanted):
        return False
    time.sleep(pause)
    while run.running:
        pid = run.victim(row.victim)
        if pid is not None and kill([pid]):
            row.at = f"{run.fraction:.1%} {run.text}"
            return True
        run.wait_for(lambda: run.victim(row.victim) is not None, seconds=1.0)
    return False


def orphans(home: Path) -> list[str]:
    """Wait until everything that hung on a demo has ended; kill and return what has not."""
    end = time.monotonic() + SETTLE_S
    while (left := alive(home)) and time.monotonic() < end:
        time.sleep(0.05)
    kill(left)
    return [f"{pid}: {words}" for pid, words in left.items()]


def settle(run: DemoRun, row: Round) -> None:
    """Wait for the end of the broken demo and of all that hung on it."""
    began = time.monotonic()
    code = run.wait(ENDS_S)
    row.orphans = orphans(run.home)
    row.settle_s = round(time.monotonic() - began, 2)
    row.code = code if code is not None else 0
    row.said = run.last_words()
    if code is None:
        row.faults.append(f"the demo did not end within {ENDS_S:g} s")
    elif row.victim != "window" and code not in (0, 2):
        row.faults.append(f"the demo ended with {code} instead of 2: {row.said}")
    if run.has_traceback():
        row.faults.append("the demo printed a traceback")


def check(run: DemoRun, row: Round, out: Path) -> None:
    """Open every project; look for every recording that was reported as saved."""
    saved = [
        Saved(Path(event["project"]), event["recording"], event["name"], event["readings"])
        for event in run.saved
    ]
    row.saved = len(saved)
    row.not_opened = opens(out, run.environment)
    row.differing = differing(saved)


def again(home: Path, out: Path, row: Round, *, brief: bool) -> None:
    """Run the demo again in the same folder, to its end or (brief) until it goes on recording."""
    began = time.monotonic()
    run = DemoRun("terminal", home, out)
    if brief:
        if not run.wait_for(lambda: len(run.saved) > 0):
            row.rerun_failed = run.last_words() or "it recorded nothing more"
        kill([run.process.pid])
    elif (code := run.wait(LONGEST_S)) != 0:
        row.rerun_failed = run.last_words() or f"code {code}"
        kill([run.process.pid])
    row.rerun_s = round(time.monotonic() - began, 1)
    row.orphans += [f"{words} (rerun)" for words in orphans(home)]


def do_round(row: Round, place: Path, rng: random.Random, *, brief: bool) -> Round:
    """Break a demo off, check what is left, run it again."""
    for _attempt in range(ATTEMPTS):
        shutil.rmtree(place, ignore_errors=True)
        home = home_of(place)
        out = home / "projects" / "demo-quick"
        run = DemoRun(row.host, home, out)
        if not break_off(run, row, rng):
            kill(alive(home))
            run.wait(SETTLE_S)
            common.say(f"  no {row.victim} to kill: {run.last_words()}")
            continue
        settle(run, row)
        if row.code == 0 and not row.faults:
            common.say(f"  the {row.victim} had done its work: the demo succeeded")
            row.wanted *= 0.9
            continue
        check(run, row, out)
        lost_before = set(row.differing)
        again(home, out, row, brief=brief)
        check(run, row, out)
        row.differing = sorted(lost_before | set(row.differing))
        return row
    row.faults.append(f"no {row.victim} could be killed in {ATTEMPTS} attempts")
    return row


def gates(rows: Sequence[Round]) -> list[dict[str, Any]]:
    """Return the gates: none of these may ever happen."""
    values = {
        "rounds in which a project did not open": sum(bool(row.not_opened) for row in rows),
        "saved recordings missing or different": sum(len(row.differing) for row in rows),
        "demos that failed when run again": sum(bool(row.rerun_failed) for row in rows),
        "processes left behind": sum(len(row.orphans) for row in rows),
        "broken demos that did not say so clearly": sum(bool(row.faults) for row in rows),
    }
    return [common.gate(name, value, 0, "", "lower") for name, value in values.items()]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=20, help="kills")
    parser.add_argument("--seed", type=int, default=0, help="of victims and moments")
    parser.add_argument("--victims", default=",".join(SPANS), help="which, comma-separated")
    parser.add_argument(
        "--brief", action="store_true", help="while recording only, rerun up to the next recording"
    )
    return parser.parse_args()


def main() -> None:
    """Do the rounds."""
    if sys.platform != "linux":
        sys.exit("This bench looks for orphans in /proc, which only Linux has.")
    options = arguments()
    rng = random.Random(options.seed)
    rows = plan(options.rounds, options.victims.split(","), rng)
    if options.brief:
        for row in rows:
            row.wanted = rng.uniform(*SPANS["acquisition"][0]) / 2 / len(examples.names())
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tinyml-kill-") as folder:
        for number, row in enumerate(rows, 1):
            do_round(row, Path(folder) / f"round {number}", rng, brief=options.brief)
            bad = row.not_opened + row.differing + row.orphans + row.faults
            bad += [f"rerun: {row.rerun_failed}"] * bool(row.rerun_failed)
            common.say(
                f"{number}/{len(rows)} {row.victim} in {row.host} at {row.at}: code {row.code}, "
                f"settled in {row.settle_s} s, {row.saved} saved, rerun {row.rerun_s} s; "
                f"{'; '.join(bad) or 'fine'} [{row.said}]"
            )
    result = {"gates": gates(rows), "rounds": [asdict(row) for row in rows]}
    result["seconds"] = round(time.monotonic() - began, 1)
    common.finish(result, as_json=options.json)


if __name__ == "__main__":
    main()
