"""Bundles from folders of released files. Incomplete folders are rejected."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.foreign.import_bundle import import_bundle
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.files import read_json
from tests.conftest import pulses
from tests.foreign.helpers import release


@pytest.mark.parametrize(
    ("beat", "without"), [("low", ""), (None, "RNNBeatProc.pth"), ("high", "generator")]
)
def test_a_bundle_of_released_files_plays(
    beat: str | None, without: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "bundle"
    import_bundle(release(tmp_path / "released", beat, without), bundle)
    played = Drummer.load(bundle).accompany(pulses(3.0), 44_100)
    assert played.drums.shape == (3 * 44_100,)
    assert np.isfinite(played.drums).all()
    description = read_json(bundle / "drummer.json")
    madmom = without == "RNNBeatProc.pth"
    assert description["beats"]["tracker"] == ("madmom" if madmom else "drum_aware")
    assert description["beats"]["threshold"] == (0.05 if madmom else 0.65)
    printed = capsys.readouterr()
    assert ("madmom tracks the beats" in printed.out + printed.err) == madmom
    vocoder = description["models"]["vocoder"]["config"]["kind"]
    assert vocoder == ("griffin_lim" if without == "generator" else "hifigan")
    card = (bundle / "README.md").read_text()
    assert "exp1.pkl" in card
    assert without not in card or not without


@pytest.mark.parametrize(
    ("without", "message"),
    [
        ("RNNBeatProc.pth", "exp1.pkl was trained on the embeddings of the authors' beat tracker"),
        (
            "exp1.pkl",
            r"has no exp\*\.pkl, the lm; it holds RNNBeatProc.pth, generator, vq1_others.pkl",
        ),
        ("vq1_target.pkl", r"has no \*target\*\.pkl"),
    ],
)
def test_a_folder_that_lacks_a_file_is_rejected(without: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        import_bundle(release(tmp_path / "released", without=without), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_two_language_models_and_no_folder_are_rejected(tmp_path: Path) -> None:
    folder = release(tmp_path / "released")
    shutil.copyfile(folder / "exp1.pkl", folder / "exp2.pkl")
    with pytest.raises(UserError, match=r"holds exp1.pkl, exp2.pkl; a bundle has one lm"):
        import_bundle(folder, tmp_path / "bundle")
    with pytest.raises(UserError, match="no such folder"):
        import_bundle(tmp_path / "nothing", tmp_path / "bundle")


def test_swapped_vqvaes_do_not_belong_together(tmp_path: Path) -> None:
    folder = release(tmp_path / "released")
    target, others = folder / "vq1_target.pkl", folder / "vq1_others.pkl"
    target.rename(folder / "x")
    others.rename(target)
    (folder / "x").rename(others)
    with pytest.raises(UserError, match="VQ-VAE has 1024 codes, the language model expects 32"):
        import_bundle(folder, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
