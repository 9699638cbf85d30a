"""Pipeline: what happens to a window on its way to a decision, on the project's own data."""

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.events import Reporter
from studio.gui.commands import Command
from studio.gui.pages.base import Page
from studio.gui.pages.pipeline_board import BoardPanel
from studio.gui.pages.pipeline_cards import Chain
from studio.gui.pages.pipeline_empty import EmptyPanel
from studio.gui.pages.pipeline_explorer import ExplorerPanel
from studio.gui.pages.pipeline_settings import SettingsPanel, change_texts
from studio.gui.pages.pipeline_state import PipelineState
from studio.gui.pages.pipeline_told import ToldLine
from studio.gui.pages.pipeline_window import WindowPanel
from studio.gui.texts import counted, tr

if TYPE_CHECKING:
    from studio.services.pipeline import Part
    from studio.services.preview import Explored
    from studio.types import Pipeline

GAP = 16


class PipelinePage(Page):
    """Cards of the parts, the form of the chosen one, a window on its way, the explorer."""

    NAME = "Pipeline"
    STOP = "Stop"

    def build(self) -> None:
        """Make the widgets."""
        self.state = PipelineState(self.session, self.NAME)
        self.state.emptied.connect(self._show_nothing)
        self.state.loaded.connect(self._show_loaded)
        self.state.looked.connect(self._show_look)
        self._part = "signal"
        self._explored_of: Pipeline | None = None
        self.chain = Chain(self.theme, _titles())
        self.chain.chosen.connect(self.choose_part)
        self.board = BoardPanel()
        self.board.chosen.connect(lambda board: self.state.change({"board": board}))
        self.told = ToldLine()
        self.told.back_wanted.connect(self.state.take_back)
        self.told.train_wanted.connect(lambda: self.session.step_wanted.emit("Train"))
        self._make_panels()
        self.themed = [self.chain, self.window_panel, self.explorer]
        self._lay_out()
        self.session.working_changed.connect(self.changed)
        self._show_nothing()

    def _make_panels(self) -> None:
        self.settings = SettingsPanel()
        self.settings.form.built.connect(self._order_focus)
        self.settings.edited.connect(self._edited)
        self.settings.block_chosen.connect(self._choose_block)
        self.settings.start_wanted.connect(self.state.change)
        self.settings.keep_wanted.connect(self.state.keep)
        self.settings.drop_wanted.connect(self.drop)
        self.settings.fix_wanted.connect(self.state.replace)
        self.window_panel = WindowPanel(self.theme)
        self.window_panel.moved.connect(self.state.step)
        self.window_panel.label_chosen.connect(self.state.choose_label)
        self.window_panel.wanted.connect(self.session.step_wanted)
        self.explorer = ExplorerPanel(self.theme)
        self.explorer.chosen.connect(self._choose_dot)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self.chain, 1)
        top.addWidget(self.board)
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addWidget(self.settings)
        row.addWidget(self.window_panel, 5)
        row.addWidget(self.explorer, 4)
        self.work = QWidget()
        column = QVBoxLayout(self.work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        column.addLayout(top)
        column.addWidget(self.told)
        column.addLayout(row, 1)
        self.nothing = EmptyPanel(_titles())
        self.nothing.wanted.connect(self.session.step_wanted)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.work)
        whole.addWidget(self.nothing)

    # -- what the frame asks -----------------------------------------------------------------

    def refresh(self) -> None:
        """Read the project afresh."""
        self.state.refresh()

    def facts(self) -> str:
        """Return one sentence for the header."""
        if self.state.saved is None:
            return tr("From a stretch of signal to a decision.")
        pipeline, cost = self.state.saved.described.pipeline, self.state.saved.budget
        told = tr(
            "A window of {length} every {stride}",
            length=_seconds(pipeline.window_ms),
            stride=_seconds(pipeline.stride_ms),
        )
        if cost is not None and cost["features"]:
            return f"{told} → {counted(cost['features'], '{n} feature', '{n} features')}"
        return told

    def primary(self) -> tuple[str, bool]:
        """Return the primary button."""
        return tr("Make features"), not self.why_not()

    def why_not(self) -> str:
        """Return why features cannot be made."""
        saved, look, wanted = self.state.saved, self.state.look, self.state.wanted
        if self.session.working:
            return tr("Wait until the running job is done, or stop it.")
        if self.session.project is None:
            return tr("Open a project first.")
        if saved is None or wanted is None:
            return tr("Reading the project …")
        if not saved.windows:
            return saved.problem or tr("There is no labelled data yet: record or import some.")
        if not wanted.block:
            return tr("Choose a signal block first.")
        if look is not None and look.problem is not None:
            return tr("The settings cannot work yet: {why}", why=look.problem.message)
        return ""

    def act(self) -> None:
        """Compute the features of all windows and lay them out."""
        wrong = self.settings.form.flush()
        if wrong is not None:
            wrong.setFocus()
        if self.why_not() or wrong is not None:
            return
        path, changes = self.session.path, dict(self.state.changes)

        def work(report: Reporter) -> "Explored":
            from studio.services import preview

            return preview.explore(path, changes=changes, report=report)

        def done(explored: "Explored") -> None:
            if self.session.project == path:
                if self.state.changes == changes:
                    self._explored_of = self.state.wanted
                self.explorer.show_explored(explored)
                self.explorer.mark(self.state.window)
                self._show_explorer_stale()

        self.session.start(tr("Making features"), work, place=self.NAME, done=done)

    def undo(self) -> Command | None:
        """Take back what was changed here before anything of the data."""
        if self.state.changes:
            return Command(tr("Undo: the change that is not kept yet"), self._undo)
        what = tr("Undo: the newest change of the pipeline")
        return Command(what, self._undo) if self.state.kept else None

    def redo(self) -> Command | None:
        """Do again what was taken back here."""
        what = tr("Do again: the change of the pipeline")
        return Command(what, self.state.redo) if self.state.undone else None

    def _undo(self) -> None:
        self.settings.form.forget()
        self.state.undo()

    def commands(self) -> list[Command]:
        """Return what else can be done here."""
        state = self.state
        none = "" if state.window else tr("There is no window to show yet.")
        same = "" if state.changes else tr("Nothing was changed.")
        first = "" if state.kept else tr("Nothing was kept yet.")
        back = tr("Set the pipeline back to what it was before")
        return [
            Command(tr("Next window"), lambda: state.step(1), "Right", "ph.caret-right", none),
            Command(tr("Window before"), lambda: state.step(-1), "Left", "ph.caret-left", none),
            Command(tr("Next part"), lambda: self._turn(1), "Alt+Right", "ph.arrow-right"),
            Command(tr("Part before"), lambda: self._turn(-1), "Alt+Left", "ph.arrow-left"),
            Command(tr("Keep the change"), state.keep, "Ctrl+S", "ph.check", same),
            Command(tr("Forget the change"), self.drop, "Esc", "ph.x", same),
            Command(back, state.take_back, "U", "ph.arrow-counter-clockwise", first),
        ]

    # -- showing -----------------------------------------------------------------------------

    def _show_nothing(self) -> None:
        """Show that no project is open, or that it is being read."""
        self.nothing.setVisible(self.session.project is None)
        self.work.setVisible(self.session.project is not None)
        self._explored_of = None
        self.explorer.show_explored(None)
        self.told.hide()
        self.settings.show_nothing()
        self.board.show_nothing()
        self.chain.show_parts({}, None)
        self.window_panel.show_empty(tr("Reading the project …"))
        self.session.budget_tried.emit(None)
        self.changed.emit()

    def _show_loaded(self) -> None:
        saved = self.state.saved
        if saved is None:
            return
        described = saved.described
        self.window_panel.show_labels(described.labels, self.state.label)
        self.board.show_boards(described.boards)
        self.told.tell(described.stale, can_go_back=bool(self.state.kept))
        if self.state.window is None:
            text = tr(
                "No sample is labelled yet. Record or import data: its windows go through the "
                "pipeline here."
            )
            self.window_panel.show_empty(tr(saved.problem) or text, offer="Data")

    def _show_look(self) -> None:
        state = self.state
        look = state.look
        if look is None:
            return
        self._show_settings()
        self._show_cards()
        if look.shown is not None and state.window is not None:
            self.window_panel.show_window(
                look.shown, state.number, len(state.windows), look.before
            )
            self.explorer.mark(state.window)
        self._show_explorer_stale()
        self.session.budget_tried.emit(look.budget if look.changed else None)
        self.changed.emit()

    def _show_settings(self) -> None:
        look, saved = self.state.look, self.state.saved
        if look is None or saved is None:
            return
        self.chain.choose(self._part)
        wanted = self.state.wanted
        starting = self._part == "signal" and wanted is not None and not wanted.block
        self.settings.show_starts(saved.described.starts if starting else ())
        if look.parts:
            self.settings.show_part(_titles()[self._part], self.state.parts[self._part])
        lines = change_texts(saved.budget, look.budget) if look.budget else []
        self.settings.show_change(lines if look.changed else None)
        self.settings.show_problem(look.problem)

    def _order_focus(self) -> None:
        """Let the tab key go as one reads: cards, board, settings, window, explorer."""
        settings, window = self.settings, self.window_panel
        chain = [*self.chain.cards.values(), self.board.board, self.told.back]
        chain += [self.told.to_train]
        chain += [settings.block, *settings.form.stops, settings.keep, settings.drop]
        chain += [window.label, window.back, window.forth, window.axes]
        for first, second in pairwise(chain):
            QWidget.setTabOrder(first, second)

    def _show_cards(self) -> None:
        wanted, look, saved = self.state.wanted, self.state.look, self.state.saved
        if wanted is None or look is None or saved is None:
            return
        self.chain.show_parts(_summaries(wanted, self.state.parts), look.budget)
        self.board.show_budget(wanted.board, look.budget, saved.budget if look.changed else None)

    def _show_explorer_stale(self) -> None:
        same = _features_of(self.state.wanted) == _features_of(self._explored_of)
        text = tr("▲ Settings were changed since. Make features again to see what they do.")
        self.explorer.show_stale("" if same else text)

    # -- what a person does ------------------------------------------------------------------

    def choose_part(self, name: str) -> None:
        """Show the settings of a part."""
        self._part = name
        self._show_settings()

    def _turn(self, direction: int) -> None:
        self.choose_part(self.chain.next_of(self._part, direction))

    def _edited(self, values: dict[str, Any]) -> None:
        key = {"signal": "params", "learning": "learning_params"}.get(self._part)
        self.state.change({key: values} if key else values)

    def _choose_block(self, chosen: str) -> None:
        """Take another block; settings of the one before do not belong to it."""
        signal = self._part == "signal"
        key, params = ("block", "params") if signal else ("learning", "learning_params")
        kept = {name: value for name, value in self.state.changes.items() if name != params}
        self.state.replace({**kept, key: chosen})

    def drop(self) -> None:
        """Forget the pending change."""
        self.settings.form.forget()
        self.state.replace({})

    def _choose_dot(self, place: int) -> None:
        if self.explorer.explored is not None:
            self.state.show_window(self.explorer.explored.windows[place])


def _titles() -> dict[str, str]:
    return {
        "window": tr("Window"),
        "signal": tr("Signal block"),
        "learning": tr("Learning block"),
        "decision": tr("Decision"),
    }


def _summaries(wanted: "Pipeline", parts: "Mapping[str, Part]") -> dict[str, str]:
    """Return what the cards say of the parts."""
    blocks = {
        name: next((tr(c.short) for c in parts[name].choices if c.id == chosen), "")
        for name, chosen in (("signal", wanted.block), ("learning", wanted.learning))
    }
    rule = wanted.decision
    return {
        "window": tr(
            "{length} every {stride}",
            length=_seconds(wanted.window_ms),
            stride=_seconds(wanted.stride_ms),
        ),
        "signal": blocks["signal"] or tr("not chosen"),
        "learning": blocks["learning"] or tr("not chosen"),
        "decision": tr(
            "mean of {n} over {threshold}", n=rule.smoothing, threshold=f"{rule.threshold:g}"
        ),
    }


def _seconds(ms: float) -> str:
    """Return a length of time in words."""
    return tr("{s} s", s=f"{ms / 1000:g}") if ms >= 1000 else tr("{ms} ms", ms=f"{ms:g}")


def _features_of(pipeline: "Pipeline | None") -> tuple[Any, ...]:
    """Return what decides a pipeline's features."""
    if pipeline is None:
        return ()
    params: Mapping[str, object] = pipeline.block_params
    return (
        pipeline.window_ms,
        pipeline.stride_ms,
        pipeline.sample_rate_hz,
        pipeline.axes,
        pipeline.block,
        tuple(sorted(params.items())),
    )
