"""Every setting, once: frozen dataclasses with unit, bounds and source of each key.

The dataclasses are the single source: `config/config.yaml` must hold every key, the JSON schema that
Snakemake validates with is generated from them (`python -m jukedrummer.config`), and every
subcommand parses its slice of the config with `sections`. Tests fail when any of these drift.
"""

import json
import math
import re
import types
import typing
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

from jukedrummer.errors import UserError

T = TypeVar("T")
PARTS = ("drums", "drumless")
Part = Literal["drums", "drumless"]
Kind = Literal["vqvae", "lm", "vocoder", "tracker"]  # of a model
Beats = Literal["none", "low", "mid", "high"]
TrackerName = Literal["madmom", "drum_aware", "beat_this"]
Family = Literal["listening", "paper"]
FAMILY_DOC = "listening is ours; paper is what the authors built"


def key(default: Any, doc: str, low: float | None = None, high: float | None = None) -> Any:
    """A config key: default, description with unit and source, inclusive bounds."""
    return field(default=default, metadata={"doc": doc, "low": low, "high": high})


@dataclass(frozen=True)
class CorpusConfig:
    """Where songs come from."""

    kind: Literal["demo", "folder"] = key("demo", "demo composes its songs; folder reads stems")
    path: str | None = key(None, "folder: the data set's root, in MUSDB18-HQ's layout or flat")
    songs: int = key(144, "demo: songs to compose", 4, 1_000_000)
    seconds: float = key(26.0, "demo: least length of a song in seconds", 8, 600)
    seed: int = key(1, "demo: the same seed gives the same bytes", 0, 2**31 - 1)
    soundfont: str | None = key(None, "demo: a .sf2 file; null takes the one inside pretty_midi")
    valid_share: float = key(0.08, "share of songs for validation", 0, 0.5)
    test_share: float = key(0.11, "share of songs held out for evaluation", 0, 0.5)
    shards: int = key(4, "units of work that the songs are dealt to", 1, 100_000)

    def __post_init__(self) -> None:
        if self.kind == "folder" and self.path is None:
            raise UserError("corpus.path is not set; corpus.kind folder needs the data set's root")


@dataclass(frozen=True)
class PairsConfig:
    """How a song becomes a drumless/drums pair."""

    separator: str | None = key(
        None, "demucs model for songs without stems, e.g. htdemucs; null rejects"
    )
    separator_repository: str | None = key(None, "folder with that model; null downloads it")
    min_seconds: float = key(1.0, "songs shorter than this are rejected, in seconds", 0.1, 60)
    max_rejected_share: float = key(
        0.1, "a run that rejects a larger share of its songs fails", 0, 1
    )


@dataclass(frozen=True)
class MelConfig:
    """The one log-mel (magnitude, log10), for every model and the vocoder."""

    sample_rate: int = key(44_100, "samples a second", 8_000, 192_000)
    n_fft: int = key(
        1_024, "length of the Fourier transform and its Hann window, samples", 64, 16_384
    )
    hop: int = key(256, "samples between frames", 16, 4_096)
    bands: int = key(80, "mel bands, 0 Hz to Nyquist, Slaney's scale", 8, 256)
    floor: float = key(1e-5, "magnitudes are clamped here before the logarithm", 1e-10, 1e-2)

    def __post_init__(self) -> None:
        if self.hop > self.n_fft:
            raise UserError(
                f"mel.hop is {self.hop}, more than mel.n_fft {self.n_fft}: frames would skip samples"
            )


@dataclass(frozen=True)
class ClipConfig:
    """The unit of training: a stretch of a song that starts at a downbeat."""

    frames: int = key(2_048, "mel frames a clip (paper: 4,096 = 23.8 s)", 64, 65_536)
    frames_per_code: int = key(4, "mel frames a code (paper's vq1: 4, 43 codes a second)", 1, 64)

    def __post_init__(self) -> None:
        if self.frames % self.frames_per_code:
            raise UserError(
                f"clip.frames is {self.frames}, not a multiple of clip.frames_per_code {self.frames_per_code}"
            )

    @property
    def codes(self) -> int:
        """L, codes a clip."""
        return self.frames // self.frames_per_code


@dataclass(frozen=True)
class BeatsConfig:
    """The tracker and the dynamic Bayesian network that turns activations to beats (madmom)."""

    tracker: TrackerName = key("madmom", "beat tracker")
    weights: str | None = key(
        None,
        "drum_aware: folder of a model, null trains one on the corpus; beat_this: a checkpoint file",
    )
    networks: int = key(8, "of madmom's eight networks, how many vote", 1, 8)
    beats_per_bar: tuple[int, ...] = key((3, 4), "meters that the tracker may find (paper: 3, 4)")
    min_bpm: float = key(55.0, "slowest tempo in beats a minute (paper: 60)", 20, 300)
    max_bpm: float = key(200.0, "fastest tempo in beats a minute (paper: 200)", 40, 400)
    num_tempi: int = key(60, "tempi that the network distinguishes (paper: 80)", 10, 500)
    transition_lambda: float = key(150.0, "how steady the tempo is (paper: 150)", 1, 1_000)
    observation_lambda: int = key(
        8, "share of a beat period taken as the beat: 1/this (paper: 8)", 2, 32
    )
    threshold: float = key(
        0.05, "activations below it at both ends are cut off (madmom: 0.05)", 0, 1
    )

    def __post_init__(self) -> None:
        if self.min_bpm >= self.max_bpm:
            raise UserError(
                f"beats.min_bpm is {self.min_bpm}, not below beats.max_bpm {self.max_bpm}"
            )
        if not self.beats_per_bar or not all(2 <= beats <= 12 for beats in self.beats_per_bar):
            raise UserError(
                f"beats.beats_per_bar is {list(self.beats_per_bar)}: name meters from 2 to 12"
            )


@dataclass(frozen=True)
class OptimConfig:
    """What every training has: steps, batch, Adam, how often to look and to save."""

    steps: int = key(500, "optimiser steps", 1, 100_000_000)
    batch: int = key(16, "examples a step", 1, 4_096)
    learning_rate: float = key(
        1e-3, "peak of the learning rate (Adam); warm-up, then cosine to a tenth", 0, 1
    )
    warmup: int = key(50, "steps of linear warm-up (paper: 100)", 0, 1_000_000)
    weight_decay: float = key(0.0, "decoupled weight decay (AdamW)", 0, 10)
    clip_norm: float = key(1.0, "largest norm of the gradient", 1e-6, 1e6)
    seed: int = key(0, "initial weights and batches", 0, 2**31 - 1)
    validate_every: int = key(100, "steps between validations", 1, 1_000_000)
    save_every: int = key(100, "steps between saves of the resumable state", 1, 1_000_000)
    keep: int = key(2, "resumable states to keep", 1, 100)
    micro_batch: int = key(
        0,
        "examples of a batch computed at once; 0: all, or what a GPU's memory and a processor's cache hold",
        0,
        4_096,
    )
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = key(
        "auto",
        "Lightning Fabric's precision; auto is bf16-mixed on GPUs that have it, else 32-true",
    )


@dataclass(frozen=True)
class TrackerConfig:
    """The drum-aware beat tracker (arXiv 2106.08685), where `beats.tracker` is drum_aware."""

    kind: Literal["drum_aware", "blstm"] = key(
        "drum_aware",
        "the whole network, or a single BLSTM that hears everything (the paper's baseline)",
    )
    hidden: int = key(25, "units a direction of the beat networks (paper: 25)", 2, 1_024)
    layers: int = key(3, "layers of each beat network (paper: 3)", 1, 16)
    second_stage: int = key(
        25, "width of the layer before the classes (paper: 25; its blstm: 0, none)", 0, 1_024
    )
    unmix_hidden: int = key(128, "width of the two unmixing networks (paper: 128)", 2, 4_096)
    unmix_layers: int = key(3, "BLSTM layers of each unmixing network (paper: 3)", 1, 16)
    crop_seconds: float = key(10.0, "length of a training crop in seconds", 1, 600)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            steps=450, batch=8, learning_rate=4e-3, validate_every=50, save_every=50
        )
    )


@dataclass(frozen=True)
class VQVAEConfig:
    """One VQ-VAE: drums or drumless."""

    family: Family = key("listening", FAMILY_DOC)
    width: int = key(128, "channels of the convolutions (paper: 512)", 8, 4_096)
    blocks: int = key(2, "listening: residual blocks at the code rate, each side", 0, 32)
    groups: int = key(
        4, "paper: groups of the residual convolutions and of all norms (paper: 4)", 1, 64
    )
    codebook: int = key(32, "K, codes (paper: 32 for drums, 1,024 for drumless)", 2, 65_536)
    code_dim: int = key(64, "D of a code (paper: 64)", 2, 1_024)
    decay: float = key(0.97, "of the codebook's moving averages (paper: 0.99)", 0, 0.99999)
    restart_below: float = key(
        0.5, "a code restarts when its average count a step falls below (paper: 1)", 0, 100
    )
    commitment: float = key(0.02, "weight of the commitment loss (paper: 0.02)", 0, 10)
    crop_frames: int = key(256, "mel frames of a training crop", 16, 65_536)
    optim: OptimConfig = field(default_factory=OptimConfig)

    def __post_init__(self) -> None:
        if self.family == "paper" and self.width % self.groups:
            raise UserError(
                f"vqvae.groups is {self.groups}; it must divide vqvae.width {self.width}"
            )

    def check_fits(self, clip: ClipConfig, part: Part) -> None:
        """Raise UserError where a crop is longer than a clip, or no whole number of codes."""
        if self.crop_frames > clip.frames or self.crop_frames % clip.frames_per_code:
            raise UserError(
                f"vqvae.{part}.crop_frames is {self.crop_frames}; the limit is clip.frames {clip.frames}, "
                f"in multiples of clip.frames_per_code {clip.frames_per_code}"
            )


@dataclass(frozen=True)
class VocoderConfig:
    """Log-mel to waveform."""

    kind: Literal["istft", "hifigan", "griffin_lim"] = key(
        "istft", "a network with an inverse-STFT head, HiFi-GAN V1 (paper), or Griffin-Lim"
    )
    width: int = key(
        192, "istft: channels of the blocks; hifigan: first channels (paper: 512)", 8, 2_048
    )
    blocks: int = key(4, "istft: ConvNeXt blocks", 1, 32)
    upsample: tuple[int, ...] = key(
        (8, 8, 2, 2), "hifigan: factors, which multiply to mel.hop (paper: 8, 8, 2, 2)"
    )
    kernels: tuple[int, ...] = key((3, 7, 11), "hifigan: of the residual blocks (paper: 3, 7, 11)")
    discriminator_width: int = key(
        1_024,
        "hifigan: most channels of a discriminator's layers (paper: 1,024); fewer for a CPU",
        32,
        4_096,
    )
    warm_start: str | None = key(
        None, "folder of a vocoder of this kind and these sizes to start from, e.g. an imported one"
    )
    through_vqvae: bool = key(
        False, "train on mels that went through the drums' VQ-VAE, which is what it will hear"
    )
    iterations: int = key(60, "griffin_lim: iterations", 1, 1_000)
    crop_frames: int = key(64, "mel frames of a training crop (paper: 32)", 16, 4_096)
    optim: OptimConfig = field(default_factory=lambda: OptimConfig(steps=600))

    def check_fits(self, mel: MelConfig) -> None:
        """Raise UserError where HiFi-GAN's sizes do not give `mel.hop` samples a frame."""
        if self.kind != "hifigan":
            return
        if min(self.upsample, default=0) < 2 or math.prod(self.upsample) != mel.hop:
            raise UserError(
                f"vocoder.upsample is {list(self.upsample)}; "
                f"expected factors from 2 on that multiply to mel.hop {mel.hop}"
            )
        if self.width % 2 ** len(self.upsample):
            raise UserError(
                f"vocoder.width is {self.width}; it is halved {len(self.upsample)} times, once a factor of "
                f"vocoder.upsample: expected a multiple of {2 ** len(self.upsample)}"
            )
        if not self.kernels or not all(kernel > 0 and kernel % 2 for kernel in self.kernels):
            raise UserError(
                f"vocoder.kernels is {list(self.kernels)}: expected odd numbers, at least one"
            )


@dataclass(frozen=True)
class LMConfig:
    """The language model over drum codes."""

    family: Family = key("listening", FAMILY_DOC)
    encoder: bool = key(True, "whether the model hears the drumless input at all")
    beats: Beats = key("high", "beat information that the model sees (paper: low was best)")
    layers: int = key(6, "Transformer layers (paper: 20)", 1, 128)
    width: int = key(192, "D (paper: 512)", 16, 8_192)
    heads: int = key(6, "attention heads (paper: 2)", 1, 128)
    condition_width: int = key(
        96, "listening: D of the condition that modulates every layer", 8, 8_192
    )
    listen_blocks: int = key(
        3, "listening: ConvNeXt blocks over the drumless input, look-ahead of 4 codes each", 0, 64
    )
    encoder_layers: int = key(
        9, "paper: layers of the encoder over the drumless codes (paper: 9)", 1, 128
    )
    blocks: int = key(
        16, "paper: blocks of the factored attention, which divide the context", 1, 4_096
    )
    context: int = key(256, "codes that the model sees at once (paper: 1,024)", 8, 65_536)
    dropout: float = key(0.1, "on residual branches; paper: on attention too (paper: 0.3)", 0, 0.9)
    embed_dropout: float = key(0.0, "on the embedded codes (paper: 0.2)", 0, 0.9)
    drop_drumless: float = key(
        0.1, "chance that a training example hears no drumless input", 0, 0.9
    )
    drop_beats: float = key(0.1, "chance that a training example sees no beats", 0, 0.9)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(steps=400, batch=8, learning_rate=3e-3, warmup=30)
    )

    def __post_init__(self) -> None:
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise UserError(
                f"lm.width is {self.width}: lm.heads {self.heads} must divide it to an even number"
            )
        if self.family == "paper" and self.context % self.blocks:
            raise UserError(
                f"lm.context is {self.context}, not a multiple of lm.blocks {self.blocks}"
            )
        if self.family == "paper" and self.width % (4 * self.heads):
            raise UserError(
                f"lm.width is {self.width}: lm.heads {self.heads} must divide a quarter of it, "
                "the width of the paper's attention"
            )


@dataclass(frozen=True)
class GenerateConfig:
    """How drum codes are drawn."""

    temperature: float = key(0.96, "of the sampling (paper: 0.96)", 0.01, 10)
    top_p: float = key(
        0.8, "nucleus: the likeliest codes that add up to this (paper: 0.8)", 0.01, 1
    )
    guidance: float = key(
        1.0, "1 samples from the conditional model; above it the condition counts more", 0, 10
    )
    seed: int = key(0, "the same seed gives the same drums", 0, 2**31 - 1)
    compile_from: int = key(
        6_000,
        "paper, on a processor: from so many codes on sampling is compiled first, which takes half a minute; "
        "0 never",
        0,
        1_000_000_000,
    )


@dataclass(frozen=True)
class EvaluateConfig:
    """How held-out songs are judged."""

    tolerance_ms: float = key(
        30.0, "an onset this near to the annotated grid is on it, milliseconds", 1, 200
    )
    bootstrap: int = key(2_000, "resamples for the 95 % intervals", 100, 1_000_000)
    samples: int = key(6, "held-out songs whose audio goes into the bundle", 1, 1_000)


@dataclass(frozen=True)
class TablesConfig:
    """What the table of beat trackers compares, and on which songs."""

    trackers: tuple[TrackerName, ...] = key(
        ("madmom", "drum_aware"), "rows; beats.weights is for the one that beats.tracker names"
    )
    songs: Literal["test", "all"] = key(
        "test", "annotated songs to track; all: also those that other models were trained on"
    )

    def __post_init__(self) -> None:
        if not self.trackers or len(set(self.trackers)) < len(self.trackers):
            raise UserError(
                f"tables.trackers is {list(self.trackers)}; name one or more, each once"
            )


def trains_tracker(tables: TablesConfig, beats: BeatsConfig) -> bool:
    """Whether the table of beat trackers compares one that is trained on the corpus.

    Raises:
        UserError: and all songs are to be tracked, those that it is trained on among them.
    """
    given = beats.tracker == "drum_aware" and beats.weights is not None
    trained = "drum_aware" in tables.trackers and not given
    if trained and tables.songs == "all":
        raise UserError(
            "tables.songs is all, but drum_aware is trained on some of them; set it to test, "
            "or beats.tracker to drum_aware and beats.weights to a model of other songs"
        )
    return trained


@dataclass(frozen=True)
class VQVAEParts:
    """Both VQ-VAEs."""

    drums: VQVAEConfig = field(default_factory=VQVAEConfig)
    drumless: VQVAEConfig = field(default_factory=lambda: VQVAEConfig(codebook=256))


@dataclass(frozen=True)
class Config:
    """The whole of `config/config.yaml`."""

    results: str = key("results", "folder that everything is written to")
    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    pairs: PairsConfig = field(default_factory=PairsConfig)
    mel: MelConfig = field(default_factory=MelConfig)
    clip: ClipConfig = field(default_factory=ClipConfig)
    beats: BeatsConfig = field(default_factory=BeatsConfig)
    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    vqvae: VQVAEParts = field(default_factory=VQVAEParts)
    vocoder: VocoderConfig = field(default_factory=VocoderConfig)
    lm: LMConfig = field(default_factory=LMConfig)
    experiments: dict[str, dict] = field(
        default_factory=lambda: {
            **{f"beat_{beats}": {"beats": beats} for beats in typing.get_args(Beats)},
            **{
                f"noenc_beat_{beats}": {"encoder": False, "beats": beats}
                for beats in typing.get_args(Beats)
            },
        },
        metadata={
            "doc": "name: overrides of lm; each is a target results/lm_{name}",
            "overrides": LMConfig,
        },
    )
    seeds: int = key(
        2, "trainings of each experiment for the tables: lm.optim.seed and those after it", 1, 100
    )
    generate: GenerateConfig = field(default_factory=GenerateConfig)
    evaluate: EvaluateConfig = field(default_factory=EvaluateConfig)
    tables: TablesConfig = field(default_factory=TablesConfig)

    def __post_init__(self) -> None:
        trains_tracker(self.tables, self.beats)
        self.vocoder.check_fits(self.mel)
        for part in PARTS:
            getattr(self.vqvae, part).check_fits(self.clip, part)
        for name, changes in self.experiments.items():
            parse(LMConfig, override(plain(self.lm), changes), f"experiments.{name}")


def override(values: dict, changes: dict) -> dict:
    """A config with some of its keys changed, at any depth."""
    result = dict(values)
    for name, change in changes.items():
        nested = isinstance(change, dict) and isinstance(result.get(name), dict)
        result[name] = override(result[name], change) if nested else change
    return result


def parse(kind: type[T], values: Any, where: str = "config") -> T:
    """Build the dataclass `kind` from a mapping, strictly.

    Keys that are left out take their defaults.

    Raises:
        UserError: an unknown key, a value of the wrong type or out of bounds; the message names all three.
    """
    if not isinstance(values, dict):
        raise UserError(f"{where}: expected keys and values, got {values!r}")
    known = {f.name: f for f in fields(kind)}
    for name in values:
        if name not in known:
            raise UserError(f"{where}.{name}: no such key; known are {', '.join(known)}")
    hints = typing.get_type_hints(kind)
    return kind(
        **{
            name: _value(hints[name], known[name].metadata, value, f"{where}.{name}")
            for name, value in values.items()
        }
    )


def parse_options(kind: type[T], values: Any) -> T:
    """As `parse`, for keys that are options of the command line: an error names `--top-p`, not `top_p`."""
    try:
        return parse(kind, values, "option")
    except UserError as error:
        named = re.sub(
            r"\b(?:option|beats)\.(\w+)", lambda key: "--" + key[1].replace("_", "-"), str(error)
        )
        raise UserError(named) from error


def _value(hint: Any, bounds: typing.Mapping, value: Any, where: str) -> Any:
    if is_dataclass(hint):
        return parse(hint, value, where)
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    if value is None and type(None) in options:
        return None
    (hint,) = (option for option in options if option is not type(None))
    if typing.get_origin(hint) is Literal:
        choices = typing.get_args(hint)
        if value not in choices:
            raise UserError(f"{where} is {value!r}; choose from {', '.join(map(str, choices))}")
        return value
    if typing.get_origin(hint) is tuple:
        return _items(typing.get_args(hint)[0], value, where)
    plain = typing.get_origin(hint) or hint
    if plain is float and type(value) is int:
        value = float(value)
    if type(value) is not plain:
        hint_text = ""
        if plain in (int, float) and isinstance(value, str):
            hint_text = (
                " (in YAML 1.0e-3 is a number, 1e-3 is text; Snakemake's --config makes text of numbers"
                " inside {}: put them into a file for --configfile)"
            )
        raise UserError(f"{where} is {value!r}; expected {plain.__name__}{hint_text}")
    if plain is float and not math.isfinite(value):
        raise UserError(f"{where} is {value}; expected a finite number")
    low, high = bounds.get("low"), bounds.get("high")
    if (low is not None and value < low) or (high is not None and value > high):
        raise UserError(f"{where} is {value}; the limits are {low} to {high}")
    return value


def _items(kind: Any, value: Any, where: str) -> tuple:
    choices = typing.get_args(kind)
    valid = isinstance(value, list | tuple) and all(
        item in choices if choices else type(item) is kind for item in value
    )
    if not valid:
        expected = f"of {', '.join(choices)}" if choices else "of whole numbers"
        raise UserError(f"{where} is {value!r}; expected a list {expected}")
    return tuple(value)


def sections(config: str, **kinds: type) -> list[Any]:
    """Parse sections of a config: JSON text (what a rule passes) or a YAML file (what a person does).

    JSON text must hold exactly these sections; of a file, the others are ignored.

    Raises:
        UserError: as `parse`, or a file that is missing or not YAML, or text that is not JSON.
    """
    if config.lstrip().startswith("{"):
        try:
            values = json.loads(config)
        except ValueError as error:
            raise UserError(f"--config: is not valid JSON ({error})") from error
        if set(values) != set(kinds):
            raise UserError(f"--config: has sections {sorted(values)}, expected {sorted(kinds)}")
    else:
        values = read_yaml(config)
    return [parse(kind, values.get(name) or {}, name) for name, kind in kinds.items()]


def read_yaml(path: Path | str) -> dict:
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


def schema(kind: type = Config, partial: bool = False) -> dict:
    """The JSON schema of a dataclass: closed, every key with its description and bounds.

    Every key must be there, unless `partial`: then the mapping overrides another one.
    """
    hints = typing.get_type_hints(kind)
    result: dict[str, Any] = {
        "type": "object",
        "description": (kind.__doc__ or "").strip().splitlines()[0],
        "additionalProperties": False,
        "required": [f.name for f in fields(kind)],
        "properties": {f.name: _property(hints[f.name], f.metadata, partial) for f in fields(kind)},
    }
    if partial:
        del result["required"]
    return result


def _property(hint: Any, metadata: typing.Mapping, partial: bool) -> dict:
    if is_dataclass(hint):
        return schema(hint, partial)
    options = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    plain = next(option for option in options if option is not type(None))
    result: dict[str, Any] = {"description": metadata["doc"]}
    if typing.get_origin(plain) is Literal:
        result["enum"] = list(typing.get_args(plain))
        return result
    names = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        tuple: "array",
        dict: "object",
    }
    name = names[typing.get_origin(plain) or plain]
    result["type"] = [name, "null"] if len(options) > 1 else name
    if name == "array":
        (item, *_) = typing.get_args(plain)
        choices = typing.get_args(item)
        result["items"] = {"enum": list(choices)} if choices else {"type": names[item]}
    if name == "object":
        result["propertyNames"] = {"pattern": "^[A-Za-z0-9_-]+$"}
        result["additionalProperties"] = schema(metadata["overrides"], partial=True)
    for bound, keyword in (("low", "minimum"), ("high", "maximum")):
        if metadata.get(bound) is not None:
            result[keyword] = metadata[bound]
    return result


def document() -> dict:
    """What `workflow/schemas/config.schema.yaml` holds."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema()}


def defaults(kind: type = Config) -> dict:
    """The dataclass's defaults as a plain mapping, nested."""
    result = {}
    for f in fields(kind):
        value = f.default if f.default is not MISSING else f.default_factory()
        result[f.name] = plain(value)
    return result


def plain(value: Any) -> Any:
    """A config value as JSON would have it: dataclasses to mappings, tuples to lists."""
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return list(value) if isinstance(value, tuple) else value


if __name__ == "__main__":
    print("# Generated by: python -m jukedrummer.config > workflow/schemas/config.schema.yaml")
    print(yaml.safe_dump(document(), sort_keys=False, width=110), end="")
