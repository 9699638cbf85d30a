"""A project on disk: recordings, samples, splits, the pipeline and the runs.

Owns the folder (`project.toml`, `studio.db`, `incoming/`, `recordings/`, `runs/`) and nothing
else; imports no other package of the studio. The decision behind it: a recording's file is whole
on disk, under its SHA-256, before the row that names it is committed, and both happen while this
process holds the database's one write lock. So a process that dies leaves the whole recording or
none, and whoever opens the project next can tell a left-over file from one being written.
"""

from studio.project.database import SCHEMA
from studio.project.label_list import Listed, read_list
from studio.project.origin import GROUPINGS, Naming, Origin, final_label, origin
from studio.project.records import clean_text
from studio.project.runs import Run
from studio.project.splitting import assign_groups
from studio.project.store import BLANK, Project

__all__ = [
    "BLANK",
    "GROUPINGS",
    "SCHEMA",
    "Listed",
    "Naming",
    "Origin",
    "Project",
    "Run",
    "assign_groups",
    "clean_text",
    "final_label",
    "origin",
    "read_list",
]
