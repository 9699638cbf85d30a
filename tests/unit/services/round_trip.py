"""What a project holds, for comparing it with the one that its export was imported into."""

from pathlib import Path
from typing import Any

from studio.events import Quiet
from studio.project import Project
from studio.services import exports, imports, projects


def state(path: Path) -> list[tuple[Any, ...]]:
    """Return everything known of each recording, in an order of its own."""
    with Project.open(path) as project:
        metadata = project.metadata.every()
        samples: dict[int, list[tuple[Any, ...]]] = {}
        for one in project.samples():
            samples.setdefault(one.recording_id, []).append(
                (one.start, one.stop, one.label, one.split, one.track, one.enabled)
            )
        return sorted(
            (
                one.sha256,
                one.name,
                one.group,
                one.source,
                one.sample_rate_hz,
                one.axes,
                one.dtype,
                one.readings,
                one.gaps,
                tuple(samples.get(one.id, ())),
                tuple(sorted(metadata.get(one.id, {}).items())),
            )
            for one in project.recordings()
        )


def again(path: Path, folder: Path, form: str, labels: str, **options: Any) -> dict[str, Any]:
    """Export a project, import that into a new one at `folder / "p"`, and return the export."""
    out = folder / ("x.tinyml.zip" if form == "archive" else "x")
    done = exports.export_data(path, out, form=form, labels=labels, report=Quiet(), **options)
    if form != "archive":
        projects.new(folder / "p", report=Quiet())
    came = imports.import_data(folder / "p", [out], report=Quiet())
    assert came["failed"] == []
    return done
