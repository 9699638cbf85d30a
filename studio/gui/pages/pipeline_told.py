"""The line of the Pipeline page that says what is out of date, with the ways on and back."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from studio.gui.texts import tr
from studio.gui.widgets.panel import set_role, words


class ToldLine(QWidget):
    """Shown while something is out of date, or can be taken back.

    Signals
    -------
    back_wanted, train_wanted : ()
        Its buttons were pressed.
    """

    back_wanted = Signal()
    train_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.stale = words("", "advice", wrap=True)
        self.back = QPushButton(tr("Take it back"))
        self.back.setToolTip(tr("Set the pipeline back to what it was before (U)"))
        self.back.clicked.connect(self.back_wanted)
        self.to_train = QPushButton(tr("Go to Train"))
        self.to_train.setToolTip(tr("Go to Train (Ctrl+5)"))
        self.to_train.clicked.connect(self.train_wanted)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.stale, 1)
        line.addWidget(self.back)
        line.addWidget(self.to_train)

    def tell(self, stale: str, *, can_go_back: bool) -> None:
        """Say what is out of date, and offer the way back from what was kept."""
        text = tr("The pipeline was changed.")
        if stale:
            text = tr("▲ Train and Test are out of date. {why}", why=tr(stale))
        self.stale.setText(text)
        set_role(self.stale, "advice" if stale else "hint")
        self.to_train.setVisible(bool(stale))
        self.back.setVisible(can_go_back)
        self.setVisible(bool(stale) or can_go_back)
