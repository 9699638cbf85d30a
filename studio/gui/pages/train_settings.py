"""What can be set about a training: the network, the fitting, the varied copies."""

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.events import Quiet
from studio.gui.session import Session
from studio.gui.texts import tr
from studio.gui.widgets.form import Form
from studio.gui.widgets.panel import Panel, words
from studio.params import to_dict

PLACE = "Train"
SIDE = 288
"""Width of the panels beside the curves."""


class _Part(QWidget):
    """One Params object under a heading that folds it away."""

    def __init__(self, title: str, *, folded: bool) -> None:
        super().__init__()
        self.form = Form()
        self.head = QToolButton()
        self.head.setText(title)
        self.head.setProperty("role", "quiet")
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.clicked.connect(lambda: self._fold(self.form.isHidden()))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(self.head)
        box.addWidget(self.form)
        self._fold(not folded)

    def show_field(self, field: QWidget) -> None:
        """Unfold, and put the cursor in a field."""
        self._fold(shown=True)
        field.setFocus()

    def _fold(self, shown: bool) -> None:
        self.form.setVisible(shown)
        self.head.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)


class _Fields(QScrollArea):
    """Scrolls its forms up and down, and is as wide as they need."""

    def minimumSizeHint(self) -> QSize:
        """Return the width of the forms, and little height."""
        inside = self.widget()
        width = inside.minimumSizeHint().width() if inside is not None else 0
        return QSize(width + self.verticalScrollBar().sizeHint().width(), 60)


class SettingsPanel(Panel):
    """The forms; what is changed is kept in the project at once."""

    def __init__(self, session: Session) -> None:
        super().__init__(tr("Settings"))
        self._session = session
        self._values: dict[str, Any] = {}
        self._step = ""
        self.parts = (
            _Part(tr("Network"), folded=False),
            _Part(tr("Training"), folded=False),
            _Part(tr("Varied copies"), folded=True),
        )
        inside = QFrame()
        inside.setObjectName("sheet")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(12)
        self.none: QLabel = words("", "hint", wrap=True)
        self.go_on = QPushButton()
        self.go_on.clicked.connect(lambda: session.step_wanted.emit(self._step))
        column.addWidget(self.none)
        column.addWidget(self.go_on)
        for part in self.parts:
            column.addWidget(part)
            part.form.edited.connect(self._edited)
            part.form.built.connect(self._line_up)
        column.addStretch(1)
        self._area = area = _Fields()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        self.box.addWidget(area, 1)
        self.show_settings(None)

    def _line_up(self) -> None:
        """Let the fields of all forms begin at one place, and have the width that they need."""
        width = max(part.form.field_width for part in self.parts)
        for part in self.parts:
            part.form.line_up(width)
        self._area.updateGeometry()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return the width of a side panel, or more if the words need it."""
        return QSize(max(SIDE, self.minimumSizeHint().width()), 400)

    @property
    def epochs(self) -> int:
        """How many epochs there are at most."""
        return int(self._values.get("epochs", 0))

    def show_settings(
        self,
        found: dict[str, Any] | None,
        why_not: str = "",
        way: tuple[str, str] = ("", ""),
    ) -> None:
        """Show what `services.train.settings` returned, or why there is nothing to set.

        `way` is where that is mended: the words of the button, and the step.
        """
        self.go_on.setText(way[0])
        self.go_on.setVisible(bool(way[0]))
        self._step = way[1]
        block = found["block"] if found else ""
        lacking = tr("The pipeline has no learning block yet. Choose one on the Pipeline page.")
        self.none.setText(lacking if found is not None and not block else why_not)
        self.none.setVisible(bool(self.none.text()) and not block)
        for part in self.parts:
            part.setVisible(bool(block))
        self._values = {}
        if found is None or not block:
            self.heading.setText(tr("Settings"))
            return
        self.heading.setText(tr(found["title"]))
        for part, (present, usual) in zip(self.parts, found["parts"], strict=True):
            self._values |= to_dict(present)
            part.form.show_params(type(present), to_dict(present), to_dict(usual))

    def set_enabled(self, enabled: bool) -> None:
        """Let the forms be changed, or not while a training runs."""
        for part in self.parts:
            part.form.setEnabled(enabled)

    def flush(self) -> dict[str, Any] | None:
        """Return all settings, with what was typed just now; None, shown, if one cannot be."""
        for part in self.parts:
            wrong = part.form.flush()
            if wrong is not None:
                part.show_field(wrong)
                return None
        return dict(self._values)

    def being_edited(self) -> bool:
        """Tell whether a person is in one of the fields: they must not change under the hands."""
        focused = self.focusWidget() if self.isVisible() else None
        return bool(focused and focused.hasFocus() and self._values)

    def _edited(self, values: dict[str, Any]) -> None:
        """Keep what differs from what the project has."""
        path = self._session.project
        new = {name: value for name, value in values.items() if self._values.get(name) != value}
        if path is None or not new:
            return
        self._values |= new

        def write() -> None:
            from studio.services import projects

            projects.set_pipeline(path, {"learning_params": new}, Quiet())

        self._session.read("", write, lambda _: None, place=PLACE)
