"""CLAP as features, with a tiny model of random weights."""

import sys
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError
from jukedrummer.evaluation.clap import load_clap
from jukedrummer.evaluation.style import style_features


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"evaluate\.clap is .*gone: no such folder"):
        load_clap(str(tmp_path / "gone"))


def test_a_missing_package_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "transformers", raising=False)
    with pytest.raises(UserError, match=r"package transformers is not installed: pip install"):
        load_clap(str(tmp_path))


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(UserError, match="cannot be read as a CLAP model"):
        load_clap(str(tmp_path))


def test_each_five_seconds_have_an_embedding(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ClapAudioConfig(
        patch_embeds_hidden_size=8,
        hidden_size=16,
        projection_dim=4,
        depths=[1, 1],
        num_attention_heads=[1, 2],
    )
    transformers.ClapAudioModelWithProjection(config).save_pretrained(tmp_path)
    transformers.ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(tmp_path)
    noise = np.random.default_rng(0).normal(0, 0.1, 11 * SAMPLE_RATE).astype(np.float32)
    embed = load_clap(str(tmp_path))
    whole = embed(noise)
    assert whole.shape == (2, 4)
    np.testing.assert_allclose(embed(noise[: 5 * SAMPLE_RATE]), whole[:1], atol=1e-4)
    assert embed(noise[:SAMPLE_RATE]).shape == (1, 4)
    features = style_features(None, str(tmp_path))
    assert list(features) == ["adherence", "clap_distance", "clap_adherence"]
    drums = features["clap_distance"].windows(0 * noise, noise)
    np.testing.assert_allclose(drums, whole, atol=1e-5)
    pair = features["clap_adherence"].windows(noise, 0 * noise[:SAMPLE_RATE])
    np.testing.assert_allclose(pair, whole, atol=1e-5)
