"""What a training found: figures, one sentence in plain words, and what to be careful about."""

from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPushButton

from studio.gui.pages.train_settings import SIDE
from studio.gui.texts import counted, grouped, tr
from studio.gui.widgets.bars import size_text
from studio.gui.widgets.panel import Facts, Panel, set_role, words

GOOD = 0.9
"""Recall from which a label counts as well told apart."""


def sentence(report: dict[str, Any]) -> str:
    """Say in plain words how good a run is, and which label is taken for which."""
    labels, part = report["classes"], report["int8"]
    judged = [
        (share, name)
        for share, name in zip(part["recall"], labels, strict=True)
        if share is not None
    ]
    weak = sorted((share, name) for share, name in judged if share < GOOD)
    if not weak:
        return tr("Good on all labels.")
    name = weak[0][1]
    row = part["confusion"][labels.index(name)]
    count, place = max((n, i) for i, n in enumerate(row) if labels[i] != name)
    if len(weak) == 1:
        said = tr("Good on all labels except {name}", name=name)
    elif len(weak) <= len(judged) / 2:
        said = tr(
            "Weak on {n} of {of} labels, above all on {name}",
            n=len(weak),
            of=len(judged),
            name=name,
        )
    else:
        said = tr("Weak on most labels, above all on {name}", name=name)
    return tr(
        "{said}, which is taken for {other} in {n} of {of}.",
        said=said,
        other=labels[place],
        n=count,
        of=sum(row),
    )


class ResultPanel(Panel):
    """The figures of the run that is shown."""

    def __init__(self) -> None:
        super().__init__(tr("Result"))
        self.figure = words("", "figure")
        self.meaning = words("", "hint", wrap=True)
        self.sentence = words("", wrap=True)
        self.facts, self.more = Facts(), Facts()
        self.care = words("", "advice", wrap=True)
        self.test = QPushButton(tr("Test this run"))
        for widget in (
            *(self.figure, self.meaning, self.sentence, self.facts, self.more, self.care),
            self.test,
        ):
            self.box.addWidget(widget)
        self.box.addStretch(1)
        self.show_report(None, None)

    def prepare(self) -> None:
        """Make the rows of the figures."""
        if self.facts.isHidden():
            self.facts.show_facts(dict.fromkeys(_names(), ""))

    def sizeHint(self) -> QSize:
        """Return the width of a side panel, or more if the words need it."""
        return QSize(max(SIDE, self.minimumSizeHint().width()), 400)

    def show_report(
        self,
        report: dict[str, Any] | None,
        row: dict[str, Any] | None,
        before: dict[str, Any] | None = None,
        *,
        stale: str = "",
        newest: bool = True,
    ) -> None:
        """Show a run's report and its row in the list, against the one before; or what is to come.

        `stale` says why the run is out of date; only the newest can be tested.
        """
        there = report is not None and row is not None
        for widget in (self.figure, self.meaning, self.facts, self.more, self.test):
            widget.setVisible(there)
        if report is None or row is None:
            self.heading.setText(tr("Result"))
            self.sentence.setText(
                tr(
                    "The accuracy on data that the model does not learn from stands here, with "
                    "what the model takes of the board."
                )
            )
            self.care.setText(stale)
            self.care.setVisible(bool(stale))
            return
        self.test.setEnabled(newest)
        tip = tr("See it on groups that it never learned from (T)")
        self.test.setToolTip(tip if newest else tr("Only the newest run can be tested."))
        self.heading.setText(tr("Result of run {number}", number=row["number"]))
        self.figure.setText(f"{100 * report['int8']['accuracy']:.1f} %")
        windows = report["int8"]["windows"]
        meaning = tr("of {n} validation windows right, int8", n=grouped(windows))
        if report["split"] == "train":
            meaning = tr("of {n} training windows right, int8", n=grouped(windows))
        self.meaning.setText(meaning)
        self.sentence.setText(sentence(report))
        self.facts.show_facts(_figures(report, row))
        more = _ended(report) | _against(row, before)
        self.more.show_facts(more)
        self.more.setVisible(bool(more))
        care = _care(report, stale)
        self.care.setText("\n".join(f"▲ {text}" for text in care))
        self.care.setVisible(bool(care))
        set_role(self.care, "advice")


def _figures(report: dict[str, Any], row: dict[str, Any]) -> dict[str, str]:
    cost = 100 * (report["int8"]["accuracy"] - report["float"]["accuracy"])
    points = f"{cost:+.1f}" if round(cost, 1) else "0.0"
    low, high = report["int8"]["interval"]
    model = report["model"]
    values = (
        f"{100 * low:.0f} to {100 * high:.0f} %",
        f"{100 * report['float']['accuracy']:.1f} %",
        tr("{n} points", n=points),
        f"{row['worst_label']} {100 * (row['worst_recall'] or 0):.0f} %",
        f"{100 * report['int8']['majority']:.0f} %",
        size_text(model["arena_bytes"]),
        size_text(model["constants_bytes"]),
        f"{report['best_epoch']} / {len(report['epochs'])}",
    )
    return dict(zip(_names(), values, strict=True))


def _names() -> tuple[str, ...]:
    """Return what the figures of every run are."""
    return (
        tr("95 % sure"),
        tr("before int8"),
        tr("int8 costs"),
        tr("worst label"),
        tr("guessing gives"),
        tr("model RAM"),
        tr("model constants"),
        tr("best epoch"),
    )


def _ended(report: dict[str, Any]) -> dict[str, str]:
    return {tr("ended"): tr("stopped by you; the best was kept")} if report["stopped"] else {}


def _against(row: dict[str, Any], before: dict[str, Any] | None) -> dict[str, str]:
    """Return what became better or worse since another run."""
    if before is None:
        return {}
    points = 100 * (row["int8_accuracy"] - before["int8_accuracy"])
    ram = row["ram_bytes"] - before["ram_bytes"]
    text = tr("{n} points", n=f"{points:+.1f}")
    if ram:
        text += f"\n{'+' if ram > 0 else '-'}{size_text(abs(ram))} RAM"
    return {tr("against run {number}", number=before["number"]): text}


def _care(report: dict[str, Any], stale: str) -> list[str]:
    """Return what the figures should be read with."""
    found = [tr("Out of date: {why}", why=tr(stale))] if stale else []
    for line in report.get("warnings", ()):
        found.append(str(line).partition(" See `")[0].partition("; see `")[0])
    if report["split"] == "train":
        found.append(tr("No windows validate: the figures are of the windows it learned from."))
    differ = report["float_int8_disagreements"]
    windows = report["int8"]["windows"]
    if windows and differ > 0.03 * windows:
        one = "int8 decides {n} window otherwise than float."
        many = "int8 decides {n} windows otherwise than float."
        found.append(counted(differ, one, many))
    return found
