"""The tables of `studio.db`: numbered migrations, never changed once released.

From the second one on, every change of the tables in `RECORDED` is written down by triggers (see
`history`), so no code path can change data without leaving a way back.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence

RECORDED: Mapping[str, Sequence[str]] = {
    "sample": (
        "id",
        "recording_id",
        "start",
        "stop",
        "label",
        "preset",
        "split",
        "track",
        "enabled",
    ),
    "recording": ("hidden", "name", "group_name"),
    "metadata": ("id", "recording_id", "key", "value"),
    "track": ("id", "name"),
    "suggestion": ("state", "label", "sample_id"),
    "label": ("name",),
    "rule": ("value",),
}
"""What the history knows how to put back: tables and their columns."""


def recorders(table: str, columns: Sequence[str], *, rows: bool) -> str:
    """Return the triggers that note changes of a table; `rows`: added and removed ones too.

    Part of released migrations: what it returns for the same arguments never changes.
    """
    on = "WHEN (SELECT entry FROM history_now) IS NOT 0"
    noting = "INSERT INTO change (entry, place, row, before, after) VALUES ("
    noting += f"(SELECT entry FROM history_now), '{table}'"
    statements = [
        f"CREATE TRIGGER {table}_{column}_noted AFTER UPDATE OF {column} ON {table} "
        f"{on} AND OLD.{column} IS NOT NEW.{column} BEGIN {noting}, NEW.id, "
        f"json_object('{column}', OLD.{column}), json_object('{column}', NEW.{column})); END;"
        for column in columns
        if column != "id"
    ]
    if rows:
        for name, event, which in (("added", "INSERT", "NEW"), ("removed", "DELETE", "OLD")):
            image = ", ".join(f"'{column}', {which}.{column}" for column in columns)
            before, after = ("NULL", f"json_object({image})")[:: 1 if which == "NEW" else -1]
            statements.append(
                f"CREATE TRIGGER {table}_{name}_noted AFTER {event} ON {table} {on} "
                f"BEGIN {noting}, {which}.id, {before}, {after}); END;"
            )
    return "\n".join(statements)


_INDEXED = """
    SELECT sample.id, recording_id, start, label,
        CASE WHEN split = '' THEN preset ELSE split END, track, enabled,
        (stop - start) / sample_rate_hz, name, group_name
    FROM sample JOIN recording ON recording.id = recording_id
"""

_PLACING = """
    CREATE TRIGGER {name} AFTER {event} ON sample_index
        WHEN NOT EXISTS (SELECT 1 FROM label WHERE name = NEW.label) BEGIN
        INSERT OR REPLACE INTO label (id, name) SELECT min(id), NEW.label FROM (
            SELECT id FROM label WHERE id < 32
                AND NOT EXISTS (SELECT 1 FROM sample_index WHERE sample_index.label = label.name)
            UNION ALL SELECT coalesce(max(id) + 1, 0) FROM label
        );
    END;
"""
"""A new label gets the first place that no sample has a use for; all others keep theirs.

Its place is its `id`. Only the first few places, those that have keys, are used again.
"""

MIGRATIONS = (
    """
    CREATE TABLE recording (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        axes TEXT NOT NULL,
        sample_rate_hz REAL NOT NULL,
        dtype TEXT NOT NULL,
        readings INTEGER NOT NULL,
        group_name TEXT NOT NULL,
        source TEXT NOT NULL,
        log TEXT NOT NULL,
        created TEXT NOT NULL,
        UNIQUE (sha256, name, sample_rate_hz, axes)
    );
    CREATE INDEX recording_log ON recording (log);
    CREATE INDEX recording_group ON recording (group_name);
    CREATE TABLE gap (
        recording_id INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
        at INTEGER NOT NULL,
        missing INTEGER NOT NULL
    );
    CREATE INDEX gap_recording ON gap (recording_id);
    CREATE TABLE sample (
        id INTEGER PRIMARY KEY,
        recording_id INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
        start INTEGER NOT NULL,
        stop INTEGER NOT NULL,
        label TEXT NOT NULL,
        preset TEXT NOT NULL,
        split TEXT NOT NULL
    );
    CREATE INDEX sample_recording ON sample (recording_id);
    CREATE INDEX sample_label ON sample (label, split);
    CREATE TABLE run (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        started TEXT NOT NULL,
        finished TEXT NOT NULL,
        metrics TEXT NOT NULL
    );
    CREATE INDEX run_kind ON run (kind);
    """,
    """
    ALTER TABLE recording ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE recording ADD COLUMN health TEXT NOT NULL DEFAULT '';
    ALTER TABLE recording ADD COLUMN flags TEXT NOT NULL DEFAULT '';
    CREATE INDEX recording_flags ON recording (flags) WHERE flags != '';
    ALTER TABLE sample ADD COLUMN track TEXT NOT NULL DEFAULT 'main';
    ALTER TABLE sample ADD COLUMN enabled INTEGER NOT NULL DEFAULT 1;
    DROP INDEX sample_label;
    CREATE TABLE track (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    INSERT INTO track (name) VALUES ('main');
    CREATE TABLE metadata (
        id INTEGER PRIMARY KEY,
        recording_id INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL
    );
    CREATE INDEX metadata_recording ON metadata (recording_id, key);
    CREATE INDEX metadata_value ON metadata (key, value);
    CREATE TABLE suggestion (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        recording_id INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
        start INTEGER NOT NULL,
        stop INTEGER NOT NULL,
        label TEXT NOT NULL,
        confidence REAL NOT NULL,
        track TEXT NOT NULL,
        state TEXT NOT NULL,
        sample_id INTEGER
    );
    CREATE INDEX suggestion_recording ON suggestion (recording_id);
    CREATE INDEX suggestion_state ON suggestion (state, confidence);
    CREATE TABLE snapshot (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        recordings INTEGER NOT NULL,
        samples INTEGER NOT NULL,
        content BLOB NOT NULL
    );
    CREATE TABLE sample_index (
        id INTEGER PRIMARY KEY,
        recording_id INTEGER NOT NULL,
        start INTEGER NOT NULL,
        label TEXT NOT NULL,
        split TEXT NOT NULL,
        track TEXT NOT NULL,
        enabled INTEGER NOT NULL,
        seconds REAL NOT NULL,
        name TEXT NOT NULL,
        group_name TEXT NOT NULL
    );
    """
    + f"INSERT INTO sample_index {_INDEXED};"
    + """
    CREATE INDEX sample_by_recording ON sample_index (recording_id, start, enabled, track);
    CREATE INDEX sample_by_label ON sample_index (label, split, enabled, track, seconds);
    CREATE INDEX sample_by_split ON sample_index (split, enabled, track);
    CREATE INDEX sample_by_track ON sample_index (track, enabled);
    CREATE INDEX sample_by_enabled ON sample_index (enabled, track);
    CREATE INDEX sample_by_seconds ON sample_index (seconds, enabled, track);
    CREATE INDEX sample_by_name ON sample_index (name, enabled, track);
    CREATE INDEX sample_by_group ON sample_index (group_name, enabled, track);
    CREATE TRIGGER sample_added AFTER INSERT ON sample BEGIN
    """
    + f"INSERT INTO sample_index {_INDEXED} WHERE sample.id = NEW.id; END;"
    + """
    CREATE TRIGGER sample_removed AFTER DELETE ON sample BEGIN
        DELETE FROM sample_index WHERE id = OLD.id;
    END;
    CREATE TRIGGER sample_cropped AFTER UPDATE OF start, stop ON sample BEGIN
        UPDATE sample_index SET start = NEW.start, seconds = (NEW.stop - NEW.start) /
            (SELECT sample_rate_hz FROM recording WHERE id = NEW.recording_id)
            WHERE id = NEW.id;
    END;
    CREATE TRIGGER sample_relabelled AFTER UPDATE OF label ON sample BEGIN
        UPDATE sample_index SET label = NEW.label WHERE id = NEW.id;
    END;
    CREATE TRIGGER sample_split AFTER UPDATE OF preset, split ON sample BEGIN
        UPDATE sample_index
            SET split = CASE WHEN NEW.split = '' THEN NEW.preset ELSE NEW.split END
            WHERE id = NEW.id;
    END;
    CREATE TRIGGER sample_tracked AFTER UPDATE OF track ON sample BEGIN
        UPDATE sample_index SET track = NEW.track WHERE id = NEW.id;
    END;
    CREATE TRIGGER sample_enabled AFTER UPDATE OF enabled ON sample BEGIN
        UPDATE sample_index SET enabled = NEW.enabled WHERE id = NEW.id;
    END;
    CREATE TRIGGER sample_moved AFTER UPDATE OF recording_id ON sample BEGIN
        UPDATE sample_index SET recording_id = NEW.recording_id,
            name = (SELECT name FROM recording WHERE id = NEW.recording_id),
            group_name = (SELECT group_name FROM recording WHERE id = NEW.recording_id),
            seconds = (NEW.stop - NEW.start) /
                (SELECT sample_rate_hz FROM recording WHERE id = NEW.recording_id)
            WHERE id = NEW.id;
    END;
    CREATE TRIGGER recording_renamed AFTER UPDATE OF name, group_name ON recording BEGIN
        UPDATE sample_index SET name = NEW.name, group_name = NEW.group_name
            WHERE recording_id = NEW.id;
    END;
    CREATE TABLE history (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        sentence TEXT NOT NULL,
        undone INTEGER NOT NULL
    );
    CREATE TABLE change (
        id INTEGER PRIMARY KEY,
        entry INTEGER NOT NULL REFERENCES history (id) ON DELETE CASCADE,
        place TEXT NOT NULL,
        row INTEGER NOT NULL,
        before TEXT,
        after TEXT
    );
    CREATE INDEX change_entry ON change (entry);
    CREATE TABLE history_now (entry INTEGER);
    INSERT INTO history_now VALUES (NULL);
    """
    + "\n".join(
        recorders(table, RECORDED[table], rows=rows)
        for table, rows in (
            ("sample", True),
            ("recording", False),
            ("metadata", True),
            ("track", True),
            ("suggestion", False),
        )
    ),
    """
    CREATE TABLE tidied (mtime_ns INTEGER NOT NULL);
    """,
    """
    CREATE TABLE label (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE ON CONFLICT REPLACE -- undoing a name takes it back
    );
    INSERT INTO label (id, name) SELECT row_number() OVER (ORDER BY label) - 1, label
        FROM (SELECT DISTINCT label FROM sample_index);
    """
    + _PLACING.format(name="label_met", event="INSERT")
    + _PLACING.format(name="label_given", event="UPDATE OF label")
    + recorders("label", RECORDED["label"], rows=False),
    """
    CREATE TABLE rule (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
    INSERT INTO rule VALUES (1, '');
    """
    + recorders("rule", RECORDED["rule"], rows=False),
)


def statements(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one; the semicolons in triggers part nothing."""
    waiting = ""
    for part in script.split(";"):
        waiting += part
        if sqlite3.complete_statement(waiting + ";"):
            if waiting.strip():
                yield waiting
            waiting = ""
        else:
            waiting += ";"
    if waiting.strip(" \n;"):
        yield waiting
