"""Released files to models and bundles: what plays, and what is refused with nothing written."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from jukedrummer.errors import UserError
from jukedrummer.foreign import read_checkpoint
from jukedrummer.foreign.import_checkpoint import import_bundle, import_checkpoint
from jukedrummer.report.figures import read_history
from jukedrummer.songs.drummer import Drummer
from jukedrummer.storage.files import read_json
from jukedrummer.storage.weights import load_model
from tests import parity
from tests.conftest import pulses

KINDS = ("vqvae", "lm", "vocoder", "tracker")


def case(kind: str, **sizes: object) -> Path:
    """The checkpoint of the first case of a kind with these sizes."""
    for parameter in parity.cases(kind):
        (folder,) = parameter.values
        if parameter.marks:
            pytest.skip(f"no parity cases of kind {kind}")
        config = parity.config(folder)
        if all(config[name] == value for name, value in sizes.items()):
            return folder / "checkpoint.pkl"
    pytest.skip(f"no parity case of kind {kind} with {sizes}")


def release(folder: Path, beat: str | None = "low", without: str = "") -> Path:
    """A folder with the files named as the authors named them."""
    sizes = {"downsample": [0.5, 0.5]}
    files = {
        "vq1_target.pkl": case("vqvae", codebook=32, **sizes),
        "vq1_others.pkl": case("vqvae", codebook=1_024, **sizes),
        "exp1.pkl": case("lm", beat=beat, encoder=True, drum_codebook=32, drumless_codebook=1_024),
        "generator": case("vocoder"),
        "RNNBeatProc.pth": case("tracker"),
    }
    folder.mkdir()
    for name, source in files.items():
        if name != without:
            shutil.copyfile(source, folder / name)
    return folder


def every_case() -> list:
    """All cases of all kinds: the kind and the folder."""
    return [
        pytest.param(kind, *found.values, id=f"{kind}-{found.id}", marks=found.marks)
        for kind in KINDS
        for found in parity.cases(kind)
    ]


@pytest.mark.parametrize(("kind", "folder"), every_case())
def test_every_file_becomes_a_model_that_loads(kind: str, folder: Path, tmp_path: Path) -> None:
    told = import_checkpoint(kind, folder / "checkpoint.pkl", tmp_path / "model")
    model, info = load_model(tmp_path / "model", kind)
    assert info.parameters == told.parameters == sum(value.numel() for value in model.parameters())
    assert info.data_sha256 == "imported from checkpoint.pkl"
    modes = {path.name: path.stat().st_mode for path in (tmp_path / "model").iterdir()}
    assert modes["weights.safetensors"] == modes["model.json"]
    assert all(len(values) == 0 for values in read_history(tmp_path / "model/history.csv").values())


@pytest.mark.parametrize(
    ("beat", "without"), [("low", ""), (None, "RNNBeatProc.pth"), ("high", "generator")]
)
def test_a_bundle_of_released_files_plays(
    beat: str | None, without: str, tmp_path: Path, capsys: pytest.CaptureFixture
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
    said = capsys.readouterr()
    assert ("madmom hears the beat" in said.out + said.err) == madmom
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
def test_a_folder_that_lacks_a_file_is_refused(without: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        import_bundle(release(tmp_path / "released", without=without), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_two_language_models_and_no_folder_are_refused(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_or_without_a_tensor_is_refused(kind: str, tmp_path: Path) -> None:
    other = "tracker" if kind != "tracker" else "lm"
    with pytest.raises(UserError, match=r"checkpoint\.pkl"):
        import_checkpoint(kind, case(other), tmp_path / "model")
    values = read_checkpoint(case(kind))
    state = next((values[name] for name in ("model", "generator") if name in values), values)
    name = sorted(state)[0]
    value = state.pop(name)
    torch.save(values, tmp_path / "missing.pkl")
    state[name] = value[None]
    torch.save(values, tmp_path / "misshapen.pkl")
    state[name], state["more.weight"] = value, value
    torch.save(values, tmp_path / "extra.pkl")
    for file in ("missing.pkl", "misshapen.pkl", "extra.pkl"):
        with pytest.raises(UserError, match=file):
            import_checkpoint(kind, tmp_path / file, tmp_path / "model")
    assert not (tmp_path / "model").exists()
