"""The decision rule of the Live page: tried at once, and kept if it is good."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.gui.notice import ADVICE, Notice
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.gui.pages.live import LivePage

SAME = 0.005


class Ruling:
    """Gives a changed rule to whoever decides, and says where it holds.

    Attributes
    ----------
    live : studio.services.live_rule.Rule or None
        The one that the running job asks.
    """

    def __init__(self, page: "LivePage") -> None:
        self._page = page
        self.live: Any = None

    def step(self, by: float) -> None:
        """Move the threshold."""
        panel = self._page.rule
        panel.move(round(panel.threshold.value() + by, 2))

    def change(self, threshold: float, smoothing: int) -> None:
        """Use another rule from now on."""
        self._page.tracks.set_threshold(threshold)
        if self.live is not None:
            self.live.set(smoothing=smoothing, threshold=threshold)
        self.say()

    def say(self) -> None:
        """State where the rule works."""
        page, panel = self._page, self._page.rule
        model = page.shown.model
        if not model:
            return
        away = abs(panel.threshold.value() - model["threshold"])
        same = away < SAME and panel.windows.value() == model["smoothing"]
        if same and page.source.name == "board":
            text = tr("The rule of the project; the board has it since its firmware was built.")
        elif same:
            text = tr("The rule of the project; this computer decides by it.")
        elif page.source.name == "board":
            text = tr("This computer decides by it now; the board's own rule stays until a build.")
        else:
            text = tr("Tried on this computer; the project has another one.")
        panel.say(text, can_keep=not same)

    def keep(self) -> None:
        """Make it the project's."""
        page, panel = self._page, self._page.rule
        path = page.session.path
        threshold, smoothing = panel.threshold.value(), panel.windows.value()

        def work() -> Path:
            from studio.services import live_rule

            live_rule.keep(path, smoothing=smoothing, threshold=threshold)
            return path

        def done(_: Path) -> None:
            page.session.project_changed.emit()
            text = tr("The project has this rule now.")
            hint = tr("Build and flash again to put it on the board.")
            page.session.notify(page.NAME, Notice(ADVICE, text, hint))

        page.session.read("", work, done, place=page.NAME)

    def check_run(self, run: str) -> None:
        """Say so if the board has another run than the project's latest."""
        page = self._page
        model = page.shown.model or {}
        if run == model.get("run", run):
            return
        text = tr("The board has a run of another project.")
        if number := model["numbers"].get(run):
            fields = {"run": number, "newest": model["number"]}
            text = tr("The board has run {run}; the project's newest is run {newest}.", **fields)
        way = partial(page.session.step_wanted.emit, "Deploy")
        page.session.notify(page.NAME, Notice(ADVICE, text, "", tr("Build and flash"), way))
