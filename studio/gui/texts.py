"""Words of the window, in the person's language.

Every text that a person reads goes through `tr`, as a whole sentence with named fields, so that
another language may order it otherwise. A language is a file of `resources/translations`; the
language `pseudo` is made up: every text longer by two fifths and with accents, to see what would
be clipped and what was forgotten.
"""

import re
import tomllib

from studio.paths import RESOURCES

PSEUDO = "pseudo"
THOUSANDS = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
_ACCENTS = str.maketrans("aeiouyAEIOUYcCnNsSzZ", "áéíóúýÁÉÍÓÚÝçÇñÑšŠžŽ")
_FIELD = re.compile(r"(\{[^{}]*\})")
_catalogue: dict[str, str] = {}
_language = ""


def use(name: str) -> None:
    """Speak this language from now on; an empty name is English.

    Widgets that exist keep their words: choose before the window is made.
    """
    global _language
    _language = name
    _catalogue.clear()
    if name and name != PSEUDO:
        _catalogue.update(_read(name))


def language() -> str:
    """Return the language in use; empty is English."""
    return _language


def languages() -> list[tuple[str, str]]:
    """Return what can be chosen: name and how it calls itself."""
    files = sorted((RESOURCES / "translations").glob("*.toml"))
    spoken = [(file.stem, str(_read(file.stem).get("English", file.stem))) for file in files]
    return [("", "English"), *spoken, (PSEUDO, tr("Longer words, to test the layout"))]


def _read(name: str) -> dict[str, str]:
    path = RESOURCES / "translations" / f"{name}.toml"
    read: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))
    return read


def tr(text: str, **values: object) -> str:
    """Return a text in the language in use, its `{fields}` filled in."""
    said = _made_up(text) if _language == PSEUDO else _catalogue.get(text, text)
    return said.format(**values) if values else said


def counted(number: int, one: str, many: str, **values: object) -> str:
    """Return how many there are in words: `one` or `many`, texts with a field `{n}` and others."""
    return tr(one if number == 1 else many, n=grouped(number), **values)


def grouped(number: float, form: str = "") -> str:
    """Return a number with its thousands apart; `form` is a format such as ".6g", or nothing."""
    return f"{number:,{form}}".replace(",", THOUSANDS).replace("-", MINUS)


def _made_up(text: str) -> str:
    """Return a text with accents and two fifths longer; several words become more of them."""
    parts = _FIELD.split(text)
    said = "".join(p if i % 2 else p.translate(_ACCENTS) for i, p in enumerate(parts))
    length = sum(map(len, parts[::2]))
    more = -(-2 * length // 5)
    return said + ((" ~~~~~~~" * more)[:more] if " " in text else "~" * more)
