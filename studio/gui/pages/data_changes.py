"""Changes of samples made in the library: short ones at once, long ones as a job."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.events import Reporter
from studio.gui.session import Session
from studio.gui.texts import counted, tr

PLACE = "Data"
AT_ONCE = 2000
"""Up to so many samples are changed without a job that people see."""
Change = Callable[[Path, Any], dict[str, Any]]


class Changes(QObject):
    """Calls the services that change data; each call is one step of the history.

    Signals
    -------
    done : ()
        Something was changed.
    """

    done = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session

    def _run(self, ids: Sequence[int], title: str, change: Change) -> None:
        """Change these samples; say what was done in the status bar."""
        if not len(ids) or self._session.project is None:
            return
        path, numbers = self._session.project, tuple(int(number) for number in ids)

        def work() -> dict[str, Any]:
            from studio.services.label import Selection

            return change(path, Selection(ids=numbers))

        if len(numbers) <= AT_ONCE:
            self._session.read("", work, self._tell, place=PLACE)
        else:
            self._session.start(title, lambda _report: work(), place=PLACE, done=self._tell)

    def _tell(self, result: Mapping[str, Any]) -> None:
        if result.get("did"):
            self._session.say(tr("{did} (Ctrl+Z undoes it)", did=result["did"]))
        self.done.emit()

    def relabel(self, ids: Sequence[int], label: str) -> None:
        """Give samples another label."""

        def change(path: Path, selection: Any) -> dict[str, Any]:
            from studio.services import label as labels

            return labels.relabel_all(path, selection, label)

        self._run(ids, _title(tr("Relabelling"), ids), change)

    def relabel_each(self, labels: Mapping[int, str]) -> None:
        """Give each sample a label of its own, in one step."""

        def change(path: Path, _selection: Any) -> dict[str, Any]:
            from studio.services import library

            return library.relabel_each(path, labels)

        self._run(list(labels), _title(tr("Relabelling"), list(labels)), change)

    def move(self, ids: Sequence[int], split: str, *, whole_groups: bool = True) -> None:
        """Put samples into a split."""

        def change(path: Path, selection: Any) -> dict[str, Any]:
            from studio.services import label as labels

            return labels.move(path, selection, split, whole_groups=whole_groups)

        self._run(ids, _title(tr("Moving"), ids), change)

    def group(self, ids: Sequence[int], group: str) -> None:
        """Put the recordings of samples into a group."""

        def change(path: Path, selection: Any) -> dict[str, Any]:
            from studio.services import library

            return library.put_in_group(path, selection, group)

        self._run(ids, _title(tr("Grouping"), ids), change)

    def use(self, ids: Sequence[int], *, enabled: bool) -> None:
        """Put samples in use or out of it."""

        def change(path: Path, selection: Any) -> dict[str, Any]:
            from studio.services import label as labels

            return labels.enable(path, selection, enabled=enabled)

        self._run(ids, _title(tr("Changing the use of"), ids), change)

    def remove(self, ids: Sequence[int]) -> None:
        """Forget samples; the recordings stay."""

        def change(path: Path, selection: Any) -> dict[str, Any]:
            from studio.services import label as labels

            return labels.remove(path, selection)

        self._run(ids, _title(tr("Deleting"), ids), change)

    def track(self, ids: Sequence[int], track: str) -> None:
        """Put samples on a track; a new one is made."""

        def change(path: Path, selection: Any) -> dict[str, Any]:
            from studio.services import library

            return library.put_on_track(path, selection, track)

        self._run(ids, _title(tr("Moving"), ids), change)

    def metadata(self, ids: Sequence[int], key: str, value: str | None) -> None:
        """Set a key of the samples' recordings; None takes it away."""

        def change(path: Path, selection: Any) -> dict[str, Any]:
            from studio.services import library

            return library.describe_all(path, selection, {key: value})

        self._run(ids, _title(tr("Describing"), ids), change)

    def rename(self, facet: str, old: str, new: str) -> None:
        """Give a label or a group another name everywhere."""
        path = self._session.path

        def work(_report: Reporter | None = None) -> dict[str, Any]:
            from studio.services import library

            if facet == "label":
                return library.rename_label(path, old, new)
            return library.rename_group(path, old, new)

        self._session.start(tr("Renaming {old}", old=old), work, place=PLACE, done=self._tell)

    def trim(self) -> None:
        """Leave out the beginnings in which recordings still settle."""
        path = self._session.path

        def work(report: Reporter) -> dict[str, Any]:
            from studio.services import library

            return library.trim(path, report=report)

        self._session.start(tr("Trimming beginnings"), work, place=PLACE, done=self._tell)

    def together(self) -> None:
        """Put groups that share data into one split."""
        path = self._session.path

        def work(report: Reporter) -> Any:
            from studio.services import splits

            return splits.fix(path, report=report)

        self._session.start(
            tr("Putting together what shares data"), work, place=PLACE, done=self._tell_fix
        )

    def _tell_fix(self, result: Mapping[str, Any]) -> None:
        moved, left = len(result["moved"]), sum(result["counts"].values())
        said = counted(moved, "{n} group was moved", "{n} groups were moved")
        said = tr("{said}; {left} are left in two splits.", said=said, left=left)
        self._session.say(" ".join([said, *result["warnings"]]))
        self.done.emit()

    def split_by_group(
        self, fractions: tuple[float, float, float] = (0.6, 0.2, 0.2), *, keep: bool = True
    ) -> None:
        """Give every group to a split, by these shares of training, validation and test."""
        path = self._session.path

        def work(report: Reporter) -> Any:
            from studio.services import projects

            return projects.assign_splits(
                path, fractions=fractions, keep_preset=keep, report=report
            )

        self._session.start(tr("Splitting by group"), work, place=PLACE, done=self._split)

    def _split(self, _result: object) -> None:
        self._session.say(tr("Every group is in one split now (Ctrl+Z undoes it)"))
        self.done.emit()


def _title(verb: str, ids: Sequence[int]) -> str:
    return f"{verb} {counted(len(ids), '{n} sample', '{n} samples')}"
