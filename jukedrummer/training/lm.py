"""Training of the language model on drum codes, given the drumless recording and the beats."""

from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from jukedrummer.audio.mel import check_same_mel, level_db
from jukedrummer.beats.representations import representation
from jukedrummer.config import ClipConfig, LMConfig, MelConfig
from jukedrummer.config.checks import check
from jukedrummer.errors import UserError
from jukedrummer.evaluation.likelihood import TRUE_INPUT, cross_entropy_bits, predict
from jukedrummer.model.build import make_lm
from jukedrummer.model.conditions import Conditions, beat_arrays
from jukedrummer.model.language_model import LanguageModel
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import AlignedClips, Clips
from jukedrummer.storage.weights import ModelInfo, describe
from jukedrummer.training.loop import train
from jukedrummer.training.random import random_for
from jukedrummer.training.separated import SeparatedNoise
from jukedrummer.training.task import Batch, Metrics, Task
from jukedrummer.training.vqvae import mel_statistics


class LMTask(Task):
    """Cross-entropy of the next drum code.

    Args:
        model: the language model.
        config: its settings.
        clip: sizes of the clips.
        clips: training clips.
        valid: validation clips.
        noise: changes the examples of separated songs; None: they are not changed.
    """

    def __init__(
        self,
        model: LanguageModel,
        config: LMConfig,
        clip: ClipConfig,
        clips: AlignedClips,
        valid: AlignedClips,
        noise: SeparatedNoise | None = None,
    ) -> None:
        super().__init__()
        self.model = cast(nn.Module, model)  # every language model is a module
        self.config, self.clip = config, clip
        self.clips, self.valid, self.noise = clips, valid, noise
        self.beats = tuple(array.name for array in beat_arrays(config.beats))
        self.example_width = config.width * config.context

    def batch(self, step: int, part: slice) -> Batch:
        """Random stretches of L = `context` codes.

        Returns:
            Drum codes (B, L), drumless mel, drumless codes and arrays of beats as in `Conditions`,
            and whether an example receives the recording (B,), and the beats (B,).
        """
        config, size = self.config, self.config.optim.batch_size
        random = random_for(config.optim.seed, step)
        clips = random.integers(len(self.clips), size=size)
        starts = random.integers(self.clip.codes - config.context + 1, size=size)
        audio_mask = random.random(size) >= config.drop_drumless
        beat_mask = random.random(size) >= config.drop_beats
        frames = self.clip.frames_per_code
        examples = [
            self.clips.example(clip, start, config.context, frames, self.beats)
            for clip, start in zip(clips[part], starts[part], strict=True)
        ]
        if self.noise is not None:
            examples = [
                (drums, self.noise.changed_mel(mel, clip, step, place), *others)
                for (drums, mel, *others), clip, place in zip(
                    examples, clips[part], np.arange(size)[part], strict=True
                )
            ]
        stacked = [torch.from_numpy(np.stack(values)) for values in zip(*examples, strict=True)]
        return (*stacked, torch.from_numpy(audio_mask[part]), torch.from_numpy(beat_mask[part]))

    def forward(self, codes: Tensor, *others: Tensor) -> dict[str, Tensor]:
        """Cross-entropy in bits a code; see `batch` for the arguments."""
        mel, drumless, *beats, audio_mask, beat_mask = others
        conditions = Conditions(mel, drumless, dict(zip(self.beats, beats, strict=True)))
        logits = self.model(codes, conditions, audio_mask, beat_mask)
        return {"loss": cross_entropy_bits(logits, codes)}

    def validate(self) -> Metrics:
        """Bits a code and accuracy on the validation clips."""
        predictions = predict(cast(LanguageModel, self.model), self.valid, self.clip, (TRUE_INPUT,))
        bits, accuracy = (
            list(values[TRUE_INPUT].values()) for values in (predictions.bits, predictions.accuracy)
        )
        return {"loss": float(np.mean(bits)), "accuracy": float(np.mean(accuracy))}


def level_range(clips: Clips) -> tuple[float, float]:
    """The 2nd and 98th percentile of the drumless clips' levels, decibel."""
    levels = [
        level_db(torch.from_numpy(clips.read(index, "drumless_mel"))) for index in range(len(clips))
    ]
    low, high = np.percentile(levels, [2, 98])
    return float(low), float(high)


def check_embeddings(clips: Clips, beats: str) -> None:
    """Check that the clips have embeddings of a tracker, if a beat representation needs them.

    Raises:
        UserError: they have no embeddings: all values are 0.
    """
    needed = representation(beats)
    if needed.needs_embedding and not any(
        clips.read(index, array.name).any()
        for array in needed.arrays
        for index in range(len(clips))
    ):
        raise UserError(
            f"lm.beats is {beats}, but no clip in {clips.shards[0].path.parent} has tracker "
            "embeddings; choose a beats.tracker that has them (madmom, drum_aware), or other beats"
        )


def fit_lm(
    features: list[Path],
    codes: list[Path],
    output: Path,
    *,
    mel: MelConfig,
    clip: ClipConfig,
    lm: LMConfig,
    devices: int = 1,
) -> ModelInfo:
    """Train the language model on the training clips of the shards.

    Args:
        features: shards of features.
        codes: shards of codes, in the same order.
        output: folder of the model.
        mel: settings of the features' mel.
        clip: sizes of the clips.
        lm: settings of the language model.
        devices: processes that share the training.

    Raises:
        UserError: there are no clips, or the shards do not fit the settings or each other.
    """
    check({"lm": lm, "clip": clip, "mel": mel})
    clips, valid = (AlignedClips(features, codes, split) for split in ("train", "valid"))
    for shard in clips.features.shards:
        check_same_mel(mel, shard.attribute("mel"), str(shard.path))
    clips.features.check_length("drumless_mel", clip.frames, "clip.frames")
    clips.codes.check_length("drums", clip.codes, "clip.frames / clip.frames_per_code")
    check_embeddings(clips.features, lm.beats)
    torch.manual_seed(lm.optim.seed)
    sizes = _sizes(clips, clip)
    model = make_lm(lm, mel.bands, **sizes)
    noise = _standardise(model, lm, clips.features) if lm.encoder else None
    levels, data = level_range(clips.features), sha256(*features, *codes)
    info = describe(
        "lm", lm, mel, sizes=sizes, step=0, metrics={}, level_db=levels, data_sha256=data
    )
    return train(LMTask(model, lm, clip, clips, valid, noise), output, info, lm.optim, devices)


def _standardise(model: LanguageModel, lm: LMConfig, clips: Clips) -> SeparatedNoise | None:
    # Sets the statistics of the model's input. Returns the noise, which uses them too.
    mean, deviation = mel_statistics(clips, "drumless_mel")
    model.standardise_input(mean, deviation)
    if not lm.changes_separated:
        return None
    return SeparatedNoise(lm, mean, deviation, clips.numbers("separated"))


def _sizes(clips: AlignedClips, clip: ClipConfig) -> dict[str, int]:
    codebooks = clips.codes.shards[0].attribute("codebooks")
    return {
        "frames_per_code": clip.frames_per_code,
        "drums_codebook": codebooks["drums"],
        "drumless_codebook": codebooks["drumless"],
    }
