"""Another theme comes piece by piece and looks as if it had come at once."""

from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtWidgets import QApplication

from studio.gui import theme
from studio.gui.window import MainWindow


def test_a_theme_in_pieces_looks_as_at_once(
    window: MainWindow, application: QApplication, wait: Wait
) -> None:
    pages = window.pages
    for page in pages:
        window.go(pages.index(page))  # laid out and styled
    before = pages[0].grab().toImage()
    window.choose_theme("dark")
    window.choose_size(110)
    assert window.theme == theme.load("dark", 110)
    assert window.restyle.running  # hidden pages come when there is time
    wait(lambda: not window.restyle.running)
    pieces = [page.grab().toImage() for page in pages]
    theme.apply(application, window.theme)
    assert pieces[0] != before
    for page, image in zip(pages, pieces, strict=True):
        assert page.theme == window.theme
        assert image == page.grab().toImage(), page.NAME


def test_a_page_that_is_turned_to_does_not_wait_for_its_colours(window: MainWindow) -> None:
    window.page_named("Train")
    window.choose_theme("dark")
    window.show_step("Train")
    assert not window.restyle.running
    train = window.page_named("Train")
    assert train.theme == window.theme == theme.load("dark")
    dark = train.grab().toImage()
    window.choose_theme("light")
    window.restyle.finish()
    assert train.grab().toImage() != dark
