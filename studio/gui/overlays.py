"""The cards that lie over the window for a moment: palette, keys, plugins, settings, budget."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.gui import frame_commands
from studio.gui import theme as themes
from studio.gui.budget_card import BudgetCard
from studio.gui.desktop import open_file
from studio.gui.keys import KeySheet
from studio.gui.notice import EVERYWHERE
from studio.gui.palette import Palette
from studio.gui.plugins_card import PluginsCard
from studio.gui.settings_card import SettingsCard
from studio.gui.texts import tr
from studio.gui.widgets.card import Card

if TYPE_CHECKING:
    from studio.gui.window import MainWindow


class Overlays:
    """Makes each card when it is first wanted; the same key shows it and puts it away."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self.palette: Palette | None = None
        self.keys: KeySheet | None = None
        self.plugins: PluginsCard | None = None
        self.settings: SettingsCard | None = None
        self.budget: BudgetCard | None = None

    @property
    def cards(self) -> list[Card]:
        """Those that were made."""
        cards = (self.palette, self.keys, self.plugins, self.settings, self.budget)
        return [card for card in cards if card is not None]

    def put_away(self) -> None:
        """Hide whatever lies over the window."""
        for card in self.cards:
            card.put_away()

    def show_palette(self) -> None:
        """Show everything that can be done."""
        window = self._window
        if self.palette is None:
            self.palette = Palette(window, window.theme)
        if self.palette.isVisible():
            self.palette.put_away()
            return
        self.put_away()
        own = window.page.commands()
        frame = frame_commands.frame(window)
        ways = [*frame_commands.steps(window), *frame_commands.recent(window)]
        self.palette.open([frame[0], *own, *frame[1:], *ways])

    def show_keys(self) -> None:
        """Show all keys on one sheet."""
        window = self._window
        if self.keys is None:
            self.keys = KeySheet(window, window.theme)
        if self.keys.isVisible():
            self.keys.put_away()
            return
        self.put_away()
        page = window.page
        here = tr("On the {page} page", page=tr(page.NAME))
        self.keys.open(
            [
                (here, page.commands()),
                (tr("Pages"), frame_commands.steps(window)),
                (tr("Everywhere"), frame_commands.frame(window)),
            ]
        )

    def show_plugins(self) -> None:
        """Show what is plugged in, as the disk has it now."""
        window = self._window
        if self.plugins is None:
            self.plugins = PluginsCard(window, window.theme)
            self.plugins.folder_wanted.connect(self._open_plugins)
        card = self.plugins
        if card.isVisible():
            card.put_away()
            return
        self.put_away()
        card.left = window.rail.width()
        card.show_over(card.view)

        def read() -> Any:
            from studio.services import plugins

            return plugins.listed()

        window.session.read("plugins", read, card.fill, place=EVERYWHERE)

    def _open_plugins(self) -> None:
        def make() -> Path:
            from studio.services import plugins

            return plugins.own_folder()

        self._window.session.read("plugins folder", make, open_file, place=EVERYWHERE)

    def show_settings(self) -> None:
        """Show what is set once."""
        window = self._window
        if self.settings is None:
            self.settings = SettingsCard(window, window.theme)
            self.settings.theme_chosen.connect(window.choose_theme)
            self.settings.size_chosen.connect(window.choose_size)
            self.settings.language_chosen.connect(self._keep_language)
        if self.settings.isVisible():
            self.settings.put_away()
            return
        self.put_away()
        self.settings.show_choices(window.theme)
        self.settings.left = window.rail.width()
        self.settings.show_over(self.settings.theme)

    def show_budget(self) -> None:
        """Show what the budget is made of, if it is known."""
        window = self._window
        chip = window.topbar.budget
        if chip.budget is None or not chip.shares:
            return
        if self.budget is None:
            self.budget = BudgetCard(window, window.theme)
            self.budget.deploy_wanted.connect(self._show_deploy)
        if self.budget.isVisible():
            self.budget.put_away()
            return
        self.put_away()
        self.budget.show_budget(chip.budget)
        self.budget.right = chip.mapTo(window, chip.rect().bottomRight()).x() + 1
        self.budget.show_over(self.budget.bars.bars["ram"])

    def _show_deploy(self) -> None:
        self._window.show_step("Deploy")

    def _keep_language(self, name: str) -> None:
        themes.settings().setValue("language", name)
        self._window.status.say(tr("The next start speaks the language that you chose."))
