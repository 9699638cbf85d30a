"""What the pipeline takes of its board: a bar for RAM, flash and time, each of its parts."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import set_role, words
from studio.gui.widgets.resource_bar import Part, Resource, ResourceBar


class BudgetBars(QWidget):
    """Where the figures come from, three bars, and the part that is looked at."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.source = words("", "hint", wrap=True)
        self.bars = {name: ResourceBar(theme) for name in ("ram", "flash", "latency")}
        self.said = words("", "hint", wrap=True)
        self.said.setMinimumHeight(36)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(self.source)
        for bar in self.bars.values():
            box.addWidget(bar)
            bar.looked_at.connect(self._look)
        box.addWidget(self.said)
        self._look(None)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for bar in self.bars.values():
            bar.set_theme(theme)

    def show_budget(self, found: Mapping[str, Any], built: Mapping[str, Any] | None) -> None:
        """Show what the pipeline takes of its board."""
        self.source.setText(tr(found["source"]))
        before = (built or {}).get("previous") or {}
        for name, title in (("ram", tr("RAM")), ("flash", tr("Flash"))):
            row = found[name]
            was = before.get(f"{name}_bytes", 0)
            was = 0 if was == row["used_bytes"] else was
            parts = tuple(_memory_part(part, name) for part in found["parts"][name])
            self.bars[name].show_resource(
                Resource(
                    title,
                    parts,
                    row["limit_bytes"],
                    _memory(row, was),
                    row["estimated"],
                    was,
                )
            )
        row = found["latency"]
        self.bars["latency"].show_resource(
            Resource(
                tr("Time"),
                tuple(_time_part(part) for part in found["parts"]["latency"]),
                row["limit_ms"],
                _of(row["used_ms"], row["limit_ms"], row, tr("ms per window")),
                row["estimated"],
            )
        )

    def _look(self, part: Part | None) -> None:
        if part is None:
            self.said.setText(tr("Point at a slice, or Tab to a bar and use Left and Right."))
            set_role(self.said, "hint")
        else:
            self.said.setText(f"{part.name}, {part.said}: {part.about}")
            set_role(self.said, "")


def _memory(row: dict[str, Any], before: float) -> str:
    """Return what is used of memory, and what the build before used (hatched) if it differs."""
    said = _of(row["used_bytes"] / 1024, row["limit_bytes"] / 1024, row, "KiB")
    if not before:
        return said
    return tr("{said}, before {size} (hatched)", said=said, size=f"{before / 1024:.1f}")


def _of(used: float, limit: float, row: dict[str, Any], unit: str) -> str:
    about = "~" if row["estimated"] else ""
    fields = {
        "used": about + grouped(used, ".1f"),
        "limit": grouped(limit, ".0f"),
        "unit": unit,
    }
    if not limit:  # no board is chosen
        return tr("{used} {unit}", **fields)
    return tr("{used} of {limit} {unit}", **fields)


def _memory_part(part: dict[str, Any], resource: str) -> Part:
    name, about = _words(part["name"], resource)
    return Part(name, part["bytes"], f"{part['bytes'] / 1024:.1f} KiB", about)


def _time_part(part: dict[str, Any]) -> Part:
    name, about = _words(part["name"], "latency")
    return Part(name, part["ms"], f"{part['ms']:.1f} ms", about)


def _words(name: str, resource: str) -> tuple[str, str]:
    """Return what a part is called, what it is, and how to shrink it."""
    table = {
        "window": (
            tr("window"),
            tr("the readings of one window. A shorter window or fewer axes shrink it."),
        ),
        "signal": (
            tr("features"),
            tr("the signal block: its code, tables and working memory. Fewer features shrink it."),
        ),
        "model": (
            tr("model"),
            tr("values and weights of the model. Fewer or narrower layers shrink it."),
        ),
        "decision": (tr("decision"), tr("the last scores. Fewer averaged windows shrink it.")),
        "program": (tr("firmware"), tr("start-up, serial link and the loop: always there.")),
        "stack": (tr("stack"), tr("reserved for calls of functions: always there.")),
    }
    found = table.get(name, (name, ""))
    if name == "model" and resource == "ram":
        return found[0], tr("values between the layers. Smaller layers, or row by row, shrink it.")
    return found
