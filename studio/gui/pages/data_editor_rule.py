"""Data, editor: which label a window gets, and the label tracks."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
)

from studio.gui.texts import counted, tr
from studio.gui.widgets.panel import Panel, words
from studio.types import WINDOW_RULES

if TYPE_CHECKING:
    from studio.services.editing import Windows

NAME = Qt.ItemDataRole.UserRole


class RulePanel(Panel):
    """The window rule with what it makes of the recording that is shown.

    Signals
    -------
    chosen : (dict)
        Entries of the rule that a person changed.
    closed : ()
        A person goes back to the samples.
    """

    chosen = Signal(dict)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Windows and their labels"))
        self.rule = QComboBox()
        self.rule.setAccessibleName(tr("A window gets"))
        texts = (
            tr("its sample's label"),
            tr("the label at its end"),
            tr("any label in it"),
            tr("a label on a share of it"),
            tr("the label of most of it"),
        )
        for key, text in zip(WINDOW_RULES, texts, strict=True):
            self.rule.addItem(text, key)
        self.rule.activated.connect(lambda _: self._tell(rule=self.rule.currentData()))
        self.share = QDoubleSpinBox()
        self.share.setAccessibleName(tr("Share"))
        self.share.setRange(1.0, 100.0)
        self.share.setDecimals(0)
        self.share.setSuffix(" %")
        self.share.editingFinished.connect(self._tell_share)
        self.background = QComboBox()
        self.background.setAccessibleName(tr("Counts as none"))
        self.background.setToolTip(tr("A label that gives way to any other, such as noise"))
        self.background.activated.connect(
            lambda _: self._tell(background=self.background.currentData())
        )
        self.track = QComboBox()
        self.track.setAccessibleName(tr("Track"))
        self.track.activated.connect(lambda _: self._tell(track=self.track.currentText()))
        self.effect = words("", "", wrap=True)
        self._share = 0.5
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setSpacing(8)
        grid.setColumnStretch(1, 1)
        rows = (
            (tr("Share"), self.share),
            (tr("Counts as none"), self.background),
            (tr("Track"), self.track),
        )
        for place, (name, widget) in enumerate(rows):
            grid.addWidget(words(name), place, 0)
            grid.addWidget(widget, place, 1)
        hint = words(
            tr("Each window is a small line under the tracks, in its label's colour."),
            "hint",
            wrap=True,
        )
        back = QPushButton(tr("Close"))
        back.setToolTip(tr("Back to the samples (Esc)"))
        back.clicked.connect(self.closed)
        self.box.addWidget(words(tr("A window gets")))
        self.box.addWidget(self.rule)
        self.box.addLayout(grid)
        for widget in (self.effect, hint, back):
            self.box.addWidget(widget)
        self.box.addStretch(1)

    def _tell(self, **values: Any) -> None:
        self.chosen.emit(values)

    def _tell_share(self) -> None:
        share = self.share.value() / 100
        if abs(share - self._share) > 1e-6:
            self._share = share
            self._tell(share=share)

    def show_windows(
        self, windows: "Windows", rate: float, labels: list[str], tracks: list[str]
    ) -> None:
        """Show the rule as it is, and the windows that come of it."""
        rule = windows.rule
        self._share = rule.share
        self.rule.setCurrentIndex(WINDOW_RULES.index(rule.rule))
        if not self.share.hasFocus():
            self.share.setValue(rule.share * 100)
        self.share.setEnabled(rule.rule == "share")
        self.share.setToolTip("" if rule.rule == "share" else tr("Only for the rule with a share"))
        offered = [self.background.itemData(at) for at in range(self.background.count())]
        if offered != ["", *labels]:
            self.background.clear()
            self.background.addItem(tr("no label"), "")
            for name in labels:
                self.background.addItem(name, name)
        self.background.setCurrentIndex(max(0, self.background.findData(rule.background)))
        mixed = rule.rule not in ("sample", "end")
        self.background.setEnabled(mixed)
        self.background.setToolTip("" if mixed else tr("This rule looks at one label only"))
        if [self.track.itemText(at) for at in range(self.track.count())] != tracks:
            self.track.clear()
            self.track.addItems(tracks)
        self.track.setCurrentText(rule.track)
        self.effect.setText(self._words(windows, rate))

    def _words(self, windows: "Windows", rate: float) -> str:
        if windows.why_not:
            return windows.why_not
        of = Counter(label for _, label in windows.starts)
        each = ", ".join(f"{label} {count}" for label, count in sorted(of.items()))
        count = counted(len(windows.starts), "{n} window", "{n} windows")
        return tr(
            "This recording gives {count} of {length} ms, every {stride} ms: {each}",
            count=count,
            length=f"{windows.length / rate * 1000:.0f}",
            stride=f"{windows.stride / rate * 1000:.0f}",
            each=each or tr("none"),
        )


class TracksPanel(Panel):
    """The label tracks: add, rename, hide, and the one that is worked on.

    Signals
    -------
    added : (str)
    renamed : (str, str)
        Old and new name.
    picked : (str)
        Work on this one.
    hidden : (set)
        Names of those that are not drawn.
    closed : ()
        A person goes back to the samples.
    """

    added = Signal(str)
    renamed = Signal(str, str)
    picked = Signal(str)
    hidden = Signal(object)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__(tr("Label tracks"))
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Label tracks"))
        self.list.setToolTip(tr("Tick: drawn. F2 or a double-click renames."))
        self.list.itemChanged.connect(self._take)
        self.list.currentItemChanged.connect(
            lambda item, _: self.picked.emit(item.data(NAME)) if item else None
        )
        self.fresh = QLineEdit()
        self.fresh.setPlaceholderText(tr("New track, such as speaker"))
        self.fresh.setAccessibleName(tr("New track"))
        self.fresh.returnPressed.connect(self._add)
        back = QPushButton(tr("Close"))
        back.setToolTip(tr("Back to the samples (Esc)"))
        back.clicked.connect(self.closed)
        self.box.addWidget(
            words(
                tr(
                    "A track describes one thing, such as the word or the speaker. What you drag "
                    "goes on the chosen one; the others are drawn under the signal only."
                ),
                "hint",
                wrap=True,
            )
        )
        for widget, stretch in ((self.list, 1), (self.fresh, 0), (back, 0)):
            self.box.addWidget(widget, stretch)
        self._hidden: set[str] = set()

    def _add(self) -> None:
        text = " ".join(self.fresh.text().split())
        self.fresh.clear()
        if text:
            self.added.emit(text)

    def show_tracks(self, tracks: list[str], active: str) -> None:
        """Show these tracks."""
        self._hidden &= set(tracks)
        self.list.blockSignals(True)
        self.list.clear()
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        for name in tracks:
            item = QListWidgetItem(name)
            item.setData(NAME, name)
            editable = Qt.ItemFlag.ItemIsEditable if name != "main" else flags
            item.setFlags(flags | Qt.ItemFlag.ItemIsUserCheckable | editable)
            shown = name not in self._hidden
            item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
            self.list.addItem(item)
            if name == active:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)

    def _take(self, item: QListWidgetItem) -> None:
        name, text = item.data(NAME), " ".join(item.text().split())
        if text and text != name:
            self.renamed.emit(name, text)
            return
        rows = [self.list.item(row) for row in range(self.list.count())]
        self._hidden = {
            row.data(NAME) for row in rows if row.checkState() is not Qt.CheckState.Checked
        }
        self.hidden.emit(set(self._hidden))
