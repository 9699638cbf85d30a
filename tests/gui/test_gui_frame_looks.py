"""Both themes can be read, every control has a name, nothing is clipped, all words go by `tr`."""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from conftest import Wait  # type: ignore[import-not-found]
from painted import clipped, cut_words  # type: ignore[import-not-found]
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui import texts, theme
from studio.gui.session import Session
from studio.gui.steps import STEPS
from studio.gui.window import MainWindow
from studio.paths import RESOURCES, ROOT

GUI = ROOT / "studio" / "gui"
PAPERS = ("surface", "app", "rail", "sunken", "plot")
CALLS = {
    "words",
    "Panel",
    "ShortLabel",
    "QLabel",
    "QPushButton",
    "QCheckBox",
    "QRadioButton",
    "QAction",
    "QGroupBox",
    "setText",
    "setToolTip",
    "setPlaceholderText",
    "setAccessibleName",
    "setAccessibleDescription",
    "setWindowTitle",
    "setWhatsThis",
    "addTab",
    "addAction",
    "addItem",
    "addRow",
    "say",
    "Notice",
    "Command",
}
"""What shows its words to a person."""
WORD, FIELD = re.compile(r"[A-Za-z]{2,}"), re.compile(r"\{[a-z_]*\}")


@pytest.mark.parametrize("name", theme.NAMES)
def test_text_and_outlines_can_be_seen(name: str) -> None:
    chosen = theme.load(name)
    for ink, paper in product(("text", "text_2", "text_3", "accent"), PAPERS):
        assert theme.contrast(chosen[ink], chosen[paper]) >= 4.5, (ink, paper)
    for ink in ("text", "accent"):
        assert theme.contrast(chosen[ink], chosen["accent_soft"]) >= 4.5, ink
    for kind in ("danger", "warn", "ok"):
        for paper in (f"{kind}_soft", "surface", "app"):
            assert theme.contrast(chosen[kind], chosen[paper]) >= 4.5, (kind, paper)
    for ink, paper in (("on_accent", "accent"), ("on_accent", "accent_hover")):
        assert theme.contrast(chosen[ink], chosen[paper]) >= 4.5, (ink, paper)
    assert theme.contrast(chosen["on_record"], chosen["record"]) >= 4.5
    for part, paper in product(("control", "accent", "record"), PAPERS):
        assert theme.contrast(chosen[part], chosen[paper]) >= 3, (part, paper)
    for line in (*chosen.colours["axes"], chosen["audio"], chosen["magnitude"], chosen["axis"]):
        assert theme.contrast(line, chosen["plot"]) >= 3, line


@pytest.mark.parametrize("name", theme.NAMES)
def test_labels_can_be_seen_on_plots_and_read_on_chips(name: str) -> None:
    labels = tomllib.loads((RESOURCES / "themes" / "labels.toml").read_text())
    assert len(labels["colours"]) == len(labels["markers"]) == 12
    for colour in labels["colours"]:
        assert theme.contrast(colour, theme.load(name)["plot"]) >= 3, colour
        assert theme.contrast(theme.ink_on(colour), colour) >= 4.5, colour


@pytest.mark.parametrize("name", theme.NAMES)
def test_every_picture_has_a_colour_of_its_theme(name: str) -> None:
    colours = {str(value) for value in theme.load(name).colours.values()}
    pictures = list((RESOURCES / "themes").glob(f"*-{name}.svg"))
    assert len(pictures) == len(theme.PICTURES)
    for picture in pictures:
        assert set(re.findall("#[0-9A-F]{6}", picture.read_text())) <= colours, picture.name


def test_every_name_in_the_style_sheet_is_a_token(application: QApplication) -> None:
    names = theme._names(theme.load("light"))
    sheet = (RESOURCES / "themes" / "style.qss").read_text()
    assert set(re.findall(r"@(\w+)", sheet)) <= set(names)
    assert not re.findall(r"#[0-9A-Fa-f]{6}", sheet)


def test_no_widget_code_has_a_colour_of_its_own() -> None:
    for file in GUI.rglob("*.py"):
        assert not re.findall(r"[\"']#[0-9A-Fa-f]{6}[\"']", file.read_text()), file


def test_figures_have_one_width(application: QApplication) -> None:
    metrics = QFontMetrics(theme.load("light").font("body"))
    assert len({metrics.horizontalAdvance(4 * digit) for digit in "0123456789"}) == 1


def shown_words(file: Path) -> Iterator[str]:
    """Find texts that a person reads and that do not go through `tr`."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        if name not in CALLS:
            continue
        first = node.args[:2] if name in ("addTab", "addRow", "Notice") else node.args[:1]
        named = [key.value for key in node.keywords if key.arg in ("placeholderText", "text")]
        for given in [*first, *named]:
            parts = given.values if isinstance(given, ast.JoinedStr) else [given]
            for part in parts:
                said = FIELD.sub("", str(getattr(part, "value", "")))
                if isinstance(part, ast.Constant) and WORD.search(said):
                    yield f"{file.name}:{node.lineno}: {name}({part.value!r})"


def test_all_words_that_a_person_reads_can_be_translated() -> None:
    found = [line for file in sorted(GUI.rglob("*.py")) for line in shown_words(file)]
    assert found == []


def test_the_search_for_words_finds_them(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(
        'words("Stop"); words(tr("Go")); button.setText(f"{n} runs"); words("m/s"[:1])'
    )
    assert len(list(shown_words(file))) == 2


@pytest.fixture
def stretched(application: QApplication, studio_home: Path) -> Iterator[MainWindow]:
    texts.use(texts.PSEUDO)
    window = MainWindow(Session(), theme.load("light"))
    window.resize(1280, 800)
    window.show()
    yield window
    window.close()
    texts.use("")
    window.deleteLater()


@pytest.mark.parametrize("place", range(len(STEPS)), ids=[step.name for step in STEPS])
def test_nothing_is_clipped_where_words_are_longer(
    stretched: MainWindow, place: int, wait: Wait
) -> None:
    with cut_words() as cut:
        stretched.go(place)
        wait(lambda: stretched.page.isVisible())
        QApplication.processEvents()
        stretched.grab()
    assert clipped(stretched, cut) == []


def nameless(window: QWidget) -> list[str]:
    """Return what the tab key reaches and nobody could tell what it is."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.focusProxy():
            continue
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            continue
        if widget.objectName().startswith("qt_"):  # an inner part of another control
            continue
        if not (widget.accessibleName() or getattr(widget, "text", str)()):
            found.append(f"{type(widget).__name__} {widget.objectName()} {widget.toolTip()}")
    return found


@pytest.mark.parametrize("place", range(len(STEPS)), ids=[step.name for step in STEPS])
def test_every_control_has_a_name(window: MainWindow, place: int) -> None:
    window.go(place)
    QApplication.processEvents()
    assert nameless(window) == []


def test_every_icon_that_is_named_is_there(application: QApplication) -> None:
    from studio.gui.icons import icon

    for file in sorted(GUI.rglob("*.py")):
        for name in re.findall(r"\"((?:ph|ri)\.[a-z0-9-]+)\"", file.read_text()):
            assert not icon(name, "#000000").isNull(), (file.name, name)


def test_thousands_are_apart_in_one_way_only() -> None:
    assert texts.grouped(1234567) == "1\u202f234\u202f567"
    assert texts.grouped(-15998.7, ".0f") == "\N{MINUS SIGN}15\u202f999"
    assert texts.counted(1000, "{n} sample", "{n} samples") == "1\u202f000 samples"
    others = [file for file in GUI.rglob("*.py") if file.name != "texts.py"]
    assert [f.name for f in others if re.search(r":,[.}\d]", f.read_text(encoding="utf-8"))] == []
