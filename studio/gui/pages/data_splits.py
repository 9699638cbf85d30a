"""The panel about splits: shares of groups, folds, counts per label, and what is in two splits."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.data_facets import value_text
from studio.gui.pages.data_side import SidePanel, button, check, clear, combo, in_row
from studio.gui.texts import counted, grouped, tr
from studio.gui.widgets.panel import words
from studio.types import SPLITS

ROW = 26
MOST_ROWS = 12
WIDEST = 112
SHARES = (60, 20, 20)
SHARE_WIDTH = 72
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class SplitsPanel(SidePanel):
    """Split by group, by folds; see the counts; find and mend leaks."""

    TITLE = "Splits"

    def build(self) -> None:
        """Make the content."""
        self.say(tr("A group (a person, a place, a board) is never in two splits."))
        self.shares = [
            _share(tr(split), share) for split, share in zip(SPLITS, SHARES, strict=True)
        ]
        self.field(
            tr("Training, validation and test, in % of the groups"), *self.shares, even=True
        )
        self.keep = check(tr("Keep splits that came with the data"))
        self.keep.setChecked(True)
        self.box.addWidget(self.keep)
        self.assign = button(
            tr("Split by group"), tr("Each label is spread over the splits as evenly as it can be")
        )
        self.assign.clicked.connect(self._assign)
        self.box.addWidget(self.assign)
        self.heads(tr("Samples in use, per label and split"))
        self.counts = QTableWidget(0, 2 + len(SPLITS))
        self._make_table()
        self.box.addWidget(self.counts)
        self.heads(tr("In two splits at once?"))
        self.look = button(tr("Look for leaks"), tr("Groups, sessions, copies in two splits"))
        self.mend = button(
            tr("Put them together"), tr("Groups that share data go where most of it is")
        )
        self.look.clicked.connect(self._look)
        self.mend.clicked.connect(self.library.changes.together)
        self.mend.hide()
        self.leaks = words("", "hint", wrap=True)
        for widget in (self.look, self.leaks, self.mend):
            self.box.addWidget(widget)
        self._folds_part()
        self.session.working_changed.connect(self.show_state)
        self.library.changes.done.connect(self._forget_leaks)

    def _make_table(self) -> None:
        table = self.counts
        heads = [tr("label"), tr("train"), tr("valid."), tr("test"), tr("none")]
        table.setHorizontalHeaderLabels(heads)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setAccessibleName(tr("Samples in use, per label and split"))
        head = table.horizontalHeader()
        head.setMinimumSectionSize(36)
        head.setDefaultAlignment(RIGHT)
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.setMinimumWidth(0)
        head.setMaximumSectionSize(WIDEST)
        if first := table.horizontalHeaderItem(0):
            first.setTextAlignment(LEFT)

    def _folds_part(self) -> None:
        self.heads(tr("Folds: test on each part in turn"))
        self.kind = combo([(tr("this many folds"), False), (tr("leave one group out"), True)])
        self.number = QSpinBox()
        self.number.setRange(2, 50)
        self.number.setValue(5)
        self.field(tr("How"), self.kind, self.number)
        self.kind.currentIndexChanged.connect(
            lambda _index: self.number.setEnabled(not self.kind.currentData())
        )
        self.show_folds = button(tr("Show the folds"), tr("Nothing is changed by looking"))
        self.show_folds.clicked.connect(self._folds)
        self.box.addWidget(self.show_folds)
        self.fold: QComboBox = combo(())
        self.fold.setAccessibleName(tr("Fold to test on"))
        self.use = button(tr("Test on it"), tr("The other folds train and validate"))
        self.use.clicked.connect(self._use_fold)
        self.fold_row = in_row(self.fold, self.use)
        self.box.addLayout(self.fold_row)
        self.told = QVBoxLayout()
        self.box.addLayout(self.told)
        self._show_fold_row(shown=False)

    def _show_fold_row(self, *, shown: bool) -> None:
        for widget in (self.fold, self.use):
            widget.setVisible(shown)

    def show_state(self) -> None:
        """Show what is known now."""
        working = self.session.working
        ready = self.session.project is not None and not working
        for widget in (self.assign, self.look, self.mend, self.show_folds, self.use):
            widget.setEnabled(ready)
        if self.session.project is not None and self.isVisible():
            self._read_counts()

    def _read_counts(self) -> None:
        path = self.session.path

        def read() -> "dict[str, Any] | None":
            from studio.services import label, library

            try:
                return label.counts(path, library.Query(enabled=True))
            except StudioError:
                return None

        self.session.read("split counts", read, self._show_counts, place=PLACE)

    def _show_counts(self, found: "dict[str, Any] | None") -> None:
        labels = found["labels"] if found else {}
        self.counts.setRowCount(len(labels))
        for line, (label, row) in enumerate(labels.items()):
            name = QTableWidgetItem(label)
            name.setToolTip(label)
            self.counts.setItem(line, 0, name)
            for column, split in enumerate((*SPLITS, "none"), 1):
                number = row["splits"].get(split, {}).get("samples", 0)
                cell = QTableWidgetItem(grouped(number) if number else "-")
                cell.setTextAlignment(RIGHT)
                self.counts.setItem(line, column, cell)
        unsplit = any("none" in row["splits"] for row in labels.values())
        self.counts.setColumnHidden(len(SPLITS) + 1, not unsplit)
        head = self.counts.horizontalHeader().sizeHint().height()
        self.counts.setFixedHeight(head + ROW * max(1, min(len(labels), MOST_ROWS)) + 8)

    def _assign(self) -> None:
        values = [box.value() for box in self.shares]
        total = sum(values) or 1
        train, validation, test = (value / total for value in values)
        self.library.changes.split_by_group((train, validation, test), keep=self.keep.isChecked())

    def _look(self) -> None:
        path = self.session.path

        def work(report: Reporter) -> Any:
            from studio.services import splits

            return splits.check(path, report=report)

        self.session.start(tr("Looking for leaks"), work, place=PLACE, done=self._show_leaks)

    def _forget_leaks(self) -> None:
        self.leaks.setText("")
        self.mend.hide()

    def _show_leaks(self, result: Mapping[str, Any]) -> None:
        total = sum(result["counts"].values())
        self.mend.setVisible(bool(total))
        if not total:
            self.leaks.setText(
                tr("Nothing is in two splits; {n} samples were compared.", n=result["samples"])
            )
            return
        first = result["leaks"][0]
        self.leaks.setText(
            tr(
                "{count} in two splits at once, such as {one} ({a}) and {other} ({b}).",
                count=counted(total, "{n} pair is", "{n} pairs are"),
                one=first["first"]["recording"],
                a=value_text("split", first["first"]["split"]),
                other=first["second"]["recording"],
                b=value_text("split", first["second"]["split"]),
            )
        )

    def _count(self) -> int:
        return 0 if self.kind.currentData() else self.number.value()

    def _folds(self) -> None:
        path, count = self.session.path, self._count()

        def read() -> Any:
            from studio.services import splits

            return splits.folds(path, count)

        self.session.read("folds", read, self._show_folds, place=PLACE)

    def _show_folds(self, result: Mapping[str, Any]) -> None:
        clear(self.told)
        self.fold.clear()
        for row in result["folds"]:
            what = ", ".join(row["groups"])
            number = counted(row["samples"], "{n} sample", "{n} samples")
            self.fold.addItem(f"{row['fold']}: {number}", row["fold"])
            self.fold.setItemData(self.fold.count() - 1, what, Qt.ItemDataRole.ToolTipRole)
        for warning in result["warnings"]:
            self.told.addWidget(words(warning, "advice", wrap=True))
        self._show_fold_row(shown=bool(result["folds"]))

    def _use_fold(self) -> None:
        path, count, number = self.session.path, self._count(), int(self.fold.currentData())

        def work(_report: Reporter) -> Any:
            from studio.services import splits

            return splits.apply_fold(path, count, number)

        def done(_result: object) -> None:
            self.session.say(tr("Fold {n} is the test now (Ctrl+Z undoes it)", n=number))
            self.library.changes.done.emit()

        self.session.start(tr("Splitting by folds"), work, place=PLACE, done=done)


def _share(name: str, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, 100)
    box.setValue(value)
    box.setSuffix(" %")
    box.setMinimumWidth(SHARE_WIDTH)
    box.setAccessibleName(name)
    box.setToolTip(name)
    return box
