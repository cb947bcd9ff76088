"""Each model learns its synthetic data, and inputs that do not fit cause clear errors."""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import h5py
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from jukedrummer.config import (
    LMConfig,
    MelConfig,
    OptimConfig,
    Part,
    TrainedVocoderConfig,
    changed,
)
from jukedrummer.errors import UserError
from jukedrummer.evaluation.likelihood import (
    CONDITIONS,
    language,
    other_song,
    predict,
    scoring_windows,
)
from jukedrummer.model.build import load_model, load_vqvae
from jukedrummer.model.codes import write_codes
from jukedrummer.model.conditions import Conditions, beat_arrays
from jukedrummer.model.vocoders.griffin_lim import GriffinLimConfig
from jukedrummer.storage.shards import AlignedClips, Clips, Shard
from jukedrummer.training import vocoder, vocoder_task
from jukedrummer.training.lm import fit_lm
from jukedrummer.training.vocoder import fit_vocoder
from jukedrummer.training.vqvae import fit_vqvae, mel_statistics
from tests.training import synthetic
from tests.training.synthetic import CLIP, LM, MEL, OPTIM, PAPER_LM, PAPER_VQVAE, VOCODER, VQVAE

LONGER = changed(
    OPTIM, steps=120, batch_size=8, learning_rate=3e-3, validate_every=60, save_every=60
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("shards")
    features = synthetic.write_features(folder / "features.h5")
    return features, synthetic.write_codes(folder / "codes.h5", features)


@pytest.fixture(scope="module")
def lm(shards: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lm")
    fit_lm([shards[0]], [shards[1]], folder, mel=MEL, clip=CLIP, lm=changed(LM, optim=LONGER))
    return folder


def test_vqvae_learns_and_its_codes_are_those_of_the_stage(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    parts: tuple[Part, ...] = ("drums", "drumless")
    for part in parts:
        config = changed(VQVAE, optim=LONGER)
        info = fit_vqvae(part, [shards[0]], tmp_path / part, mel=MEL, clip=CLIP, vqvae=config)
        history = synthetic.read_history(tmp_path / part)
        assert history["valid_reconstruction"][-1] < history["valid_reconstruction"][0]
        assert history["valid_reconstruction"][-1] < 0.5  # the standardised mel has 1
        assert sum(info.metrics["usage"]) == 2 * CLIP.codes
        assert 1 <= info.metrics["perplexity"] <= info.metrics["used"] <= VQVAE.codebook_size
    drums, drumless, codes = (tmp_path / name for name in ("drums", "drumless", "codes.h5"))
    write_codes(shards[0], drums, drumless, codes, mel=MEL, clip=CLIP)
    model, _ = load_vqvae(drums)
    row = torch.from_numpy(Shard(shards[0], "features").file["drums_mel"][3]).float()
    assert Shard(codes, "codes").file["drums"][3].tolist() == model.encode(row[None])[0].tolist()


def test_lm_learns_the_pattern_from_its_conditions(lm: Path) -> None:
    info = json.loads((lm / "model.json").read_text())
    # A model that predicts only the share of pulses, a quarter, needs 0.81 bits a code.
    assert info["metrics"]["loss"] < 0.6
    assert info["level_db"][0] <= info["level_db"][1]


def test_predictions_name_every_condition_and_every_test_song(
    lm: Path, shards: tuple[Path, Path]
) -> None:
    predictions = language(lm, [shards[0]], [shards[1]])
    assert set(predictions.bits) == set(predictions.accuracy) == set(CONDITIONS)
    assert all(set(songs) == {"song_22", "song_23"} for songs in predictions.bits.values())


def test_a_model_without_beats_has_no_beat_conditions(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    fit_lm([shards[0]], [shards[1]], tmp_path, mel=MEL, clip=CLIP, lm=changed(LM, beats="none"))
    assert set(language(tmp_path, [shards[0]], [shards[1]]).bits) == {
        "true_input",
        "other_drumless",
        "no_drumless",
    }


@pytest.mark.parametrize("config", [LM, PAPER_LM])
def test_a_model_without_recording_and_beats_has_no_conditions(
    shards: tuple[Path, Path], tmp_path: Path, config: LMConfig
) -> None:
    config = changed(config, beats="none", encoder=False)
    fit_lm([shards[0]], [shards[1]], tmp_path, mel=MEL, clip=CLIP, lm=config)
    assert set(language(tmp_path, [shards[0]], [shards[1]]).bits) == {"true_input"}


def test_the_papers_models_learn_too(shards: tuple[Path, Path], tmp_path: Path) -> None:
    config = changed(PAPER_LM, beats="mid", layers=3, dropout=0.0, optim=LONGER)
    fit_lm([shards[0]], [shards[1]], tmp_path / "lm", mel=MEL, clip=CLIP, lm=config)
    history = synthetic.read_history(tmp_path / "lm")
    # The first pulse of a context cannot be predicted; the next ones follow from the codes.
    assert history["valid_loss"][-1] < history["valid_loss"][0] < 2.1
    assert history["valid_loss"][-1] < 0.6
    assert set(language(tmp_path / "lm", [shards[0]], [shards[1]]).bits) == set(CONDITIONS)
    vqvae = changed(PAPER_VQVAE, optim=LONGER)
    fit_vqvae("drums", [shards[0]], tmp_path / "drums", mel=MEL, clip=CLIP, vqvae=vqvae)
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
        fit_lm([features], [codes], tmp_path, mel=MEL, clip=CLIP, lm=changed(LM, beats="low"))


def test_bits_follow_a_slow_reference(lm: Path, shards: tuple[Path, Path]) -> None:
    """Score code by code, each in its window."""
    model, _ = load_model(lm, "lm")
    clips = AlignedClips([shards[0]], [shards[1]], "test")
    predictions = predict(model, clips, CLIP, ("true_input",))
    names = [array.name for array in beat_arrays(LM.beats)]
    given, bits, right = torch.ones(1, dtype=torch.bool), [], []
    for window in scoring_windows(CLIP.codes, LM.context):
        arrays = clips.example(0, window.start, window.length, CLIP.frames_per_code, names)
        codes, mel, drumless, *beats = (torch.from_numpy(array)[None] for array in arrays)
        conditions = Conditions(mel, drumless, dict(zip(names, beats, strict=True)))
        logits = model(codes, conditions, given, given)[0]
        for place in range(window.scored - window.start, window.length):
            code = codes[0, place]
            bits.append(-logits[place].log_softmax(-1)[code].item() / 0.693147)
            right.append(bool(logits[place].argmax() == code))
    assert len(bits) == CLIP.codes
    expected = sum(bits) / len(bits), sum(right) / len(right)
    assert predictions.bits["true_input"]["song_22"] == pytest.approx(expected[0], rel=1e-4)
    assert predictions.accuracy["true_input"]["song_22"] == pytest.approx(expected[1], abs=1e-6)


def test_the_other_song_differs_from_the_song() -> None:
    assert other_song(["a", "a", "b", "b"], 0) == 2
    assert other_song(["a", "a", "a", "b"], 0) == 3
    assert other_song(["a", "a"], 0) == 0


def test_vocoder_learns(tmp_path: Path) -> None:
    pairs = synthetic.write_pairs(tmp_path / "pairs")
    optim = changed(LONGER, steps=40, validate_every=20, learning_rate=2e-3)
    config = changed(VOCODER, optim=optim)
    info = fit_vocoder([pairs], tmp_path / "vocoder", mel=MEL, vocoder=config)
    history = synthetic.read_history(tmp_path / "vocoder")
    assert history["valid_loss"][-1] < history["valid_loss"][0]
    assert info.metrics["griffin_lim_distance_db"] > 0


def test_griffin_lim_is_a_model_without_training(tmp_path: Path) -> None:
    pairs = synthetic.write_pairs(tmp_path / "pairs")
    config = GriffinLimConfig(iterations=2)
    fit_vocoder([pairs], tmp_path / "vocoder", mel=MEL, vocoder=config)
    model, info = load_model(tmp_path / "vocoder", "vocoder")
    assert model(torch.full((1, 80, 8), -2.0)).shape == (1, 8 * MEL.hop)
    assert info.metrics["distance_db"] == pytest.approx(info.metrics["griffin_lim_distance_db"])
    assert (tmp_path / "vocoder/history.csv").read_text() == "step,seconds\n"


class ToyConfig(TrainedVocoderConfig):
    """The settings of a vocoder that the package does not have."""

    kind: Literal["toy"] = "toy"
    crop_frames: int = 16
    optim: OptimConfig = changed(OPTIM, steps=2)


class Toy(nn.Linear):
    """Converts each frame of the mel to its samples."""

    def forward(self, mel: Tensor) -> Tensor:
        return super().forward(mel.transpose(1, 2)).flatten(1)


def test_a_new_kind_of_vocoder_trains_as_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = synthetic.write_pairs(tmp_path / "pairs")
    monkeypatch.setattr(vocoder_task, "VALID_CROPS", 2)
    monkeypatch.setattr(vocoder, "make_vocoder", lambda config, mel: Toy(mel.bands, mel.hop))
    info = fit_vocoder([pairs], tmp_path / "toy", mel=MEL, vocoder=ToyConfig())
    assert info.step == 2
    assert info.metrics["distance_db"] > 0
    assert (tmp_path / "toy/weights.safetensors").exists()


def test_statistics_follow_a_slow_reference(shards: tuple[Path, Path]) -> None:
    clips = Clips([shards[0]], "features", "train")
    whole = torch.cat(
        [torch.from_numpy(clips.read(index, "drums_mel")).double() for index in range(len(clips))],
        1,
    )
    mean, deviation = mel_statistics(clips, "drums_mel")
    torch.testing.assert_close(mean.double(), whole.mean(1), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(deviation.double(), whole.std(1, correction=0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"vqvae": changed(VQVAE, crop_frames=4_096)},
            r"vqvae.drums.crop_frames is 4096; the limit is clip.frames 128",
        ),
        ({"mel": MelConfig(hop=512)}, r"mel.hop = 256, here it is 512"),
    ],
)
def test_sections_that_do_not_fit_a_vqvae_are_rejected(
    shards: tuple[Path, Path], tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    sections = {"mel": MEL, "clip": CLIP, "vqvae": VQVAE, **change}
    with pytest.raises(UserError, match=reason):
        fit_vqvae("drums", [shards[0]], tmp_path, **sections)


def test_codes_of_other_features_and_long_contexts_are_rejected(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    other = synthetic.write_features(tmp_path / "other.h5", seed=1)
    with pytest.raises(UserError, match="was not made from"):
        fit_lm([other], [shards[1]], tmp_path / "lm", mel=MEL, clip=CLIP, lm=LM)
    lm = changed(LM, context=64)
    with pytest.raises(UserError, match=r"lm.context is 64; the limit is the 32 codes of a clip"):
        fit_lm([shards[0]], [shards[1]], tmp_path / "lm", mel=MEL, clip=CLIP, lm=lm)


def test_nothing_is_trained_or_chosen_on_held_out_songs(
    shards: tuple[Path, Path], tmp_path: Path
) -> None:
    """Other test songs, and away songs, change no weight and no score."""
    splits = ("away",) * 4 + ("test",) * 3
    features = synthetic.write_features(tmp_path / "more.h5", 1, splits)
    codes = synthetic.write_codes(tmp_path / "more_codes.h5", features, 1, splits)
    for name, more in (("without", []), ("with", [features])):
        both, sizes = [shards[0], *more], {"mel": MEL, "clip": CLIP}
        fit_vqvae("drums", both, tmp_path / name / "vqvae", **sizes, vqvae=VQVAE)
        more_codes = [codes] if more else []
        fit_lm(both, [shards[1], *more_codes], tmp_path / name / "lm", **sizes, lm=LM)
    for model in ("vqvae", "lm"):
        first, second = (tmp_path / name / model for name in ("without", "with"))
        weights = [load_file(folder / "weights.safetensors") for folder in (first, second)]
        assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
        scores = [json.loads((folder / "model.json").read_text()) for folder in (first, second)]
        assert scores[0]["metrics"] == scores[1]["metrics"]


def test_predictions_are_of_home_and_away_songs_apart(
    lm: Path, shards: tuple[Path, Path], tmp_path: Path
) -> None:
    """The other song of a home song is a home song, so away songs change no number of it."""
    splits = ("away",) * 2
    features = synthetic.write_features(tmp_path / "away.h5", 1, splits)
    features = _renamed(features, "far")
    codes = synthetic.write_codes(tmp_path / "codes.h5", features, 1, splits)
    codes = _renamed(codes, "far")
    alone = language(lm, [shards[0]], [shards[1]])
    both = language(lm, [features, shards[0]], [codes, shards[1]])
    for name, songs in alone.bits.items():
        assert set(both.bits[name]) == {*songs, "far_0", "far_1"}
        assert {song: both.bits[name][song] for song in songs} == pytest.approx(songs)


def _renamed(shard: Path, name: str) -> Path:
    with h5py.File(shard, "r+") as file:
        file["song"][:] = [f"{name}_{row}" for row in range(len(file["song"]))]
    return shard
