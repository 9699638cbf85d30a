"""Which label a window gets that lies over several labelled spans, or over their ends."""

from collections.abc import Iterator, Sequence

from studio.errors import ConfigError
from studio.signals.windows import check_lengths, stretches
from studio.types import WINDOW_RULES, Gap, Labelling, Span


def labelled_windows(
    n_readings: int,
    spans: Sequence[Span],
    labelling: Labelling,
    *,
    window_readings: int,
    stride_readings: int,
    gaps: Sequence[Gap] = (),
) -> list[tuple[int, str]]:
    """Walk through a recording and return the windows that get a label.

    Windows begin at the recording's first reading and every `stride_readings` from there, and
    anew after each gap: none lies over one. A recording shorter than the window, without a gap,
    gives one, padded as `window_starts` does.

    Parameters
    ----------
    spans : sequence of Span
        Labelled stretches; they may overlap and leave stretches without a label.
    labelling : Labelling
        The rule; not `sample`, which does not look at windows.

    Returns
    -------
    list of (int, str)
        First reading and label of each window.

    Raises
    ------
    ConfigError
        For another rule, or a length that is not positive.
    """
    if labelling.rule not in WINDOW_RULES[1:]:
        raise ConfigError(
            f"There is no rule {labelling.rule!r} for windows over several labels.",
            f"Choose one of: {', '.join(WINDOW_RULES[1:])}.",
        )
    check_lengths(window_readings, stride_readings)
    whole = stretches(n_readings, gaps)
    if len(whole) == 1 and n_readings < window_readings:
        label = _decide(list(spans), 0, n_readings, labelling)
        return [(-((window_readings - n_readings) // 2), label)] if label else []
    found = []
    for stretch in whole:
        for start, active in _walk(stretch, spans, window_readings, stride_readings):
            label = _decide(active, start, start + window_readings, labelling)
            if label:
                found.append((start, label))
    return found


def _walk(
    stretch: tuple[int, int], spans: Sequence[Span], window: int, stride: int
) -> Iterator[tuple[int, list[Span]]]:
    """Yield the windows of a stretch that touch a span, with the spans that they touch."""
    waiting = sorted(spans, key=lambda span: span.start, reverse=True)
    active: list[Span] = []
    start, stop = stretch
    while start + window <= stop:
        while waiting and waiting[-1].start < start + window:
            active.append(waiting.pop())
        active = [span for span in active if span.stop > start]
        if active:
            yield start, active
        elif not waiting:
            return
        else:
            # to the first window that reaches the next span
            start += stride * max(0, (waiting[-1].start - start - window) // stride)
        start += stride


def _decide(spans: Sequence[Span], start: int, stop: int, labelling: Labelling) -> str:
    """Return the label of a window, or an empty text."""
    if labelling.rule == "end":
        there = [span for span in spans if span.start < stop <= span.stop]
        return max(there, key=lambda span: span.start).label if there else ""
    covered: dict[str, int] = {}
    for span in spans:
        shared = min(stop, span.stop) - max(start, span.start)
        covered[span.label] = covered.get(span.label, 0) + shared
    background = covered.pop(labelling.background, 0)
    best = max(covered, key=lambda label: covered[label], default="")
    most = covered.get(best, 0)
    if labelling.rule == "anywhere":
        return best or (labelling.background if background else "")
    if labelling.rule == "share":
        least = labelling.share * (stop - start)
        if best and most >= least:
            return best
        return labelling.background if background >= least else ""
    none = max(0, stop - start - sum(covered.values()) - background)
    if most > none and most >= background:
        return best
    return labelling.background if background > none else ""
