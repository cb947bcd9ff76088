"""Checks of a pair of recordings: levels, mono sum, mixture. Chunks do not change the result."""

from dataclasses import asdict

import numpy as np
import pytest

from jukedrummer.audio.mono import to_mono
from jukedrummer.config import SAMPLE_RATE, PairsConfig
from jukedrummer.corpus.checks import PairChecks, PairMeasures
from jukedrummer.corpus.song import Unfit
from jukedrummer.storage.tables import read_table, write_table
from tests.corpus.helpers import noise

CONFIG = PairsConfig()


def hits(seconds=12.0, channels=2):
    """Decaying noise twice a second, (N, channels)."""
    times = np.arange(int(seconds * SAMPLE_RATE)) % (SAMPLE_RATE // 2)
    decay = np.exp(-times / 2_000).astype(np.float32)[:, None]
    return noise(1, seconds, 0.5, channels=channels) * decay


def measured(drums, drumless, mixture=None, chunk=100_000, config=CONFIG):
    checks = PairChecks(config, "song.wav")
    for start in range(0, len(drums), chunk):
        where = slice(start, start + chunk)
        checks.add(drums[where], drumless[where], None if mixture is None else mixture[where])
    return checks.finish()


@pytest.fixture(scope="module")
def parts():
    return hits(), noise(2, 12.0, 0.2)


def delayed(audio, milliseconds):
    """The recording, moved in time; what leaves it at the end comes in at its start."""
    return np.roll(audio, round(milliseconds * SAMPLE_RATE / 1_000), axis=0)


def test_levels_of_both_recordings(parts):
    drums, drumless = parts
    result = measured(drums, drumless)
    mono = to_mono(drums, "mid")
    assert result.drums_peak == pytest.approx(np.abs(mono).max())
    assert result.drums_db == pytest.approx(10 * np.log10(np.square(mono).mean()), abs=0.01)
    assert (result.drums_active, result.drums_silence, result.drumless_silence) == (1, 0, 0)
    assert result.drumless_mono_loss_db == pytest.approx(3.01, abs=0.1)  # independent channels
    assert (result.residual_db, result.drums_offset_ms, result.warnings) == (None, None, "")


def test_the_chunks_do_not_matter(parts, tmp_path):
    drums, drumless = parts
    results = [
        asdict(measured(drums, drumless, drums + drumless, chunk=chunk)) for chunk in (1_000, 10**9)
    ]
    assert results[0] == pytest.approx(results[1], abs=1e-6)
    row = PairMeasures(**results[0])
    write_table(tmp_path / "table.tsv", PairMeasures, [row])
    (read,) = read_table(tmp_path / "table.tsv", PairMeasures)
    assert read.coherence == pytest.approx(row.coherence, abs=1e-4)


def test_pauses_of_the_drums_count(parts):
    drums, drumless = parts[0].copy(), parts[1]
    drums[: 6 * SAMPLE_RATE] *= 1e-3  # the bleed of a separation: not silent, but no drums
    assert measured(drums, drumless).drums_active == 0.5
    with pytest.raises(Unfit, match=r"song.wav: drums are active in 50.0 %") as error:
        measured(drums, drumless, config=PairsConfig(min_drums_share=0.6))
    assert (error.value.rule, error.value.value, error.value.limit) == (
        "few drums",
        "0.5000",
        "0.6",
    )


def test_a_recording_that_the_common_gain_makes_silent_is_unfit(parts):
    drums, drumless = parts
    with pytest.raises(Unfit, match="with one gain for both, one is silent") as error:
        measured(drums * 2.0**31, drumless)  # as if a file was written in units of integers
    assert error.value.rule == "silent"


@pytest.mark.parametrize("silent", ["drums", "drumless"])
def test_silence_is_unfit(parts, silent):
    factors = [1e-5 if name == silent else 1 for name in ("drums", "drumless")]
    with pytest.raises(
        Unfit, match=rf"song.wav: {silent} is silent \(peak .*, the limit is"
    ) as error:
        measured(*(part * factor for part, factor in zip(parts, factors, strict=True)))
    assert error.value.rule == "silent"


def test_channels_in_opposite_phase_are_not_lost(parts):
    drums = parts[0] * 0 + parts[0][:, :1] * np.float32([1, -0.9])
    result = measured(drums, parts[1])
    assert (result.drums_mono, result.drumless_mono) == ("side", "mid")
    assert result.drums_mono_loss_db > 20
    assert "drums: the mean of the channels loses" in result.warnings
    assert result.drums_peak == pytest.approx(0.95 * np.abs(drums[:, 0]).max())
    np.testing.assert_allclose(to_mono(drums, "side"), 0.95 * drums[:, 0], atol=1e-7)


def test_the_mixture_of_the_stems(parts):
    drums, drumless = parts
    result = measured(drums, drumless, 0.5 * (drums + drumless)[: -SAMPLE_RATE // 3])
    assert result.residual_db < -100
    assert result.mixture_gain == pytest.approx(0.5)
    assert (result.drums_offset_ms, result.drumless_offset_ms, result.warnings) == (0, 0, "")
    mono = drumless[:, :1]  # other numbers of channels are compared as mono
    assert measured(drums, mono, drums + mono).residual_db < -100
    assert measured(drums, mono, (drums + mono).mean(1, keepdims=True)).residual_db < -100


def test_another_mixture_gives_a_warning(parts):
    result = measured(*parts, noise(5, 12.0))
    assert result.residual_db == pytest.approx(0, abs=0.1)
    assert result.drums_offset_ms is None
    assert "the sum of the stems differs from the mixture by -0.0 dB" in result.warnings


def test_offset_and_polarity_in_the_mixture(parts):
    drums, drumless = parts
    small = measured(drums, drumless, drumless - delayed(drums, 20))
    assert small.drums_offset_ms == pytest.approx(20, abs=0.4)
    assert "drums: 20." in small.warnings or "drums: 19." in small.warnings
    assert "drums: inverted polarity in the mixture" in small.warnings
    assert "drumless: " not in small.warnings
    both = measured(drums, drumless, delayed(drums + drumless, 300))  # the pair fits together
    assert both.drumless_offset_ms == pytest.approx(300, abs=0.4)
    with pytest.raises(Unfit, match=r"are 199.9 ms later .* pairs.max_offset_ms is 50") as error:
        measured(drums, drumless, delayed(drums, 200) + drumless)
    assert error.value.rule == "offset"
