"""The record bar of the Boards page: label, group, how to record, and what that needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from studio.gui.keys import label_keys
from studio.gui.texts import grouped, tr
from studio.gui.theme import Theme, label_colour
from studio.gui.widgets.panel import Panel, words
from studio.types import Axis

CHIPS, LARGE = 3, 125
"""In a row; one less where the text is larger than so many percent."""
FREE, FIXED, SERIES, TRIGGER = "free", "fixed", "series", "trigger"
MODES, LENGTHS = (FREE, FIXED, SERIES, TRIGGER), (FIXED, SERIES)
SLOPES = ("level", "slope")
SWATCH = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What stands in the fields."""

    mode: str
    seconds: float
    countdown_s: float
    count: int
    pause_s: float
    trigger: str
    pre_s: float
    post_s: float
    split: str


class TakePanel(Panel):
    """Chooses what is recorded.

    Signals
    -------
    label_pressed : (str)
        A known label was chosen: for what comes, or from now on in what is recorded.
    trigger_changed : ()
        What is waited for is different.
    """

    label_pressed = Signal(str)
    trigger_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Record"))
        self._theme = theme
        self._labels: dict[str, float] = {}
        self._keys: dict[str, str] = {}
        self._chips: list[QPushButton] = []
        self._axes: tuple[Axis, ...] = ()
        self.label = QLineEdit(placeholderText=tr("such as: start"))
        self.label.setAccessibleName(tr("Label"))
        self.label.setToolTip(tr("What is to be heard or felt in it; known ones: keys 1 to 0"))
        self.group = QLineEdit(placeholderText=tr("person or place"))
        self.group.setAccessibleName(tr("Group"))
        self.group.setToolTip(
            tr("A group, the person speaking say, is never split between training and test")
        )
        self.chips = QWidget()
        self._grid = QGridLayout(self.chips)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(4)
        self._make_fields()
        self.box.addWidget(self.chips)
        self._form = QGridLayout()
        self._form.setVerticalSpacing(6)
        self._form.setHorizontalSpacing(8)
        self._form.setColumnStretch(1, 1)
        self._form.setColumnStretch(3, 1)
        self.box.addLayout(self._form)
        self._lay_out()
        self.more = QVBoxLayout()
        self.box.addLayout(self.more)
        self.box.addStretch(1)
        self._show_mode()

    def _make_fields(self) -> None:
        self.mode = _choices(
            tr("How to record"),
            {
                FIXED: tr("One length"),
                FREE: tr("Until I stop"),
                SERIES: tr("Series of clips"),
                TRIGGER: tr("On a trigger"),
            },
        )
        self.seconds = _number(tr("Length in seconds"), 5.0, 0.1, 3600.0, " s")
        self.countdown = _number(tr("Countdown in seconds"), 0.0, 0.0, 60.0, " s")
        self.pause = _number(tr("Pause between clips in seconds"), 1.0, 0.0, 600.0, " s")
        self.count = QSpinBox(minimum=0, maximum=10_000, value=20)
        self.count.setAccessibleName(tr("Number of clips"))
        self.count.setSpecialValueText(tr("no end"))
        self.count.lineEdit().setTextMargins(6, 0, 6, 0)
        self._make_trigger()
        self.split = _choices(
            tr("Cut into events afterwards"),
            {
                "": tr("keep whole"),
                "energy": tr("cut out loud parts"),
                "onset": tr("cut at onsets"),
                "peaks": tr("cut around peaks"),
            },
        )
        self.mode.currentIndexChanged.connect(lambda _: self._show_mode())

    def _make_trigger(self) -> None:
        self.kind = _choices(
            tr("What the trigger looks at"),
            {
                "level": tr("Level"),
                "slope": tr("Slope, per second"),
                "rms": tr("Strength (RMS)"),
                "onset": tr("Onset, in dB"),
            },
        )
        self.threshold = _number(tr("Trigger level"), 0.5, -1e9, 1e9, "")
        self.axis = QComboBox()
        self.axis.setAccessibleName(tr("Axis of the trigger"))
        self.direction = _choices(
            tr("Direction of the trigger"),
            {"up": tr("rising"), "down": tr("falling"), "either": tr("either way")},
        )
        self.pre = _number(tr("Kept from before the trigger, in seconds"), 0.5, 0.0, 60.0, " s")
        self.post = _number(tr("Kept from the trigger on, in seconds"), 0.5, 0.05, 60.0, " s")
        self.kind.currentIndexChanged.connect(lambda _: self._show_mode())
        for box in (self.axis, self.direction):
            box.currentIndexChanged.connect(lambda _: self.trigger_changed.emit())
        for field in (self.threshold, self.pre):
            field.valueChanged.connect(lambda _: self.trigger_changed.emit())

    def _lay_out(self) -> None:
        rows: tuple[tuple[tuple[str, QWidget, tuple[str, ...]], ...], ...] = (
            ((tr("Label"), self.label, MODES),),
            ((tr("Group"), self.group, MODES),),
            ((tr("How"), self.mode, MODES),),
            ((tr("Length"), self.seconds, LENGTHS), (tr("Countdown"), self.countdown, LENGTHS)),
            ((tr("Looks at"), self.kind, (TRIGGER,)),),
            ((tr("Level"), self.threshold, (TRIGGER,)), (tr("Axis"), self.axis, (TRIGGER,))),
            ((tr("Before"), self.pre, (TRIGGER,)), (tr("After"), self.post, (TRIGGER,))),
            (
                (tr("Clips"), self.count, (SERIES, TRIGGER)),
                (tr("Pause"), self.pause, (SERIES,)),
                (tr("Way"), self.direction, (TRIGGER,)),
            ),
            ((tr("Then"), self.split, MODES),),
        )
        self._rows = []
        for place, fields in enumerate(rows):
            wide = 3 if len(fields) == 1 else 1
            for side, (name, field, modes) in enumerate(fields):
                head = words(name, "hint")
                column = 2 * min(side, 1)  # the second and the third are never both shown
                field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
                field.setMinimumWidth(64)
                self._form.addWidget(head, place, column)
                self._form.addWidget(field, place, column + 1, 1, wide)
                self._rows.append((head, field, modes))

    def _show_mode(self) -> None:
        mode = self.mode.currentData()
        for head, field, modes in self._rows:
            wanted = mode in modes
            if field is self.direction:
                wanted = wanted and self.kind.currentData() in SLOPES
            head.setVisible(wanted)
            field.setVisible(wanted)
        self.trigger_changed.emit()

    @property
    def wanted(self) -> Wanted:
        """What stands in the fields."""
        kind, direction = self.kind.currentData(), self.direction.currentData()
        axis = self.axis.currentData() or "any"
        trigger = f"{kind}:{self.threshold.value():g}:{axis}"
        if kind in SLOPES:
            trigger += f":{direction}"
        return Wanted(
            mode=self.mode.currentData(),
            seconds=self.seconds.value(),
            countdown_s=self.countdown.value(),
            count=self.count.value(),
            pause_s=self.pause.value(),
            trigger=trigger if self.mode.currentData() == TRIGGER else "",
            pre_s=self.pre.value(),
            post_s=self.post.value(),
            split=self.split.currentData(),
        )

    def line(self) -> tuple[float | None, int | None, float] | None:
        """Return level, axis and lead of the trigger as they are drawn; None without one.

        There is a level only where it is in the units of the signal.
        """
        if self.mode.currentData() != TRIGGER:
            return None
        drawn = self.kind.currentData() in ("level", "rms")
        name = self.axis.currentData()
        names = [axis.name for axis in self._axes]
        axis = names.index(name) if name in names else None
        return self.threshold.value() if drawn else None, axis, self.pre.value()

    def set_axes(self, axes: tuple[Axis, ...]) -> None:
        """Offer these axes to the trigger."""
        if axes == self._axes:
            return
        self._axes, chosen = axes, self.axis.currentData()
        self.axis.clear()
        self.axis.addItem(tr("any"), "")
        for one in axes:
            self.axis.addItem(one.name, one.name)
        self.axis.setCurrentIndex(max(0, self.axis.findData(chosen)))

    @property
    def labels(self) -> list[str]:
        """The known labels in the order of their keys."""
        return list(self._labels)

    @property
    def seconds_of(self) -> dict[str, float]:
        """How much there is of each known label."""
        return dict(self._labels)

    def show_labels(self, known: Mapping[str, float], now: str = "") -> None:
        """Show the known labels with their keys; `now` is the one that is recorded."""
        self._labels = dict(known)
        keys = label_keys(self.labels)
        if list(keys.items()) != list(self._keys.items()):
            self._keys = keys
            self._make_chips()
        for (key, label), chip in zip(keys.items(), self._chips, strict=True):
            amount = grouped(known[label], ".0f")
            said = tr("{label}: {seconds} s so far", label=label, seconds=amount)
            chip.setToolTip(f"{said} ({key})")
            chip.setChecked(label == now)

    def _make_chips(self) -> None:
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = [self._chip(label, key) for key, label in self._keys.items()]
        self.chips.setVisible(bool(self._chips))
        self._place_chips()
        self._show_swatches()

    def _place_chips(self) -> None:
        across = CHIPS - (self._theme.percent > LARGE)
        for place, chip in enumerate(self._chips):
            self._grid.addWidget(chip, place // across, place % across)

    def _chip(self, label: str, key: str) -> QPushButton:
        short = label if len(label) <= 10 else label[:9] + "…"
        chip = QPushButton(f"{key}  {short}")
        chip.setProperty("role", "chip")
        chip.setCheckable(True)
        chip.setAccessibleName(label)
        chip.setIconSize(QSize(SWATCH, SWATCH))
        chip.clicked.connect(lambda: self.label_pressed.emit(label))
        return chip

    def _swatch(self, colour: str) -> QPixmap:
        picture = QPixmap(4 * SWATCH, 4 * SWATCH)  # fine enough for any screen
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._theme["control"]), 4))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(2, 2, 4 * SWATCH - 4, 4 * SWATCH - 4)
        painter.end()
        return picture

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self._theme = theme
        self._place_chips()
        self._show_swatches()

    def _show_swatches(self) -> None:
        for chip in self._chips:
            colour = label_colour(chip.accessibleName(), self.labels)
            chip.setIcon(QIcon(self._swatch(colour)))


def _choices(name: str, texts: Mapping[str, str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for key, text in texts.items():
        box.addItem(text, key)
    return box


class _Number(QDoubleSpinBox):
    """A number without digits that say nothing."""

    def textFromValue(self, value: float) -> str:
        """Return the number as it is shown."""
        return f"{value:.6g}"


def _number(name: str, value: float, low: float, high: float, unit: str) -> QDoubleSpinBox:
    field = _Number(minimum=low, maximum=high, decimals=3, suffix=unit)
    field.setValue(value)
    field.setAccessibleName(name)
    field.lineEdit().setTextMargins(6, 0, 6, 0)
    return field
