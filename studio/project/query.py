"""Finding samples among very many: filters, orders, pages and sums in SQL over one index table.

`sample_index` holds what lists show and filter by, kept by triggers, with an index per column.
Without a filter that selects (a list of everything, or all that is enabled), rows are read in the
order of an index; with one, what the filter leaves is sorted. A filter that may leave half of the
rows (a split, a label) must not look them up one by one through its index, so lists by such a
filter read the table from its beginning to its end: the same short time whatever is left.
"""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from studio.errors import ConfigError
from studio.project.database import Database
from studio.project.samples import SampleList
from studio.types import SPLITS, Sample

ORDERS = {
    "id": ("id",),
    "recording": ("recording_id", "start", "enabled", "track", "id"),
    "name": ("name", "enabled", "track", "id"),
    "label": ("label", "split", "enabled", "track", "seconds", "id"),
    "split": ("split", "enabled", "track", "id"),
    "group": ("group_name", "enabled", "track", "id"),
    "seconds": ("seconds", "enabled", "track", "id"),
    "track": ("track", "enabled", "id"),
    "enabled": ("enabled", "track", "id"),
}
"""What samples can be sorted by, with what decides between equal ones, as the indexes have it."""

COLUMNS = ("label", "split", "group_name", "track", "enabled", "flags")
"""What samples can be counted by."""


@dataclass(frozen=True, slots=True)
class SampleQuery:
    """Which samples, in which order. Empty filters take everything."""

    labels: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    """Of `SPLITS`; an empty text means: not yet assigned."""
    groups: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()
    recordings: tuple[int, ...] = ()
    text: str = ""
    """Anywhere in the recording's name; A to Z match a to z."""
    flag: str = ""
    """A word from the recordings' health reports, such as `clipping`."""
    words: str = ""
    """Each of these words is in the recording's name, its group or the label."""
    ids: tuple[int, ...] | None = None
    """Only these samples; None takes all."""
    enabled: bool | None = None
    sort: str = "recording"
    """One of `ORDERS`."""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A sample as a list shows it."""

    sample: Sample
    recording: str
    """Name of its recording."""
    seconds: float
    flags: tuple[str, ...] = ()
    """What its recording's health report found worth a look."""


@dataclass(frozen=True, slots=True)
class LabelSum:
    """How much there is of a label in a split."""

    label: str
    split: str
    samples: int
    seconds: float


class SampleIndex:
    """Questions about the samples of one project."""

    def __init__(self, database: Database, samples: SampleList) -> None:
        self._database = database
        self._samples = samples

    def ids(self, query: SampleQuery, *, offset: int = 0, limit: int = -1) -> list[int]:
        """Return the numbers of the samples that a query finds, or of one page of them."""
        sql, values = statement(query, offset=offset, limit=limit)
        # As one text: fetched row by row, threads that compute would be waited for each time.
        ((text,),) = self._database.rows(f"SELECT json_group_array(id) FROM ({sql})", values)
        found: list[int] = json.loads(text)
        return found

    def page(self, query: SampleQuery, *, offset: int = 0, limit: int = 256) -> list[SampleRow]:
        """Return one page of what a query finds."""
        return self.rows(self.ids(query, offset=offset, limit=limit))

    def rows(self, sample_ids: Collection[int]) -> list[SampleRow]:
        """Return the samples with these numbers, in their order, as a list shows them.

        Those that were removed meanwhile are left out.
        """
        shown: dict[int, tuple[str, float, tuple[str, ...]]] = {}
        ids = list(sample_ids)
        for first in range(0, len(ids), 500):
            part = ids[first : first + 500]
            sql = (
                "SELECT sample_index.id, sample_index.name, seconds, flags FROM sample_index "
                "JOIN recording ON recording.id = recording_id "
                f"WHERE sample_index.id IN ({_marks(part)})"
            )
            for number, name, seconds, flags in self._database.rows(sql, part):
                shown[number] = name, seconds, tuple(flags.split())
        there = self._samples.known([number for number in ids if number in shown])
        return [SampleRow(there[number], *shown[number]) for number in ids if number in there]

    def count(self, query: SampleQuery) -> int:
        """Return how many samples a query finds."""
        where, values = _where(query)
        sql = f"SELECT count(*) FROM sample_index{where}"
        return int(self._database.rows(sql, values)[0][0])

    def sums(self, query: SampleQuery) -> list[LabelSum]:
        """Return samples and seconds of what a query finds, by label and split."""
        looked_up = (query.groups, query.recordings, query.text, query.flag, query.words)
        covered = not any(looked_up) and query.ids is None
        where, values = _where(query, through=covered)
        group = "label, split" if covered else "+label, split"
        rows = self._database.rows(
            "SELECT label, split, count(*), sum(seconds) FROM sample_index"
            f"{where} GROUP BY {group} ORDER BY label, split",
            values,
        )
        return [LabelSum(*row) for row in rows]

    def places(self) -> dict[str, int]:
        """Return the labels that samples have with their places, in order.

        A label keeps its place, which decides over its key and its colour, while it is in use.
        """
        return dict(
            self._database.rows(
                "SELECT name, id FROM label WHERE EXISTS "
                "(SELECT 1 FROM sample_index WHERE sample_index.label = label.name) ORDER BY id"
            )
        )

    def groups(self, query: SampleQuery) -> list[tuple[str, int, float]]:
        """Return (group, samples, seconds) of what a query finds."""
        where, values = _where(query)
        return self._database.rows(
            "SELECT group_name, count(*), sum(seconds) FROM sample_index"
            f"{where} GROUP BY group_name ORDER BY group_name",
            values,
        )

    def tally(self, query: SampleQuery, column: str) -> list[tuple[Any, int]]:
        """Return how many samples of what a query finds have each value of a column.

        Parameters
        ----------
        column : str
            One of `COLUMNS`; of `flags`, each word of the health reports counts for itself.
        """
        if column not in COLUMNS:
            raise ConfigError(
                f"Samples cannot be counted by {column!r}.",
                f"Choose one of: {', '.join(COLUMNS)}.",
            )
        where, values = _where(query)
        if column != "flags":
            return self._database.rows(
                f"SELECT {column}, count(*) FROM sample_index{where} GROUP BY {column}", values
            )
        words: Counter[str] = Counter()
        for flags, count in self._database.rows(
            "SELECT flags, sum(n) FROM recording JOIN (SELECT recording_id AS of, count(*) AS n "
            f"FROM sample_index{where} GROUP BY recording_id) ON recording.id = of "
            "WHERE flags != '' GROUP BY flags",
            values,
        ):
            words.update(dict.fromkeys(flags.split(), count))
        return sorted(words.items())


def statement(query: SampleQuery, *, offset: int = 0, limit: int = -1) -> tuple[str, list[Any]]:
    """Return the SQL that finds the numbers of samples, and its values.

    Raises
    ------
    ConfigError
        For an order or a split that there is not.
    """
    if query.sort not in ORDERS:
        raise ConfigError(
            f"Samples cannot be sorted by {query.sort!r}.", f"Choose one of: {', '.join(ORDERS)}."
        )
    where, values = _where(query, through=True)
    columns = list(ORDERS[query.sort])
    if _selects(query):
        columns[0] = f"+{columns[0]}"  # sort what is left instead of walking the whole order
    way = " DESC" if query.descending else ""
    order = ", ".join(f"{column}{way}" for column in columns)
    sql = f"SELECT id FROM sample_index{where} ORDER BY {order} LIMIT ? OFFSET ?"
    return sql, [*values, limit, offset]


def _selects(query: SampleQuery) -> bool:
    """Tell whether a query leaves much out: nearly everything is enabled, on one track."""
    filters = (query.labels, query.splits, query.groups, query.recordings, query.text, query.flag)
    return any(filters) or bool(query.words) or query.ids is not None or query.enabled is False


def _where(query: SampleQuery, *, through: bool = False) -> tuple[str, list[Any]]:
    """Return the condition of a query; `through`: no index for filters that may leave half."""
    for split in query.splits:
        if split and split not in SPLITS:
            raise ConfigError(
                f"There is no split {split!r}.", f"Choose one of: {', '.join(SPLITS)}."
            )
    conditions: list[str] = []
    values: list[Any] = []
    # A plus keeps a condition from choosing the index.
    half = "+" if through else ""
    common = "" if _selects(query) else "+"
    for column, wanted in (
        (f"{half}label", query.labels),
        (f"{half}split", query.splits),
        ("group_name", query.groups),
        (f"{half or common}track", query.tracks),
        ("recording_id", query.recordings),
    ):
        if wanted:
            conditions.append(f"{column} IN ({_marks(wanted)})")
            values += wanted
    if query.enabled is not None:
        conditions.append(f"{'+' if query.enabled else ''}enabled = ?")
        values.append(int(query.enabled))
    more, said = _said(query)
    conditions += more
    values += said
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _said(query: SampleQuery) -> tuple[list[str], list[Any]]:
    """Return the conditions of a query about texts and numbers of samples."""
    conditions: list[str] = []
    values: list[Any] = []
    if query.text:
        conditions.append("name LIKE ? ESCAPE '\\'")
        values.append(f"%{_plain(query.text)}%")
    if query.flag:
        conditions.append(
            "recording_id IN (SELECT id FROM recording WHERE flags != '' "
            "AND flags LIKE ? ESCAPE '\\')"
        )
        values.append(f"% {_plain(query.flag)} %")
    for word in query.words.split():
        conditions.append(
            "(name LIKE ? ESCAPE '\\' OR group_name LIKE ? ESCAPE '\\' "
            "OR label LIKE ? ESCAPE '\\')"
        )
        values += [f"%{_plain(word)}%"] * 3
    if query.ids is not None:
        conditions.append("id IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(query.ids))
    return conditions, values


def _plain(text: str) -> str:
    """Return text with the signs that mean something to LIKE taken as themselves."""
    return "".join(f"\\{sign}" if sign in "%_\\" else sign for sign in text)


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
