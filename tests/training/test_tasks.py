"""Each model learns what its synthetic data hold, and says clearly what it cannot be trained on."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
import torch

from jukedrummer.config import MelConfig
from jukedrummer.errors import UserError
from jukedrummer.stages.codes import codes
from jukedrummer.storage.shards import Clips, Shard
from jukedrummer.storage.weights import load_model
from jukedrummer.training.lm import (
    CONDITIONS,
    AlignedClips,
    language,
    other_song,
    predict,
    train_lm,
)
from jukedrummer.training.vocoder import train_vocoder
from jukedrummer.training.vqvae import mel_statistics, perplexity, train_vqvae
from tests.training import synthetic
from tests.training.synthetic import CLIP, LM, MEL, OPTIM, VOCODER, VQVAE

LONGER = replace(OPTIM, steps=120, batch=8, learning_rate=3e-3, validate_every=60, save_every=60)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("shards")
    features = synthetic.write_features(folder / "features.h5")
    return features, synthetic.write_codes(folder / "codes.h5", features)


@pytest.fixture(scope="module")
def lm(shards: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lm")
    train_lm([shards[0]], [shards[1]], folder, mel=MEL, clip=CLIP, lm=replace(LM, optim=LONGER))
    return folder


def test_vqvae_learns_and_its_codes_are_those_of_the_stage(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    for part in ("drums", "drumless"):
        config = replace(VQVAE, optim=LONGER)
        info = train_vqvae(part, [shards[0]], tmp_path / part, mel=MEL, clip=CLIP, vqvae=config)
        history = synthetic.read_history(tmp_path / part)
        assert history["valid_reconstruction"][-1] < history["valid_reconstruction"][0]
        assert history["valid_reconstruction"][-1] < 0.5  # of the standardised mel's 1
        assert sum(info.metrics["usage"]) == 2 * CLIP.codes
        assert 1 <= info.metrics["perplexity"] <= info.metrics["used"] <= VQVAE.codebook
    codes(
        shards[0],
        tmp_path / "drums",
        tmp_path / "drumless",
        tmp_path / "codes.h5",
        mel=MEL,
        clip=CLIP,
    )
    model, _ = load_model(tmp_path / "drums", "vqvae")
    row = torch.from_numpy(Shard(shards[0], "features").file["drums_mel"][3]).float()
    assert (
        Shard(tmp_path / "codes.h5", "codes").file["drums"][3].tolist()
        == model.encode(row[None])[0].tolist()
    )


def test_lm_learns_the_pattern_from_what_it_hears(lm: Path) -> None:
    info = json.loads((lm / "model.json").read_text())
    # Whether a pulse comes is 0.81 bits a code for who knows nothing but its share of a quarter.
    assert info["metrics"]["loss"] < 0.6
    assert info["level_db"][0] <= info["level_db"][1]


def test_the_gate_names_every_condition_and_every_test_song(
    lm: Path, shards: tuple[Path, Path]
) -> None:
    found = language(lm, [shards[0]], [shards[1]])
    assert set(found.bits) == set(found.accuracy) == set(CONDITIONS)
    assert all(set(songs) == {"song_22", "song_23"} for songs in found.bits.values())


def test_a_model_without_beats_has_no_beat_conditions(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    train_lm([shards[0]], [shards[1]], tmp_path, mel=MEL, clip=CLIP, lm=replace(LM, beats="none"))
    assert set(language(tmp_path, [shards[0]], [shards[1]]).bits) == {
        "true_input",
        "other_drumless",
        "no_drumless",
    }


@pytest.mark.parametrize("family", ["listening", "paper"])
def test_a_model_that_is_told_nothing_has_no_conditions(
    shards: tuple[Path, Path], tmp_path: Path, family: str
) -> None:
    config = replace(LM, family=family, beats="none", encoder=False, blocks=4)
    train_lm([shards[0]], [shards[1]], tmp_path, mel=MEL, clip=CLIP, lm=config)
    assert set(language(tmp_path, [shards[0]], [shards[1]]).bits) == {"true_input"}


def test_the_papers_models_learn_too(shards: tuple[Path, Path], tmp_path: Path) -> None:
    config = replace(
        LM,
        family="paper",
        beats="mid",
        blocks=4,
        encoder_layers=2,
        layers=3,
        dropout=0.0,
        optim=LONGER,
    )
    train_lm([shards[0]], [shards[1]], tmp_path / "lm", mel=MEL, clip=CLIP, lm=config)
    history = synthetic.read_history(tmp_path / "lm")
    # Nothing is known of a pulse before the first: but who reads the codes knows when the next comes.
    assert history["valid_loss"][-1] < history["valid_loss"][0] < 2.1
    assert history["valid_loss"][-1] < 0.6
    assert set(language(tmp_path / "lm", [shards[0]], [shards[1]]).bits) == set(CONDITIONS)
    vqvae = replace(VQVAE, family="paper", optim=LONGER)
    train_vqvae("drums", [shards[0]], tmp_path / "drums", mel=MEL, clip=CLIP, vqvae=vqvae)
    history = synthetic.read_history(tmp_path / "drums")
    assert history["valid_reconstruction"][-1] < min(0.5, history["valid_reconstruction"][0])


def test_low_is_not_learned_from_a_tracker_without_embeddings(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    features = shutil.copyfile(shards[0], tmp_path / "features.h5")
    with h5py.File(features, "r+") as file:
        file["low"][...] = 0
    codes = synthetic.write_codes(tmp_path / "codes.h5", features)
    with pytest.raises(
        UserError, match=r"lm\.beats is low, but no clip in .* has tracker embeddings"
    ):
        train_lm([features], [codes], tmp_path, mel=MEL, clip=CLIP, lm=replace(LM, beats="low"))


def test_bits_follow_a_slow_reference(lm: Path, shards: tuple[Path, Path]) -> None:
    model, _ = load_model(lm, "lm")
    clips = AlignedClips([shards[0]], [shards[1]], "test")
    found = predict(model, clips, CLIP, ("true_input",))
    values, right = [], []
    for start in range(0, CLIP.codes, LM.context):
        parts = [
            torch.from_numpy(value)[None]
            for value in clips.example(0, start, LM.context, CLIP.frames_per_code)
        ]
        from jukedrummer.model.lm import Conditions

        yes = torch.ones(1, dtype=torch.bool)
        logits = model(parts[0], Conditions(*parts[1:]), yes, yes)[0]
        values += [
            -logits[step].log_softmax(-1)[code].item() for step, code in enumerate(parts[0][0])
        ]
        right += (logits.argmax(-1) == parts[0][0]).tolist()
    assert found.bits["true_input"]["song_22"] == pytest.approx(
        sum(values) / len(values) / 0.693147, rel=1e-4
    )
    assert found.accuracy["true_input"]["song_22"] == pytest.approx(
        sum(right) / len(right), abs=1e-6
    )


def test_another_song_is_another_song() -> None:
    assert other_song(["a", "a", "b", "b"], 0) == 2
    assert other_song(["a", "a", "a", "b"], 0) == 3
    assert other_song(["a", "a"], 0) == 0


def test_vocoder_learns(tmp_path: Path) -> None:
    pairs = synthetic.write_pairs(tmp_path / "pairs")
    optim = replace(LONGER, steps=40, validate_every=20, learning_rate=2e-3)
    info = train_vocoder(
        [pairs], tmp_path / "vocoder", mel=MEL, vocoder=replace(VOCODER, optim=optim)
    )
    history = synthetic.read_history(tmp_path / "vocoder")
    assert history["valid_loss"][-1] < history["valid_loss"][0]
    assert info.metrics["griffin_lim_distance_db"] > 0


def test_griffin_lim_is_a_model_without_training(tmp_path: Path) -> None:
    pairs = synthetic.write_pairs(tmp_path / "pairs")
    config = replace(VOCODER, kind="griffin_lim", iterations=2)
    train_vocoder([pairs], tmp_path / "vocoder", mel=MEL, vocoder=config)
    model, info = load_model(tmp_path / "vocoder", "vocoder")
    assert model(torch.full((1, 80, 8), -2.0)).shape == (1, 8 * MEL.hop)
    assert info.metrics["distance_db"] == pytest.approx(info.metrics["griffin_lim_distance_db"])


def test_statistics_follow_a_slow_reference(shards: tuple[Path, Path]) -> None:
    clips = Clips([shards[0]], "features", "train")
    whole = torch.cat(
        [torch.from_numpy(clips.read(index, "drums_mel")).double() for index in range(len(clips))],
        1,
    )
    mean, deviation = mel_statistics(clips, "drums_mel")
    torch.testing.assert_close(mean.double(), whole.mean(1), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(deviation.double(), whole.std(1, correction=0), rtol=1e-4, atol=1e-5)


def test_perplexity() -> None:
    assert perplexity(torch.tensor([5, 5, 5, 5])) == pytest.approx(4)
    assert perplexity(torch.tensor([9, 0, 0])) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"vqvae": replace(VQVAE, crop_frames=4_096)},
            r"crop_frames is 4096; the limit is clip.frames 128",
        ),
        ({"mel": replace(MelConfig(), hop=512)}, r"mel.hop = 256, here it is 512"),
    ],
)
def test_what_a_vqvae_cannot_be_trained_on(
    shards: tuple[Path, Path], tmp_path: Path, change: dict, reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        train_vqvae(
            "drums", [shards[0]], tmp_path, **{"mel": MEL, "clip": CLIP, "vqvae": VQVAE, **change}
        )


def test_codes_of_other_features_are_refused(shards: tuple[Path, Path], tmp_path: Path) -> None:
    other = synthetic.write_features(tmp_path / "other.h5", seed=1)
    with pytest.raises(UserError, match="was not made from"):
        train_lm([other], [shards[1]], tmp_path / "lm", mel=MEL, clip=CLIP, lm=LM)
    with pytest.raises(UserError, match=r"lm.context is 64; the limit is a clip's 32 codes"):
        train_lm(
            [shards[0]],
            [shards[1]],
            tmp_path / "lm",
            mel=MEL,
            clip=CLIP,
            lm=replace(LM, context=64),
        )
