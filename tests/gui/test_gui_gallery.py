"""The pictures that are looked at show every page in every state and look."""

from itertools import product

import pytest
from gallery import GROUPS, LARGE, SMALL, STEPS  # type: ignore[import-not-found]


def drawn(state: str, **look: object) -> list[str]:
    """Return the pages that are drawn in a state and a look, in English and at scale 1."""
    return [
        page
        for group in GROUPS.values()
        if (group.state, group.scale, group.language) == (state, 1, "")
        and all(getattr(group, name) == value for name, value in look.items())
        for page in group.pages
    ]


@pytest.mark.parametrize(("theme", "size"), [*product(("light", "dark"), (SMALL, LARGE))])
def test_every_full_page_is_drawn_in_both_themes_and_sizes(
    theme: str, size: tuple[int, int]
) -> None:
    assert sorted(drawn("full", theme=theme, size=size)) == sorted(STEPS)


@pytest.mark.parametrize("state", ["empty", "error"])
@pytest.mark.parametrize(
    "look", [{"theme": "light"}, {"theme": "dark"}, {"size": SMALL}, {"size": LARGE}]
)
def test_every_page_is_drawn_without_data_and_after_an_error(
    state: str, look: dict[str, object]
) -> None:
    assert sorted(drawn(state, **look)) == sorted(STEPS)


def test_one_look_has_longer_words_and_one_twice_the_pixels() -> None:
    assert any(group.language == "pseudo" for group in GROUPS.values())
    assert any(group.scale == 2 for group in GROUPS.values())
