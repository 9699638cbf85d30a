"""The steps of the way, in order: the rail shows them, each has a page of the same name."""

import importlib
from dataclasses import dataclass

from studio.gui.pages.base import Page
from studio.gui.texts import tr


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Parameters
    ----------
    name : str
        Its title; the page is the class `<name>Page` in the module `pages.<name>`.
    icon : str
        Name of its icon in qtawesome's maps.
    """

    name: str
    icon: str

    @property
    def title(self) -> str:
        """Its title in the person's language."""
        return tr(self.name)

    def page(self) -> type[Page]:
        """Import and return its page's class."""
        module = importlib.import_module(f"studio.gui.pages.{self.name.lower()}")
        kind: type[Page] = getattr(module, f"{self.name}Page")
        return kind


STEPS = (
    Step("Home", "ph.house"),
    Step("Boards", "ph.cpu"),
    Step("Data", "ph.activity"),
    Step("Pipeline", "ph.flow-arrow"),
    Step("Train", "ph.chart-line-up"),
    Step("Test", "ph.target"),
    Step("Deploy", "ph.rocket-launch"),
    Step("Live", "ph.broadcast"),
)


def place_of(name: str) -> int:
    """Return the place of the step of this name."""
    return next(place for place, step in enumerate(STEPS) if step.name == name)
