"""The panel that takes the data out: format, labels, where to."""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QLineEdit, QProgressBar

from studio.events import Reporter
from studio.gui.desktop import hint_for_window, open_file
from studio.gui.pages.data_balance import amount
from studio.gui.pages.data_changes import PLACE
from studio.gui.pages.data_side import SidePanel, button, combo, in_row
from studio.gui.texts import counted, grouped, tr
from studio.gui.widgets.panel import words

SIGNED = ("json", "cbor")
ARCHIVE = "archive"
SUFFIX = ".tinyml.zip"


class ExportPanel(SidePanel):
    """Write all recordings with their labels, or the whole project as one file."""

    TITLE = "Export"

    def build(self) -> None:
        """Make the content."""
        self._job: Any = None
        self._of: Path | None = None
        self.what = words("", "hint", wrap=True)
        self.box.addWidget(self.what)
        self.form = combo([(tr("as suits the data"), "auto")])
        self.field(tr("Format"), self.form)
        self.labels = combo(
            [
                (tr("in info.labels (exact)"), "info"),
                (tr("and in structured_labels.labels"), "structured"),
                (tr("and for SensiML (.dai)"), "sensiml"),
                (tr("and as Audacity tracks"), "audacity"),
                (tr("a folder per label (cuts recordings)"), "folders"),
            ]
        )
        self.field(tr("Labels"), self.labels)
        self.key = QLineEdit()
        self.key.setPlaceholderText(tr("none: not signed"))
        self.field(tr("HMAC key to sign with (JSON and CBOR)"), self.key)
        self.target = QLineEdit()
        self.choose = button(tr("Choose"), tr("Choose the folder to put it in"))
        self.field(tr("Where: a new folder, or a new file for an archive"), self.target)
        self.go = button(tr("Export"))
        self.stop = button(tr("Stop"), tr("Nothing is left behind (Ctrl+.)"))
        self.box.addLayout(in_row(self.choose, self.go, self.stop))
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(tr("Progress of the export"))
        self.box.addWidget(self.progress)
        self.outcome = words("", wrap=True)
        self.show_it = button(tr("Open the folder"))
        self.show_it.hide()
        self.box.addWidget(self.outcome)
        self.box.addWidget(self.show_it)
        self._written: Path | None = None
        self._connect()

    def _connect(self) -> None:
        self.choose.clicked.connect(self._choose)
        self.go.clicked.connect(self._export)
        self.stop.clicked.connect(self.session.stop)
        self.form.currentIndexChanged.connect(lambda _index: self._form_changed())
        self.target.textChanged.connect(lambda _text: self.show_state())
        self.show_it.clicked.connect(self._open)
        self.session.job_event.connect(self._follow)
        self.session.working_changed.connect(self.show_state)

    def show_state(self) -> None:
        """Show what can be done now."""
        path = self.session.project
        if path is not None and path != self._of:
            self._of = path
            self._suggest()
            self._read_formats()
        facets = self.library.facets
        if facets is not None:
            seconds = sum(sum(of.values()) for of in facets.seconds.values())
            self.what.setText(
                tr(
                    "All recordings with their labels, splits and notes: {length} are labelled.",
                    length=amount(seconds),
                )
            )
        running = self._job is not None and self.session.working
        self.progress.setVisible(running)
        self.stop.setVisible(running)
        ready = bool(path) and bool(self.target.text().strip()) and not self.session.working
        self.go.setEnabled(ready)
        self.go.setToolTip("" if ready else tr("Say where to put it first."))
        if not self.session.working:
            self._job = None

    def _read_formats(self) -> None:
        def read() -> Any:
            from studio.services import library

            return library.export_formats()

        self.session.read("formats", read, self._show_formats, place=PLACE)

    def _show_formats(self, found: list[tuple[str, str]]) -> None:
        if self.form.count() > 1:
            return
        for name, title in found:
            self.form.addItem(title, name)
        self.form.addItem(tr("The whole project in one file"), ARCHIVE)
        self._form_changed()

    def _form_changed(self) -> None:
        form = str(self.form.currentData())
        self.key.setEnabled(form in SIGNED)
        self.labels.setEnabled(form != ARCHIVE)
        self._suggest()

    def _suggest(self) -> None:
        """Suggest a place that is free."""
        project = self.session.project
        if project is None:
            return
        archive = str(self.form.currentData()) == ARCHIVE
        old = Path(self.target.text().strip()) if self.target.text().strip() else None
        folder = old.parent if old and old.parent.is_dir() else project.parent
        for number in range(1, 1000):
            end = f"-{number}" if number > 1 else ""
            name = f"{project.name}{end}{SUFFIX}" if archive else f"{project.name}-export{end}"
            if not (folder / name).exists():
                break
        self.target.setText(str(folder / name))

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Put the export into"))
        if folder:
            self.target.setText(str(Path(folder) / Path(self.target.text()).name))
            self._suggest()

    def _export(self) -> None:
        path, target = self.session.path, Path(self.target.text().strip()).expanduser()
        form, labels = str(self.form.currentData()), str(self.labels.currentData())
        key = self.key.text().strip() if form in SIGNED else ""

        def work(report: Reporter) -> Any:
            from studio.services import exports
            from studio.services.apart import apart

            how = {"form": form, "labels": labels, "hmac_key": key}
            return apart(exports.export_data, path, target, **how, report=report)

        self.outcome.setText("")
        self.show_it.hide()
        self.progress.setValue(0)
        self._job = self.session.start(
            tr("Exporting to {name}", name=target.name), work, place=PLACE, done=self._done
        )
        self.show_state()

    def _follow(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "progress" and self._job is not None and self.session.busy is self._job:
            self.progress.setValue(int(1000 * float(data["fraction"])))

    def _done(self, result: dict[str, Any]) -> None:
        count = counted(int(result.get("recordings", 0)), "{n} recording", "{n} recordings")
        size = int(result.get("bytes", 0)) / 1024
        lines = [
            tr(
                "{count} written to {target}, {size} KiB.",
                count=count,
                target=result["target"],
                size=grouped(size, ".0f"),
            )
        ]
        lines += [hint_for_window(str(note)) for note in result.get("notes", ())]
        self.outcome.setText("\n".join(lines))
        self._written = Path(result["target"])
        self.show_it.show()
        self._suggest()

    def _open(self) -> None:
        if self._written is not None:
            open_file(self._written if self._written.is_dir() else self._written.parent)
