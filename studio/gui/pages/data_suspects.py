"""What is done about labels that look wrong: looked at first, then changed one by one."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from studio.gui.texts import counted, tr
from studio.gui.widgets.panel import words

if TYPE_CHECKING:
    from studio.gui.pages.data_library import Library


class SuspectReview(QWidget):
    """Says what speaks against the label of the chosen sample, and gives it the other one.

    It is shown once the samples are: nobody gives labels to what they have not seen.
    """

    def __init__(self, library: "Library", rows: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self._library = library
        self._rows = {int(row["sample"]): row for row in rows}
        self.said = words("", wrap=True)
        self.relabel = QPushButton()
        self.relabel.clicked.connect(self._relabel)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 4, 0, 0)
        box.setSpacing(8)
        box.addWidget(self.said)
        box.addWidget(self.relabel)
        library.chosen.connect(self._look)
        self.hide()

    def begin(self) -> None:
        """Go on now that the samples are shown in the table."""
        self.show()
        self._look()

    def _chosen(self) -> dict[int, str]:
        """Return the suspects among the chosen samples with what is suggested for them."""
        chosen = map(int, self._library.ids())
        return {one: str(self._rows[one]["suggested"]) for one in chosen if one in self._rows}

    def _look(self) -> None:
        if self.isHidden():
            return
        chosen = self._chosen()
        self.relabel.setEnabled(bool(chosen))
        if len(chosen) == 1:
            ((number, label),) = chosen.items()
            self.said.setText(str(self._rows[number]["reason"]))
            self.relabel.setText(tr("Relabel as {label}", label=label))
            self.relabel.setToolTip(tr("Ctrl+Z takes it back"))
            return
        self.relabel.setText(tr("Relabel as suggested"))
        if chosen:
            one, many = "{n} sample is chosen.", "{n} suspects are chosen."
            self.said.setText(counted(len(chosen), one, many))
            self.relabel.setToolTip(tr("Each gets the label that most speaks for (Ctrl+Z: back)"))
        else:
            self.said.setText(tr("Choose one in the table to see what speaks against its label."))
            self.relabel.setToolTip(tr("Choose samples in the table first."))

    def _relabel(self) -> None:
        chosen = self._chosen()
        for number in chosen:
            del self._rows[number]
        self._library.changes.relabel_each(chosen)
        self._library.suspect({one: str(row["suggested"]) for one, row in self._rows.items()})
        self._library.view.step(1)
        self._look()
