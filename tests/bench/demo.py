"""The whole job from nothing, as the verb `demo`, with the limits that it must meet.

The limits are those of the whole demo. With --quick it trains on a third of the recordings and
tests on a third, so fewer windows and a lower accuracy are asked; the rest stays as it is.
"""

import tempfile
from pathlib import Path
from typing import Any

import common

EXAMPLES = 2
WINDOWS, QUICK_WINDOWS = 200, 100
LOWER_BOUND, QUICK_LOWER_BOUND = 0.85, 0.6
DIFFERENTLY = 0.02
SECONDS = 300


def gates_of(result: dict[str, Any], *, quick: bool) -> list[dict[str, Any]]:
    """Return the limits that must hold."""
    projects = result["projects"]
    gates = [
        common.gate("examples", len(projects), EXAMPLES, "", "higher"),
        common.gate("whole job", result["seconds"], SECONDS, "s", "lower"),
    ]
    for row in projects:
        gates += [
            {**gate, "name": f"{row['name']}: {gate['name']}"}
            for gate in (*_model(row, quick=quick), *_board(row))
        ]
    return gates


def _model(row: dict[str, Any], *, quick: bool) -> list[dict[str, Any]]:
    windows = row["parity"]["windows"]
    share = row["float_int8_disagreements"] / max(1, windows)
    least, bound = (QUICK_WINDOWS, QUICK_LOWER_BOUND) if quick else (WINDOWS, LOWER_BOUND)
    low = row["float"]["interval"][0]
    return [
        common.gate("lower 95 % bound of float accuracy", low, bound, "", "higher"),
        common.gate("int8 decides unlike float", share, DIFFERENTLY, "of windows", "lower"),
        common.gate("windows replayed", windows, least, "", "higher"),
    ]


def _board(row: dict[str, Any]) -> list[dict[str, Any]]:
    parity, live, cost = row["parity"], row["live"], row["footprint"]
    gates = [
        common.gate(
            f"{key} unlike the PC's",
            parity["windows"] - parity[f"{key}_identical"],
            0,
            "windows",
            "lower",
        )
        for key in ("features", "scores", "decisions")
    ]
    unlike = live["windows"] - live["identical"]
    return [
        *gates,
        common.gate("live windows", live["windows"], 1, "", "higher"),
        common.gate("live decisions unlike the PC's", unlike, 0, "windows", "lower"),
        common.gate("live stretches decided right", live["right"], 1, "", "higher"),
        common.gate("readings lost", row["stream"]["lost"], 0, "", "lower"),
        common.gate("readings skipped live", live["skipped_readings"], 0, "", "lower"),
        common.gate("RAM known", cost["ram_bytes"], 1, "B", "higher"),
        common.gate("flash known", cost["flash_bytes"], 1, "B", "higher"),
        common.gate("time per window known", cost["latency_ms"], 0.001, "ms", "higher"),
    ]


def main() -> None:
    """Do the demo in a fresh folder."""
    parser = common.options(__doc__ or "")
    parser.add_argument("--quick", action="store_true", help="a third of the recordings")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        options = ["--quick"] if arguments.quick else []
        result = common.verb("demo", *options, "--out", Path(folder) / "demo")
    gates = gates_of(result, quick=arguments.quick)
    common.finish({"gates": gates, "quick": arguments.quick, **result}, as_json=arguments.json)


if __name__ == "__main__":
    main()
