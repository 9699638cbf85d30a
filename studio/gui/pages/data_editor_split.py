"""Data, editor: cutting a sample or the recording into parts, shown on the plots before."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QWidget,
)

from studio.errors import StudioError
from studio.events import Quiet
from studio.gui.desktop import hint_for_window
from studio.gui.session import Session
from studio.gui.texts import counted, tr
from studio.gui.widgets.panel import Panel, set_role, words
from studio.gui.widgets.wave_bands import GUESS, Band

if TYPE_CHECKING:
    from studio.services.parts import Parts

PLACE = "Data"
SOON_MS = 120
KINDS = ("windows", "energy", "threshold", "peaks", "onset")


class SplitPanel(Panel):
    """What to cut and how; the cuts are shown while it is being changed.

    Signals
    -------
    cuts : (list)
        The spans as they would be.
    applied : (dict)
        They were written.
    closed : ()
        A person goes back to the samples.
    """

    cuts = Signal(list)
    applied = Signal(dict)
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(tr("Cut into parts"))
        self._session = session
        self._path: Path | None = None
        self._recording_id, self._rate = 0, 1.0
        self._band: Band | None = None
        self._label, self._track = "", "main"
        self._parts: list[Parts] = []
        self.what = words("", "hint", wrap=True)
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Into what"))
        for key, text in zip(KINDS, self._kinds(), strict=True):
            self.kind.addItem(text, key)
        self.kind.currentIndexChanged.connect(self._change_kind)
        self.forms = QStackedWidget()
        self.fields: dict[str, QDoubleSpinBox] = {}
        self.rest = QCheckBox(tr("Keep the shorter rest"))
        self.rest.toggled.connect(self._later)
        self.forms.addWidget(self._windows_form())
        self.forms.addWidget(self._events_form())
        self.found = words("", "", wrap=True)
        self.apply = QPushButton(tr("Cut"))
        self.apply.setToolTip(tr("Write these parts as samples (Enter); undo with Ctrl+Z"))
        self.apply.clicked.connect(self.write)
        back = QPushButton(tr("Close"))
        back.setToolTip(tr("Back to the samples; nothing is cut (Esc)"))
        back.clicked.connect(self.closed)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.apply, 1)
        row.addWidget(back)
        for widget in (self.what, self.kind, self.forms, self.found):
            self.box.addWidget(widget)
        self.box.addLayout(row)
        self.box.addStretch(1)
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(self._ask)

    def _kinds(self) -> tuple[str, ...]:
        return (
            tr("Windows"),
            tr("Events: loud parts"),
            tr("Events: beyond a level"),
            tr("Events: highest peaks"),
            tr("Events: sudden onsets"),
        )

    def _form(self, rows: list[tuple[str, str, float, float, str]]) -> QGridLayout:
        """Return fields two by two, each under its name."""
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(8)
        for place, (name, title, value, high, unit) in enumerate(rows):
            field = QDoubleSpinBox()
            field.setDecimals(1)
            field.setRange(0.0, high)
            field.setValue(value)
            field.setSuffix(f" {unit}")
            field.setAccessibleName(title)
            field.setMinimumWidth(80)
            field.valueChanged.connect(self._later)
            self.fields[name] = field
            line, column = divmod(place, 2)
            grid.addWidget(words(title, "hint", wrap=True), 2 * line, column)
            grid.addWidget(field, 2 * line + 1, column)
            grid.setColumnStretch(column, 1)
        return grid

    def _windows_form(self) -> QWidget:
        page = QWidget()
        grid = self._form(
            [
                ("window", tr("Length"), 1000.0, 86_400_000.0, "ms"),
                ("stride", tr("Start to start"), 0.0, 86_400_000.0, "ms"),
            ]
        )
        self.fields["stride"].setSpecialValueText(tr("length"))
        grid.addWidget(self.rest, 2, 0, 1, 2)
        grid.setRowStretch(3, 1)
        page.setLayout(grid)
        return page

    def _events_form(self) -> QWidget:
        page = QWidget()
        long = 3_600_000.0
        grid = self._form(
            [
                ("threshold", tr("Threshold"), 10.0, 1e9, "dB"),
                ("shortest", tr("Shortest event"), 50.0, long, "ms"),
                ("join", tr("Join when closer"), 100.0, long, "ms"),
                ("before", tr("Take before"), 0.0, long, "ms"),
                ("after", tr("Take after"), 0.0, long, "ms"),
                ("length", tr("Same length"), 0.0, long, "ms"),
            ]
        )
        self.fields["length"].setSpecialValueText(tr("as found"))
        grid.setRowStretch(6, 1)
        page.setLayout(grid)
        return page

    def open(
        self, path: Path, recording_id: int, rate: float, band: Band | None, label: str, track: str
    ) -> None:
        """Cut this sample, or without one the whole recording, whose parts get `label`."""
        self._path, self._recording_id, self._rate = path, recording_id, rate
        self._band = None if band is None or band.kind == GUESS else band
        self._label, self._track = label, track
        if self._band is not None:
            length = f"{(self._band.stop - self._band.start) / rate:.2f} s"
            said = tr("The chosen sample, {label}, {length}", label=band_name(band), length=length)
        elif label:
            said = tr("The whole recording; the parts are labelled {label}", label=label)
        else:
            said = tr("Choose or add a label first: the parts of a recording need one.")
        self.what.setText(said)
        self._ask()

    def _change_kind(self) -> None:
        kind = self.kind.currentData()
        self.forms.setCurrentIndex(0 if kind == "windows" else 1)
        field = self.fields["threshold"]
        field.setSuffix("" if kind == "threshold" else " dB")
        self._later()

    def _later(self) -> None:
        self._soon.start()

    def _how(self) -> Callable[[], Any]:
        """Return what makes the settings, in the thread that uses them."""
        kind = self.kind.currentData()
        values = {name: field.value() for name, field in self.fields.items()}
        rest = self.rest.isChecked()

        def make() -> Any:
            from studio.services.editing import EventSettings
            from studio.services.parts import Windows

            if kind == "windows":
                return Windows(values["window"], values["stride"], rest)
            return EventSettings(
                kind=kind,
                threshold=values["threshold"],
                shortest_ms=values["shortest"],
                join_ms=values["join"],
                before_ms=values["before"],
                after_ms=values["after"],
                length_ms=values["length"],
            )

        return make

    def _ask(self) -> None:
        path, how, band = self._path, self._how(), self._band
        number, label = self._recording_id, self._label
        if path is None:
            return
        if band is None and not label:
            self._show([])
            return

        def work() -> Any:
            from studio.services import parts

            try:
                if band is not None:
                    return parts.preview(path, how(), sample_ids=[band.id], report=Quiet())
                return parts.preview(
                    path, how(), recording_ids=[number], label=label, report=Quiet()
                )
            except StudioError as error:
                return error

        self._session.read("editor cuts", work, self._show, place=PLACE)

    def _show(self, found: "list[Parts] | StudioError") -> None:
        if isinstance(found, StudioError):
            self._parts = []
            self.found.setText(f"{found.message} {hint_for_window(found.hint)}")
            set_role(self.found, "problem")
        else:
            self._parts = found
            count = sum(len(one.spans) for one in found)
            self.found.setText(
                counted(count, "{n} part, shown on the signal", "{n} parts, shown on the signal")
                if count
                else tr("Nothing is found. Lower the threshold or the shortest length.")
            )
            set_role(self.found, "" if count else "advice")
        spans = [span for one in self._parts for span in one.spans]
        self.apply.setEnabled(bool(spans))
        self.apply.setText(counted(len(spans), "Cut into {n}", "Cut into {n}"))
        self.cuts.emit(spans)

    def write(self) -> None:
        """Write what is shown."""
        path, found, track = self._path, self._parts, self._track
        if path is None or not any(one.spans for one in found):
            return
        self._parts = []
        self.apply.setEnabled(False)

        def work() -> Any:
            from studio.services import parts

            return parts.write(path, found, track=track)

        self._session.read("", work, self.applied.emit, place=PLACE)


def band_name(band: Band | None) -> str:
    """Return a band's label, or an empty text."""
    return band.label if band is not None else ""
