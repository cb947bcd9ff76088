"""Training the language model on drum codes, given the drumless input and the beats."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.audio.mel import check_same_mel, level_db
from jukedrummer.config import ClipConfig, LMConfig, MelConfig
from jukedrummer.errors import UserError
from jukedrummer.model.families import LanguageModel, make_lm
from jukedrummer.model.lm import Conditions, DrumLM
from jukedrummer.storage.files import sha256
from jukedrummer.storage.shards import Clips
from jukedrummer.storage.weights import ModelInfo, default_device, describe, load_model
from jukedrummer.training.loop import Batch, Metrics, Task, random_for, train
from jukedrummer.training.vqvae import mel_statistics


class AlignedClips:
    """Features and codes of the same clips."""

    def __init__(self, features: list[Path], codes: list[Path], split: str | None) -> None:
        self.features, self.codes = Clips(features, "features", split), Clips(codes, "codes", split)
        for mine, theirs in zip(self.features.shards, self.codes.shards, strict=True):
            if theirs.attribute("features_sha256") != sha256(mine.path):
                raise UserError(
                    f"{theirs.path}: was not made from {mine.path}; run the rule codes again"
                )

    def __len__(self) -> int:
        return len(self.features)

    def example(
        self, index: int, start: int, length: int, frames_per_code: int
    ) -> tuple[np.ndarray, ...]:
        """Drum codes and the fields of `Conditions` for `length` codes from `start` on."""
        where = slice(start, start + length)
        frames = slice(start * frames_per_code, (start + length) * frames_per_code)
        read = self.features.read
        beats = (read(index, name, where) for name in ("low", "mid", "high", "phase"))
        drums, drumless = (
            self.codes.read(index, part, where).astype(np.int64) for part in ("drums", "drumless")
        )
        return drums, read(index, "drumless_mel", frames), drumless, *beats


class LMTask(Task):
    """Cross-entropy of the next drum code."""

    def __init__(
        self,
        model: LanguageModel,
        config: LMConfig,
        clip: ClipConfig,
        train: AlignedClips,
        valid: AlignedClips,
    ) -> None:
        super().__init__()
        self.model, self.config, self.clip, self.clips, self.valid = (
            model,
            config,
            clip,
            train,
            valid,
        )
        self.example_width = config.width * config.context

    def batch(self, step: int, part: slice) -> Batch:
        """Random stretches of `context` codes, and which examples hear the drumless input and the beats."""
        config = self.config
        random = random_for(config.optim.seed, step)
        clips = random.integers(len(self.clips), size=config.optim.batch)
        starts = random.integers(self.clip.codes - config.context + 1, size=config.optim.batch)
        hears = random.random(config.optim.batch) >= config.drop_drumless
        counts = random.random(config.optim.batch) >= config.drop_beats
        examples = [
            self.clips.example(clip, start, config.context, self.clip.frames_per_code)
            for clip, start in zip(clips[part], starts[part], strict=True)
        ]
        stacked = [torch.from_numpy(np.stack(values)) for values in zip(*examples, strict=True)]
        return (*stacked, torch.from_numpy(hears[part]), torch.from_numpy(counts[part]))

    def forward(self, codes: Tensor, *others: Tensor) -> dict[str, Tensor]:
        """Cross-entropy in bits a code of (B, L) codes."""
        *conditions, hears, counts = others
        logits = self.model(codes, Conditions(*conditions), hears, counts)
        return {"loss": cross_entropy_bits(logits, codes)}

    def validate(self) -> Metrics:
        """Bits a code and accuracy on the validation clips."""
        found = predict(self.model, self.valid, self.clip, ("true_input",))
        bits, accuracy = (list(by["true_input"].values()) for by in (found.bits, found.accuracy))
        return {"loss": float(np.mean(bits)), "accuracy": float(np.mean(accuracy))}


def cross_entropy_bits(logits: Tensor, codes: Tensor) -> Tensor:
    """Mean cross-entropy of (B, L, K) logits against (B, L) codes, in bits a code."""
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), codes.flatten()
    ) / math.log(2)


# The listening gate's conditions: the drumless input and the beats, each true, another song's, or none.
CONDITIONS = {
    "true_input": ("true", "true"),
    "other_drumless": ("other", "true"),
    "no_drumless": ("none", "true"),
    "other_beats": ("true", "other"),
    "no_beats": ("true", "none"),
}


@dataclass(frozen=True)
class Predictions:
    """How well codes are predicted: condition to song to the mean over the song's clips."""

    bits: dict[str, dict[str, float]]  # cross-entropy a code
    accuracy: dict[str, dict[str, float]]  # share of codes that were held the likeliest


@torch.no_grad()
def predict(
    model: LanguageModel, clips: AlignedClips, clip: ClipConfig, conditions: tuple[str, ...]
) -> Predictions:
    """Predict every code of the clips from those before it.

    Args:
        model: in evaluation mode.
        clips: of several songs.
        clip: the clips' sizes.
        conditions: some of `CONDITIONS`.
    """
    songs = [clips.features.text(index, "song") for index in range(len(clips))]
    found: dict[str, dict[str, list[tuple[float, float]]]] = {name: {} for name in conditions}
    for index, song in enumerate(tqdm(songs, desc="cross-entropy", unit="clip", leave=False)):
        mine = _stretches(model, clips, clip, index)
        other = _stretches(model, clips, clip, other_song(songs, index))
        for name in conditions:
            predicted = _bits_and_accuracy(model, mine, other, *CONDITIONS[name])
            found[name].setdefault(song, []).append(predicted)
    bits, accuracy = (
        {
            name: {
                song: float(np.mean([value[place] for value in values]))
                for song, values in by.items()
            }
            for name, by in found.items()
        }
        for place in (0, 1)
    )
    return Predictions(bits, accuracy)


def other_song(songs: list[str], index: int) -> int:
    """The clip that stands in as the other: the first from half-way round that is of another song."""
    around = [(index + len(songs) // 2 + step) % len(songs) for step in range(len(songs))]
    return next((other for other in around if songs[other] != songs[index]), index)


def _bits_and_accuracy(
    model: LanguageModel, mine: Batch, other: Batch, drumless: str, beats: str
) -> tuple[float, float]:
    device = next(model.parameters()).device
    heard = (other if drumless == "other" else mine)[1:3]
    beat = (other if beats == "other" else mine)[3:]
    codes, *rest = (value.to(device) for value in (mine[0], *heard, *beat))
    yes = torch.ones(len(codes), dtype=torch.bool, device=device)
    logits = model(codes, Conditions(*rest), yes & (drumless != "none"), yes & (beats != "none"))
    return cross_entropy_bits(logits, codes).item(), (
        logits.argmax(-1) == codes
    ).float().mean().item()


def _stretches(model: LanguageModel, clips: AlignedClips, clip: ClipConfig, index: int) -> Batch:
    """A whole clip as a batch of stretches of `context` codes; what does not fill one is left out."""
    context, frames = model.config.context, clip.frames_per_code
    starts = range(0, clip.codes - context + 1, context)
    examples = [clips.example(index, start, context, frames) for start in starts]
    return tuple(torch.from_numpy(np.stack(values)) for values in zip(*examples, strict=True))


def level_range(clips: Clips) -> tuple[float, float]:
    """Between which levels nearly all drumless training clips lie: the 2nd and 98th percentile, decibel."""
    levels = [
        level_db(torch.from_numpy(clips.read(index, "drumless_mel"))) for index in range(len(clips))
    ]
    low, high = np.percentile(levels, [2, 98])
    return float(low), float(high)


def train_lm(
    features: list[Path],
    codes: list[Path],
    output: Path,
    mel: MelConfig,
    clip: ClipConfig,
    lm: LMConfig,
    devices: int = 1,
) -> ModelInfo:
    """Train the language model on the shards' training clips.

    Args:
        features: shards of features.
        codes: shards of codes, in the same order.
        output: folder of the model.

    Raises:
        UserError: no clips, a context longer than a clip, shards of another mel or of different clips, or
            without the embeddings that `low` is.
    """
    if lm.context > clip.codes:
        raise UserError(f"lm.context is {lm.context}; the limit is a clip's {clip.codes} codes")
    clips, valid = (AlignedClips(features, codes, split) for split in ("train", "valid"))
    for shard in clips.features.shards:
        check_same_mel(mel, shard.attribute("mel"), str(shard.path))
    if lm.beats == "low" and not any(
        clips.features.read(index, "low").any() for index in range(len(clips))
    ):
        raise UserError(
            f"lm.beats is low, but no clip in {features[0].parent} has tracker embeddings; "
            "choose a beats.tracker that has them (madmom, drum_aware), or other beats"
        )
    codebooks = clips.codes.shards[0].attribute("codebooks")
    sizes = {
        "frames_per_code": clip.frames_per_code,
        "drums_codebook": codebooks["drums"],
        "drumless_codebook": codebooks["drumless"],
    }
    torch.manual_seed(lm.optim.seed)
    model = make_lm(lm, mel.bands, **sizes)
    if isinstance(model, DrumLM) and lm.encoder:
        model.condition.standardise.set(*mel_statistics(clips.features, "drumless_mel"))
    info = describe(
        "lm",
        lm,
        mel,
        sizes=sizes,
        step=0,
        metrics={},
        level_db=level_range(clips.features),
        data_sha256=sha256(*features, *codes),
    )
    return train(LMTask(model, lm, clip, clips, valid), output, info, lm.optim, devices)


def known(config: LMConfig) -> tuple[str, ...]:
    """Those of `CONDITIONS` that are about what a model is told at all."""
    deaf = () if config.encoder else ("other_drumless", "no_drumless")
    blind = () if config.beats != "none" else ("other_beats", "no_beats")
    return tuple(name for name in CONDITIONS if name not in deaf + blind)


def language(lm: Path, features: list[Path], codes: list[Path]) -> Predictions:
    """What a trained model predicts of the test songs, for all conditions that it knows.

    Args:
        lm: folder of the language model.
        features: shards of features.
        codes: shards of codes, in the same order.
    """
    model, info = load_model(lm, "lm")
    clips = AlignedClips(features, codes, "test")
    frames = info.sizes["frames_per_code"]
    length = clips.codes.read(0, "drums").shape[0]
    model.to(default_device())
    clip = ClipConfig(frames=length * frames, frames_per_code=frames)
    return predict(model, clips, clip, known(model.config))
