"""The panel that changes the chosen samples, many at once."""

from typing import Any

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from studio.errors import StudioError
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.data_side import (
    SidePanel,
    breakable,
    button,
    check,
    clear,
    combo,
    in_row,
    offer,
    typed,
)
from studio.gui.texts import counted, grouped, tr
from studio.gui.widgets.panel import Facts, words
from studio.types import SPLITS

SHOWN_METADATA = 12


class EditPanel(SidePanel):
    """Relabel, move, group, disable, delete, put on a track, describe."""

    TITLE = "Chosen samples"

    def build(self) -> None:
        """Make the content."""
        self.facts = Facts()
        self.box.addWidget(self.facts)
        self.findings = QVBoxLayout()
        self.findings.setSpacing(8)
        self.box.addLayout(self.findings)
        self.label = typed(tr("Label"))
        self.relabel = button(tr("Relabel"), tr("Give the chosen samples this label (1-9, 0)"))
        self.field(tr("Label"), self.label, self.relabel)
        self.split = combo([(tr(split), split) for split in SPLITS] + [(tr("not split"), "")])
        self.move_button = button(tr("Move"), tr("Put them into this split (T, V, E)"))
        self.field(tr("Split"), self.split, self.move_button)
        self.whole = check(
            tr("with all of their groups"), tr("A group in two splits makes a test worthless.")
        )
        self.whole.setChecked(True)
        self.box.addWidget(self.whole)
        self.group = QLineEdit()
        self.put = button(tr("Group"), tr("Put their recordings into this group"))
        self.field(tr("Group: who or what must not be in two splits"), self.group, self.put)
        self.track = typed(tr("Track"))
        self.onto = button(tr("Put"), tr("Put them on this label track; a new name makes one"))
        self.field(tr("Label track"), self.track, self.onto)
        self.key, self.value = typed(tr("Name of the note")), QLineEdit()
        self.value.setAccessibleName(tr("Text of the note"))
        self.describe = button(tr("Set"), tr("Keep this with their recordings; empty removes it"))
        self.field(tr("Notes of their recordings (name, then text)"), self.key)
        self.box.addLayout(in_row(self.value, self.describe))
        self.notes = words("", "hint", wrap=True)
        self.box.addWidget(self.notes)
        self.use = button(tr("Put in use"), tr("Use them for training and testing (X)"))
        self.leave = button(tr("Leave out"), tr("Keep them, but do not use them (X)"))
        self.box.addLayout(in_row(self.use, self.leave))
        self.delete = button(tr("Delete"), tr("Forget them; the recordings stay (Del)"))
        self.open = button(tr("Open in Label"), tr("Look at the sample and its edges (Enter)"))
        self.box.addLayout(in_row(self.open, self.delete))
        self._connect()

    def _connect(self) -> None:
        for field, act in (
            (self.label.lineEdit(), self._relabel),
            (self.group, self._group),
            (self.track.lineEdit(), self._track),
            (self.value, self._describe),
        ):
            if field is not None:
                field.returnPressed.connect(act)
        self.relabel.clicked.connect(self._relabel)
        self.move_button.clicked.connect(self._move)
        self.put.clicked.connect(self._group)
        self.onto.clicked.connect(self._track)
        self.describe.clicked.connect(self._describe)
        changes = self.library.changes
        self.use.clicked.connect(lambda: changes.use(self.library.ids().tolist(), enabled=True))
        self.leave.clicked.connect(lambda: changes.use(self.library.ids().tolist(), enabled=False))
        self.delete.clicked.connect(lambda: changes.remove(self.library.ids().tolist()))
        self.open.clicked.connect(self.library.open)
        self.library.chosen.connect(self.show_state)

    def show_state(self) -> None:
        """Show what is chosen."""
        if not self.isVisible():
            return
        facets = self.library.facets
        if facets is not None:
            offer(self.label, facets.labels)
            offer(self.track, facets.tracks)
        offer(self.key, ("notes", "device", "session", "place", "person"))
        count = len(self.library.ids())
        title = counted(count, "{n} sample chosen", "{n} samples chosen")
        self.heading.setText(title if count else tr("No sample chosen"))
        for widget in self._acting():
            widget.setEnabled(bool(count))
            if not count:
                widget.setToolTip(tr("Choose samples in the table first."))
        self._ask_about()

    def _acting(self) -> list[QWidget]:
        return [
            self.relabel,
            self.move_button,
            self.put,
            self.onto,
            self.describe,
            self.use,
            self.leave,
            self.delete,
            self.open,
        ]

    def _ask_about(self) -> None:
        sample = self.library.current()
        single = len(self.library.ids()) == 1 and sample is not None
        for part in (self.facts, self.notes):
            part.setVisible(single)
        if not single or sample is None:
            clear(self.findings)
            return
        path, number = self.session.path, sample.id

        def read() -> Any:
            from studio.services import library

            try:
                return library.describe(path, number)
            except StudioError:
                return None

        self.session.read("describe", read, self._show_one, place=PLACE)

    def _show_one(self, found: "dict[str, Any] | None") -> None:
        if found is None:
            return
        sample = found["sample"]
        rate, end = found["rate_hz"], found["start_s"] + found["seconds"]
        self.facts.show_facts(
            {
                tr("recording"): breakable(found["recording"]),
                tr("from"): f"{found['start_s']:.3f} s",
                tr("to"): f"{end:.3f} s",
                tr("length"): f"{found['seconds']:.3f} s",
                tr("rate"): f"{grouped(rate, '.6g')} Hz",
                tr("source"): breakable(found["source"]) or "-",
            }
        )
        notes = list(found["metadata"].items())[:SHOWN_METADATA]
        self.notes.setText("\n".join(breakable(f"{key}: {text}") for key, text in notes))
        for field, text in ((self.label, sample.label), (self.track, sample.track)):
            if not field.hasFocus():
                field.setEditText(text)
                if (line := field.lineEdit()) is not None:
                    line.setCursorPosition(0)
        if not self.group.hasFocus():
            self.group.setText(sample.group)
            self.group.setCursorPosition(0)
        self.split.setCurrentIndex(self.split.findData(sample.split))
        self._show_findings(found)

    def _show_findings(self, found: "dict[str, Any]") -> None:
        clear(self.findings)
        for one in found["findings"]:
            self.findings.addWidget(words(one["sentence"], "advice", wrap=True))
            self.findings.addWidget(words(one["remedy"], "hint", wrap=True))
        if found["trim_s"]:
            text = tr("Trim the first {seconds:.2f} s", seconds=found["trim_s"])
            trim = button(text, tr("Of every sample whose recording still settles at its start"))
            trim.clicked.connect(self.library.changes.trim)
            self.findings.addWidget(trim)

    def _chosen(self) -> list[int]:
        ids: list[int] = self.library.ids().tolist()
        return ids

    def _relabel(self) -> None:
        if text := self.label.currentText().strip():
            self.library.changes.relabel(self._chosen(), text)

    def _move(self) -> None:
        split = str(self.split.currentData() or "")
        self.library.changes.move(self._chosen(), split, whole_groups=self.whole.isChecked())

    def _group(self) -> None:
        if text := self.group.text().strip():
            self.library.changes.group(self._chosen(), text)

    def _track(self) -> None:
        if text := self.track.currentText().strip():
            self.library.changes.track(self._chosen(), text)

    def _describe(self) -> None:
        if key := self.key.currentText().strip():
            self.library.changes.metadata(self._chosen(), key, self.value.text().strip() or None)
