"""What can be done in the library, with its keys: for the palette, the sheet of keys, the keys."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from studio.gui.commands import Command
from studio.gui.keys import label_keys
from studio.gui.pages.data_library import Library
from studio.gui.texts import tr
from studio.types import SPLITS

if TYPE_CHECKING:
    from studio.gui.pages.data import DataPage

LIBRARY_KEYS, LABEL_KEYS = "Ctrl+Shift+L", "Ctrl+Shift+E"
SPLIT_KEYS = dict(zip(SPLITS, "TVE", strict=True))
"""The keys that move samples to splits."""


def tab_commands(page: "DataPage") -> list[Command]:
    """Return the commands that choose a tab."""
    return [
        Command(tr("Show the library"), partial(page.show_tab, 0), LIBRARY_KEYS),
        Command(tr("Show the label editor"), partial(page.show_tab, 1), LABEL_KEYS),
    ]


def library_commands(page: "DataPage") -> list[Command]:
    """Return the commands of the library."""
    return [*_moves(page), *_changes(page.library)]


def _moves(page: "DataPage") -> list[Command]:
    view, library = page.view, page.library

    def escape() -> None:
        if library.filtered():
            library.show_all()
        elif page.side():
            page.show_side("")

    def find() -> None:
        library.text.setFocus()
        library.text.selectAll()

    return [
        Command(tr("Next sample"), partial(view.step, 1), "J"),
        Command(tr("Sample before"), partial(view.step, -1), "K"),
        Command(tr("Filter the samples"), find, "Ctrl+F", "ph.funnel"),
        Command(tr("Show or hide the filters"), library.fold.toggle, "Ctrl+Shift+F"),
        Command(tr("Show all samples, or close the panel"), escape, "Esc"),
        Command(tr("Choose all samples"), view.selectAll, "Ctrl+A"),
        Command(tr("Open the sample in Label (Enter)"), library.open, "", "ph.tag"),
    ]


def _changes(library: Library) -> list[Command]:
    changes, facets = library.changes, library.facets
    why = "" if library.some_chosen() else tr("Choose samples first.")
    labels = facets.labels if facets else []

    def change(text: str, act: Callable[..., None], keys: str, *values: str) -> Command:
        def do() -> None:
            if not _typing():
                act(library.ids().tolist(), *values)

        return Command(text, do, keys, "", why)

    def switch() -> None:
        sample = library.current()
        if sample is not None:
            changes.use(library.ids().tolist(), enabled=not sample.enabled)

    return [
        *(
            change(tr("Label as {label}", label=label), changes.relabel, key, label)
            for key, label in label_keys(labels).items()
        ),
        *(
            change(tr("Move to {split}", split=tr(split)), changes.move, key, split)
            for split, key in SPLIT_KEYS.items()
        ),
        Command(tr("Put in use or leave out"), switch, "X", "", why),
        change(tr("Delete the samples"), changes.remove, "Del"),
    ]


def _typing() -> bool:
    """Whether a key belongs to a field that is being edited."""
    focus = QApplication.focusWidget()
    return focus is not None and focus.inherits("QLineEdit")
