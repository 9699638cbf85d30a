"""The recordings of another project, as files to import."""

from dataclasses import dataclass
from pathlib import Path

from studio.project import Details, Listed, Marked, Project
from studio.services.import_find import Found
from studio.types import Imported, ImportOptions, Recording, Sample, Span


@dataclass(frozen=True, slots=True)
class _Stored:
    """Reads one recording of an open project."""

    project: Project
    recording: Recording

    def recognises(self, path: Path) -> bool:
        """Whether it reads the file: it is there for one alone."""
        return True

    def read(self, path: Path, options: ImportOptions) -> list[Imported]:
        """Return the recording, mapped."""
        recording = self.recording
        values = self.project.read(recording.id)
        return [Imported(values, recording.axes, recording.sample_rate_hz)]


def recordings(project: Project) -> list[Found]:
    """Return the recordings of an open project with everything that it says about them."""
    samples: dict[int, list[Sample]] = {}
    for sample in project.samples():
        samples.setdefault(sample.recording_id, []).append(sample)
    metadata = project.metadata.every()
    return [
        _found(project, one, samples.get(one.id, []), metadata.get(one.id, {}))
        for one in project.recordings()
    ]


def _found(
    project: Project, recording: Recording, samples: list[Sample], metadata: dict[str, str]
) -> Found:
    marked = tuple(
        Marked(Span(one.start, one.stop, one.label), one.split, one.track, one.enabled)
        for one in samples
    )
    plain = tuple(one.span for one in marked if one.plain)
    details = Details(
        name=recording.name,
        group=recording.group,
        source=recording.source,
        sample_rate_hz=recording.sample_rate_hz,
        dtype=recording.dtype,
        axes=recording.axes,
        gaps=recording.gaps,
        samples=marked,
    )
    listed = Listed(spans=plain, unlabelled=not plain, metadata=metadata, details=details)
    root = project.path
    path = root / "recordings" / f"{recording.name.replace('/', '_')}"
    size = recording.readings * len(recording.axes) * 4
    return Found(path, root, (_Stored(project, recording),), listed, size)
