"""The section `corpus`: the sources of songs, and how the songs are divided."""

import os
import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from jukedrummer.config.archive import Archive
from jukedrummer.config.base import ListOf, OneOf, Section, key
from jukedrummer.config.registries import SOURCES
from jukedrummer.config.requirements import require_chromaprint, require_file, require_folder
from jukedrummer.errors import UserError
from jukedrummer.registry import Registry


class SourceConfig(Section):
    """A source of songs.

    Attributes:
        ARCHIVES: name to archive; `download` can be one of these names.
        may_repeat: whether its recordings may be in the corpus more than once, in it or in others.
        gives_mixes: whether its songs are mixes, which are separated.
        gives_scores: whether its songs have drum scores, from which a transcriber can be trained.
    """

    kinds: ClassVar[Registry | None] = SOURCES
    tag: ClassVar[str] = "kind"
    own: ClassVar[bool] = True
    ARCHIVES: ClassVar[Mapping[str, Archive]] = {}
    may_repeat: ClassVar[bool] = True
    gives_mixes: ClassVar[bool] = False
    gives_scores: ClassVar[bool] = False
    name: str = key("", "name in ids and tables; empty: its kind")
    split: Literal["artist", "official", "away"] = key(
        "artist",
        "artist: draw the split, an artist on one side; official: the data set's own; away: "
        "nothing is trained on the songs, and they are evaluated apart from the test songs",
    )

    @property
    def title(self) -> str:
        """The name of the source."""
        return self.name or self.kind_name

    @property
    def is_away(self) -> bool:
        """Whether all of its songs are away songs: they are held out, and no split is drawn."""
        return self.split == "away"


class FilesConfig(SourceConfig):
    """A data set on the disk, which may be downloaded first."""

    own: ClassVar[bool] = True
    path: str = key(..., "the data set's folder")
    download: str | None = key(
        None, "archive to unpack into path: its name, link or file; null: path has the data set"
    )

    @field_validator("path", "download")
    @classmethod
    def _in_home(cls, value: str | None) -> str | None:
        return value and os.path.expanduser(value)

    @model_validator(mode="after")
    def _check_download(self) -> "FilesConfig":
        if not self.path:  # an empty path would be the folder where Snakemake runs
            raise UserError(f"path of the source {self.title} is empty")
        chosen = self.download
        if chosen and chosen not in self.ARCHIVES and "://" not in chosen and "." not in chosen:
            known = f"{', '.join(self.ARCHIVES)}, a link" if self.ARCHIVES else "a link"
            raise UserError(
                f"download of the source {self.title} is {chosen!r}; "
                f"choose {known} or the file of an archive"
            )
        return self

    def check_machine(self, where: str) -> None:
        """Check that the data set or the archive file exists."""
        if self.download is None:
            require_folder(self.path, f"{where}.path")
        elif self.download not in self.ARCHIVES and "://" not in self.download:
            require_file(self.download, f"{where}.download")


SOURCE = OneOf(SourceConfig)


def _built_in() -> tuple[SourceConfig, ...]:
    """The default: the demo's songs, and away songs. Their modules are imported when first used."""
    home: SourceConfig = SOURCE.registry["demo"].Config()
    away: SourceConfig = SOURCE.registry["second_composer"].Config(songs=16)
    return home, away


class CorpusConfig(Section):
    """The songs: their sources, and how they are divided."""

    renamed: ClassVar[dict[str, str | None]] = {
        name: f"a key of a source, corpus: {{sources: [{{{name}: ...}}]}}"
        for name in ("kind", "path", "songs", "seconds", "soundfont")
    }
    sources: Annotated[
        tuple[Annotated[SourceConfig, SOURCE], ...], Field(strict=False), ListOf(SOURCE)
    ] = Field(
        default_factory=_built_in,
        description="the data sets; a recording in several of them is used once, from the first",
    )
    valid_share: float = key(0.08, "share of songs for validation", 0, 0.5)
    test_share: float = key(0.11, "share of songs held out for evaluation", 0, 0.5)
    seed: int = key(1, "decides which songs are drawn for validation and test", 0, 2**31 - 1)
    duplicates: bool = key(
        True, "leave out recordings whose sound is already in the corpus; needs chromaprint"
    )
    hold_out_mixes: bool = key(
        False, "whether mixes, whose drums are separated, may be held out for evaluation"
    )
    shards: int = key(
        4, "number of shards: parts of the corpus that are processed separately", 1, 100_000
    )

    @model_validator(mode="after")
    def _check(self) -> "CorpusConfig":
        if not self.sources:
            raise UserError("corpus.sources is empty; name at least one source")
        if all(source.is_away for source in self.sources):
            raise UserError(
                "corpus.sources has only sources with split: away, so there is nothing to train on"
            )
        for name, count in Counter(source.title for source in self.sources).items():
            if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
                raise UserError(
                    f"a source of the corpus has the name {name!r}; "
                    "use letters, digits, _ and - only"
                )
            if count > 1:
                raise UserError(
                    f"corpus.sources has {count} sources called {name}; give each its own name"
                )
        return self

    def source(self, title: str) -> SourceConfig:
        """The source of a name.

        Raises:
            UserError: there is none.
        """
        for source in self.sources:
            if source.title == title:
                return source
        raise UserError(
            f"corpus.sources has no source {title!r}; "
            f"choose from {', '.join(source.title for source in self.sources)}"
        )

    @property
    def downloads(self) -> tuple[str, ...]:
        """Names of the sources that are downloaded."""
        return tuple(
            source.title
            for source in self.sources
            if isinstance(source, FilesConfig) and source.download
        )

    @property
    def finds_duplicates(self) -> bool:
        """Whether recordings are compared by their sound."""
        return self.duplicates and any(source.may_repeat for source in self.sources)

    @property
    def gives_mixes(self) -> bool:
        """Whether songs are separated."""
        return any(source.gives_mixes for source in self.sources)

    def check_machine(self, where: str) -> None:
        """Check what the sources need on this machine, and the library of fingerprints."""
        for place, source in enumerate(self.sources):
            source.check_machine(f"{where}.sources[{place}]")
        if self.finds_duplicates:
            require_chromaprint(f"{where}.duplicates")
