"""Recordings that are killed, cut, damaged or run into a full disk: what is lost is bounded.

Recordings by the real verb are killed at random moments: the acquisition process, the one that
started it, or both at once as when the power fails; while readings come, while it stops and
seals, while the board is away and comes back, while labels are typed, also behind such a break,
and in a series of clips.
Everything that was sent or typed before a bound is kept exactly, under its label; nobody is told
twice or not at all, and nothing is left over. A log of seconds and one of half an hour are cut
at random bytes and have random bits turned over. Each project must open, say what happened, and
hold everything up to the last whole block: at most 250 ms and a packet less than what the device
had sent.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from common import ROOT, finish, gate, options, say

sys.path.insert(0, str(ROOT / "tests" / "unit" / "devices"))  # of the peers

from cut_disk import full_disk, limited_file
from cut_kill import VICTIMS, Kill, kill_recordings
from cut_log import LARGEST_S, damage_logs
from cut_phases import PHASES, RATE_HZ

PACKET_S = 14 / RATE_HZ
"""The device sends fourteen readings of eight axes at once."""
LOST_S = 0.25 + PACKET_S
MARK_OFF_S = 0.25
"""How far from where it was typed a label may begin or end: two processes take it there."""


def kill_gates(kills: Sequence[Kill]) -> list[dict[str, Any]]:
    """Return the gates of killed recordings."""
    wrong = sum(bool(row.wrong) for row in kills)
    gates = [gate("killed recordings that are not whole", wrong, 0, f"of {len(kills)}", "lower")]
    for victim in VICTIMS:
        lost = [row.lost_s for row in kills if row.victim == victim and row.sent]
        if lost:
            name = f"most lost when killed: {victim}"
            gates.append(gate(name, round(max(lost), 4), LOST_S, "s", "lower"))
    if off := [row.mark_off_s for row in kills if row.phase in ("marks", "back")]:
        gates.append(gate("labels off when killed", max(off), MARK_OFF_S, "s", "lower"))
    return gates


def phases_of(kills: Sequence[Kill]) -> dict[str, dict[str, Any]]:
    """Return how many kills were in each phase, and the most that one of them cost."""
    rows = {name: [row for row in kills if row.phase == name] for name in PHASES}
    return {
        name: {"kills": len(found), "most_lost_s": max(row.lost_s for row in found)}
        for name, found in rows.items()
        if found
    }


def log_gates(damaged: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the gates of damaged logs."""
    gates = []
    for kind, row in damaged.items():
        name = f"damaged {kind} logs of which a whole block was not recovered"
        count = row["cuts"] + row["flips"]
        gates.append(gate(name, len(row["wrong"]), 0, f"of {count}", "lower"))
    largest_s = damaged["short"]["largest_block_s"]
    return [*gates, gate("most in one block", largest_s, LARGEST_S, "s", "lower")]


def disk_gate(disks: dict[str, list[str] | None]) -> dict[str, Any]:
    """Return the gate of those full disks that there could be."""
    tried = [wrong for wrong in disks.values() if wrong is not None]
    wrong = sum(map(bool, tried))
    return gate("full disks that cost more", wrong, 0, f"of {len(tried)}", "lower")


def not_run(disks: dict[str, list[str] | None]) -> list[str]:
    """Say, and return, which full disks there could not be."""
    names = [name for name, wrong in disks.items() if wrong is None]
    for name in names:
        say(f"NOT RUN: recording onto a disk, {name}: none can be mounted here")
    return names


def main() -> None:
    """Do it."""
    parser = options(__doc__ or "")
    parser.add_argument("--kills", type=int, default=200, help="of each victim")
    parser.add_argument("--cuts", type=int, default=200, help="and as many turned bits")
    parser.add_argument("--victims", default=",".join(VICTIMS), help="which, comma-separated")
    parser.add_argument("--at-once", type=int, default=4, help="recordings at a time")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    result: dict[str, Any] = {"gates": []}
    with tempfile.TemporaryDirectory(prefix="tinyml-cut-") as name:
        folder = Path(name)
        if given.cuts:
            result["logs"] = damage_logs(given.cuts, folder, given.seed)
            result["gates"] += log_gates(result["logs"])
        result["disk"] = {"limited": limited_file(folder), "full": full_disk(folder)}
        result["gates"].append(disk_gate(result["disk"]))
        result["not_run"] = not_run(result["disk"])
        if given.kills:
            victims = given.victims.split(",") * given.kills
            kills = kill_recordings(victims, folder, given.seed, given.at_once)
            result["gates"] += kill_gates(kills)
            result["phases"] = phases_of(kills)
            result["kills"] = [asdict(row) for row in kills]
    finish(result, as_json=given.json)


if __name__ == "__main__":
    main()
