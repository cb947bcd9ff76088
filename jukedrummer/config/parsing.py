"""Sections from mappings, strictly; and every problem with them in one line."""

import re
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError

from jukedrummer.config.base import OneOf, Section, list_of, plain, section_of, union_of
from jukedrummer.errors import UserError

S = TypeVar("S", bound=Section)
YAML_NUMBERS = (
    " (in YAML 1.0e-3 is a number and 1e-3 is text; Snakemake's --config turns numbers inside {} "
    "into text: put them into a file for --configfile)"
)


def changed(section: S, **changes: Any) -> S:
    """A copy of a section with some keys changed, checked again."""
    return parse(type(section), plain(section) | changes, type(section).__name__)


def parse(kind: type[S], values: Any, where: str = "") -> S:
    """Build a section from a mapping, strictly. Keys that are left out take their defaults.

    Args:
        kind: the class of the section.
        values: keys and values.
        where: the section's name, for messages.

    Raises:
        UserError: an unknown key, a value of the wrong type or out of bounds; the message names the
            key, the value and the limits.
    """
    if not isinstance(values, dict):
        raise UserError(f"{where or 'config'}: expected keys and values, got {values!r}")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise UserError(_explain(kind, values, error, where)) from error


def parse_kind(union: OneOf, values: Any, where: str) -> Any:
    """As `parse`, for a section that has kinds.

    Raises:
        UserError: as `parse`, or an unknown kind.
    """
    if not isinstance(values, dict):
        raise UserError(f"{where}: expected keys and values, got {values!r}")
    try:
        kind = union.choose(values)
    except PydanticCustomError as error:
        raise UserError(_unknown_kind(error.context or {}, where)) from error
    return parse(kind, values, where)


def parse_options(kind: type[S], values: Any, known: OneOf | None = None) -> S:
    """As `parse`, for options of the command line: an error names `--top-p`, not `top_p`."""
    try:
        result: S = parse_kind(known, values, "option") if known else parse(kind, values, "option")
        return result
    except UserError as error:
        text = re.sub(
            r"\b(?:option|beats)\.(\w+)",
            lambda match: "--" + match[1].replace("_", "-"),
            str(error),
        )
        raise UserError(text) from error


def _explain(kind: type[Section], values: Any, error: ValidationError, where: str) -> str:
    """The first problem in one line."""
    problems = error.errors(include_url=False)
    # A misspelt key comes first: it also explains why another key is missing.
    problem = min(problems, key=lambda found: found["type"] == "missing")
    place = re.sub(r"\.(\d+)", r"[\1]", ".".join([where, *map(str, problem["loc"])]).strip("."))
    if problem["type"] == "unknown_kind":
        return _unknown_kind(problem["ctx"], place)
    owner, field = _owner(kind, values, problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{place}: {_unknown_key(owner, str(problem['loc'][-1]))}"
    if problem["type"] == "missing":
        return f"{place} is not set; it is {field.description if field else 'needed'}"
    return f"{place or 'config'} is {problem['input']!r}; {_expected(field, dict(problem))}"


def _owner(
    kind: type[Section], values: Any, loc: tuple[int | str, ...]
) -> tuple[type[Section], FieldInfo | None]:
    """The innermost section of a place in the values, and the field there."""
    field = None
    for place, name in enumerate(loc):
        if isinstance(name, int):  # an item of a list; the step before chose its kind
            continue
        field = kind.model_fields.get(name)
        values = values.get(name) if isinstance(values, dict) else None
        if field is None or place == len(loc) - 1:
            break
        union = union_of(field) or list_of(field)
        if list_of(field):
            values = values[loc[place + 1]]
        is_section = isinstance(values, dict)  # a name or nothing may stand in its place
        nested = union.choose(values) if union and is_section else section_of(field)
        if nested is None:
            break
        kind = nested
    return kind, field


def _unknown_kind(context: dict[str, Any], place: str) -> str:
    return f"{place}.{context['tag']} is {context['name']!r}; choose from {context['names']}"


def _unknown_key(kind: type[Section], name: str) -> str:
    if name in kind.renamed:
        new = kind.renamed[name]
        return f"is now called {new}" if new else "was removed; leave it out"
    kinds = _kinds(kind)
    new_names = [config.renamed[name] for config in kinds.values() if name in config.renamed]
    present = new_names[0] if new_names else name
    owners = [other for other, config in kinds.items() if present in config.model_fields]
    if owners and kind.kinds is not None:
        own = next((other for other, config in kinds.items() if config is kind), "")
        called = f"is now called {present}, which " if present != name else ""
        return (
            f"{called}is a key of the {kind.kinds.what} {' and '.join(owners)}, not of {own}; "
            f"set {kind.tag} too, or leave it out"
        )
    near = get_close_matches(name, kind.model_fields, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"no such key; {meant}known are {', '.join(kind.model_fields)}"


def _kinds(kind: type[Section]) -> dict[str, type[Section]]:
    """The kinds of a section, by name. Empty if it has no kinds."""
    return {name: kind.kinds[name].Config for name in kind.kinds.names} if kind.kinds else {}


def _expected(field: FieldInfo | None, problem: dict[str, Any]) -> str:
    """The values that a key accepts, for a message."""
    if problem["type"] in ("greater_than_equal", "less_than_equal") and field:
        bounds = {
            name: getattr(item, name)
            for item in field.metadata
            for name in ("ge", "le")
            if getattr(item, name, None) is not None
        }
        return f"the limits are {_number(bounds.get('ge'))} to {_number(bounds.get('le'))}"
    if problem["type"] == "literal_error":
        return (
            f"choose from {problem['ctx']['expected'].replace(chr(39), '').replace(' or ', ', ')}"
        )
    if problem["type"] == "finite_number":
        return "expected a finite number"
    name = problem["type"].removesuffix("_type").removesuffix("_parsing")
    names = {
        "model": "keys and values",
        "tuple": "a list",
        "int": "a whole number",
        "float": "a number",
        "string": "text",
        "bool": "true or false",
    }
    text = problem["input"] if isinstance(problem["input"], str) else ""
    hint = YAML_NUMBERS if name in ("int", "float") and any(map(str.isdigit, text)) else ""
    return f"expected {names.get(name, name)}{hint}"


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def from_stored(kind: type[S], values: Any, where: str) -> S:
    """Parse a section that a model or a bundle stores, maybe of an older version.

    Old names become the new ones. Keys of other kinds, which older versions stored too, are
    dropped.

    Raises:
        UserError: as `parse`.
    """
    return parse(kind, _modernised(kind, values), where)


def kind_from_stored(union: OneOf, values: Any, where: str) -> Any:
    """As `from_stored`, for a section that has kinds."""
    if not isinstance(values, dict) or values.get(union.tag, "") not in union.registry:
        return parse_kind(union, values, where)
    return from_stored(union.choose(values), values, where)


def _modernised(kind: type[Section], values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    others = {
        name for other in _kinds(kind).values() for name in (*other.model_fields, *other.renamed)
    }
    result = {}
    for name, value in values.items():
        present = kind.renamed.get(name, name)
        field = kind.model_fields.get(present or "")
        if field is not None and present is not None:
            nested = section_of(field)
            result[present] = _modernised(nested, value) if nested else value
        elif present is not None and name not in others:
            result[name] = value  # `parse` reports it as unknown
    return result
