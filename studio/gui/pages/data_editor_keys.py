"""Data, editor: what each key does while no text field has the focus."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

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
