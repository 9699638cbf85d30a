"""The newest take: what is wrong with it in words, and what can be done about it at once."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from studio.gui.pages.boards_strip import TakeStrip
from studio.gui.texts import counted, tr
from studio.gui.theme import Theme
from studio.gui.widgets.panel import set_role, words

FINDINGS = 2
"""That are told; the rest stands in the take's tip and on Data."""


class Result(QWidget):
    """What came of a recording, and the takes before it.

    Signals
    -------
    trim_wanted : (int, int)
        The samples of a recording are to begin after so many readings.
    data_wanted : (int)
        A recording is to be seen on Data.
    """

    trim_wanted = Signal(int, int)
    data_wanted = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._row: dict[str, Any] = {}
        self.outcome = words("", wrap=True)
        self.findings = words("", "hint", wrap=True)
        keeps = self.findings.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)  # the plot above stays as it is while a take goes on
        self.findings.setSizePolicy(keeps)
        self.trim = QPushButton()
        self.trim.clicked.connect(self._trim)
        self.trim.hide()
        self.see = QPushButton(tr("See it on Data"))
        self.see.setToolTip(tr("Play it, label parts of it, or leave it out"))
        self.see.clicked.connect(lambda: self.data_wanted.emit(self._row["recording"]))
        self.see.hide()
        self.strip = TakeStrip(theme)
        self.strip.wanted.connect(self.data_wanted)
        told = QVBoxLayout()
        told.setSpacing(2)
        told.addWidget(self.outcome)
        told.addWidget(self.findings)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(told, 1)
        row.addWidget(self.trim)
        row.addWidget(self.see)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addLayout(row)
        box.addWidget(self.strip)
        self.hide()

    def tell(self, text: str) -> None:
        """Say what happens now."""
        self.outcome.setText(text)
        self.setVisible(bool(text) or self.strip.count > 0)
        set_role(self.outcome, "")
        for widget in (self.findings, self.trim, self.see):
            widget.hide()

    def progress(self, text: str) -> None:
        """Say how far it is, below what happens."""
        self.findings.setText(text)
        set_role(self.findings, "hint")
        self.findings.show()
        self.show()

    def show_result(self, result: dict[str, Any]) -> None:
        """Say what came of it."""
        rows = result["recordings"]
        self._row = row = rows[-1]
        if len(rows) > 1:
            text = counted(len(rows), "Saved {n} recording", "Saved {n} recordings")
            seconds = sum(one["seconds"] for one in rows)
            text = tr(
                "{saved} of {label}, {s} s together.",
                saved=text,
                label=row["label"],
                s=f"{seconds:.1f}",
            )
        else:
            text = tr("Saved {name}: {s} s.", name=row["name"], s=f"{row['seconds']:.1f}")
        if result["samples"] > len(rows):
            made = counted(result["samples"], "{n} sample was made.", "{n} samples were made.")
            text = f"{text} {made}"
        self.outcome.setText(f"{text} {result['warning']}".strip())
        self.show()
        found = [one for row in rows for one in row["health"]["findings"]]
        worse = [one for one in found if one["severity"] != "info"]
        lines = [f"{one['sentence']} {one['remedy']}" for one in worse[:FINDINGS]]
        more = len(worse) - len(lines)
        if more > 0:
            lines.append(counted(more, "And {n} more finding.", "And {n} more findings."))
        self.findings.setText("\n".join(dict.fromkeys(lines)) or tr("Health: nothing is wrong."))
        set_role(self.findings, "advice" if worse else "hint")
        self.findings.show()
        self._offer_trim(row, alone=len(rows) == 1)
        self.see.show()
        for one in rows:
            self.strip.add({**one, "label": one.get("label", "")})

    def _offer_trim(self, row: dict[str, Any], *, alone: bool) -> None:
        readings = int(row["health"].get("trim") or 0)
        self.trim.setVisible(alone and 0 < readings < row["readings"])
        seconds = readings / row["sample_rate_hz"]
        self.trim.setText(tr("Leave out the first {s} s", s=f"{seconds:.2f}"))
        self.trim.setToolTip(tr("The sensor had not settled; the recording itself stays whole"))

    def _trim(self) -> None:
        self.trim.hide()
        self.trim_wanted.emit(self._row["recording"], int(self._row["health"]["trim"]))

    def clear(self) -> None:
        """Forget the takes: another project is open."""
        self.strip.clear()
        self.tell("")

    def set_theme(self, theme: Theme) -> None:
        """Take over a theme's colours."""
        self.strip.set_theme(theme)
