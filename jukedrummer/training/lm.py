"""Training the language model on drum codes, given the drumless input and the beats."""

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from jukedrummer.config import ClipConfig, LMConfig, MelConfig
from jukedrummer.errors import UserError
from jukedrummer.files import sha256
from jukedrummer.mel import check_same_mel, level_db
from jukedrummer.model.lm import Conditions, DrumLM
from jukedrummer.store import Clips
from jukedrummer.training.loop import Batch, Metrics, Task, random_for, train
from jukedrummer.training.vqvae import mel_statistics
from jukedrummer.weights import ModelInfo, describe


class AlignedClips:
    """Features and codes of the same clips."""

    def __init__(self, features: list[Path], codes: list[Path], split: str | None) -> None:
        self.features, self.codes = Clips(features, "features", split), Clips(codes, "codes", split)
        for mine, theirs in zip(self.features.shards, self.codes.shards, strict=True):
            if theirs.attribute("features_sha256") != sha256(mine.path):
                raise UserError(f"{theirs.path}: was not made from {mine.path}; run the rule codes again")

    def __len__(self) -> int:
        return len(self.features)

    def example(self, index: int, start: int, length: int, frames_per_code: int) -> tuple[np.ndarray, ...]:
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
        self, model: DrumLM, config: LMConfig, clip: ClipConfig, train: AlignedClips, valid: AlignedClips
    ) -> None:
        super().__init__()
        self.model, self.config, self.clip, self.clips, self.valid = model, config, clip, train, valid

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
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), codes.flatten())
        return {"loss": loss / math.log(2)}

    def validate(self) -> Metrics:
        """Bits a code on the validation clips."""
        return {"loss": bits(self.model, self.valid, self.clip)["true"]}


def _valid_batch(model: DrumLM, clips: AlignedClips, clip: ClipConfig, index: int) -> Batch:
    """A whole clip as a batch of stretches of `context` codes; what does not fill one is left out."""
    context = model.config.context
    whole = clips.example(index, 0, clip.codes, clip.frames_per_code)
    stretches = []
    for value, frames in zip(whole, (1, clip.frames_per_code, 1, 1, 1, 1, 1), strict=True):
        axis = 1 if frames > 1 else 0
        size = context * frames
        number = value.shape[axis] // size
        pieces = [
            value[:, i * size : (i + 1) * size] if axis else value[i * size : (i + 1) * size]
            for i in range(number)
        ]
        stretches.append(torch.from_numpy(np.stack(pieces)))
    return tuple(stretches)


# What the listening gate swaps: (the drumless input, the beats) each true, another song's, or none.
GATES = {
    "true": ("true", "true"),
    "other_drumless": ("other", "true"),
    "no_drumless": ("none", "true"),
    "other_beats": ("true", "other"),
    "no_beats": ("true", "none"),
}


@torch.no_grad()
def bits(
    model: DrumLM, clips: AlignedClips, clip: ClipConfig, gates: tuple[str, ...] = ("true",)
) -> dict[str, float]:
    """Cross-entropy in bits a code over `clips`, for each of the named gates.

    "other" takes the input, or the beats, of the clip half the list further: another song's.
    """
    device = next(model.parameters()).device
    totals = dict.fromkeys(gates, 0.0)
    for index in range(len(clips)):
        mine = _valid_batch(model, clips, clip, index)
        other = _valid_batch(model, clips, clip, (index + len(clips) // 2) % len(clips))
        for gate in gates:
            drumless, beats = GATES[gate]
            mel, code = (other if drumless == "other" else mine)[1:3]
            beat = (other if beats == "other" else mine)[3:]
            parts = [value.to(device) for value in (mine[0], mel, code, *beat)]
            yes = torch.ones(len(parts[0]), dtype=torch.bool, device=device)
            logits = model(
                parts[0], Conditions(*parts[1:]), yes & (drumless != "none"), yes & (beats != "none")
            )
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), parts[0].flatten())
            totals[gate] += loss.item() / math.log(2) / len(clips)
    return totals


def level_range(clips: Clips) -> tuple[float, float]:
    """Between which levels nearly all drumless training clips lie: the 2nd and 98th percentile, decibel."""
    levels = [level_db(torch.from_numpy(clips.read(index, "drumless_mel"))) for index in range(len(clips))]
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
        UserError: no clips, a context longer than a clip, shards of another mel or of different clips.
    """
    if lm.context > clip.codes:
        raise UserError(f"lm.context is {lm.context}; the limit is a clip's {clip.codes} codes")
    clips, valid = (AlignedClips(features, codes, split) for split in ("train", "valid"))
    for shard in clips.features.shards:
        check_same_mel(mel, shard.attribute("mel"), str(shard.path))
    codebooks = clips.codes.shards[0].attribute("codebooks")
    sizes = {
        "frames_per_code": clip.frames_per_code,
        "drums_codebook": codebooks["drums"],
        "drumless_codebook": codebooks["drumless"],
    }
    torch.manual_seed(lm.optim.seed)
    model = DrumLM(lm, mel.bands, **sizes)
    model.condition.standardise.set(*mel_statistics(clips.features, "drumless_mel"))
    info = describe("lm", lm, mel, sizes=sizes, step=0, metrics={}, data_sha256=sha256(*features, *codes))
    return train(LMTask(model, lm, clip, clips, valid), output, info, lm.optim, devices)
