"""Likelihood of the real drums' codes in a language model, with its true input and with others.

Every code of a clip is scored. Windows of `context` codes move over the clip by a quarter of a
context. A window scores the codes that no earlier window scored. So every code has at least three
quarters of a context of codes before it, or all earlier codes of the clip. Contexts of different
lengths are comparable.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, cast, get_args

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.config import ClipConfig, LMConfig
from jukedrummer.corpus.manifest import AWAY, HOME
from jukedrummer.model.build import load_model
from jukedrummer.model.conditions import Conditions, beat_arrays
from jukedrummer.model.language_model import LanguageModel
from jukedrummer.storage.shards import AlignedClips, splits_of
from jukedrummer.storage.weights import default_device

PartOfInput = Literal["drumless", "beats"]
PARTS_OF_INPUT: tuple[PartOfInput, ...] = get_args(PartOfInput)
Source = Literal["true", "other", "none"]  # the song, another song, nothing


class Condition(NamedTuple):
    """The input of a model.

    Attributes:
        title: title for reports.
        drumless: source of the recording.
        beats: source of the beats.
    """

    title: str
    drumless: Source = "true"
    beats: Source = "true"

    @property
    def replaces(self) -> PartOfInput | None:
        """The part of the input that is not the song's."""
        if self.drumless != "true":
            return "drumless"
        return "beats" if self.beats != "true" else None

    @property
    def removes(self) -> bool:
        """Whether the model does not receive this part."""
        return "none" in (self.drumless, self.beats)


TRUE_INPUT = "true_input"
CONDITIONS = {
    TRUE_INPUT: Condition("the song itself"),
    "other_drumless": Condition("another song's recording", drumless="other"),
    "no_drumless": Condition("no recording", drumless="none"),
    "other_beats": Condition("another song's beats", beats="other"),
    "no_beats": Condition("no beats", beats="none"),
}
Windows = tuple[Tensor, ...]


@dataclass(frozen=True)
class Predictions:
    """How well codes are predicted: condition to song to the mean over the song's clips.

    Attributes:
        bits: cross-entropy, bits a code.
        accuracy: share of codes that were the most likely ones.
    """

    bits: dict[str, dict[str, float]]
    accuracy: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Window:
    """Codes [start, start + length) of a clip; those from `scored` on are scored."""

    start: int
    scored: int
    length: int


def scoring_windows(codes: int, context: int) -> list[Window]:
    """The windows over a clip of this length in codes. Together they score each code once."""
    length = min(codes, context)
    hop = max(1, context // 4)
    starts = [*range(0, codes - length, hop), codes - length]
    ends = [0, *(start + length for start in starts)]
    return [Window(start, end, length) for start, end in zip(starts, ends, strict=False)]


def cross_entropy_bits(logits: Tensor, codes: Tensor) -> Tensor:
    """Mean cross-entropy of (B, L, K) logits against (B, L) codes, in bits a code."""
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), codes.flatten()
    ) / math.log(2)


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
    scores: dict[str, dict[str, list[tuple[float, float]]]] = {name: {} for name in conditions}
    for index, song in enumerate(tqdm(songs, desc="cross-entropy", unit="clip", leave=False)):
        own = _windows(model, clips, clip, index)
        other = _windows(model, clips, clip, other_song(songs, index))
        for name in conditions:
            score = _score(model, own, other, CONDITIONS[name])
            scores[name].setdefault(song, []).append(score)
    bits, accuracy = (
        {
            name: {
                song: float(np.mean([score[place] for score in clip_scores]))
                for song, clip_scores in by_song.items()
            }
            for name, by_song in scores.items()
        }
        for place in (0, 1)
    )
    return Predictions(bits, accuracy)


def other_song(songs: list[str], index: int) -> int:
    """The first clip of another song, searched from half-way round the list."""
    around = [(index + len(songs) // 2 + step) % len(songs) for step in range(len(songs))]
    return next((other for other in around if songs[other] != songs[index]), index)


def _windows(model: LanguageModel, clips: AlignedClips, clip: ClipConfig, index: int) -> Windows:
    """The windows of a clip as a batch: scored positions, codes, mel, drumless codes, beats."""
    names = [array.name for array in beat_arrays(model.config.beats)]
    windows = scoring_windows(clip.codes, model.config.context)
    examples = [
        clips.example(index, window.start, window.length, clip.frames_per_code, names)
        for window in windows
    ]
    scored = torch.stack(
        [torch.arange(window.length) >= window.scored - window.start for window in windows]
    )
    values = (torch.from_numpy(np.stack(column)) for column in zip(*examples, strict=True))
    return scored, *values


def _score(
    model: LanguageModel, own: Windows, other: Windows, condition: Condition
) -> tuple[float, float]:
    """Bits a code and accuracy of one clip."""
    device = next(model.parameters()).device
    recording = (other if condition.drumless == "other" else own)[2:4]
    arrays = (other if condition.beats == "other" else own)[4:]
    scored, codes, mel, drumless_codes, *rest = (
        value.to(device) for value in (*own[:2], *recording, *arrays)
    )
    names = [array.name for array in beat_arrays(model.config.beats)]
    inputs = Conditions(mel, drumless_codes, dict(zip(names, rest, strict=True)))
    given = torch.ones(len(codes), dtype=torch.bool, device=device)
    audio_mask, beat_mask = (
        given & (condition.drumless != "none"),
        given & (condition.beats != "none"),
    )
    logits = model(codes, inputs, audio_mask, beat_mask)
    bits = cross_entropy_bits(logits[scored][None], codes[scored][None]).item()
    return bits, (logits.argmax(-1) == codes)[scored].float().mean().item()


def conditions_of(config: LMConfig) -> tuple[str, ...]:
    """The items of `CONDITIONS` that change an input that the model receives.

    A part that all training examples had is not removed: the model was not trained for this.
    """
    received = {"drumless": config.encoder, "beats": bool(beat_arrays(config.beats))}
    dropped = {"drumless": config.drop_drumless > 0, "beats": config.drop_beats > 0}
    return tuple(
        name
        for name, condition in CONDITIONS.items()
        if (part := condition.replaces) is None
        or (received[part] and (dropped[part] or not condition.removes))
    )


def language(lm: Path, features: list[Path], codes: list[Path]) -> Predictions:
    """Predictions of a trained model for the held-out songs, under all conditions that concern it.

    The other song of a home song is a home song, and that of an away song an away song.

    Args:
        lm: folder of the language model.
        features: shards of features.
        codes: shards of codes, in the same order.
    """
    network, info = load_model(lm, "lm")
    model = cast(LanguageModel, network)
    frames = info.sizes["frames_per_code"]
    model.to(default_device())
    bits: dict[str, dict[str, float]] = {}
    accuracy: dict[str, dict[str, float]] = {}
    for split in held_out_clips(codes):
        clips = AlignedClips(features, codes, split)
        length = clips.codes.read(0, "drums").shape[0]
        clip = ClipConfig(frames=length * frames, frames_per_code=frames)
        predictions = predict(model, clips, clip, conditions_of(model.config))
        for whole, part in ((bits, predictions.bits), (accuracy, predictions.accuracy)):
            for name, songs in part.items():
                whole.setdefault(name, {}).update(songs)
    return Predictions(bits, accuracy)


def held_out_clips(shards: Sequence[Path], kind: str = "codes") -> list[str]:
    """The splits of held-out songs to read: test, and away if it has clips."""
    return [HOME, *({AWAY} & splits_of(shards, kind))]
