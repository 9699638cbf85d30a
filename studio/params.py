"""Params: one frozen dataclass per configurable thing: its defaults, ranges and help, once.

Forms, command-line options, project files and validation are all derived from such a class:

    @dataclass(frozen=True, slots=True)
    class Params:
        num_cepstral: int = param(13, "Number of coefficients", low=1, high=128)
"""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from studio.errors import ConfigError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ParamInfo:
    """What is known about one parameter besides its default."""

    title: str
    help: str = ""
    units: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()


def param(
    default: Any,
    title: str,
    *,
    help: str = "",
    units: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    """Declare a field of a Params class. Ranges are inclusive."""
    info = ParamInfo(title, help, units, low, high, choices)
    return field(default=default, metadata={"param": info})


def infos(cls: type) -> dict[str, ParamInfo]:
    """Return the description of each parameter of a Params class, in order."""
    return {f.name: f.metadata["param"] for f in fields(cls)}


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def _convert(name: str, value: Any, kind: type) -> Any:
    """Convert text or numbers to a parameter's type without losing anything."""
    if kind is bool:
        if isinstance(value, bool):
            return value
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if str(value).lower() in words:
            return words[str(value).lower()]
    else:
        try:
            if isinstance(value, bool):
                raise TypeError(value)
            converted = kind(value)
            if kind is int and float(value) != converted:
                raise ValueError(value)
        except (TypeError, ValueError, OverflowError):
            pass
        else:
            return converted
    wanted = _KINDS.get(kind, f"a value of type {kind.__name__}")
    raise ConfigError(
        f"Parameter {name} is {value!r}, which is not {wanted}.", f"Give {name} as {wanted}."
    )


def _number_text(value: float | None) -> str:
    """Return a number for people: whole ones with all their digits."""
    if value is None:
        return "any"
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else f"{value:g}"


def _check(name: str, value: Any, info: ParamInfo) -> None:
    if info.choices and value not in info.choices:
        allowed = ", ".join(str(choice) for choice in info.choices)
        raise ConfigError(f"Parameter {name} is {value!r}.", f"Choose one of: {allowed}.")
    if isinstance(value, float) and value != value:
        raise ConfigError(f"Parameter {name} is not a number.", f"Give {name} a finite value.")
    too_low = info.low is not None and value < info.low
    too_high = info.high is not None and value > info.high
    if too_low or too_high:
        low, high = _number_text(info.low), _number_text(info.high)
        raise ConfigError(
            f"Parameter {name} is {_number_text(value)}; the range is {low} to {high}"
            f"{' ' + info.units if info.units else ''}.",
            f"Choose a value from {low} to {high}.",
        )


def make(cls: type[T], values: Mapping[str, Any]) -> T:
    """Build a Params object from text or numbers, checked.

    Raises
    ------
    ConfigError
        For an unknown name, a value of the wrong type, or one out of range.
    """
    known = infos(cls)
    kinds = typing.get_type_hints(cls)
    converted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise ConfigError(
                f"There is no parameter {name!r}.", f"Known parameters: {', '.join(known)}."
            )
        converted[name] = _convert(name, value, kinds[name])
    result = cls(**converted)
    for name, info in known.items():
        _check(name, getattr(result, name), info)
    return result


def options(texts: Sequence[str]) -> dict[str, str]:
    """Return names and values of command-line texts such as `num_cepstral=13`."""
    values: dict[str, str] = {}
    for option in texts:
        name, equals, value = option.partition("=")
        if not equals:
            raise ConfigError(f"Option {option!r} has no value.", "Write it as name=value.")
        values[name.strip().replace("-", "_")] = value.strip()
    return values


def from_options(cls: type[T], texts: Sequence[str]) -> T:
    """Build a Params object from command-line texts such as `num_cepstral=13`."""
    return make(cls, options(texts))


def to_dict(params: Any) -> dict[str, Any]:
    """Return a Params object as plain values for a project file."""
    return dataclasses.asdict(params)
