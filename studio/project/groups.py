"""Groups of recordings: what must never be in two splits, and giving it another name."""

from collections import Counter
from collections.abc import Collection

from studio.errors import ProjectError
from studio.project.database import Database
from studio.project.history import History
from studio.project.records import clean_text, counted, spelled


class GroupList:
    """The groups of one project."""

    def __init__(self, database: Database, history: History) -> None:
        self._database = database
        self._history = history

    def put(self, recording_ids: Collection[int], group: str) -> int:
        """Put recordings into a group; return how many changed.

        Where the group has a split already, their samples join it, so that it stays in one.

        Raises
        ------
        ProjectError
            If the name is empty.
        """
        text = spelled(self._database, group, "group_name")
        if not text:
            raise ProjectError("The group has no name.", "Name the speaker, session or board.")
        ids = [int(number) for number in dict.fromkeys(recording_ids)]
        split = self._split(text)
        with self._history.change(f"Put {counted(len(ids), 'recording')} into group {text}"):
            changed = self._database.execute_many(
                "UPDATE recording SET group_name = ? WHERE id = ? AND group_name != ?",
                [(text, number, text) for number in ids],
            )
            if split:
                self._database.execute_many(
                    "UPDATE sample SET split = ? WHERE recording_id = ? AND id IN "
                    "(SELECT id FROM sample_index WHERE recording_id = ? AND split != ?)",
                    [(split, number, number, split) for number in ids],
                )
        return changed

    def rename(self, group: str, name: str) -> int:
        """Give a group another name, or join it to another one; return how many recordings."""
        rows = self._database.rows(
            "SELECT id FROM recording WHERE group_name = ? AND hidden = 0", (group,)
        )
        if not rows:
            raise ProjectError(f"There is no group {group!r}.", "Choose one from the list.")
        with self._history.change(f"Renamed group {group} to {clean_text(name)}"):
            return self.put([row[0] for row in rows], name)

    def _split(self, group: str) -> str:
        """Return the split that most of a group's samples are in; empty if in none."""
        rows = self._database.rows(
            "SELECT split, count(*) FROM sample_index WHERE group_name = ? GROUP BY split",
            (group,),
        )
        counts = Counter(dict(rows))
        return str(max(sorted(counts), key=lambda split: counts[split])) if counts else ""
