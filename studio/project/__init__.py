"""A project on disk: recordings, samples, splits, the pipeline and the runs.

Owns the folder (`project.toml`, `studio.db`, `incoming/`, `recordings/`, `runs/`) and nothing
else; imports no other package of the studio. The decision behind it: a recording's file is whole
on disk, under its SHA-256, before the row that names it is committed, and both happen while this
process holds the database's one write lock. So a process that dies leaves the whole recording or
none, and whoever opens the project next can tell a left-over file from one being written.

Data are changed only inside an entry of the history: triggers note every row before and after,
and refuse a change that nobody opened an entry for, so there is always a way back. A deleted
recording is hidden; its row and file go only by `Project.clean`.
"""

from studio.project.bulk import New
from studio.project.database import SCHEMA, ProjectBusyError, ProjectUnwritableError
from studio.project.details import Details, Marked
from studio.project.files import content_sha256, sync_files
from studio.project.history import Entry
from studio.project.label_list import Listed, read_list, read_track
from studio.project.manifest import BLANK
from studio.project.metadata import ENDED, beginning
from studio.project.origin import GROUPINGS, Naming, Origin, final_label, origin
from studio.project.query import ORDERS, LabelSum, SampleQuery, SampleRow
from studio.project.records import clean_text
from studio.project.runs import Run
from studio.project.samples import MAIN
from studio.project.snapshots import Difference, Snapshot
from studio.project.sound import check_rows
from studio.project.splitting import assign_folds, assign_groups, fold_splits
from studio.project.store import Project
from studio.project.suggestions import Suggestion

__all__ = [
    "BLANK",
    "ENDED",
    "GROUPINGS",
    "MAIN",
    "ORDERS",
    "SCHEMA",
    "Details",
    "Difference",
    "Entry",
    "LabelSum",
    "Listed",
    "Marked",
    "Naming",
    "New",
    "Origin",
    "Project",
    "ProjectBusyError",
    "ProjectUnwritableError",
    "Run",
    "SampleQuery",
    "SampleRow",
    "Snapshot",
    "Suggestion",
    "assign_folds",
    "assign_groups",
    "beginning",
    "check_rows",
    "clean_text",
    "content_sha256",
    "final_label",
    "fold_splits",
    "origin",
    "read_list",
    "read_track",
    "sync_files",
]
