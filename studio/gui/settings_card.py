"""Settings: theme, text size and language, on a card over the page; each acts at once."""

from PySide6.QtCore import QPoint, QRect, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from studio.gui import texts
from studio.gui import theme as themes
from studio.gui.texts import tr
from studio.gui.theme import Theme
from studio.gui.widgets.card import Card
from studio.gui.widgets.panel import words

WIDTH = 360


class SettingsCard(Card):
    """What a person sets once.

    Signals
    -------
    theme_chosen : (str)
        `light`, `dark` or `system`.
    size_chosen : (int)
        A text size in percent.
    language_chosen : (str)
        A language by its name in the settings; empty: English.
    """

    theme_chosen = Signal(str)
    size_chosen = Signal(int)
    language_chosen = Signal(str)

    def __init__(self, host: QWidget, theme: Theme) -> None:
        super().__init__(host, tr("Settings"), theme)
        self.left = 0
        """Where the page begins: the card lies beside the rail."""
        self.theme = self._choice(tr("Theme"))
        for name, text in (
            (themes.SYSTEM, tr("As the system")),
            ("light", tr("Light")),
            ("dark", tr("Dark")),
        ):
            self.theme.addItem(text, name)
        self.text_size = self._choice(tr("Text size"))
        for percent in themes.SCALES:
            self.text_size.addItem(tr("{percent} %", percent=percent), percent)
        self.language = self._choice(tr("Language"))
        for name, text in texts.languages():
            self.language.addItem(text, name)
        self.box.addWidget(words(tr("Another language is spoken from the next start on."), "hint"))
        self.box.addStretch(1)
        self.theme.activated.connect(lambda _: self.theme_chosen.emit(self.theme.currentData()))
        self.text_size.activated.connect(
            lambda _: self.size_chosen.emit(self.text_size.currentData())
        )
        self.language.activated.connect(
            lambda _: self.language_chosen.emit(self.language.currentData())
        )

    def show_choices(self, theme: Theme) -> None:
        """Show what is chosen now."""
        kept = themes.settings()
        chosen = (
            (self.theme, str(kept.value("theme", themes.SYSTEM))),
            (self.text_size, theme.percent),
            (self.language, str(kept.value("language", ""))),
        )
        for field, value in chosen:
            field.setCurrentIndex(max(0, field.findData(value)))

    def _choice(self, name: str) -> QComboBox:
        field = QComboBox()
        field.setAccessibleName(name)
        self.box.addWidget(words(name, "hint"))
        self.box.addWidget(field)
        return field

    def place(self, room: QRect) -> QRect:
        """Return where it lies: at the bottom left, beside its button."""
        size = self.sizeHint()
        size.setWidth(max(size.width(), WIDTH))
        size = size.boundedTo(room.size())
        return QRect(QPoint(room.left() + self.left, room.bottom() - size.height()), size)
