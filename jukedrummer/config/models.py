"""Sections with training: the optimiser, the networks.

The keys that all kinds of a network share are here. The other keys are in the module of the kind.
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from jukedrummer.config.base import NameIn, OneOf, Section, key
from jukedrummer.config.registries import (
    EMBEDDING_WIDTH,
    LANGUAGE_MODELS,
    REPRESENTATIONS,
    VOCODERS,
    VQVAES,
)
from jukedrummer.config.requirements import require_folder
from jukedrummer.config.sections import ClipConfig, MelConfig
from jukedrummer.errors import UserError
from jukedrummer.registry import Registry

# Half of the longest transform in the vocoders' losses: a crop is padded by as many samples.
LONGEST_PADDING = 1_024


class OptimConfig(Section):
    """Settings of every training: steps, batch, Adam, how often to validate and to save."""

    renamed: ClassVar[dict[str, str | None]] = {"batch": "batch_size", "clip_norm": "max_grad_norm"}
    steps: int = key(500, "optimiser steps", 1, 100_000_000)
    batch_size: int = key(16, "examples in a step", 1, 4_096)
    learning_rate: float = key(
        1e-3, "peak of Adam's learning rate: linear warm-up, then a cosine to a tenth", 0, 1
    )
    warmup: int = key(50, "steps of linear warm-up (paper: 100)", 0, 1_000_000)
    weight_decay: float = key(0.0, "decoupled weight decay (AdamW)", 0, 10)
    max_grad_norm: float = key(1.0, "largest norm of the gradient", 1e-6, 1e6)
    seed: int = key(0, "seed of the initial weights and of the batches", 0, 2**31 - 1)
    validate_every: int = key(100, "steps between validations", 1, 1_000_000)
    save_every: int = key(100, "steps between saves of the resumable state", 1, 1_000_000)
    keep: int = key(2, "resumable states to keep", 1, 100)
    micro_batch: int = key(
        0,
        "examples computed at once; 0: the whole batch, or the most that fit into a GPU's memory "
        "or a processor's cache",
        0,
        4_096,
    )
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = key(
        "auto",
        "Lightning Fabric's precision; auto: bf16-mixed on GPUs that support it, else 32-true",
    )


def optim(**differences: int | float) -> Any:
    """The optimiser of one training: its differences from the section `optim`."""
    return key(OptimConfig.model_validate(differences), "what differs from the section optim")


class TrackerConfig(Section):
    """Training of a beat tracker, if beats.tracker is one that is trained."""

    kind: Literal["drum_aware", "blstm", "convolutional"] = key(
        "drum_aware",
        "for beats.tracker drum_aware (arXiv 2106.08685): drum_aware, the whole network, or blstm, "
        "a single BLSTM (the paper's baseline); for beats.tracker convolutional: convolutional",
    )
    channels: int = key(
        40, "convolutional: channels; at most 50 fit into beats: low", 2, EMBEDDING_WIDTH
    )
    dilated_layers: int = key(
        10, "convolutional: residual layers; each has twice the dilation of the one before", 1, 12
    )
    hidden: int = key(
        25,
        "units in each direction of the beat networks (paper: 25); at most 25 fit into beats: low",
        2,
        EMBEDDING_WIDTH // 2,
    )
    layers: int = key(3, "layers of each beat network (paper: 3)", 1, 16)
    second_stage: int = key(
        25, "width of the layer before the classes (paper: 25; its blstm: 0, no layer)", 0, 1_024
    )
    unmix_hidden: int = key(128, "width of both unmixing networks (paper: 128)", 2, 4_096)
    unmix_layers: int = key(3, "BLSTM layers of each unmixing network (paper: 3)", 1, 16)
    crop_seconds: float = key(10.0, "length of a training crop, seconds", 1, 600)
    optim: OptimConfig = optim(
        steps=450, batch_size=8, learning_rate=4e-3, validate_every=50, save_every=50
    )


class TranscriberConfig(Section):
    """The transcriber: drums to strokes. It is trained where a result needs it."""

    weights: str | None = key(
        None, "folder of a trained transcriber; null trains one on the songs with a drum score"
    )
    channels: int = key(
        16, "channels of the first convolution; the others have twice as many", 1, 512
    )
    width: int = key(96, "width of the layer before the recurrent layers", 2, 4_096)
    hidden: int = key(64, "units in each direction of the recurrent layers", 2, 4_096)
    layers: int = key(1, "recurrent layers", 1, 16)
    crop_seconds: float = key(2.5, "length of a training crop, seconds", 0.5, 600)
    optim: OptimConfig = optim(steps=400, learning_rate=4e-3, warmup=20)

    def check_machine(self, where: str) -> None:
        """Check that the model exists."""
        if self.weights is not None:
            require_folder(self.weights, f"{where}.weights")


class ScoreConfig(Section):
    """The score model: a recording and its beats to a drum score for the whole song."""

    weights: str | None = key(
        None, "folder of a trained score model; null trains one on the songs with a drum score"
    )
    registers: Literal[8, 10, 16, 20, 40, 80] = key(
        20,
        "groups of mel bands that describe the recording; with more, a model plays better on songs "
        "of its training's kind and worse on others",
    )
    width: int = key(96, "D of the Transformer over beats", 16, 4_096)
    slot_width: int = key(24, "values that describe a slot of a beat in the network", 1, 1_024)
    layers: int = key(3, "Transformer layers", 1, 64)
    heads: int = key(4, "attention heads", 1, 64)
    dropout: float = key(0.3, "dropout", 0, 0.9)
    crop_beats: int = key(96, "beats in a training crop", 8, 4_096)
    drop_drumless: float = key(
        0.3, "probability that a training example has no drumless recording", 0, 0.9
    )
    pattern_weight: float = key(
        4.0, "weight of the similarity of bars to the real ones, beside the cross-entropy", 0, 100
    )
    optim: OptimConfig = optim(
        steps=600, learning_rate=2e-3, warmup=60, weight_decay=0.02, save_every=100
    )

    @model_validator(mode="after")
    def _check_heads(self) -> "ScoreConfig":
        if self.width % self.heads or self.width % 4:
            raise UserError(
                f"score.width is {self.width}: score.heads {self.heads} and 4 must divide it"
            )
        return self

    def check_machine(self, where: str) -> None:
        """Check that the model exists."""
        if self.weights is not None:
            require_folder(self.weights, f"{where}.weights")


class VQVAEConfig(Section):
    """One VQ-VAE: drums or drumless."""

    kinds: ClassVar[Registry | None] = VQVAES
    tag: ClassVar[str] = "family"
    renamed: ClassVar[dict[str, str | None]] = {
        "codebook": "codebook_size",
        "restart_below": "dead_code_threshold",
    }
    width: int = key(128, "channels of the convolutions (paper: 512)", 8, 4_096)
    codebook_size: int = key(32, "K, codes (paper: 32 for drums, 1,024 for drumless)", 2, 65_536)
    code_dim: int = key(64, "D of a code (paper: 64)", 2, 1_024)
    decay: float = key(0.97, "decay of the codebook's moving averages (paper: 0.99)", 0, 0.99999)
    dead_code_threshold: float = key(
        0.5, "a code restarts if its average count in a step falls below this (paper: 1)", 0, 100
    )
    commitment: float = key(0.02, "weight of the commitment loss (paper: 0.02)", 0, 10)
    crop_frames: int = key(256, "mel frames in a training crop", 16, 65_536)
    optim: OptimConfig = optim()

    def check_clip(self, clip: ClipConfig, where: str) -> None:
        """Check that a crop fits into a clip and is a whole number of codes.

        Raises:
            UserError: it does not, or the family does not support `clip.frames_per_code`.
        """
        if self.crop_frames > clip.frames or self.crop_frames % clip.frames_per_code:
            raise UserError(
                f"{where}.crop_frames is {self.crop_frames}; "
                f"the limit is clip.frames {clip.frames}, "
                f"in multiples of clip.frames_per_code {clip.frames_per_code}"
            )


class VocoderConfig(Section):
    """Log-mel to waveform."""

    kinds: ClassVar[Registry | None] = VOCODERS
    tag: ClassVar[str] = "kind"
    through_vqvae: bool = key(
        False, "train on mels that the drums' VQ-VAE reconstructed, as in generation"
    )

    def check_mel(self, mel: MelConfig) -> None:
        """Check that the vocoder generates `mel.hop` samples for each frame.

        Raises:
            UserError: its sizes do not allow it.
        """


class TrainedVocoderConfig(VocoderConfig):
    """A vocoder that is trained.

    Attributes:
        sizes: keys that determine the network's tensors; a warm start needs them to be equal.
    """

    sizes: ClassVar[tuple[str, ...]] = ()
    warm_start: str | None = key(
        None, "folder of a vocoder of the same kind and sizes to start from, e.g. an imported one"
    )
    crop_frames: int = key(64, "mel frames in a training crop (paper: 32)", 16, 4_096)
    optim: OptimConfig = optim(steps=600)

    def check_crop(self, mel: MelConfig) -> None:
        """Check that a crop is long enough for the spectra of the losses.

        Raises:
            UserError: it is too short.
        """
        if self.crop_frames * mel.hop <= LONGEST_PADDING:
            raise UserError(
                f"vocoder.crop_frames is {self.crop_frames}; with mel.hop {mel.hop} a crop needs "
                f"more than {LONGEST_PADDING // mel.hop} frames ({LONGEST_PADDING} samples)"
            )

    def check_machine(self, where: str) -> None:
        """Check that the vocoder of `warm_start` exists."""
        if self.warm_start is not None:
            require_folder(self.warm_start, f"{where}.warm_start")


class LMConfig(Section):
    """The language model over drum codes."""

    kinds: ClassVar[Registry | None] = LANGUAGE_MODELS
    tag: ClassVar[str] = "family"
    reads_mel: ClassVar[bool] = False  # besides the codes of the drumless recording
    encoder: bool = key(True, "whether the model receives the drumless recording")
    beats: Annotated[str, NameIn(REPRESENTATIONS)] = key(
        "high", "beat representation that the model receives (paper: low was best)"
    )
    layers: int = key(6, "Transformer layers (paper: 20)", 1, 128)
    width: int = key(192, "D (paper: 512)", 16, 8_192)
    heads: int = key(6, "attention heads (paper: 2)", 1, 128)
    context: int = key(256, "codes in the model's context (paper: 1,024)", 8, 65_536)
    dropout: float = key(
        0.1,
        "dropout on residual branches; in the paper family on attention too (paper: 0.3)",
        0,
        0.9,
    )
    embed_dropout: float = key(0.0, "dropout on the embedded codes (paper: 0.2)", 0, 0.9)
    drop_drumless: float = key(
        0.1, "probability that a training example has no drumless recording", 0, 0.9
    )
    drop_beats: float = key(0.1, "probability that a training example has no beats", 0, 0.9)
    separated_noise: float = key(
        0.0,
        "in training, noise on the drumless mels of separated songs, in standard deviations of "
        "each band; only for families that read the mel",
        0,
        10,
    )
    separated_masks: int = key(
        0,
        "in training, number of masks on the drumless mel of a separated song; each covers up to a "
        "quarter of the bands",
        0,
        16,
    )
    optim: OptimConfig = optim(steps=400, batch_size=8, learning_rate=3e-3, warmup=30)

    @model_validator(mode="after")
    def _check_heads(self) -> "LMConfig":
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise UserError(
                f"lm.width is {self.width}: lm.heads {self.heads} must divide it to an even number"
            )
        return self

    @property
    def changes_separated(self) -> bool:
        """Whether training changes the drumless mels of separated songs."""
        return self.separated_noise > 0 or self.separated_masks > 0

    @model_validator(mode="after")
    def _check_separated(self) -> "LMConfig":
        if self.changes_separated and not (self.reads_mel and self.encoder):
            cause = (
                "lm.encoder is false"
                if self.reads_mel
                else f"lm.family {self.kind_name} reads codes instead"
            )
            raise UserError(
                f"lm.separated_noise is {self.separated_noise:g} and lm.separated_masks is "
                f"{self.separated_masks}, but they change the drumless mel, and {cause}; "
                "set both to 0, or choose a family that reads the mel, such as listening"
            )
        return self


VQVAE = OneOf(VQVAEConfig)
VOCODER = OneOf(VocoderConfig)
LM = OneOf(LMConfig)
