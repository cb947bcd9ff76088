"""The whole config: all sections, their checks, and how it is read from files and text."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, model_validator

from jukedrummer.config import checks
from jukedrummer.config import models as m
from jukedrummer.config import registries as r
from jukedrummer.config import sections as s
from jukedrummer.config.base import OneOf, Section, key, plain, section_of, union_of
from jukedrummer.config.corpus import CorpusConfig
from jukedrummer.config.merge import merge, merge_kinds, with_optim, written
from jukedrummer.config.parsing import parse, parse_kind
from jukedrummer.errors import UserError


def _default(union: OneOf, kind: str, **values: Any) -> Any:
    """A field whose default is of a kind. The kind's module is imported when it is first used."""
    return Field(default_factory=lambda: union.config_of(kind).model_validate(values))


class VQVAEParts(Section):
    """Both VQ-VAEs."""

    drums: Annotated[m.VQVAEConfig, m.VQVAE] = _default(m.VQVAE, "listening")
    drumless: Annotated[m.VQVAEConfig, m.VQVAE] = _default(m.VQVAE, "listening", codebook_size=256)


def _experiments() -> dict[str, dict[str, Any]]:
    beats = r.REPRESENTATIONS.names
    return {
        **{f"beat_{name}": {"beats": name} for name in beats},
        **{f"noenc_beat_{name}": {"encoder": False, "beats": name} for name in beats},
    }


class Config(Section):
    """All settings."""

    results: str = key("results", "folder for all intermediate files and results")
    corpus: CorpusConfig = Field(default_factory=CorpusConfig)
    pairs: s.PairsConfig = s.PairsConfig()
    mel: s.MelConfig = s.MelConfig()
    clip: s.ClipConfig = s.ClipConfig()
    beats: Annotated[s.BeatsConfig, s.BEATS] = _default(s.BEATS, "madmom")
    optim: m.OptimConfig = m.OptimConfig()
    tracker: m.TrackerConfig = m.TrackerConfig()
    transcriber: m.TranscriberConfig = m.TranscriberConfig()
    score: m.ScoreConfig = m.ScoreConfig()
    vqvae: VQVAEParts = Field(default_factory=VQVAEParts)
    vocoder: Annotated[m.VocoderConfig, m.VOCODER] = _default(m.VOCODER, "istft")
    lm: Annotated[m.LMConfig, m.LM] = _default(m.LM, "listening")
    experiments: dict[str, dict[str, Any]] = Field(
        default_factory=_experiments,
        description="name: overrides of lm; each is a target results/lm_{name}",
    )
    seeds: int = key(
        2,
        "trainings of each experiment for the tables: lm.optim.seed and the seeds after it",
        1,
        100,
    )
    generate: s.GenerateConfig = s.GenerateConfig()
    evaluate: s.EvaluateConfig = s.EvaluateConfig()
    tables: s.TablesConfig = s.TablesConfig()
    inspect: s.InspectConfig = s.InspectConfig()

    @model_validator(mode="after")
    def _check(self) -> "Config":
        sections = {name: getattr(self, name) for name in type(self).model_fields}
        checks.check(sections)
        for run, lm in self.runs().items():
            checks.check({**sections, "lm": lm}, f"experiments.{run}: ")
        return self

    def experiment(self, name: str) -> m.LMConfig:
        """The language model of an experiment.

        Raises:
            UserError: its overrides do not fit.
        """
        values = merge_kinds(m.LM, plain(self.lm), self.experiments[name])
        result: m.LMConfig = parse_kind(m.LM, values, f"experiments.{name}")
        return result

    @property
    def transcribes(self) -> bool:
        """Whether drum tracks are transcribed: by a given transcriber, or one that is trained."""
        return self._has_scores or self.transcriber.weights is not None

    @property
    def writes_scores(self) -> bool:
        """Whether drum scores are written: by a given score model, or one that is trained."""
        return self._has_scores or self.score.weights is not None

    @property
    def _has_scores(self) -> bool:
        """Whether songs that models are trained on have drum scores."""
        return any(source.gives_scores and not source.is_away for source in self.corpus.sources)

    @property
    def trains_tracker(self) -> bool:
        """Whether the tracker of the songs' beats is trained on the corpus."""
        return checks.trains_tracker(self.beats)

    @property
    def compares_trained_tracker(self) -> bool:
        """Whether the table of beat trackers has a tracker that is trained on the corpus."""
        return checks.compares_trained_tracker(self.beats, self.tables)

    def runs(self) -> dict[str, m.LMConfig]:
        """All trainings of language models. The first seed of an experiment has its name."""
        result = {}
        for name in self.experiments:
            if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
                raise UserError(f"experiments.{name}: use letters, digits, _ and - only")
            lm = self.experiment(name)
            first = lm.optim.seed
            for seed in range(first, first + self.seeds):
                values = {"optim": {"seed": seed}}
                run = name if seed == first else f"{name}_seed{seed}"
                if run in result or (run != name and run in self.experiments):
                    raise UserError(
                        f"experiments.{run}: is also the name of a further seed of {name}; "
                        "rename it"
                    )
                result[run] = parse_kind(
                    m.LM, merge(type(lm), plain(lm), values), f"experiments.{name}"
                )
        return result

    def check_transcription(self) -> None:
        """Check that the transcriber is not measured on the songs that it is trained on.

        Raises:
            UserError: it would be.
        """
        sections = {"transcriber": self.transcriber, "tables": self.tables}
        checks.check(sections, "", [checks.transcribed_songs_are_held_out])

    def check_run(self, run: str) -> None:
        """Check that a training of `runs` fits the other sections.

        Raises:
            UserError: it does not fit.
        """
        sections = {"lm": self.runs()[run], "beats": self.beats}
        checks.check(sections, f"experiments.{run}: ", [checks.tracker_has_embedding])

    def check_machine(self, where: str = "") -> None:
        """Check that this machine has the files, folders and packages that the sections need.

        Raises:
            UserError: one of them is missing.
        """
        for name in type(self).model_fields:
            section = getattr(self, name)
            if isinstance(section, Section):
                section.check_machine(name)
        if self.corpus.gives_mixes:
            self.pairs.check_separator("pairs")
        for name in self.tables.trackers:
            if name != self.beats.kind_name:
                self._check_compared(name)

    def _check_compared(self, name: str) -> None:
        try:
            s.BEATS.config_of(name)().check_machine("beats")
        except UserError as error:
            raise UserError(f"tables.trackers has {name}, but {error}") from error


# The section of the config for each class of settings.
SECTION_NAMES: dict[type[Section], str] = {
    field.annotation: name
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}


def defaults() -> dict[str, Any]:
    """The defaults, as in `config/config.yaml`."""
    return {**written(Config()), "optim": plain(m.OptimConfig())}


def load(*overrides: dict[str, Any]) -> Config:
    """The whole config: the defaults, changed by one mapping after the other.

    Raises:
        UserError: an unknown key, a bad value, or sections that do not fit together.
    """
    values = defaults()
    for changes in overrides:
        values = merge(Config, values, changes)
    shared = {**plain(m.OptimConfig()), **_mapping(values.get("optim"), "optim")}
    completed = {
        name: value if name in ("optim", "experiments") else with_optim(value, shared)
        for name, value in values.items()
    }
    return parse(Config, completed)


def read_sections(text: str, *names: str) -> dict[str, Any]:
    """Some sections of a config, checked. The modules of other sections are not loaded.

    Args:
        text: the name of a YAML file, or JSON; keys that are left out take their defaults.
        *names: names of the sections.

    Raises:
        UserError: as `load`, or the text is neither JSON nor the name of a YAML file.
    """
    given = _read(text)
    unknown = [name for name in given if name not in Config.model_fields]
    if unknown:
        raise UserError(
            f"{unknown[0]}: no such section; known are {', '.join(Config.model_fields)}"
        )
    shared = {**plain(m.OptimConfig()), **_mapping(given.get("optim"), "optim")}
    parse(m.OptimConfig, shared, "optim")
    sections = {name: _section(name, given.get(name), shared) for name in names}
    checks.check(sections)
    return sections


def _section(name: str, changes: Any, shared: dict[str, Any]) -> Any:
    field = Config.model_fields[name]
    default = field.get_default(call_default_factory=True)
    kind = section_of(field)
    if not isinstance(default, Section):
        return default if changes is None else changes
    base = written(default)
    changes = _mapping(changes, name)
    union = union_of(field)
    if union:
        values = merge_kinds(union, base, changes)
        return parse_kind(union, with_optim(values, shared), name)
    assert kind is not None
    return parse(kind, with_optim(merge(kind, base, changes), shared), name)


def _mapping(values: Any, where: str) -> dict[str, Any]:
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(f"{where}: expected keys and values, got {values!r}")
    return values


def _read(text: str) -> dict[str, Any]:
    if not text:
        return {}
    if not text.lstrip().startswith("{"):
        return read_yaml(text)
    try:
        values: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise UserError(f"--config: is not valid JSON ({error})") from error
    return values


def read_yaml(path: Path | str) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        UserError: the file is missing or not a YAML mapping.
    """
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(values, dict):
        raise UserError(f"{path}: expected keys and values, got {type(values).__name__}")
    return values
