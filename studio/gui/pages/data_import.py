"""The panel that brings files in: what they are, how to read them, and what became of them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
)

from studio.errors import StudioError
from studio.events import Reporter
from studio.gui.desktop import hint_for_window
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.data_mapping import Mapping
from studio.gui.pages.data_side import SidePanel, button, check, combo, in_row
from studio.gui.texts import counted, grouped, tr
from studio.gui.widgets.panel import set_role, words
from studio.types import SPLITS, ImportOptions

if TYPE_CHECKING:
    from studio.services.import_look import Look

WAIT_MS = 250
FAILED_SHOWN = 500
FAILED_HEIGHT = 180


_OPTION = re.compile(r"--([a-z-]+)(?: [\w.]+)?")


def import_hint(hint: str) -> str:
    """Return a hint with options of the command line replaced by the fields of this panel."""
    fields = {
        "axes": tr("“Columns of the table”"),
        "rate": tr("“Rate in Hz”"),
        "resample": tr("“Convert”"),
        "label-column": tr("the column of labels"),
        "time-column": tr("the column of times"),
        "pattern": tr("“How they are named”"),
    }
    return _OPTION.sub(lambda found: fields.get(found[1], found[0]), hint_for_window(hint))


_LONG = re.compile(r"\S{31,}")


def breakable(text: str) -> str:
    """Return text with places to break lines at in names of files that are wider than a line."""
    return _LONG.sub(lambda word: re.sub(r"([._-])", "\\1\N{ZERO WIDTH SPACE}", word[0]), text)


class ImportPanel(SidePanel):
    """Choose files, see what the first one holds, say how to read them, import."""

    TITLE = "Import"

    def build(self) -> None:
        """Make the content."""
        self.paths: list[Path] = []
        self._look: Look | None = None
        self._job: Any = None
        self.files = button(tr("Choose files"), tr("Sound, tables, arrays, Edge Impulse, zip"))
        self.folder = button(tr("Choose a folder"), tr("Its folders give labels or splits"))
        self.files.clicked.connect(self._choose_files)
        self.folder.clicked.connect(self._choose_folder)
        self.box.addLayout(in_row(self.files, self.folder))
        self.kinds = words(tr("Or drop files and folders anywhere on this page."), wrap=True)
        self.first = words("", "hint", wrap=True)
        self.advice = words("", "hint", wrap=True)
        self.outcome = words("", "", wrap=True)
        for label in (self.kinds, self.outcome, self.first, self.advice):
            self.box.addWidget(label)
        for label in (self.outcome, self.first, self.advice):
            label.hide()
        self._failures()
        self.mapping = Mapping(self)
        self.mapping.changed.connect(self._look_soon)
        self.box.addWidget(self.mapping)
        self._rates()
        self._names()
        self.go = button(tr("Import"))
        self.stop = button(tr("Stop"), tr("What has come in until then stays (Ctrl+.)"))
        self.go.clicked.connect(self._import)
        self.stop.clicked.connect(self.session.stop)
        self.box.addLayout(in_row(self.go, self.stop))
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the import"))
        self.box.addWidget(self.progress)
        self._waiting = QTimer(self, interval=WAIT_MS, singleShot=True)
        self._waiting.timeout.connect(self._look_now)
        self.session.job_event.connect(self._follow)
        self.session.working_changed.connect(self.show_state)

    def _names(self) -> None:
        self.label = QLineEdit()
        self.label.setPlaceholderText(tr("by folder or name"))
        self.field(tr("Label of all of them"), self.label)
        self.pattern = QLineEdit()
        self.pattern.setPlaceholderText("{label}_{group}_{n}")
        self.pattern.setToolTip(tr("How the files are named; with slashes, the folders too"))
        self.field(tr("How they are named, if the name says label or group"), self.pattern)
        self.group_by = combo(
            [
                (tr("each take or file"), "take"),
                (tr("each file"), "file"),
                (tr("each folder"), "folder"),
            ]
        )
        self.field(tr("A group, never in two splits, is"), self.group_by)
        splits = [(tr(split), split) for split in SPLITS]
        self.split = combo([(tr("by folder, else by group"), ""), *splits])
        self.field(tr("Split"), self.split)

    def _rates(self) -> None:
        self.rate = QLineEdit()
        self.rate.setPlaceholderText(tr("as the files say"))
        self.rate.textChanged.connect(self._look_soon)
        self.field(tr("Rate in Hz, if the files do not say it"), self.rate)
        self.convert = QCheckBox()
        self.convert.hide()
        self.box.addWidget(self.convert)
        self.once = check(
            tr("Leave out what is there already"),
            tr("The same readings under another name are not taken twice"),
        )
        self.box.addWidget(self.once)

    def _failures(self) -> None:
        self.failed = QPlainTextEdit()
        self.failed.setReadOnly(True)
        self.failed.setTabChangesFocus(True)
        self.failed.setFixedHeight(FAILED_HEIGHT)
        self.failed.setAccessibleName(tr("Files that could not be imported, with reasons"))
        self.failed.hide()
        self.box.addWidget(self.failed)

    # -- choosing --------------------------------------------------------------------------------

    def _choose_files(self) -> None:
        files, _ = QFileDialog.getOpenFileNames(self, tr("Import files"))
        if files:
            self.take([Path(file) for file in files])

    def _choose_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Import a folder"))
        if folder:
            self.take([Path(folder)])

    def take(self, paths: list[Path]) -> None:
        """Show what these files are."""
        self.paths, self._look = paths, None
        self.mapping.reset()
        self._tell("")
        self.failed.hide()
        self.kinds.setText(tr("Looking at the files …"))
        self.first.setText("")
        self._look_now()

    def options(self) -> ImportOptions:
        """Return how the files are to be read."""
        return self.mapping.options(self._number(self.rate.text()))

    def _number(self, text: str) -> float:
        try:
            return float(text.strip().replace(",", ".") or 0)
        except ValueError:
            return 0.0

    def _look_soon(self) -> None:
        if self.paths:
            self._waiting.start()

    def _look_now(self) -> None:
        project = self.session.project
        if project is None:
            return
        paths, options = list(self.paths), self.options()

        def read() -> "Look | StudioError":
            from studio.services import import_look

            try:
                return import_look.look(project, paths, options)
            except StudioError as error:
                return error

        self.session.read("import look", read, self._show_look, place=PLACE)
        self.show_state()

    def _show_look(self, found: "Look | StudioError") -> None:
        if isinstance(found, StudioError):
            self._look = None
            self.kinds.setText(found.message)
            self.first.setText(import_hint(found.hint))
            self.show_state()
            return
        self._look = found
        parts = [f"{grouped(count)} × {title}" for title, count in found.kinds]
        if found.archives:
            parts.append(counted(found.archives, "{n} archive", "{n} archives"))
        self.kinds.setText(", ".join(parts) or tr("There is nothing in it that can be imported."))
        said = found.said or found.problem
        named = said.startswith(found.first)
        self.first.setText(breakable(said if named or not said else f"{found.first}: {said}"))
        set_role(self.first, "problem" if found.problem else "hint")
        self.mapping.show_look(found)
        if found.problem and self.mapping.take_labels(found.worded):
            self._look_now()
            return
        self._show_rates(found)
        self.first.setVisible(bool(self.first.text()))
        self.show_state()

    def _show_rates(self, found: "Look") -> None:
        rate, wanted = found.rate_hz, found.project_hz
        differs = bool(rate and wanted and abs(rate / wanted - 1) > 0.001)
        self.convert.setVisible(differs)
        self.advice.setText("")
        if differs:
            self.convert.setText(tr("Convert to {rate:g} Hz", rate=wanted))
            self.convert.setToolTip(tr("The files themselves stay as they are."))
            self.convert.setChecked(True)
            said = breakable(
                tr(
                    "{name} has a rate of {rate:g} Hz; this project uses {wanted:g} Hz. It can be "
                    "converted on import; the file itself stays as it is.",
                    name=found.first,
                    rate=rate,
                    wanted=wanted,
                )
            )
            self.advice.setText(said)
        elif found.problem:
            self.advice.setText(import_hint(found.hint))
        elif not rate and not found.archives:
            self.advice.setText(tr("It does not say its rate: give it below."))
        self.advice.setVisible(bool(self.advice.text()))

    # -- importing -------------------------------------------------------------------------------

    def show_state(self) -> None:
        """Show what can be done now."""
        running = self._job is not None and self.session.busy is self._job and self.session.working
        found = self._look
        count = found.files + found.archives if found else 0
        broken = found is not None and count == 1 and bool(found.problem)
        self.go.setEnabled(count > 0 and not broken and not self.session.working)
        tip = tr("This file cannot be imported: see above.") if broken else ""
        self.go.setToolTip(tip if count else tr("Choose files or a folder first."))
        said = counted(count, "Import {n} file", "Import {n} files") if count else tr("Import")
        self.go.setText(said)
        self.changed.emit()
        self.stop.setVisible(running)
        self.progress.setVisible(running)
        if self._job is not None and not running and not self.session.working:
            self._ended()

    def ready(self) -> str:
        """Return what pressing the page's primary button does; empty if nothing is ready."""
        return self.go.text() if self.go.isEnabled() else ""

    def _ended(self) -> None:
        """Say so if the import was stopped: an end with a result has said what came in."""
        self._job = None
        if not self.outcome.text():
            self._tell(tr("It did not run to its end; what had come in stays."))

    def _tell(self, text: str) -> None:
        """Say what became of an import, or nothing."""
        self.outcome.setText(text)
        self.outcome.setVisible(bool(text))

    def _import(self) -> None:
        path, paths, options = self.session.path, list(self.paths), self.options()
        label, pattern = self.label.text().strip(), self.pattern.text().strip()
        group_by, split = str(self.group_by.currentData()), str(self.split.currentData())
        converting = self.convert.isVisible() and self.convert.isChecked()
        rate = self._look.project_hz if self._look and converting else 0.0
        once = self.once.isChecked()

        def work(report: Reporter) -> Any:
            from studio.services import imports
            from studio.services.apart import apart

            return apart(
                imports.import_data,
                path,
                paths,
                naming=imports.Naming(
                    label=label, pattern=pattern, group_by=group_by, split=split
                ),
                options=options,
                resample_hz=rate,
                skip_duplicates=once,
                report=report,
            )

        self._tell("")
        self.failed.hide()
        self.progress.setValue(0)
        title = counted(
            len(paths), "Importing {n} file or folder", "Importing {n} files or folders"
        )
        self._job = self.session.start(title, work, place=PLACE, done=self._done)
        self.show_state()

    def _follow(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "progress" and self._job is not None and self.session.busy is self._job:
            self.progress.setValue(int(1000 * float(data["fraction"])))
            self.kinds.setText(str(data["text"]))

    def _done(self, result: dict[str, Any]) -> None:
        lines = [
            tr(
                "Came in: {recordings}, {samples}, {seconds:.1f} s.",
                recordings=counted(result["recordings"], "{n} recording", "{n} recordings"),
                samples=counted(result["samples"], "{n} sample", "{n} samples"),
                seconds=result["seconds"],
            )
        ]
        if result["skipped"]:
            lines.append(tr("{n} were there already.", n=grouped(result["skipped"])))
        if result["duplicates"]:
            number = grouped(len(result["duplicates"]))
            lines.append(tr("{n} have the readings of others of another name.", n=number))
        lines += [hint_for_window(note) for note in result["notes"]]
        failed = result["failed"]
        if failed:
            count = counted(len(failed), "{n} file failed:", "{n} files failed:")
            lines.append(count)
        self._tell("\n".join(lines))
        self.paths, self._look = [], None
        self.kinds.setText(tr("Or drop files and folders anywhere on this page."))
        self.first.setText("")
        for old in (self.first, self.advice, self.convert):
            old.hide()
        self.area.ensureWidgetVisible(self.outcome)
        self._show_failed(failed)
        self.show_state()

    def _show_failed(self, failed: list[dict[str, str]]) -> None:
        rows = [f"{Path(row['file']).name}: {import_hint(row['message'])}" for row in failed]
        shown = rows[:FAILED_SHOWN]
        if len(rows) > len(shown):
            shown.append(tr("and {n} more", n=grouped(len(rows) - len(shown))))
        self.failed.setPlainText("\n".join(shown))
        self.failed.setVisible(bool(failed))
