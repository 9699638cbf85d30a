"""What the quality check found, each with what can be done about it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from studio.gui.texts import counted, tr

PROBLEM, ADVICE, GOOD = "problem", "advice", "good"
UNEVEN = 3.0
FEW_GROUPS = 3


def flag_text(flag: str) -> str:
    """Return what a word of the health reports means."""
    texts = {
        "rate": tr("rate differs"),
        "gaps": tr("readings are missing"),
        "invalid": tr("values that are no numbers"),
        "missing": tr("an axis without signal"),
        "stuck": tr("an axis that stood still"),
        "silence": tr("silent"),
        "clipping": tr("clipped"),
        "offset": tr("off zero"),
        "dropouts": tr("holes in the sound"),
        "hum": tr("mains hum"),
        "settling": tr("not settled at the start"),
    }
    return texts.get(flag, flag)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button that does something about a finding."""

    text: str
    act: Callable[[], None]
    tip: str = ""
    mends: bool = True
    """Whether the finding is dealt with by it; otherwise it only shows or leads somewhere."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is worth a look."""

    kind: str
    """`problem`, `advice` or `good`."""
    sentence: str
    hint: str = ""
    remedies: tuple[Remedy, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Acts:
    """What remedies do; the panel knows how."""

    show: Callable[[frozenset[int], str], None]
    leave_out: Callable[[list[int]], None]
    relabel: Callable[[Mapping[int, str]], None]
    together: Callable[[], None]
    split: Callable[[], None]
    trim: Callable[[], None]
    flag: Callable[[str], None]
    record: Callable[[], None]


def findings(quality: Mapping[str, Any], leaks: Mapping[str, Any], acts: Acts) -> list[Found]:
    """Return all findings, the gravest first; one that is good if there are none."""
    found = [
        *_of_leaks(leaks, acts),
        *_of_copies(quality["copies"], acts),
        *_of_suspects(quality["suspects"], acts),
        *_of_balance(quality["labels"], acts),
        *_of_groups(quality["labels"], acts),
        *_of_health(quality["health"], acts),
        *_of_splits(quality["labels"], acts),
    ]
    order = (PROBLEM, ADVICE, GOOD)
    if not found:
        text = tr("Nothing was found that is worth a look.")
        return [Found(GOOD, text)]
    return sorted(found, key=lambda one: order.index(one.kind))


def _show(acts: Acts, ids: Iterable[int], why: str) -> Remedy:
    wanted = frozenset(ids)
    return Remedy(tr("Show them"), lambda: acts.show(wanted, why), tr("In the table"), mends=False)


def _of_leaks(leaks: Mapping[str, Any], acts: Acts) -> list[Found]:
    counts = leaks.get("counts", {})
    total = sum(counts.values())
    if not total:
        return []
    words = {
        "group": ("{n} group", "{n} groups"),
        "session": ("{n} session", "{n} sessions"),
        "overlap": ("{n} overlapping pair", "{n} overlapping pairs"),
        "identical": ("{n} identical pair", "{n} identical pairs"),
        "near": ("{n} nearly identical pair", "{n} nearly identical pairs"),
    }
    parts = [counted(counts[kind], *words[kind]) for kind in words if counts.get(kind)]
    ids = {end["sample"] for one in leaks["leaks"] for end in (one["first"], one["second"])}
    return [
        Found(
            PROBLEM,
            tr("In two splits at once: {what}.", what=", ".join(parts)),
            tr("The test result would look better than it is."),
            (
                Remedy(
                    tr("Put them together"),
                    acts.together,
                    tr("Groups that share data go where most of their samples are"),
                ),
                _show(acts, ids, tr("In two splits")),
            ),
        )
    ]


def _of_copies(copies: Mapping[str, Any], acts: Acts) -> list[Found]:
    found = []
    pairs = copies["pairs"]
    conflicts = [one for one in pairs if one["conflict"]]
    same = [one for one in pairs if not one["conflict"]]
    if conflicts:
        ids = [one[end]["sample"] for one in conflicts for end in ("first", "second")]
        found.append(
            Found(
                PROBLEM,
                counted(
                    len(conflicts),
                    "{n} pair of copies has two labels: one of them is wrong.",
                    "{n} pairs of copies have two labels: one of each is wrong.",
                ),
                tr("Look at both, and relabel or leave one out."),
                (_show(acts, ids, tr("Copies with two labels")),),
            )
        )
    if same:
        extra = sorted({one["second"]["sample"] for one in same})
        both = {one[end]["sample"] for one in same for end in ("first", "second")}
        found.append(
            Found(
                ADVICE,
                counted(
                    len(extra),
                    "{n} sample is a copy of another, or nearly.",
                    "{n} samples are copies of others, or nearly.",
                ),
                tr("They say nothing new, and count double."),
                (
                    Remedy(tr("Leave the copies out"), lambda: acts.leave_out(extra)),
                    _show(acts, both, tr("Copies")),
                ),
            )
        )
    return found


def _of_suspects(suspects: Mapping[str, Any], acts: Acts) -> list[Found]:
    rows = suspects["list"]
    if not rows:
        note = str(suspects.get("note", ""))
        return [Found(ADVICE, note)] if note else []
    labels = {int(one["sample"]): str(one["suggested"]) for one in rows}
    moves: dict[tuple[str, str], int] = {}
    for one in rows:
        pair = (str(one["label"]), str(one["suggested"]))
        moves[pair] = moves.get(pair, 0) + 1
    (old, new), most = max(moves.items(), key=lambda item: item[1])
    return [
        Found(
            ADVICE,
            counted(len(rows), "{n} label may be wrong.", "{n} labels may be wrong."),
            tr("Most often {old} looks like {new}: {n} times.", old=old, new=new, n=most),
            (
                _show(acts, labels, tr("Labels that look wrong")),
                Remedy(
                    tr("Relabel as suggested"),
                    lambda: acts.relabel(labels),
                    tr("Give each the label that most speaks for; look at them first"),
                ),
            ),
        )
    ]


def _of_balance(labels: Mapping[str, Mapping[str, Any]], acts: Acts) -> list[Found]:
    if len(labels) < 2:
        return []
    hours = {label: float(row["hours"]) for label, row in labels.items()}
    most, least = max(hours, key=hours.__getitem__), min(hours, key=hours.__getitem__)
    ratio = hours[most] / max(hours[least], 1e-12)
    if ratio < UNEVEN:
        return []
    return [
        Found(
            ADVICE,
            tr(
                "There is {ratio:.0f} times as much of {most} as of {least}.",
                ratio=ratio,
                most=most,
                least=least,
            ),
            tr("A model will prefer {most}. Record more of {least}.", most=most, least=least),
            (Remedy(tr("Record {label}", label=least), acts.record, mends=False),),
        )
    ]


def _of_groups(labels: Mapping[str, Mapping[str, Any]], acts: Acts) -> list[Found]:
    few = [label for label, row in labels.items() if row["groups"] < FEW_GROUPS]
    if not few:
        return []
    return [
        Found(
            ADVICE,
            tr("Of too few groups to be in each split: {labels}.", labels=", ".join(few)),
            tr("Record them with other people, places or boards; each is a group."),
            (Remedy(tr("Record more"), acts.record, mends=False),),
        )
    ]


def _of_health(health: Mapping[str, Any], acts: Acts) -> list[Found]:
    found = []
    for flag, count in health["flags"].items():
        what = counted(count, "{n} recording", "{n} recordings")
        remedies = [Remedy(tr("Show them"), partial(acts.flag, flag), mends=False)]
        alone = [row["findings"] for row in health["flagged"] if row["flags"] == [flag]]
        hint = alone[0][0] if alone and alone[0] else ""
        if flag == "settling":
            tip = tr("Crop the samples to where their recordings have come to rest")
            remedies.insert(0, Remedy(tr("Trim their beginnings"), acts.trim, tip))
        found.append(
            Found(
                ADVICE,
                tr("{what}: {flag}.", what=what, flag=flag_text(flag)),
                str(hint),
                tuple(remedies),
            )
        )
    return found


def _of_splits(labels: Mapping[str, Mapping[str, Any]], acts: Acts) -> list[Found]:
    left = sum(row["splits"].get("none", {}).get("samples", 0) for row in labels.values())
    if not left:
        return []
    return [
        Found(
            ADVICE,
            counted(left, "{n} sample is in no split yet.", "{n} samples are in no split yet."),
            "",
            (Remedy(tr("Split by group"), acts.split),),
        )
    ]
