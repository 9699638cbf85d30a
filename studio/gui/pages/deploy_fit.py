"""Does it fit? Bars of RAM, flash and time, and what would save some."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton

from studio.gui.pages.deploy_bars import Part, Resource, ResourceBar
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import Panel, set_role, words

WAYS = 2


class FitPanel(Panel):
    """Three bars; under them the part that is looked at, or ways to save.

    Signals
    -------
    way_chosen : (object)
        A remedy, as of `studio.services.deploy_boards.remedies`.
    """

    way_chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Does it fit?"))
        self.source = words("", "hint", wrap=True)
        self.bars = {name: ResourceBar(theme) for name in ("ram", "flash", "latency")}
        self.said = words("", "hint", wrap=True)
        self.said.setMinimumHeight(36)
        self.box.addWidget(self.source)
        for bar in self.bars.values():
            self.box.addWidget(bar)
            bar.looked_at.connect(self._look)
        self.box.addWidget(self.said)
        self._grid = QGridLayout()
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        self._lines = [(words(wrap=True), QPushButton()) for _ in range(WAYS)]
        self._rows: list[dict[str, Any]] = []
        for place, (label, button) in enumerate(self._lines):
            button.clicked.connect(lambda _=False, at=place: self._choose(at))
            self._grid.addWidget(label, place, 0)
            self._grid.addWidget(button, place, 1)
        self.box.addLayout(self._grid)
        self.box.addStretch(1)
        self._look(None)
        self.show_ways([])

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        for bar in self.bars.values():
            bar.set_theme(theme)

    def show_budget(self, found: dict[str, Any], built: dict[str, Any] | None) -> None:
        """Show what the pipeline takes of its board."""
        self.source.setText(tr(found["source"]))
        before = (built or {}).get("previous") or {}
        for name, title in (("ram", tr("RAM")), ("flash", tr("Flash"))):
            row = found[name]
            parts = tuple(_memory_part(part, name) for part in found["parts"][name])
            self.bars[name].show_resource(
                Resource(
                    title,
                    parts,
                    row["limit_bytes"],
                    _memory(row, before.get(f"{name}_bytes", 0)),
                    row["estimated"],
                    before.get(f"{name}_bytes", 0),
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

    def show_ways(self, rows: list[dict[str, Any]]) -> None:
        """Show what would save some, with the gain."""
        self._rows = rows[:WAYS]
        for place, (label, button) in enumerate(self._lines):
            there = place < len(self._rows)
            label.setVisible(there)
            button.setVisible(there)
            if there:
                row = self._rows[place]
                label.setText(f"{tr(row['text'])}: {_gain(row)}")
                button.setText(tr("Do it") if row["settings"] else tr("Use it"))
                button.setAccessibleName(tr("Do it: {what}", what=row["text"]))

    def _choose(self, place: int) -> None:
        self.way_chosen.emit(self._rows[place])

    def _look(self, part: Part | None) -> None:
        if part is None:
            self.said.setText(tr("Point at a slice, or Tab to a bar and use Left and Right."))
            set_role(self.said, "hint")
        else:
            self.said.setText(f"{part.name}, {part.said}: {part.about}")
            set_role(self.said, "")


def _memory(row: dict[str, Any], before: float) -> str:
    """Return what is used of memory, and what the build before used (hatched)."""
    said = _of(row["used_bytes"] / 1024, row["limit_bytes"] / 1024, row, "KiB")
    if not before:
        return said
    return tr("{said}, before {size} (hatched)", said=said, size=f"{before / 1024:.1f}")


def _of(used: float, limit: float, row: dict[str, Any], unit: str) -> str:
    about = "~" if row["estimated"] else ""
    fields = {
        "used": f"{about}{used:,.1f}",
        "limit": f"{limit:,.0f}".replace(",", "\N{NO-BREAK SPACE}"),
        "unit": unit,
    }
    return tr("{used} of {limit} {unit}", **fields)


def _gain(row: dict[str, Any]) -> str:
    about = "~" if row["about"] else ""
    parts = []
    for key, name in (("ram_bytes", tr("RAM")), ("flash_bytes", tr("flash"))):
        if row[key] >= 64:
            parts.append(f"{about}{row[key] / 1024:.1f} KiB {name}")
    if row["ms"] >= 0.05:
        parts.append(f"{about}{row['ms']:.1f} ms")
    return tr("saves {what}", what=", ".join(parts))


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
