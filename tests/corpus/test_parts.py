"""Stems of any rate, length and number of channels are summed chunk by chunk."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.audio.io import CHUNK_SAMPLES, resample
from jukedrummer.config import SAMPLE_RATE, PairsConfig, changed
from jukedrummer.corpus.manifest import read_songs
from jukedrummer.corpus.parts import PartChunk, check_separable, part_chunks
from jukedrummer.corpus.song import Role, Stem, Unfit
from jukedrummer.errors import UserError
from tests.corpus.helpers import noise, songs_table

CONFIG = PairsConfig()


def stem(role: Role, path: Path, audio: np.ndarray, rate: int = SAMPLE_RATE) -> Stem:
    """A stem with this audio."""
    soundfile.write(path, audio, rate, subtype="FLOAT")
    return Stem(role, path)


def joined(parts: list[Stem], config: PairsConfig = CONFIG) -> PartChunk:
    """The whole recordings."""
    chunks = list(part_chunks(parts, None, config))
    assert {len(chunk.drums) for chunk in chunks[:-1]} <= {CHUNK_SAMPLES}
    drums, drumless = (
        np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in ("drums", "drumless")
    )
    mixtures = [chunk.mixture for chunk in chunks if chunk.mixture is not None]
    return PartChunk(drums, drumless, np.concatenate(mixtures) if mixtures else None)


def test_stems_of_each_role_are_summed_over_several_chunks(tmp_path: Path) -> None:
    audio = [noise(seed, seconds=13) for seed in range(5)]
    roles: list[Role] = ["other", "drums", "mixture", "other", "drums"]
    parts = [stem(role, tmp_path / f"{n}.wav", audio[n]) for n, role in enumerate(roles)]
    result = joined(parts)
    np.testing.assert_array_equal(result.drums, audio[1] + audio[4])
    np.testing.assert_array_equal(result.drumless, audio[0] + audio[3])
    assert result.mixture is not None
    np.testing.assert_array_equal(result.mixture, audio[2])


def test_rates_and_channels_may_differ(tmp_path: Path) -> None:
    drums, bass = noise(0, rate=48_000, channels=1), noise(1)
    six = noise(2, rate=22_050, channels=6)
    parts = [
        stem("drums", tmp_path / "drums.wav", drums, 48_000),
        stem("other", tmp_path / "bass.wav", bass),
        stem("other", tmp_path / "voice.wav", drums[:, :1], 48_000),
    ]
    result = joined(parts)
    at_rate = resample(drums, 48_000, SAMPLE_RATE)
    np.testing.assert_allclose(result.drums, at_rate, atol=1e-6)
    np.testing.assert_allclose(result.drumless, bass + at_rate, atol=1e-6)
    surround = joined([*parts, stem("other", tmp_path / "six.wav", six, 22_050)]).drumless
    expected = resample(six, 22_050, SAMPLE_RATE) + at_rate + bass.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(surround, expected, atol=1e-6)


def test_a_shorter_stem_is_followed_by_silence_and_a_longer_mixture_is_cut(tmp_path: Path) -> None:
    # The shorter stem ends with a chunk, the others go on.
    drums, bass = noise(0, seconds=6.2), noise(1, seconds=6.2)[:CHUNK_SAMPLES]
    parts = [
        stem("drums", tmp_path / "drums.wav", drums),
        stem("other", tmp_path / "bass.wav", bass),
        stem("mixture", tmp_path / "mixture.wav", noise(2, seconds=20)),
    ]
    result = joined(parts)
    assert result.mixture is not None
    assert len(result.drums) == len(result.drumless) == len(result.mixture) == len(drums)
    np.testing.assert_array_equal(result.drumless[: len(bass)], bass)
    assert not result.drumless[len(bass) :].any()
    with pytest.raises(Unfit, match=r"bass\.wav: ends at 5\.94 s, drums\.wav at 6\.20 s") as caught:
        joined(parts, PairsConfig(max_length_difference=0.2))
    assert (caught.value.rule, caught.value.value, caught.value.limit) == ("lengths", "0.26", "0.2")


def test_a_shorter_mixture_ends_early(tmp_path: Path) -> None:
    parts = [
        stem("drums", tmp_path / "drums.wav", noise(0, seconds=13)),
        stem("other", tmp_path / "bass.wav", noise(1, seconds=13)),
        stem("mixture", tmp_path / "mixture.wav", noise(2, seconds=1)),
    ]
    mixture = joined(parts).mixture
    assert mixture is not None
    assert len(mixture) == SAMPLE_RATE


def test_a_song_that_is_separated_needs_demucs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = songs_table(
        tmp_path,
        stems=[Stem("drums", tmp_path / "drums.wav"), Stem("other", tmp_path / "bass.wav")],
        mix=[Stem("mixture", tmp_path / "mix.wav")],
    )
    songs = read_songs(table)
    check_separable(songs, CONFIG)
    monkeypatch.setattr("jukedrummer.config.requirements.find_spec", lambda name: None)
    message = (
        r"mix\.wav: has no stems and is separated, but pairs\.separator .*pip install '\.\[sep"
    )
    with pytest.raises(UserError, match=message):
        check_separable(songs, CONFIG)
    check_separable(songs[:1], CONFIG)
    check_separable(songs, changed(CONFIG, separator=None))  # left out, each as "no separator"
