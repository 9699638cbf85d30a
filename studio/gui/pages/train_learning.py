"""The middle of the Train page: the curves of a run, or its layers."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.gui.pages.test_result import Choice
from studio.gui.pages.train_layers import LayersView
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.curves import Curves
from studio.gui.widgets.panel import Panel, words


class LearningPanel(Panel):
    """Curves and layers, one at a time, with the time that is left above."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("Learning"))
        self.heading.hide()
        self.view = Choice(
            tr("Look at"),
            (
                (tr("Curves"), tr("Loss and accuracy, epoch by epoch")),
                (tr("Layers"), tr("What each layer takes on the board")),
            ),
        )
        self.left = words("", "hint")
        row = QHBoxLayout()
        row.addWidget(self.view, 1)
        row.addWidget(self.left)
        self.curves = Curves(theme)
        self.layers = LayersView()
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
        self.box.addLayout(row)
        self.box.addWidget(self.pictures, 1)
