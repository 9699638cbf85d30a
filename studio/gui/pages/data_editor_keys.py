"""Data, editor: what each key does while no text field has the focus."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from studio.gui.commands import Command
from studio.gui.keys import NUMBER_KEYS
from studio.gui.texts import tr

if TYPE_CHECKING:
    from studio.gui.pages.data_editor import Editor

DIGITS = range(Qt.Key.Key_0, Qt.Key.Key_9 + 1)
KEY = Qt.Key
IN_TABLES = frozenset(
    {
        *DIGITS,
        KEY.Key_Left,
        KEY.Key_Right,
        KEY.Key_Space,
        KEY.Key_Return,
        KEY.Key_Enter,
        KEY.Key_Home,
        KEY.Key_End,
        *range(KEY.Key_A, KEY.Key_Z + 1),
    }
)
"""What a table does not keep for itself."""
Act = Callable[[], object]


def means(editor: "Editor", event: QKeyEvent) -> bool:
    """Whether a key means anything here, so that no key of the page or the frame is it."""
    key, held = event.key(), event.modifiers()
    if held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier):
        return False
    if key in DIGITS or key in (KEY.Key_Left, KEY.Key_Right, KEY.Key_Space):
        return True
    return not held & Qt.KeyboardModifier.AltModifier and key in _plain(editor)


def handle(editor: "Editor", event: QKeyEvent) -> bool:
    """Do what a key means; tell whether it means anything."""
    key, held = event.key(), event.modifiers()
    shift = bool(held & Qt.KeyboardModifier.ShiftModifier)
    alt = bool(held & Qt.KeyboardModifier.AltModifier)
    if held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier):
        return False
    if key in DIGITS:
        if not event.isAutoRepeat():
            editor.press_label(chr(key))
        return True
    if key in (KEY.Key_Left, KEY.Key_Right):
        by = (1 if key == KEY.Key_Right else -1) * (10 if shift else 1)
        editor.nudge(by, "stop" if alt else "body")
        return True
    if key == KEY.Key_Space:
        editor.play_or_pause(sample=shift)
        return True
    act = _plain(editor).get(Qt.Key(key))
    if act is None or alt:
        return False
    act()
    return True


def commands(editor: "Editor", why_not: str) -> list[Command]:
    """Return what keys do that the editor takes itself; they are printed, not bound."""
    view, where = editor.plots.view, editor.plots.view.cursor
    rows: tuple[tuple[str, Act, str], ...] = (
        (tr("Play or pause the recording"), editor.play_or_pause, "Space"),
        (tr("Play the sample"), partial(editor.play_or_pause, sample=True), "Shift+Space"),
        (tr("Sample, or cursor, to the left"), partial(editor.nudge, -1, "body"), "Left"),
        (tr("Sample, or cursor, to the right"), partial(editor.nudge, 1, "body"), "Right"),
        (tr("End of the sample earlier"), partial(editor.nudge, -1, "stop"), "Alt+Left"),
        (tr("End of the sample later"), partial(editor.nudge, 1, "stop"), "Alt+Right"),
        (tr("Sample begins at the cursor"), partial(editor.set_edge, "start"), "["),
        (tr("Sample ends at the cursor"), partial(editor.set_edge, "stop"), "]"),
        (tr("Sample before"), partial(editor.step, -1), "Up"),
        (tr("Next sample"), partial(editor.step, 1), "Down"),
        (tr("Accept the guess or the cuts"), editor.accept, "Return"),
        (tr("Delete the chosen sample"), editor.remove, "Del"),
        (tr("Close the panel, or choose nothing"), editor.escape, "Esc"),
        (tr("Recording before"), partial(editor.go_on, -1), "PgUp"),
        (tr("Next recording"), partial(editor.go_on, 1), "PgDown"),
        (tr("Cursor one reading back"), partial(view.move, where - 1), ","),
        (tr("Cursor one reading on"), partial(view.move, where + 1), "."),
        (tr("Cursor to the beginning"), partial(view.move, 0), "Home"),
        (tr("Cursor to the end"), partial(view.move, view.total), "End"),
        (tr("Show less, larger"), partial(view.zoom, where, 0.5), "+"),
        (tr("Show more, smaller"), partial(view.zoom, where, 2.0), "-"),
    )
    labels: list[tuple[str, Act, str]] = [
        (tr("Label as {label}", label=label), partial(editor.give, label), key)
        for key in NUMBER_KEYS
        if (label := editor.labels.of_key(key))
    ]
    return [
        Command(text, act, key, why_not=why_not, bound=False)
        for text, act, key in (*rows, *labels)
    ]


def _plain(editor: "Editor") -> dict[Qt.Key, Act]:
    view, cursor = editor.plots.view, editor.plots.view.cursor
    return {
        KEY.Key_F: view.fit,
        KEY.Key_C: view.toggle_marks,
        KEY.Key_S: editor.split_here,
        KEY.Key_M: editor.merge,
        KEY.Key_N: editor.labels.fresh.setFocus,
        KEY.Key_L: editor.transport.loop.toggle,
        KEY.Key_Delete: editor.remove,
        KEY.Key_Backspace: editor.remove,
        KEY.Key_Return: editor.accept,
        KEY.Key_Enter: editor.accept,
        KEY.Key_Escape: editor.escape,
        KEY.Key_BracketLeft: lambda: editor.set_edge("start"),
        KEY.Key_BracketRight: lambda: editor.set_edge("stop"),
        KEY.Key_Comma: lambda: view.move(cursor - 1),
        KEY.Key_Period: lambda: view.move(cursor + 1),
        KEY.Key_Home: lambda: view.move(0),
        KEY.Key_End: lambda: view.move(view.total),
        KEY.Key_Plus: lambda: view.zoom(cursor, 0.5),
        KEY.Key_Equal: lambda: view.zoom(cursor, 0.5),
        KEY.Key_Minus: lambda: view.zoom(cursor, 2.0),
        KEY.Key_PageUp: lambda: editor.go_on(-1),
        KEY.Key_PageDown: lambda: editor.go_on(1),
        KEY.Key_U: editor.next_unlabelled,
        KEY.Key_Up: lambda: editor.step(-1),
        KEY.Key_Down: lambda: editor.step(1),
    }
