import numpy as np
import pytest
import torch

from jukedrummer.audio import mel as module
from jukedrummer.audio.mel import (
    CHUNK_FRAMES,
    check_same_mel,
    filterbank,
    log_mel,
    log_mel_of_chunks,
)
from jukedrummer.config import SAMPLE_RATE, MelConfig, changed, plain
from jukedrummer.errors import UserError
from tests import parity

CONFIG = MelConfig()


@pytest.mark.parametrize("case", parity.cases("mel"))
def test_equals_the_original(case):
    sizes, values = parity.config(case), parity.tensors(case)
    assert sizes["sample_rate"] == SAMPLE_RATE
    config = MelConfig(**{name: sizes[name] for name in ("n_fft", "hop", "bands")})
    result = log_mel(torch.from_numpy(values["waveform"]).float().reshape(1, -1), config)[0].numpy()
    np.testing.assert_allclose(result, values["log_mel"], atol=1e-4)


def slaney_mel(hertz):
    """Slaney's scale: linear to 1 kHz, logarithmic above."""
    linear = hertz / (200 / 3)
    return linear if hertz < 1_000 else 15 + np.log(hertz / 1_000) / (np.log(6.4) / 27)


def slaney_hertz(mel):
    return mel * 200 / 3 if mel < 15 else 1_000 * np.exp((mel - 15) * np.log(6.4) / 27)


def slow_log_mel(audio, config):
    """The log-mel by its definition, with one sum for each bin: (N,) float64 to (F, M)."""
    before = (config.n_fft - config.hop) // 2
    padded = np.pad(audio, (before, config.n_fft - config.hop - before), mode="reflect")
    n = np.arange(config.n_fft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / config.n_fft)
    bins = np.arange(config.n_fft // 2 + 1)
    fourier = np.exp(-2j * np.pi * np.outer(bins, n) / config.n_fft)
    top = slaney_mel(SAMPLE_RATE / 2)
    edges = [slaney_hertz(top * band / (config.bands + 1)) for band in range(config.bands + 2)]
    hertz = bins * SAMPLE_RATE / config.n_fft
    result = np.empty((config.bands, len(audio) // config.hop))
    for frame in range(result.shape[1]):
        part = padded[frame * config.hop : frame * config.hop + config.n_fft] * window
        magnitude = np.abs(fourier @ part)
        for band in range(config.bands):
            low, centre, high = edges[band : band + 3]
            triangle = np.minimum((hertz - low) / (centre - low), (high - hertz) / (high - centre))
            weight = np.maximum(0, triangle) * 2 / (high - low)
            result[band, frame] = np.log10(max(config.floor, weight @ magnitude))
    return result


@pytest.mark.parametrize(
    ("n_fft", "hop", "samples"), [(1_024, 256, 5_000), (512, 128, 3_001), (400, 150, 2_000)]
)
def test_equals_a_slow_reference(n_fft, hop, samples):
    config = MelConfig(n_fft=n_fft, hop=hop, bands=40)
    rng = np.random.default_rng(0)
    audio = rng.uniform(-1, 1, samples) * np.linspace(0, 1, samples) ** 4
    result = log_mel(torch.from_numpy(audio).float()[None], config)[0].numpy()
    assert result.shape == (40, samples // hop)
    np.testing.assert_allclose(result, slow_log_mel(audio, config), atol=1e-4)


def test_a_long_song_is_the_same_as_its_parts():
    samples = (CHUNK_FRAMES + 100) * CONFIG.hop
    audio = torch.rand(1, samples, generator=torch.Generator().manual_seed(0)) - 0.5
    whole = log_mel(audio, CONFIG)
    assert whole.shape == (1, CONFIG.bands, CHUNK_FRAMES + 100)
    start = CHUNK_FRAMES - 50
    part = log_mel(audio[:, start * CONFIG.hop : (start + 100) * CONFIG.hop], CONFIG)
    torch.testing.assert_close(
        whole[..., start + 2 : start + 98], part[..., 2:98], atol=1e-4, rtol=0
    )


def test_silence_is_the_floor():
    # The constant inside the square root, which keeps gradients finite, must not be visible.
    mel = log_mel(torch.zeros(2, 4_096), CONFIG)
    np.testing.assert_allclose(mel.numpy(), -5)


def test_the_gradient_of_silence_is_finite():
    audio = torch.zeros(1, 4_096, requires_grad=True)
    log_mel(audio, changed(CONFIG, floor=1e-10)).sum().backward()
    assert torch.isfinite(audio.grad).all()


def test_no_band_is_empty():
    assert (filterbank(CONFIG).sum(0) > 0).all()


def test_audio_that_is_too_short_is_an_error():
    with pytest.raises(UserError, match="385 are needed"):
        log_mel(torch.zeros(1, 384), CONFIG)
    assert log_mel(torch.zeros(1, 385), CONFIG).shape[-1] == 1


def test_mel_parameters_that_differ_are_an_error():
    check_same_mel(CONFIG, plain(CONFIG), "x.h5")
    check_same_mel(CONFIG, plain(CONFIG) | {"sample_rate": SAMPLE_RATE}, "of_an_older_version.h5")
    with pytest.raises(UserError, match=r"x\.h5: made with mel\.hop = 128, here it is 256"):
        check_same_mel(CONFIG, plain(changed(CONFIG, hop=128)), "x.h5")
    with pytest.raises(UserError, match=r"mel\.floor = None"):
        check_same_mel(CONFIG, {k: v for k, v in plain(CONFIG).items() if k != "floor"}, "x.h5")


@pytest.mark.parametrize(("n_fft", "hop"), [(1_024, 256), (512, 512), (301, 300), (400, 150)])
@pytest.mark.parametrize("size", [100, 777, 50_000])
def test_chunks_give_the_same_bits(monkeypatch, n_fft, hop, size):
    monkeypatch.setattr(module, "CHUNK_FRAMES", 16)
    config = MelConfig(n_fft=n_fft, hop=hop, bands=40)
    edge, whole = (n_fft - hop) // 2, 16 * hop
    noise = np.random.default_rng(0).uniform(-1, 1, 3 * whole).astype(np.float32)
    for samples in (n_fft, whole - 1, whole, whole + edge, whole + n_fft - edge, len(noise)):
        audio = noise[:samples]
        chunks = np.split(audio, range(size, samples, size))
        parts = list(log_mel_of_chunks(chunks, config))
        expected = log_mel(torch.from_numpy(audio)[None], config)[0]
        assert torch.equal(torch.cat(parts, -1), expected)


def test_too_few_samples_in_chunks_are_an_error():
    with pytest.raises(UserError, match="audio of 300 samples is too short"):
        list(log_mel_of_chunks([np.zeros(200, np.float32), np.zeros(100, np.float32)], CONFIG))
