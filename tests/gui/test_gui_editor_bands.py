"""Bands of very many samples: found by where they are, thinned where they cannot be told apart."""

import numpy as np
import pytest

from studio.gui.widgets.wave_bands import CUT, SOUND, Band, Bands

TOTAL, MANY = 1_000_000, 10_000


@pytest.fixture(scope="module")
def bands() -> Bands:
    """Ten thousand bands of all lengths, some over others, and some of another track."""
    rng = np.random.default_rng(0)
    made = []
    for number, start in enumerate(rng.integers(0, TOTAL, MANY).tolist()):
        length = int(rng.choice([1, 20, 90, 5000]))
        track = "main" if number % 10 else "who"
        made.append(Band(number, start, start + length, "a", "#123456", track=track))
    found = Bands()
    found.show(made)
    return found


@pytest.mark.parametrize(("low", "high"), [(0, 300), (499_000, 505_000), (999_000, TOTAL)])
@pytest.mark.parametrize("track", ["main", "who"])
def test_all_that_cross_a_stretch_are_found(bands: Bands, low: int, high: int, track: str) -> None:
    wanted = {
        one.id for one in bands.every if one.track == track and one.start < high and one.stop > low
    }
    assert wanted
    assert {one.id for one in bands.crossing(low, high, track=track)} == wanted


def test_of_what_cannot_be_told_apart_one_is_left(bands: Bands) -> None:
    px = TOTAL / 800
    seen = bands.crossing(0, TOTAL, px)
    wide = [one for one in bands.every if one.track == "main" and one.stop - one.start >= 2 * px]
    assert {one.id for one in wide} <= {one.id for one in seen}
    assert len(seen) <= len(wide) + 400
    hidden = next(one for one in bands.every if one.track == "main" and one not in seen)
    bands.choose(hidden)
    assert bands.crossing(0, TOTAL, px)[-1] == hidden
    bands.choose(None)


def test_the_pointer_is_on_the_nearest_edge_or_in_a_band() -> None:
    bands = Bands()
    bands.show([Band(1, 100, 200, "a", "#123456"), Band(2, 150, 160, "", "#123456", kind=CUT)])
    for reading, part in ((96, "start"), (204, "stop"), (155, "body")):
        held = bands.at(reading, 5)
        assert held is not None
        assert (held.band.id, held.band.kind, held.part) == (1, SOUND, part)
    assert bands.at(90, 5) is None
    assert bands.at(206, 5) is None
