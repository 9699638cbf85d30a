"""The demo's report as one HTML page that needs nothing else."""

import html
from pathlib import Path
from typing import Any

from studio import __version__
from studio.paths import write_atomic

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 920px; margin: 2rem auto; }
body { padding: 0 1rem; }
h1 { font-size: 1.6rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
table { border-collapse: collapse; margin: .75rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; }
td.right { outline: 2px solid #309C6C; outline-offset: -3px; }
small { opacity: .75; }
"""


def write(path: Path, result: dict[str, Any]) -> Path:
    """Write the page of a demo's result and return its path."""
    parts = [_project(project) for project in result["projects"]]
    body = (
        "<h1>TinyML Studio: the whole job</h1>"
        f"<p>Recorded, trained, compiled, built, flashed and tested in {result['seconds']:.0f} s "
        f"on a virtual board. Version {__version__}.</p>" + "".join(parts)
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>TinyML Studio report</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    write_atomic(path, page.encode("utf-8"))
    return path


def _project(project: dict[str, Any]) -> str:
    parity, stream, live = project["parity"], project["stream"], project["live"]
    total = parity["windows"]
    return (
        f"<h2>{_text(project['title'])}</h2>"
        + _table(
            ["accuracy on held-out groups", "accuracy", "95 %", "macro F1"], _accuracies(project)
        )
        + "<p><small>The intervals take windows as independent; windows of one voice or wearer "
        "are alike, so the true interval is wider.</small></p>"
        f"<p>int8 decided differently from float on {project['float_int8_disagreements']} of "
        f"{total} windows.</p>"
        "<h3>Board and PC</h3>"
        + _table(
            ["byte for byte the same", "windows"],
            [
                ["features", f"{parity['features_identical']} of {total}"],
                ["scores", f"{parity['scores_identical']} of {total}"],
                ["decisions", f"{parity['decisions_identical']} of {total}"],
                ["live decisions", f"{live['identical']} of {live['windows']}"],
            ],
        )
        + f"<p>Heard live, of {live['spans']} labelled stretches the board decided "
        f"{live['right']} right, {live['wrong']} wrong, {live['undecided']} not at all.</p>"
        f"<p>{_recorded(stream)}</p>"
        "<h3>Footprint on the board</h3>"
        + _table(["", "value"], _cost(project["footprint"]))
        + "<h3>Confusion on the board</h3>"
        + _confusion(project["classes"], project["board"]["confusion"])
    )


def _cost(footprint: dict[str, Any]) -> list[list[str]]:
    low, high = footprint["latency_interval_ms"]
    return [
        ["RAM", f"{footprint['ram_bytes']:,} B <small>measured in the image</small>"],
        ["flash", f"{footprint['flash_bytes']:,} B <small>measured in the image</small>"],
        [
            "time per window",
            f"{low:.1f} to {high:.1f} ms <small>emulated cycles, mean "
            "of the held-out windows; a real core waits for its memory</small>",
        ],
    ]


def _recorded(stream: dict[str, Any]) -> str:
    again = " One of them was streamed again." if stream["streamed_again"] else ""
    return (
        f"{stream['streamed']} recordings were made over the link now, {stream['kept']} were kept "
        f"from before.{again} Together {stream['readings']:,} readings, {stream['lost']} lost."
    )


def _accuracies(project: dict[str, Any]) -> list[list[str]]:
    rows = []
    for key, name in (("float", "float"), ("int8", "int8, compiled C"), ("board", "on the board")):
        part = project[key]
        low, high = part["interval"]
        rows.append(
            [
                name,
                f"{100 * part['accuracy']:.1f} %",
                f"{100 * low:.1f} to {100 * high:.1f} %",
                f"{part['macro_f1']:.3f}",
            ]
        )
    return rows


def _table(head: list[str], rows: list[list[str]]) -> str:
    cells = "".join(f"<th>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"


def _confusion(classes: list[str], counts: list[list[int]]) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in classes)
    body = ""
    for place, name in enumerate(classes):
        cells = "".join(
            f'<td class="right">{value}</td>' if place == column else f"<td>{value or ''}</td>"
            for column, value in enumerate(counts[place])
        )
        body += f"<tr><th>{_text(name)}</th>{cells}</tr>"
    return f"<table><tr><th>truth \\ decided</th>{head}</tr>{body}</table>"


def _text(value: str) -> str:
    return html.escape(value)
