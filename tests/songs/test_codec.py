"""Drums through VQ-VAE and vocoder, with models from folders."""

from pathlib import Path

import numpy as np
import torch

from jukedrummer.songs.codec import decode_codes, load_codec
from tests import tiny
from tests.songs.helpers import noise


def test_the_round_trip_keeps_the_length(tmp_path: Path) -> None:
    folders = tiny.write_models(tmp_path)
    codec = load_codec(folders["drums"], folders["vocoder"])
    for samples in (44_100, 44_101):
        drums = codec(noise()[:samples])
        assert drums.shape == (samples,)
        assert drums.dtype == np.float32
        assert np.isfinite(drums).all()


def test_every_code_becomes_as_many_samples() -> None:
    models = tiny.models()
    codes = torch.zeros(5, dtype=torch.long)
    samples = decode_codes(codes, models["drums"], models["vocoder"], tiny.MEL)
    assert samples.shape == (5 * tiny.FRAMES_PER_CODE * tiny.MEL.hop,)
