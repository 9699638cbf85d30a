"""What the pipeline costs on the chosen board: three bars over three figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme

NEAR, FULL = 0.75, 0.95
BAR = 4
GAP = 8


@dataclass(frozen=True, slots=True)
class Share:
    """One resource: how much of it is used, in words and as a share."""

    text: str
    share: float
    details: str


def shares(budget: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> list[Share]:
    """Return RAM, flash and time of a budget; what is estimated says so with a "~".

    With what it was `before` a change that is tried out, figures that differ show both.
    """
    found = []
    for name, key in ((tr("RAM"), "ram"), (tr("Flash"), "flash")):
        row = budget.get(key)
        if row and row.get("limit_bytes"):
            used, limit = float(row["used_bytes"]), float(row["limit_bytes"])
            about = "~" if row["estimated"] else ""
            old = before[key] if before else None
            share = old["used_bytes"] / old["limit_bytes"] if old and old["limit_bytes"] else None
            found.append(
                Share(
                    f"{name} {_change(share, used / limit, about)}",
                    used / limit,
                    tr(
                        "{name}: {used} of {limit} KiB, {how}",
                        name=name,
                        used=f"{about}{used / 1024:.1f}",
                        limit=grouped(limit / 1024, ".0f"),
                        how=_how(row),
                    ),
                )
            )
    row = budget.get("latency")
    if row and row.get("limit_ms"):
        found.append(_time(row, before["latency"] if before else None))
    return found


def _change(old: float | None, new: float, about: str) -> str:
    """Return a share, with the one before it if that reads otherwise: "32 > 37 %"."""
    was, now = _percent(old) if old is not None else "", _percent(new)
    if was in ("", now):
        return f"{about}{now}"
    return f"{was.removesuffix(' %')} > {about}{now}"


def _time(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> Share:
    used, limit = float(row["used_ms"]), float(row["limit_ms"])
    shown = f"{'~' if row['estimated'] else ''}{used:.3g}"
    was = f"{before['used_ms']:.3g}" if before else ""
    if was and was != f"{used:.3g}":
        shown = f"{was} > {shown}"
    said = tr("{used} of {limit} ms", used=shown, limit=f"{limit:g}")
    return Share(said, used / limit, tr("Time: {said}, {how}", said=said, how=_how(row)))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else "<1 %"


def _how(row: Mapping[str, Any]) -> str:
    return tr("estimated") if row["estimated"] else tr("measured")


def _largest(budget: Mapping[str, Any]) -> list[str]:
    """Say what takes the most memory, and where the figures come from."""
    parts = budget.get("parts", {}).get("ram", [])
    most = sorted(parts, key=lambda part: part["bytes"], reverse=True)[:3]
    said = [f"{part['name']} {part['bytes'] / 1024:.1f} KiB" for part in most if part["bytes"]]
    lines = [tr("Most RAM: {parts}", parts=", ".join(said))] if said else []
    return [*lines, str(budget["source"])] if budget.get("source") else lines


class BudgetChip(QAbstractButton):
    """Shows the budget; hidden while it is not known."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.shares: list[Share] = []
        self.budget: Mapping[str, Any] | None = None
        """What is known, without a change that is tried out."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Budget"))
        self.hide()

    def show_budget(self, budget: Mapping[str, Any] | None) -> None:
        """Show these figures, or nothing."""
        self.budget = budget
        self._show(budget, None)

    def show_trial(self, budget: Mapping[str, Any] | None) -> None:
        """Show what a change that is tried out would make of the figures; None: no such change."""
        self._show(budget or self.budget, self.budget if budget else None)

    def _show(self, budget: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> None:
        self.shares = shares(budget, before) if budget else []
        self.setVisible(bool(self.shares))
        if budget is None or not self.shares:
            return
        lines = [tr("On {board}", board=budget.get("board", ""))]
        lines += [one.details for one in self.shares]
        lines += _largest(budget)
        self.setToolTip("\n".join([*lines, tr("Show all parts (Ctrl+B)")]))
        self.setAccessibleName(tr("Budget: {figures}", figures=", ".join(self._words())))
        self.updateGeometry()
        self.update()

    def _words(self) -> list[str]:
        return [f"{one.text} {self._sign(one.share)}".strip() for one in self.shares]

    @staticmethod
    def _sign(share: float) -> str:
        """Return what says without colour that it is tight, or too much."""
        return "✕" if share > 1 else "▲" if share > FULL else ""

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(self._theme.font("small"))
        return [metrics.horizontalAdvance(text) + GAP for text in self._words()]

    def sizeHint(self) -> QSize:
        """Return the room of the figures."""
        least = self._theme.px("budget") * len(self.shares) // 3
        height = self._theme.px("control_height")
        return QSize(max(least, sum(self._widths()) + 2 * GAP + GAP * len(self.shares)), height)

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours and sizes."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars over the figures."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = self.hasFocus()
        edge = theme["accent"] if ring or self.underMouse() else theme["hairline"]
        painter.setPen(QPen(QColor(edge), 2 if ring else 1))
        painter.setBrush(QColor(theme["surface"]))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.setFont(theme.font("small"))
        widths = self._widths()
        spare = self.width() - 2 * GAP - GAP * (len(widths) - 1) - sum(widths)
        left = float(GAP)
        for one, text, width in zip(self.shares, self._words(), widths, strict=True):
            area = QRectF(left, 0, width + spare / len(widths), self.height())
            self._draw(painter, area, one, text)
            left = area.right() + GAP

    def _draw(self, painter: QPainter, area: QRectF, one: Share, text: str) -> None:
        theme = self._theme
        bar = QRectF(area.left(), 6, area.width(), BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme["track"]))
        painter.drawRoundedRect(bar, 2, 2)
        kind = "danger" if one.share > FULL else "warn" if one.share > NEAR else "accent"
        painter.setBrush(QColor(theme[kind]))
        painter.drawRoundedRect(QRectF(bar.left(), 6, bar.width() * min(1, one.share), BAR), 2, 2)
        painter.setPen(QColor(theme["text_2"]))
        below = QRectF(area.left(), 11, area.width(), self.height() - 12)
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)
