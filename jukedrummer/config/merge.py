"""Merging of configs: defaults, files, overrides.

A config contains differences only. A file has the keys that differ from the defaults. A model's
`optim` has the keys that differ from the section `optim`.
"""

from collections.abc import Iterable
from typing import Any

from jukedrummer.config.base import OneOf, Section, list_of, plain, section_of, union_of
from jukedrummer.config.models import OptimConfig


def override(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A mapping with some of its keys changed, at any depth."""
    result = dict(values)
    for name, change in changes.items():
        nested = isinstance(change, dict) and isinstance(result.get(name), dict)
        result[name] = override(result[name], change) if nested else change
    return result


def merge(kind: type[Section], values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """As `override`, for a section, which may change its kind.

    Then the keys that all kinds share stay. The others take the defaults of the new kind.
    """
    result = dict(values)
    for name, change in changes.items():
        field, present = kind.model_fields.get(name), result.get(name)
        items = list_of(field) if field else None
        if items and isinstance(change, list) and isinstance(present, list):
            result[name] = _merge_lists(items, present, change)
        elif not (field and isinstance(change, dict) and isinstance(present, dict)):
            result[name] = change
        elif union := union_of(field):
            result[name] = merge_kinds(union, present, change)
        elif nested := section_of(field):
            result[name] = merge(nested, present, change)
        else:
            result[name] = override(present, change)
    return result


def merge_kinds(union: OneOf, values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """`merge` for a section that has kinds."""
    former = values.get(union.tag, union.registry.names[0])
    name = changes.get(union.tag, former)
    if name not in union.registry or former not in union.registry:
        return override(values, changes)
    kind = union.config_of(name)
    if name != former:
        shared = _shared(union.config_of(former), kind).model_fields
        kept = {key: value for key, value in values.items() if key in shared}
        values = override(written_defaults(kind), kept)
    return merge(kind, values, changes)


def _merge_lists(union: OneOf, values: list[Any], changes: list[Any]) -> list[Any]:
    """The later list. An item keeps the keys of the earlier item at its place, if of one kind."""
    return [
        merge_kinds(union, values[place], change)
        if place < len(values) and _same_kind(union, values[place], change)
        else change
        for place, change in enumerate(changes)
    ]


def _same_kind(union: OneOf, first: Any, second: Any) -> bool:
    if not (isinstance(first, dict) and isinstance(second, dict)):
        return False
    default = union.registry.names[0]
    return bool(first.get(union.tag, default) == second.get(union.tag, default))


def _shared(first: type[Section], second: type[Section]) -> type[Section]:
    """The class whose keys two kinds share."""
    return next(
        kind
        for kind in first.__mro__
        if issubclass(second, kind) and issubclass(kind, Section) and not kind.__dict__.get("own")
    )


def written(section: Section) -> dict[str, Any]:
    """A section as in a file. Its `optim` has only the differences from the section `optim`."""
    names = type(section).model_fields
    return {name: _written_value(getattr(section, name)) for name in in_order(type(section), names)}


def written_defaults(kind: type[Section]) -> dict[str, Any]:
    """As `written`, of a section with its defaults; keys without a default are left out."""
    fields = {name: field for name, field in kind.model_fields.items() if not field.is_required()}
    return {
        name: _written_value(fields[name].get_default(call_default_factory=True))
        for name in in_order(kind, fields)
    }


def in_order(kind: type[Section], names: Iterable[str]) -> list[str]:
    """Keys in the order of a file: the tag, the keys of all kinds, the keys of this kind."""
    tags = [name for name in names if name == kind.tag]
    return [*tags, *(name for name in names if name not in tags)]


def _written_value(value: Any) -> Any:
    if isinstance(value, OptimConfig):
        values = plain(value)
        return {name: values[name] for name in values if name in value.model_fields_set}
    if isinstance(value, tuple):
        return [_written_value(item) for item in value]
    return written(value) if isinstance(value, Section) else plain(value)


def with_optim(values: Any, shared: dict[str, Any]) -> Any:
    """Every `optim` of a mapping, at any depth, completed by the section `optim`."""
    if not isinstance(values, dict):
        return values
    result = {name: with_optim(value, shared) for name, value in values.items()}
    if isinstance(values.get("optim"), dict):
        result["optim"] = override(shared, values["optim"])
    return result
