"""The parts of the config's sections: keys with bounds, tagged unions, errors in one line."""

from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, core_schema

from jukedrummer.errors import UserError
from jukedrummer.registry import Registry


class Section(BaseModel):
    """A section of the config: frozen, strict, without unknown keys.

    Attributes:
        renamed: old key to its new name; None if the key was removed.
        kinds: the registry whose modules hold the kinds of this section, if it has kinds.
        tag: the key that names the kind.
        own: true in a base class whose keys each kind has for itself. If a later file changes the
            kind, these keys take the defaults of the new kind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    renamed: ClassVar[dict[str, str | None]] = {}
    kinds: ClassVar[Registry | None] = None
    tag: ClassVar[str] = ""
    own: ClassVar[bool] = False

    @model_validator(mode="before")
    @classmethod
    def _check_null(cls, values: Any) -> Any:
        for name, field in cls.model_fields.items() if isinstance(values, dict) else ():
            if values.get(name) == "null" and type(None) in get_args(field.annotation):
                raise UserError(
                    f"{name} is the text 'null'. Snakemake's --config turns null inside {{}} into "
                    "text: put it into a file for --configfile"
                )
        return values

    @property
    def kind_name(self) -> str:
        """The name of the section's kind."""
        name: str = getattr(self, self.tag)
        return name

    @property
    def module(self) -> ModuleType:
        """The module of the section's kind."""
        assert self.kinds is not None, f"{type(self).__name__} has no kinds"
        return self.kinds[self.kind_name]

    def check_machine(self, where: str) -> None:
        """Check what the section needs on this machine: files, folders, packages.

        Raises:
            UserError: something is missing; `where` names the section.
        """


S = TypeVar("S", bound=Section)


def key(default: Any, doc: str, low: float | None = None, high: float | None = None) -> Any:
    """A config key: default, description with unit and source, inclusive bounds."""
    return Field(default=default, description=doc, ge=low, le=high)


Integers = Annotated[tuple[int, ...], Field(strict=False)]
Names = Annotated[tuple[str, ...], Field(strict=False)]


@dataclass(frozen=True)
class OneOf:
    """Annotates a field that is a tagged union over a registry: its kind determines its keys.

    Each module of the registry has a class `Config`, a subclass of `base`.

    Attributes:
        base: declares what all kinds share, its `kinds` and their `tag`.
    """

    base: type[Section]

    @property
    def registry(self) -> Registry:
        """The kinds."""
        assert self.base.kinds is not None, f"{self.base.__name__} has no kinds"
        return self.base.kinds

    @property
    def tag(self) -> str:
        """The key that names the kind."""
        return self.base.tag

    def config_of(self, name: str) -> type[Section]:
        """The class of a kind's keys."""
        config: type[Section] = self.registry[name].Config
        return config

    def choose(self, values: Any) -> type[Section]:
        """The class that the values' tag names. Without a tag, the class of the first kind."""
        name = values.get(self.tag, self.registry.names[0])
        if name not in self.registry:
            raise PydanticCustomError(
                "unknown_kind",
                "{tag}",
                {"tag": self.tag, "name": name, "names": ", ".join(self.registry.names)},
            )
        return self.config_of(name)

    def _validate(self, values: Any) -> Section:
        if isinstance(values, Section):
            return values
        if not isinstance(values, dict):
            raise PydanticCustomError("model_type", "expected keys and values")
        return self.choose(values).model_validate(values)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._validate,
            serialization=core_schema.plain_serializer_function_ser_schema(plain),
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "object"}  # `documents` writes the kinds


@dataclass(frozen=True)
class ListOf:
    """Annotates a field that is a list of sections with kinds."""

    union: OneOf


@dataclass(frozen=True)
class NameIn:
    """Annotates a text that is one of a registry's names."""

    registry: Registry

    def _validate(self, value: Any) -> str:
        if value not in self.registry.names:
            raise PydanticCustomError(
                "literal_error", "name", {"expected": ", ".join(self.registry.names)}
            )
        return str(value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"enum": list(self.registry.names)}


def union_of(field: FieldInfo) -> OneOf | None:
    """The tagged union that a field is, if it is one."""
    return next((item for item in field.metadata if isinstance(item, OneOf)), None)


def list_of(field: FieldInfo) -> OneOf | None:
    """The tagged union of the items of a field that is a list of sections."""
    return next((item.union for item in field.metadata if isinstance(item, ListOf)), None)


def section_of(field: FieldInfo) -> type[Section] | None:
    """The class of a field that is a section without kinds."""
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def plain(value: Any) -> Any:
    """A config value as in JSON: sections as mappings, tuples as lists."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return [plain(item) for item in value] if isinstance(value, tuple) else value
