"""Texts are spoken in the language of a file; what it lacks stays English."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.gui import texts

GUI = Path(texts.__file__).parent
GERMAN = """
"English" = "Deutsch"
"{moved} of {all} were moved." = "Von {all} wurden {moved} verschoben."
"{n} sample" = "{n} Probe"
"{n} samples" = "{n} Proben"
"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "translations"
    folder.mkdir()
    (folder / "de.toml").write_text(GERMAN, encoding="utf-8")
    monkeypatch.setattr(texts, "RESOURCES", tmp_path)
    yield "de"
    texts.use("")


def test_a_language_is_offered_by_its_own_name(german: str) -> None:
    assert (german, "Deutsch") in texts.languages()
    assert texts.languages()[0] == ("", "English")


def test_sentences_and_counts_are_said_in_the_language(german: str) -> None:
    texts.use(german)
    assert texts.tr("{moved} of {all} were moved.", moved=2, all=5) == (
        "Von 5 wurden 2 verschoben."
    )
    said = [texts.counted(n, "{n} sample", "{n} samples") for n in (1, 2)]
    assert said == ["1 Probe", "2 Proben"]
    assert texts.tr("Nothing is known of this.") == "Nothing is known of this."
    texts.use("")
    assert texts.counted(2, "{n} sample", "{n} samples") == "2 samples"


def test_no_text_is_put_together_before_it_is_translated() -> None:
    """A text that is filled in first is in no translation, whatever its language."""
    found = []
    for path in GUI.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            if (name := getattr(call.func, "id", "")) in ("tr", "counted"):
                said = call.args[name == "counted" :]
                made = [isinstance(one, ast.JoinedStr | ast.BinOp) for one in said]
                found += [f"{path.name}:{call.lineno}"] * any(made)
    assert not found
