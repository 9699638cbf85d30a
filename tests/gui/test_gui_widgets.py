"""What is drawn: plots, bars, matrix, colours, words."""

from collections import Counter

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from studio.gui import theme
from studio.gui.desktop import hint_for_window
from studio.gui.pages.live_side import TallyPanel
from studio.gui.widgets.bars import size_text
from studio.gui.widgets.curves import Curves
from studio.gui.widgets.live_plot import LivePlot, spread
from studio.gui.widgets.matrix import ConfusionMatrix
from studio.gui.widgets.plots import reach_of
from studio.gui.widgets.resource_bar import Part, Resource, ResourceBar
from studio.types import Axis

LIGHT = theme.load("light")


def colours_in(widget: QWidget) -> set[str]:
    """Return the colours of a widget's picture."""
    image = widget.grab().toImage()
    return {
        QColor(image.pixel(x, y)).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    }


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", theme.NAMES)
def test_text_and_traces_can_be_seen_in_both_themes(name: str) -> None:
    chosen = theme.load(name)
    for ink in ("text", "text_2", "text_3"):
        for paper in ("surface", "app", "rail", "sunken", "plot"):
            assert contrast(chosen[ink], chosen[paper]) >= 4.5, (ink, paper)
    for kind in ("danger", "warn", "ok"):
        assert contrast(chosen[kind], chosen[f"{kind}_soft"]) >= 4.5, kind
        assert contrast(chosen["text_2"], chosen[f"{kind}_soft"]) >= 4.5, kind
    assert contrast(chosen["on_accent"], chosen["accent"]) >= 4.5
    for index in range(3):
        assert contrast(chosen.axis(index), chosen["plot"]) >= 3
    for fill, ink in zip(chosen.colours["matrix"], chosen.colours["matrix_text"], strict=True):
        assert contrast(ink, fill) >= 4.5


def test_both_themes_name_the_same_colours() -> None:
    assert set(theme.load("light").colours) == set(theme.load("dark").colours)


@pytest.mark.parametrize(
    ("axes", "tracks"),
    [
        ([("audio", "")], 1),
        ([(a, "g") for a in "xyz"] + [(a, "deg/s") for a in "uvw"], 2),
        ([(a, "") for a in "abcdefg"], 3),
        ([("t", "C"), ("x", "g"), ("y", "g"), ("z", "g")], 2),
    ],
)
def test_axes_of_a_unit_share_a_plot_three_at_most(
    application: QApplication, axes: list[tuple[str, str]], tracks: int
) -> None:
    plot = LivePlot(LIGHT)
    plot.set_axes([Axis(*axis) for axis in axes])
    assert plot.track_count == tracks


@pytest.mark.parametrize(
    ("peak", "reach"), [(0, 1), (0.9, 1), (1, 1), (1.2, 2), (3072, 5000), (0.03, 0.05), (7, 10)]
)
def test_scales_move_in_steps_of_1_2_5(peak: float, reach: float) -> None:
    assert reach_of(peak) == pytest.approx(reach)


def test_names_at_the_lines_ends_do_not_overlap() -> None:
    moved = spread(np.array([0.5, 0.52, 0.51]), 0.2)
    assert np.argsort(moved).tolist() == [0, 2, 1]
    assert np.diff(np.sort(moved)).min() > 0.15


def test_curves_survive_a_change_of_theme(application: QApplication) -> None:
    curves = Curves(LIGHT)
    for epoch in range(1, 4):
        curves.add_epoch({"epoch": epoch, "loss": 1 / epoch, "accuracy": 0.5})
    curves.set_theme(theme.load("dark"))
    assert curves.epochs == 3


def test_bytes_have_a_unit_and_no_false_zero() -> None:
    assert (size_text(10), size_text(64580)) == ("10 B", "63.1 KiB")


@pytest.mark.parametrize("count", [1, 6, 14])
def test_the_matrix_takes_any_number_of_classes(application: QApplication, count: int) -> None:
    labels = [f"a rather long label {number}" for number in range(count)]
    matrix = ConfusionMatrix(LIGHT)
    matrix.resize(520, 300)
    matrix.show_counts(labels, [[int(i == j) for j in range(count)] for i in range(count)])
    assert matrix.accessibleDescription() == f"{count} of {count} windows decided correctly"
    assert LIGHT["ok"].lower() in colours_in(matrix)


def test_hints_for_a_terminal_become_hints_for_the_window() -> None:
    hint = hint_for_window("Train it first: tinyml-studio train /home/a.b/P")
    assert hint == "Train it first: “Train” on the Train page"
    hint = hint_for_window("Add recordings, then: tinyml-studio split PROJECT")
    assert hint == "Add recordings, then: “Split by group” on the Data page"
    hint = hint_for_window("Choose a folder, or make one with `tinyml-studio new`.")
    assert hint == "Choose a folder, or make one with “New project” on the Home page"
    assert hint_for_window("See: tinyml-studio clean") == "See: tinyml-studio clean"
    assert hint_for_window("Check the cable.") == "Check the cable."


def test_little_time_makes_no_rate_per_hour(application: QApplication) -> None:
    tally = TallyPanel()
    tally.show_counts(Counter(left=4, stop=1), 10 / 3600, 0, windows=38)
    assert tally.counts.text() == "left 4, stop 1, of 38 windows."
    tally.show_counts(Counter(left=4, stop=1), 0.1, 0, windows=1200)
    assert tally.counts.text().endswith(" 50 per hour.")
    tally.deleteLater()


def test_the_parts_of_a_bar_grow_with_the_text_size(application: QApplication) -> None:
    parts = tuple(Part(name, 9.0, "30.0 KiB", "") for name in ("model", "stack", "features"))
    heights, named = [], []
    for percent in (100, 150):
        bar = ResourceBar(theme.load("light", percent))
        bar.resize(360, bar.height())
        bar.show_resource(Resource("RAM", parts, 64.0, "27 of 64 KiB", estimated=True))
        bar.grab()
        heights.append(bar.height())
        picture = QPixmap(360, 100)
        painter = QPainter(picture)
        bar._draw_legend(painter, bar.resource)
        named.append(len(bar._named(painter, bar.resource)))
        painter.end()
    assert heights[1] > 1.3 * heights[0]
    assert named == [3, 2]  # larger words need more room
