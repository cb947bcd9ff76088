"""Mel to waveform: inverse transforms, and the spectrum of the vocoders' output."""

import numpy as np
import pytest
import torch

from jukedrummer.audio.mel import filterbank, log_mel, pad_edges
from jukedrummer.config import MelConfig, VocoderConfig
from jukedrummer.model.build import make_vocoder
from jukedrummer.model.chunks import in_chunks
from jukedrummer.model.spectra import InverseSTFT, LinearMagnitude
from jukedrummer.model.vocoders.griffin_lim import GriffinLim, GriffinLimConfig
from jukedrummer.model.vocoders.hifigan import HiFiGANConfig
from jukedrummer.model.vocoders.istft import ISTFTConfig

MEL = MelConfig()


def chirp(seconds: float = 0.6) -> torch.Tensor:
    t = np.arange(int(seconds * 44_100)) // 1 / 44_100
    return torch.from_numpy(0.5 * np.sin(2 * np.pi * (300 * t + 2_000 * t**2))).float()[None]


def test_inverse_stft_inverts_the_padded_transform() -> None:
    audio = torch.randn(2, 40 * MEL.hop)
    window = torch.hann_window(MEL.n_fft)
    padded = pad_edges(audio, MEL)
    spectrum = torch.stft(
        padded, MEL.n_fft, MEL.hop, window=window, center=False, return_complex=True
    )
    torch.testing.assert_close(InverseSTFT(MEL)(spectrum), audio, rtol=1e-4, atol=1e-5)


def test_linear_magnitude_of_a_flat_spectrum_is_flat() -> None:
    bank_sum = torch.ones(1, MEL.n_fft // 2 + 1, 3)
    inverse = LinearMagnitude(MEL)
    mel = (filterbank(MEL).T @ bank_sum).log10()
    magnitudes = inverse(mel)[0]
    covered = filterbank(MEL).sum(1) > 0
    torch.testing.assert_close(
        magnitudes[covered], torch.ones_like(magnitudes[covered]), rtol=1e-3, atol=1e-3
    )


@pytest.mark.parametrize(
    "config",
    [ISTFTConfig(width=16, blocks=1), HiFiGANConfig(width=16), GriffinLimConfig(iterations=4)],
    ids=lambda config: config.kind,
)
def test_length_and_repeatability(config: VocoderConfig) -> None:
    torch.manual_seed(0)
    vocoder = make_vocoder(config, MEL).eval()
    mel = log_mel(chirp(), MEL)
    audio = vocoder(mel)
    assert audio.shape == (1, mel.shape[-1] * MEL.hop)
    assert torch.equal(audio, vocoder(mel))
    assert audio.isfinite().all()


@pytest.mark.parametrize(
    "config", [ISTFTConfig(width=16, blocks=9), HiFiGANConfig(width=16)], ids=lambda c: c.kind
)
def test_a_long_piece_in_chunks_is_the_piece_at_once(config: VocoderConfig) -> None:
    torch.manual_seed(0)
    vocoder = make_vocoder(config, MEL).eval()
    mel = torch.randn(1, MEL.bands, 150)
    with torch.no_grad():
        whole = vocoder(mel)
        chunks = in_chunks(vocoder, mel, MEL.hop, size=40, margin=vocoder.margin)
    torch.testing.assert_close(chunks, whole, rtol=1e-3, atol=1e-5 * whole.abs().max().item())


def test_griffin_lim_sounds_like_its_mel() -> None:
    mel = log_mel(chirp(), MEL)
    many = GriffinLim(GriffinLimConfig(iterations=40), MEL)(mel)
    few = GriffinLim(GriffinLimConfig(iterations=1), MEL)(mel)
    error = [(log_mel(audio, MEL) - mel).abs().mean().item() for audio in (many, few)]
    assert error[0] < 0.2
    assert error[0] < error[1]


def test_gradients_reach_all_weights_of_the_network() -> None:
    vocoder = make_vocoder(ISTFTConfig(width=16, blocks=2), MEL)
    vocoder(log_mel(chirp(0.2), MEL)).square().sum().backward()
    assert all(
        value.grad is not None and value.grad.isfinite().all() for value in vocoder.parameters()
    )
