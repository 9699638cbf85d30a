"""Settings of the chosen part, what a change would cost, and whether to keep it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from studio.gui.pages.pipeline_cards import time_text
from studio.gui.texts import grouped, tr
from studio.gui.widgets.bars import size_text
from studio.gui.widgets.form import Form
from studio.gui.widgets.form_row import Fix, offer
from studio.gui.widgets.panel import Panel, words

if TYPE_CHECKING:
    from studio.services.pipeline import Part, Problem, Start

WIDTH = 320
LEAST_HEIGHT = 160


def change_texts(saved: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[str]:
    """Return what a change does to the budget, each in a line such as "RAM 32 > 37 %"."""
    if saved is None:
        return []
    lines = []
    if saved["features"] != new["features"]:
        lines.append(tr("Features {a} > {b}", a=saved["features"], b=new["features"]))
    for name, key in ((tr("RAM"), "ram"), (tr("Flash"), "flash")):
        old, now = saved[key], new[key]
        if not now["limit_bytes"] or not old["limit_bytes"]:
            continue
        change = now["used_bytes"] - old["used_bytes"]
        if change or now["limit_bytes"] != old["limit_bytes"]:
            sign = "+" if change >= 0 else "−"
            lines.append(
                tr(
                    "{name} {a:.0f} > {b:.0f} %  ({sign}{size})",
                    name=name,
                    a=100 * old["used_bytes"] / old["limit_bytes"],
                    b=100 * now["used_bytes"] / now["limit_bytes"],
                    sign=sign,
                    size=size_text(abs(change)),
                )
            )
    old_ms, new_ms = saved["latency"]["used_ms"], new["latency"]["used_ms"]
    limits = saved["latency"]["limit_ms"], new["latency"]["limit_ms"]
    if abs(new_ms - old_ms) > 0.005 or limits[0] != limits[1]:
        lines.append(
            tr(
                "Time {about}{a} > ~{b} of {limit:g} ms",
                a=time_text(old_ms).removesuffix(" ms"),
                b=time_text(new_ms).removesuffix(" ms"),
                about="~" if saved["latency"]["estimated"] else "",
                limit=limits[1],
            )
        )
    return lines


class _Fields(QScrollArea):
    """The fields, scrolled where they do not fit."""

    def sizeHint(self) -> QSize:
        """Return a small size: what is beside it decides."""
        return QSize(WIDTH - 32, LEAST_HEIGHT)


class SettingsPanel(Panel):
    """The form of one part.

    Signals
    -------
    edited : (dict)
        Values of the shown part that are good in themselves.
    block_chosen : (str)
        Another block was chosen.
    keep_wanted, drop_wanted : ()
        The pending change is to be kept, or forgotten.
    fix_wanted, start_wanted : (dict)
        Settings that mend the pending change, or that one may begin with.
    """

    edited = Signal(dict)
    block_chosen = Signal(str)
    keep_wanted = Signal()
    drop_wanted = Signal()
    fix_wanted = Signal(dict)
    start_wanted = Signal(dict)

    def __init__(self) -> None:
        super().__init__(tr("Settings"))
        self.setFixedWidth(WIDTH)
        self.block = QComboBox()
        self.block.setAccessibleName(tr("Block"))
        self.block.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.block.setMinimumContentsLength(12)
        self.block.activated.connect(lambda place: self._choose(place))
        self.form = Form()
        self.form.edited.connect(self.edited)
        self.form.blocked.connect(self._blocked)
        self.form.submitted.connect(self._submit)
        self.problem = words("", "problem", wrap=True)
        self.fixes = QWidget()
        fixes = QVBoxLayout(self.fixes)
        fixes.setContentsMargins(0, 0, 0, 0)
        fixes.setSpacing(4)
        self.none = words(
            tr("This part has nothing to set yet: choose a block above."), "hint", wrap=True
        )
        for widget in (self.block, self.problem, self.fixes):
            self.box.addWidget(widget)
        self.box.addWidget(self._fields(), 1)
        self.box.addWidget(self._strip())
        self.show_change(None)
        self.show_problem(None)

    def _fields(self) -> QScrollArea:
        inside = QWidget()
        inside.setObjectName("sheet")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        self.starts = QWidget()
        self._starts = QVBoxLayout(self.starts)
        self._starts.setContentsMargins(0, 0, 0, 0)
        self._starts.setSpacing(4)
        for widget in (self.starts, self.form, self.none):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = _Fields()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        return scroll

    def _strip(self) -> QWidget:
        self.change = words("", "", wrap=True)
        self.keep = QPushButton(tr("Keep"))
        self.keep.setToolTip(tr("Keep this change in the project (Enter in a field, Ctrl+S)"))
        self.keep.clicked.connect(self.keep_wanted)
        self.drop = QPushButton(tr("Forget"))
        self.drop.setToolTip(tr("Go back to what the project has (Esc)"))
        self.drop.clicked.connect(self.drop_wanted)
        self.strip = QWidget()
        column = QVBoxLayout(self.strip)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.change)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.keep, 1)
        row.addWidget(self.drop, 1)
        column.addLayout(row)
        return self.strip

    def show_nothing(self) -> None:
        """Show that there is nothing to set."""
        for widget in (self.block, self.form, self.none, self.strip, self.starts, self.problem):
            widget.hide()

    def show_starts(self, starts: "Sequence[Start]") -> None:
        """Offer what one may begin with while no signal block is chosen."""
        for widget in self.starts.findChildren(QWidget):
            widget.hide()
            widget.deleteLater()
        for start in starts:
            button = QPushButton(tr(start.title))
            button.clicked.connect(
                lambda _=False, start=start: self.start_wanted.emit(dict(start.settings))
            )
            told = words(tr(start.sentence), "hint", wrap=True)
            self._starts.addWidget(button)
            self._starts.addWidget(told)
        self.starts.setVisible(bool(starts))

    def show_part(self, title: str, part: "Part") -> None:
        """Show the settings of a part."""
        self.heading.setText(title)
        self.part = part
        self.block.clear()
        for choice in part.choices:
            self.block.addItem(tr(choice.short), choice.id)
            self.block.setItemData(
                self.block.count() - 1, tr(choice.title), Qt.ItemDataRole.ToolTipRole
            )
        self.block.setCurrentIndex(self.block.findData(part.chosen))
        self.block.setPlaceholderText(tr("choose a block"))
        self.block.setVisible(bool(part.choices))
        self.block.setAccessibleName(title)
        self.none.setVisible(part.params is None and self.starts.isHidden())
        self.form.setVisible(part.params is not None)
        if part.params is not None:
            self.form.show_params(part.params, part.values)

    def show_change(self, lines: Sequence[str] | None) -> None:
        """Show what the pending change does; None: there is none."""
        self.strip.setVisible(lines is not None)
        self.change.setText("\n".join(lines or []) or tr("The cost stays as it is."))
        self.keep.setEnabled(True)
        self.keep.setToolTip(tr("Keep this change in the project (Enter in a field, Ctrl+S)"))

    def show_problem(self, problem: "Problem | None") -> None:
        """Show why the pending change cannot work, at its field if that is on show."""
        self.problem.hide()
        offer(self.fixes, ())
        self.form.clear_problems()
        if problem is None:
            return
        self.strip.show()
        self.change.setText("")
        self.keep.setEnabled(False)
        self.keep.setToolTip(tr("It cannot be kept: {why}", why=problem.message))
        fixes = [
            Fix(self._fix_text(fix), partial(self.fix_wanted.emit, dict(fix.settings)))
            for fix in problem.fixes
        ]
        for name in problem.names:
            if self.form.show_problem(name, problem.message, problem.hint, fixes):
                return
        self.problem.setText(f"{problem.message} {problem.hint}".strip())
        self.problem.show()
        offer(self.fixes, fixes)

    @staticmethod
    def _fix_text(fix: Any) -> str:
        value = grouped(fix.value, ".10g") if not isinstance(fix.value, str) else ""
        if not value:
            return tr("Use {value}", value=fix.value)
        return tr("{title} {value}", title=tr(fix.title), value=f"{value} {fix.units}".strip())

    def _choose(self, place: int) -> None:
        chosen = str(self.block.itemData(place))
        if chosen != self.part.chosen:
            self.block_chosen.emit(chosen)

    def _blocked(self) -> None:
        self.keep.setEnabled(False)
        self.keep.setToolTip(tr("A field holds what it may not; it says why."))

    def _submit(self) -> None:
        if not self.form.problems:
            self.keep_wanted.emit()
