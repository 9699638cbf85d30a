"""The middle of the Train page: the curves of a run, its layers, or its confusion matrix."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.events import Reporter
from studio.gui.pages.test_result import Choice
from studio.gui.pages.train_layers import LayersView
from studio.gui.pages.train_matrix import PLACE, MatrixView
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.curves import Curves
from studio.gui.widgets.panel import Panel, words

MATRIX = 2


class LearningPanel(Panel):
    """Curves, layers and the matrix, one at a time, with the time that is left above."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__(tr("Learning"))
        self._session = session
        self.heading.hide()
        self.view = Choice(
            tr("Look at"),
            (
                (tr("Curves"), tr("Loss and accuracy, epoch by epoch")),
                (tr("Layers"), tr("What each layer takes on the board")),
                (tr("Matrix"), tr("Who is taken for whom, and the windows of it (M)")),
            ),
        )
        self.left = words("", "hint")
        row = QHBoxLayout()
        row.addWidget(self.view, 1)
        row.addWidget(self.left)
        self.curves = Curves(theme)
        self.layers = LayersView()
        self.taken = MatrixView(session, theme)
        self.no_curves = words("", "hint", wrap=True)
        self.no_curves.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pictures = QStackedWidget()
        drawn = QWidget()
        column = QVBoxLayout(drawn)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.no_curves, 1)
        column.addWidget(self.curves, 1)
        self.pictures.addWidget(drawn)
        self.pictures.addWidget(self.layers)
        self.pictures.addWidget(self.taken)
        self.layers.look.clicked.connect(self.look_at_layers)
        self.view.chosen.connect(self.pictures.setCurrentIndex)
        self.box.addLayout(row)
        self.box.addWidget(self.pictures, 1)

    def show_matrix(self) -> None:
        """Show who is taken for whom."""
        self.view.choose(MATRIX)
        self.pictures.setCurrentIndex(MATRIX)
        self.taken.matrix.setFocus()

    def show_left(self, data: dict[str, Any]) -> None:
        """Say how long it takes at most: patience may end it before."""
        total = self.curves.expected
        left = max(0, total - int(data["epoch"])) * float(data.get("seconds", 0))
        self.left.setText(
            tr(
                "epoch {epoch} of {total}, at most {left} s left",
                epoch=f"{data['epoch']:.0f}",
                total=total or "?",
                left=f"{left:.0f}",
            )
        )

    def show_curves(self, *, waiting: bool) -> None:
        """Show the curves, or what stands there before the first epoch."""
        text = tr("Loss and accuracy appear here, epoch by epoch, as soon as you train.")
        if waiting:
            text = tr("The features are computed first; the first epoch follows in some seconds.")
        self.no_curves.setText(text)
        self.no_curves.setVisible(self.curves.epochs == 0)
        self.curves.setVisible(self.curves.epochs > 0)

    def look_at_layers(self) -> None:
        """Find the layers of the present settings, in the training worker."""
        path = self._session.project
        if path is None:
            return

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import layers

            return layers.before_training(path, report=report)

        self._session.start(tr("Looking at the layers"), work, place=PLACE)
