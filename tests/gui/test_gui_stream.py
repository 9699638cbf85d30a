"""The long stream of the Test page: a whole recording, as the board would tell it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Wait  # type: ignore[import-not-found]
from PySide6.QtWidgets import QApplication
from trained import LABELS, make_trained  # type: ignore[import-not-found]

from studio.gui import theme
from studio.gui.pages.test_recording import RecordingPanel
from studio.gui.session import Session
from studio.project import Project
from studio.services.judged import Judged, Windows
from studio.services.verdicts import verdicts

pytest.importorskip("ai_edge_litert")


def judged_of(path: Path) -> Any:
    """Return a test of the project's four stretches, one window each."""
    with Project.open(path) as project:
        (recording,) = project.recordings()
        length = project.pipeline.window_readings
        samples = project.samples(split="test")
    starts = np.array([one.start for one in samples])
    truth = np.array([LABELS.index(one.label) for one in samples])
    scores = np.full((len(samples), len(LABELS)), 50, np.int8)
    ids = np.full(len(samples), recording.id)
    shares = scores.astype(np.float32)
    windows = Windows(ids, starts, truth, shares, scores, np.full(len(samples), -1))
    report = {"classes": LABELS}
    return Judged(1, report, windows, {recording.id: recording}, length, 0.3, "")


def test_a_whole_recording_is_heard_and_judged_by_the_rule(
    application: QApplication, studio_home: Path, tmp_path: Path, wait: Wait
) -> None:
    path = make_trained(tmp_path)
    session = Session()
    session.open(path)
    panel = RecordingPanel(session, theme.load("light"))
    panel.resize(900, 160)
    panel.show()
    judged = judged_of(path)

    def judge(threshold: float) -> None:
        made = verdicts(judged.windows, LABELS, threshold=threshold)
        panel.judge(judged, made, threshold)

    judge(0.0)
    wait(lambda: "of 4 windows misread" in panel.heading.text())
    panel.whole.click()
    wait(lambda: "mean of 2 windows from 0.30 on" in panel.heading.text(), 60)
    assert " of 4 missed, " in panel.heading.text()
    assert " in 4 s;" in panel.heading.text()
    assert panel.timeline.accessibleDescription() in panel.heading.text()
    assert all(block.window < 0 for block in panel.timeline._decided)
    judge(0.99)  # more than any window reaches
    wait(lambda: panel.heading.text().startswith("take: 4 of 4 missed, 0 false alarms"))
    assert len(panel.timeline._missed) == 4
    assert not panel.timeline.grab().isNull()
    panel.whole.click()
    assert "of 4 windows misread" in panel.heading.text()
    wait(lambda: not session.working)
    session.close()
    panel.close()
    panel.deleteLater()
