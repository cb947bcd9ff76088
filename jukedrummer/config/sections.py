"""Sections without training: songs, mels, clips, beats, generation, evaluation.

Every key has a unit, bounds and a source. The keys that all kinds of a section share are here. The
other keys are in the module of the kind.
"""

from typing import ClassVar, Literal

from pydantic import model_validator

from jukedrummer.config.base import Integers, Names, OneOf, Section, key
from jukedrummer.config.registries import SAMPLE_RATE, TRACKERS
from jukedrummer.config.requirements import require_folder, require_package
from jukedrummer.errors import UserError
from jukedrummer.registry import Registry


class PairsConfig(Section):
    """How a song becomes a pair of recordings, drumless and drums."""

    separator: str | None = key(
        "htdemucs", "demucs model for songs with a mixture only; null: they are left out"
    )
    separator_repository: str | None = key(None, "folder of the demucs model; null downloads it")
    min_seconds: float = key(1.0, "shorter songs are left out, seconds", 0.1, 60)
    max_length_difference: float = key(
        20.0,
        "a song is left out if the lengths of its stems differ more, seconds; a shorter stem is "
        "followed by silence",
        0,
        3_600,
    )
    max_rejected_share: float = key(
        0.1,
        "the run fails if a larger share of the songs is left out; songs that are left out on "
        "purpose do not count",
        0,
        1,
    )
    min_drums_share: float = key(
        0.05, "a song whose drums are active in a smaller share of its seconds is left out", 0, 1
    )
    max_mono_loss_db: float = key(
        10.0,
        "if the mean of two channels loses more energy, half their difference is used, decibel",
        1,
        60,
    )
    max_residual_db: float = key(
        -10.0,
        "warning if the sum of the stems differs more from the mixture, decibel of the mixture",
        -100,
        0,
    )
    max_offset_ms: float = key(
        50.0,
        "a song is left out if its mixture shows a larger shift of the drums against the other "
        "stems, milliseconds; shifts over 10 ms give a warning",
        10,
        1_000,
    )
    check_beats: bool = key(
        True,
        "whether annotated beats of MIDI files, which may be wrong, are compared with madmom's; "
        "takes about 2 s a minute of music",
    )

    def check_separator(self, where: str) -> None:
        """Check that demucs is installed and its folder exists, for songs that are separated.

        Raises:
            UserError: something is missing; `where` names the section.
        """
        if self.separator is None:
            raise UserError(
                f"{where}.separator is null, but a source of the corpus has mixes, which are "
                "separated; set it, e.g. to htdemucs"
            )
        require_package(
            "demucs", f"{where}.separator is {self.separator}", "pip install '.[separation]'"
        )
        if self.separator_repository is not None:
            require_folder(self.separator_repository, f"{where}.separator_repository")


class MelConfig(Section):
    """The log-mel spectrogram (magnitude, log10) of every model and the vocoder, at 44.1 kHz."""

    renamed: ClassVar[dict[str, str | None]] = {"sample_rate": None}
    sample_rate: ClassVar[int] = SAMPLE_RATE
    n_fft: int = key(
        1_024, "length of the Fourier transform and of its Hann window, samples", 64, 16_384
    )
    hop: int = key(256, "samples between frames", 16, 4_096)
    bands: int = key(80, "mel bands from 0 Hz to Nyquist, Slaney's scale", 8, 256)
    floor: float = key(1e-5, "magnitudes are clamped here before the logarithm", 1e-10, 1e-2)

    @model_validator(mode="after")
    def _check(self) -> "MelConfig":
        if self.hop > self.n_fft:
            raise UserError(
                f"mel.hop is {self.hop}, more than mel.n_fft {self.n_fft}: "
                "frames would skip samples"
            )
        return self


class ClipConfig(Section):
    """The unit of training: a part of a song that starts at a downbeat."""

    frames: int = key(2_048, "mel frames in a clip (paper: 4,096 = 23.8 s)", 64, 65_536)
    frames_per_code: int = key(
        4, "mel frames for each code (paper's vq1: 4, which is 43 codes a second)", 1, 64
    )
    min_filled: float = key(
        0.5, "a song that fills a smaller share of a clip has none; longer ones are padded", 0, 1
    )
    min_drums_share: float = key(
        0.2, "a clip whose drums are active in a smaller share of its seconds is left out", 0, 1
    )
    min_drumless_share: float = key(
        0.1,
        "a clip whose drumless recording sounds in a smaller share of its seconds is left out",
        0,
        1,
    )

    @model_validator(mode="after")
    def _check(self) -> "ClipConfig":
        if self.frames % self.frames_per_code:
            raise UserError(
                f"clip.frames is {self.frames}, "
                f"not a multiple of clip.frames_per_code {self.frames_per_code}"
            )
        return self

    @property
    def codes(self) -> int:
        """L, codes in a clip."""
        return self.frames // self.frames_per_code


class BeatsConfig(Section):
    """The beat tracker."""

    kinds: ClassVar[Registry | None] = TRACKERS
    tag: ClassVar[str] = "tracker"
    has_embedding: ClassVar[bool] = True  # of the width that the representation `low` needs
    trained: ClassVar[bool] = False  # on the corpus, unless `weights` is set
    beats_per_bar: Integers = key((3, 4), "meters that the tracker may choose (paper: 3, 4)")
    min_bpm: float = key(55.0, "slowest tempo, beats a minute (paper: 60)", 20, 300)
    max_bpm: float = key(200.0, "fastest tempo, beats a minute (paper: 200)", 40, 400)

    @model_validator(mode="after")
    def _check(self) -> "BeatsConfig":
        if self.min_bpm >= self.max_bpm:
            raise UserError(
                f"beats.min_bpm is {self.min_bpm}, not below beats.max_bpm {self.max_bpm}"
            )
        if not self.beats_per_bar or not all(2 <= beats <= 12 for beats in self.beats_per_bar):
            raise UserError(
                f"beats.beats_per_bar is {list(self.beats_per_bar)}: name meters from 2 to 12"
            )
        return self


class DBNConfig(BeatsConfig):
    """A tracker whose activations are decoded by madmom's dynamic Bayesian network (DBN)."""

    own: ClassVar[bool] = True

    num_tempi: int = key(60, "tempi that the DBN distinguishes (paper: 80)", 10, 500)
    transition_lambda: float = key(150.0, "DBN: how steady the tempo is (paper: 150)", 1, 1_000)
    observation_lambda: int = key(
        8, "DBN: the first 1/this of a beat period is the beat (paper: 8)", 2, 32
    )
    threshold: float = key(
        0.05, "DBN: activations below this are cut off at both ends (madmom: 0.05)", 0, 1
    )


class GenerateConfig(Section):
    """How drum codes are sampled."""

    temperature: float = key(0.96, "sampling temperature (paper: 0.96)", 0.01, 10)
    top_p: float = key(
        0.8, "nucleus sampling: total probability of the codes to choose from (paper: 0.8)", 0.01, 1
    )
    guidance: float = key(
        1.0, "1: sample from the conditional model; larger values strengthen the condition", 0, 10
    )
    seed: int = key(0, "the same seed gives the same drums", 0, 2**31 - 1)
    compile_from: int = key(
        6_000,
        "paper family on a processor: compile the sampling, which takes half a minute, from this "
        "number of codes on; 0: never",
        0,
        1_000_000_000,
    )


class EvaluateConfig(Section):
    """How held-out songs are evaluated."""

    tolerance_ms: float = key(
        30.0, "an onset this near to the annotated grid is on the grid, milliseconds", 1, 200
    )
    bootstrap: int = key(2_000, "resamples for the 95 % intervals", 100, 1_000_000)
    samples: int = key(
        6, "held-out songs on the bundle's page, half of them away songs if there are any", 1, 1_000
    )
    clap: str | None = key(
        None,
        "folder of a CLAP model of the package transformers, for style distance and prompt "
        "adherence with its features too; null: with the package's own features only",
    )

    def check_machine(self, where: str) -> None:
        """Check that the CLAP model exists, and the package that loads it."""
        if self.clap is not None:
            require_folder(self.clap, f"{where}.clap")
            require_package("transformers", f"{where}.clap is set", "pip install '.[clap]'")


class InspectConfig(Section):
    """The page of the corpus."""

    examples: int = key(
        20, "number of the worst songs with players on the page, 6 seconds each; 0: none", 0, 40
    )


class TablesConfig(Section):
    """The tables of beat trackers and of the transcriber: which trackers, on which songs."""

    trackers: Names = key(
        ("madmom", "drum_aware"),
        "trackers to compare; the one in the section beats has its settings, others their defaults",
    )
    songs: Literal["test", "all"] = key(
        "test",
        "annotated songs to track and to transcribe; test: held-out songs, home and away; all "
        "includes songs that other models were trained on",
    )
    codec: bool = key(
        True,
        "whether drums through VQ-VAE and vocoder are transcribed too; both are trained for it",
    )

    @model_validator(mode="after")
    def _check(self) -> "TablesConfig":
        unknown = [name for name in self.trackers if name not in TRACKERS]
        if unknown:
            raise UserError(
                f"tables.trackers names {unknown[0]!r}; choose from {', '.join(TRACKERS.names)}"
            )
        if not self.trackers or len(set(self.trackers)) < len(self.trackers):
            raise UserError(
                f"tables.trackers is {list(self.trackers)}; name one or more, each once"
            )
        return self


BEATS = OneOf(BeatsConfig)
