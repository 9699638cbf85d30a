"""Windows over several labels: the rules, reading by reading."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import ConfigError
from studio.signals import labelled_windows
from studio.types import Labelling, Span


def by_reading(n: int, spans: list[Span], rule: Labelling, window: int, stride: int) -> list:
    """Decide from one label per reading (the spans do not overlap)."""
    shown = [""] * n
    for span in spans:
        shown[span.start : span.stop] = [span.label] * (span.stop - span.start)
    found = []
    starts = range(0, n - window + 1, stride) if n >= window else [-((window - n) // 2)]
    for start in starts:
        seen = shown[max(start, 0) : start + window if n >= window else n]
        counts = Counter(seen)
        none, back = counts.pop("", 0), counts.pop(rule.background, 0) if rule.background else 0
        order = list(dict.fromkeys(label for label in seen if label in counts))
        best = max(order, key=lambda label: counts[label], default="")
        label = ""
        if rule.rule == "end":
            label = seen[-1]
        elif rule.rule == "anywhere":
            label = best or (rule.background if back else "")
        elif rule.rule == "share":
            least = rule.share * len(seen)
            enough = rule.background if back >= least else ""
            label = best if best and counts[best] >= least else enough
        elif counts[best] > none and counts[best] >= back:
            label = best
        elif back > none:
            label = rule.background
        if label:
            found.append((start, label))
    return found


@given(
    st.integers(1, 120),
    st.lists(st.tuples(st.integers(0, 120), st.sampled_from(["a", "b", "noise", ""])), max_size=9),
    st.sampled_from(["end", "anywhere", "share", "majority"]),
    st.sampled_from(["", "noise"]),
    st.sampled_from([0.1, 0.5, 1.0]),
    st.integers(1, 40),
    st.integers(1, 30),
)
def test_rules_are_those_of_single_readings(
    n: int,
    marks: list[tuple[int, str]],
    rule: str,
    background: str,
    share: float,
    window: int,
    stride: int,
) -> None:
    edges = sorted({min(at, n): label for at, label in marks}.items())
    spans = [
        Span(start, stop, label)
        for (start, label), (stop, _) in zip(edges, [*edges[1:], (n, "")], strict=False)
        if label and start < stop
    ]
    labelling = Labelling(rule=rule, share=share, background=background)
    found = labelled_windows(
        n, spans[::-1], labelling, window_readings=window, stride_readings=stride
    )
    assert found == by_reading(n, spans, labelling, window, stride)


def test_a_day_with_three_words_is_fast() -> None:
    n = 24 * 3600 * 16000
    spans = [Span(n // 2 + k * 16000, n // 2 + k * 16000 + 8000, "yes") for k in range(3)]
    found = labelled_windows(
        n, spans, Labelling(rule="share"), window_readings=16000, stride_readings=4
    )
    assert len(found) > 3
    assert all(label == "yes" for _, label in found)


def test_what_is_no_rule() -> None:
    for rule, window in (("sample", 5), ("most", 5), ("end", 0)):
        with pytest.raises(ConfigError):
            labelled_windows(
                9, [], Labelling(rule=rule), window_readings=window, stride_readings=1
            )
