"""Data: the samples with their labels, the signal of the chosen one, and how they are split."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from studio.events import Reporter
from studio.gui.pages.base import Page
from studio.gui.pages.sample_table import RECORDING, SampleTable, shown_label
from studio.gui.widgets.panel import Panel, words
from studio.gui.widgets.signal_plot import SignalPlot
from studio.types import SPLITS, Sample

if TYPE_CHECKING:
    from studio.services.label import Row, Signal

ROW = 28
MOST_LABEL_ROWS = 6
WIDTHS = (120, 68, 116, 84)


class DataPage(Page):
    """List, look, relabel, import."""

    NAME = "Data"

    def build(self) -> None:
        """Make the widgets."""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self._samples_panel(), 5)
        right = QVBoxLayout()
        right.setSpacing(16)
        self.heading = Panel("Signal of the chosen sample")
        self.plot = SignalPlot(self.theme)
        self.themed = [self.plot]
        self.hint = words("The signal of the sample that you choose appears here.", "hint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.heading.box.addWidget(self.hint, 1)
        self.heading.box.addWidget(self.plot, 1)
        right.addWidget(self.heading, 1)
        right.addWidget(self._labels_panel())
        row.addLayout(right, 6)
        self.session.working_changed.connect(self._show_working)
        self._chosen: Sample | None = None

    def _samples_panel(self) -> Panel:
        panel = Panel("Samples")
        panel.setMinimumWidth(560)
        self.table = SampleTable()
        self.table.relabelled.connect(self._relabel)
        self.view = QTableView()
        self.view.setModel(self.table)
        self.view.setAlternatingRowColors(True)
        self.view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.view.setEditTriggers(
            QTableView.EditTrigger.DoubleClicked | QTableView.EditTrigger.EditKeyPressed
        )
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(ROW)
        self.view.setShowGrid(False)
        self.view.setWordWrap(False)
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.view.setAccessibleName("Samples")
        head = self.view.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        for column, width in enumerate(WIDTHS):
            self.view.setColumnWidth(column, width)
        head.setSectionResizeMode(RECORDING, QHeaderView.ResizeMode.Stretch)
        self.view.selectionModel().currentRowChanged.connect(self._choose)
        self.empty = words("", "hint", wrap=True)
        self.change = words("Double-click a label, or press F2, to change it.", "hint")
        self.assign = QPushButton("Split by group")
        self.assign.setToolTip(
            "Give every group to train, validation or test; never to two of them"
        )
        self.assign.clicked.connect(self._assign)
        for widget, stretch in ((self.empty, 0), (self.change, 0), (self.view, 1)):
            panel.box.addWidget(widget, stretch)
        panel.box.addStretch(0)
        panel.box.addWidget(self.assign)
        return panel

    def _labels_panel(self) -> Panel:
        panel = Panel("Samples per label and split")
        self.counts = QTableWidget(0, 2 + len(SPLITS))
        self.counts.setHorizontalHeaderLabels(["label", *SPLITS, "not split"])
        self.counts.verticalHeader().hide()
        self.counts.verticalHeader().setDefaultSectionSize(24)
        self.counts.setShowGrid(False)
        self.counts.setWordWrap(False)
        self.counts.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.counts.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.counts.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.counts.setAccessibleName("Samples per label and split")
        head = self.counts.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if first := self.counts.horizontalHeaderItem(0):
            first.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        panel.box.addWidget(self.counts)
        self.labels_panel = panel
        return panel

    def refresh(self) -> None:
        """Read the samples afresh."""
        path = self.session.project
        if path is None:
            self._show_rows([])
            return
        self.session.read("rows", lambda: _in_order(path), self._show_rows, place=self.NAME)

    def _show_rows(self, rows: "list[Row]") -> None:
        if rows == self.table.rows and rows:
            return
        self.table.fill(rows)
        for widget in (self.view, self.change):
            widget.setVisible(bool(rows))
        self.empty.setText(
            "No samples yet. Record on the Boards page, import files, or run the whole demo."
            if self.session.project
            else "No project yet. Use a virtual board on the Boards page, or open a project."
        )
        self.empty.setVisible(not rows)
        self._show_counts(rows)
        self._show_working()
        if rows and not self.view.currentIndex().isValid():
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().setCurrentIndex(
                self.table.index(0, 0), flags.ClearAndSelect | flags.Rows
            )
        if not rows:
            self._show_signal(None)
        self.changed.emit()

    def _show_counts(self, rows: "list[Row]") -> None:
        counts: dict[str, list[int]] = {}
        places = [*SPLITS, ""]
        for row in filter(_used, rows):
            of_label = counts.setdefault(shown_label(row.sample), [0] * len(places))
            of_label[places.index(row.sample.split)] += 1
        self.counts.setRowCount(len(counts))
        for line, (name, numbers) in enumerate(sorted(counts.items())):
            self.counts.setItem(line, 0, QTableWidgetItem(name))
            for column, number in enumerate(numbers, 1):
                cell = QTableWidgetItem(str(number))
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.counts.setItem(line, column, cell)
        lines = max(1, min(len(counts), MOST_LABEL_ROWS))
        head = self.counts.horizontalHeader().sizeHint().height()
        self.counts.setFixedHeight(head + 24 * lines + 6)
        self.labels_panel.setVisible(bool(rows))

    def _show_working(self) -> None:
        self.assign.setEnabled(bool(self.table.rows) and not self.session.working)

    def facts(self) -> str:
        """Return one sentence for the header."""
        rows = self.table.rows
        if not rows:
            return ""
        unused = sum(not _used(row) for row in rows)
        seconds = sum(row.seconds for row in rows)
        groups = len({row.sample.group for row in rows})
        names = len(self.table.names)
        text = f"{len(rows)} samples, {names} labels, {groups} groups, {seconds:.0f} s"
        return f"{text}; {unused} not used" if unused else text

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return "Import files", bool(self.session.project) and not self.session.working

    def act(self) -> None:
        """Import files; the label is taken from the folder or the file's name."""
        files, _ = QFileDialog.getOpenFileNames(
            self, "Import recordings", "", "Recordings (*.wav *.flac *.csv *.json);;All files (*)"
        )
        if files:
            self.import_files([Path(file) for file in files])

    def import_files(self, files: list[Path]) -> None:
        """Import recordings into the open project."""
        path = self.session.path

        def work(report: Reporter) -> Any:
            from studio.services import projects

            return projects.import_data(path, files, report=report)

        self.session.start(f"Importing {len(files)} files", work, place=self.NAME)

    def _assign(self) -> None:
        path = self.session.path

        def work(_report: Reporter) -> None:
            from studio.services import label

            label.assign_splits(path)

        self.session.start("Splitting by group", work, place=self.NAME)

    def _relabel(self, sample: Sample, text: str) -> None:
        path = self.session.path

        def write() -> None:
            from studio.services import label

            label.relabel(path, sample, text)

        self.session.read("", write, lambda _: self.refresh(), place=self.NAME)

    def _choose(self, current: QModelIndex) -> None:
        path = self.session.project
        if path is None or not current.isValid():
            return
        row = self.table.rows[current.row()]
        self._chosen = row.sample
        self.heading.heading.setText(f"{shown_label(row.sample)}: {row.recording}")

        def read() -> "Signal":
            from studio.services import label

            return label.signal(path, row.sample)

        self.session.read("signal", read, self._show_signal, place=self.NAME)

    def _show_signal(self, signal: "Signal | None") -> None:
        self.hint.setVisible(signal is None)
        self.plot.setVisible(signal is not None)
        if signal is None:
            self.heading.heading.setText("Signal of the chosen sample")
            self.plot.clear()
        else:
            self.plot.show_signal(signal.values, signal.axes, signal.sample_rate_hz, signal.gaps)


def _used(row: "Row") -> bool:
    return row.sample.enabled


def _in_order(path: Path) -> "list[Row]":
    """Return the samples as they lie in the recordings: changing a label moves no row."""
    from studio.services import label

    return sorted(label.rows(path), key=lambda row: (row.sample.recording_id, row.sample.start))
