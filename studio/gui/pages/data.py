"""Data: the samples with their labels, and the signal of the chosen one."""

from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QHeaderView, QPushButton, QTableView

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.pages.base import Page
from studio.gui.widgets.panel import Panel, words
from studio.services import label as labels
from studio.types import Sample

COLUMNS = ("label", "length", "recording", "group", "split")
Index = QModelIndex | QPersistentModelIndex


class SampleTable(QAbstractTableModel):
    """The samples of a project; the label can be edited."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[labels.Row] = []
        self.relabel: Any = None

    def fill(self, rows: list[labels.Row]) -> None:
        """Show these samples."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return the number of samples."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's form
        """Return the number of columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return a column's name."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return what a cell shows."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        row = self.rows[index.row()]
        return (
            row.sample.label,
            f"{row.seconds:.2f} s",
            row.recording,
            row.sample.group,
            row.sample.split or "-",
        )[index.column()]

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let labels be edited."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == 0 else flags

    def setData(self, index: Index, value: Any, role: int = 0) -> bool:
        """Relabel."""
        text = str(value).strip()
        sample = self.rows[index.row()].sample
        if not text or text == sample.label:
            return False
        self.relabel(sample, text)
        return True


class DataPage(Page):
    """List, look, relabel, import."""

    NAME = "Data"

    def build(self) -> None:
        """Make the widgets."""
        self.table = SampleTable()
        self.table.relabel = self._relabel
        self.view = QTableView()
        self.view.setModel(self.table)
        self.view.setAlternatingRowColors(True)
        self.view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setDefaultSectionSize(28)
        self.view.setShowGrid(False)
        self.view.setAccessibleName("Samples")
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.view.selectionModel().currentRowChanged.connect(self._show_sample)
        self.empty = words(
            "No samples yet. Record on the Boards page, import files, or run the whole demo.",
            "hint",
            wrap=True,
        )
        left = Panel("Samples (double-click a label to change it)")
        left.box.addWidget(self.empty)
        left.box.addWidget(self.view, 1)
        assign = QPushButton("Split by group")
        assign.setToolTip("Give every group to train, validation or test; never to two of them")
        assign.clicked.connect(self._assign)
        left.box.addWidget(assign)
        right = Panel("Signal of the chosen sample")
        self.plot = pg.PlotWidget(background=self.theme["plot"])
        self.plot.setMenuEnabled(False)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.setLabel("bottom", "seconds")
        for side in ("left", "bottom"):
            self.plot.getAxis(side).setPen(self.theme["grid"])
            self.plot.getAxis(side).setTextPen(self.theme["axis"])
        right.box.addWidget(self.plot, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(left, 5)
        row.addWidget(right, 6)

    def refresh(self) -> None:
        """Read the samples afresh."""
        path = self.session.project
        try:
            rows = labels.rows(path) if path else []
        except StudioError as error:
            rows = []
            self.empty.setText(str(error))
        self.table.fill(rows)
        self.view.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self.changed.emit()

    def facts(self) -> str:
        """Return one sentence for the header."""
        counts: dict[str, int] = {}
        for row in self.table.rows:
            counts[row.sample.label] = counts.get(row.sample.label, 0) + 1
        return "  ".join(f"{label} {count}" for label, count in sorted(counts.items()))

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return "Import files", bool(self.session.project) and not self.session.working

    def act(self) -> None:
        """Import files; the label is taken from the folder or the file's name."""
        files, _ = QFileDialog.getOpenFileNames(
            self, "Import recordings", "", "Recordings (*.wav *.flac *.csv *.json);;All files (*)"
        )
        path = self.session.project
        if not files or path is None:
            return

        def work(report: Reporter) -> Any:
            from studio.services import projects

            return projects.import_data(path, [Path(file) for file in files], report=report)

        self.session.start(f"Importing {len(files)} files", work)

    def _assign(self) -> None:
        path = self.session.project
        if path is not None:
            self.session.start("Splitting by group", lambda _report: labels.assign_splits(path))

    def _relabel(self, sample: Sample, text: str) -> None:
        path = self.session.project
        if path is not None:
            labels.relabel(path, sample, text)
            self.refresh()

    def _show_sample(self, current: QModelIndex) -> None:
        path = self.session.project
        self.plot.clear()
        if path is None or not current.isValid():
            return
        signal = labels.signal(path, self.table.rows[current.row()].sample)
        times = np.arange(len(signal.values)) / signal.sample_rate_hz
        for index, axis in enumerate(signal.axes):
            colour = self.theme.axis(index, audio=len(signal.axes) == 1)
            pen = pg.mkPen(colour, width=1.25)
            self.plot.plot(times, signal.values[:, index].astype(float), pen=pen, name=axis.name)
        self.plot.setLabel("left", signal.axes[0].units or signal.axes[0].name)
