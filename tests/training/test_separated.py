"""Noise on the drumless mels of separated songs, in training only."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jukedrummer.config import LMConfig, changed
from jukedrummer.model.build import load_model, make_lm
from jukedrummer.storage.shards import AlignedClips
from jukedrummer.training.lm import LMTask, fit_lm
from jukedrummer.training.separated import SeparatedNoise
from tests.training import synthetic
from tests.training.synthetic import CLIP, LM, MEL, OPTIM

NOISY: LMConfig = changed(LM, separated_noise=0.5, separated_masks=2)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("shards")
    features = synthetic.write_features(folder / "features.h5")
    return features, synthetic.write_codes(folder / "codes.h5", features)


def noise(separated: Any, config: LMConfig = NOISY) -> SeparatedNoise:
    mean, deviation = torch.full((80,), -2.0), torch.linspace(0, 1, 80)
    return SeparatedNoise(config, mean, deviation, np.asarray(separated))


def task(shards: tuple[Path, Path], config: LMConfig, changes: SeparatedNoise | None) -> LMTask:
    clips, valid = (AlignedClips([shards[0]], [shards[1]], name) for name in ("train", "valid"))
    model = make_lm(config, MEL.bands, frames_per_code=4, drums_codebook=4, drumless_codebook=6)
    return LMTask(model, config, CLIP, clips, valid, changes)


def test_only_mels_of_separated_songs_change() -> None:
    changes = noise([0, 1], changed(NOISY, separated_masks=0))
    mel = np.random.default_rng(0).normal(size=(80, 2_000)).astype(np.float16)
    assert changes.changed_mel(mel, 0, step=3, place=1) is mel
    result = changes.changed_mel(mel, 1, step=3, place=1)
    assert result.dtype == mel.dtype
    deviation = (result - mel).astype(np.float64).std(1)
    np.testing.assert_allclose(deviation, 0.5 * np.linspace(0, 1, 80), rtol=0.1, atol=1e-3)


def test_masks_cover_bands() -> None:
    changes = noise([1], changed(NOISY, separated_noise=0.0))
    mel = np.zeros((80, 16), dtype=np.float16)
    masked = [
        (changes.changed_mel(mel, 0, step, place=0) == -2.0).all(1).sum() for step in range(50)
    ]
    assert max(masked) > 20  # two masks
    assert max(masked) <= 40
    assert min(masked) < 10


def test_the_noise_moves_no_other_draw_and_not_with_the_division(
    shards: tuple[Path, Path],
) -> None:
    flags = AlignedClips([shards[0]], [shards[1]], "train").features.numbers("separated")
    assert flags.tolist() == [0, 1] * 10
    plain = task(shards, LM, None).batch(5, slice(None))
    noisy_task = task(shards, NOISY, noise(flags))
    noisy = noisy_task.batch(5, slice(None))
    parts = [noisy_task.batch(5, part) for part in (slice(0, 1), slice(1, 4))]
    for index, (before, after) in enumerate(zip(plain, noisy, strict=True)):
        assert torch.equal(before, after) == (index != 1)  # the mel
        assert torch.equal(torch.cat([part[index] for part in parts]), after)
    other = noisy_task.batch(6, slice(None))
    assert not torch.equal(other[1], noisy[1])


def test_training_uses_the_noise(shards: tuple[Path, Path], tmp_path: Path) -> None:
    weights = []
    for name, config in (("plain", LM), ("noisy", NOISY), ("again", NOISY)):
        short = changed(config, optim=changed(OPTIM, steps=2, validate_every=2))
        fit_lm([shards[0]], [shards[1]], tmp_path / name, mel=MEL, clip=CLIP, lm=short)
        model, _ = load_model(tmp_path / name, "lm")
        weights.append(torch.cat([value.flatten() for value in model.parameters()]))
    assert not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[1], weights[2])
