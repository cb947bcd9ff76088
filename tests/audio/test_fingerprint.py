"""Fingerprints: what they do not depend on, and their files."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jukedrummer.audio.fingerprint import (
    CODE_GRIDS,
    CODE_HOP,
    CODE_RATE,
    CODE_SPAN,
    audio_fingerprint,
    read_fingerprints,
    write_fingerprints,
)
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.errors import UserError
from tests.audio.tunes import tune

TUNE = tune(0, 6.0)
CODES = audio_fingerprint([TUNE], SAMPLE_RATE)


def wrong_bits(codes: np.ndarray, others: np.ndarray) -> float:
    """Share of the bits that differ, over the codes that both have."""
    length = min(len(codes), len(others))
    return float(np.bitwise_count(codes[:length] ^ others[:length]).mean() / 32)


def test_the_number_of_codes_follows_from_the_length() -> None:
    samples = len(TUNE) * CODE_RATE // SAMPLE_RATE
    on_grids = [
        1 + (samples - grid * (CODE_HOP // CODE_GRIDS) - CODE_SPAN) // CODE_HOP
        for grid in range(CODE_GRIDS)
    ]
    assert CODES.dtype == np.uint32
    assert len(CODES) == sum(on_grids)


@given(st.lists(st.integers(0, 100_000), max_size=8))
@settings(max_examples=8, deadline=None)
def test_chunks_may_have_any_length(lengths: list[int]) -> None:
    chunks = np.split(TUNE, np.minimum(np.cumsum(lengths), len(TUNE)))
    assert np.array_equal(audio_fingerprint(chunks, SAMPLE_RATE), CODES)


def test_channels_are_averaged() -> None:
    stereo = np.stack([1.5 * TUNE, 0.5 * TUNE], axis=1)
    assert wrong_bits(audio_fingerprint([stereo], SAMPLE_RATE), CODES) < 0.001


@pytest.mark.parametrize("gain", [0.001, 0.1, 10.0])
def test_the_gain_does_not_matter(gain: float) -> None:
    assert wrong_bits(audio_fingerprint([np.float32(gain) * TUNE], SAMPLE_RATE), CODES) < 0.001


def test_a_code_describes_the_same_audio_on_both_grids() -> None:
    """Half a step later, the codes of the second grid are those of the first."""
    half = round(CODE_HOP / CODE_GRIDS * SAMPLE_RATE / CODE_RATE)
    later = audio_fingerprint([TUNE[half:]], SAMPLE_RATE)
    assert wrong_bits(later, CODES[1:]) < 0.01
    assert wrong_bits(later, CODES) > 0.02


def test_other_music_has_other_codes() -> None:
    assert wrong_bits(audio_fingerprint([tune(1, 6.0)], SAMPLE_RATE), CODES) > 0.25


@pytest.mark.parametrize(
    "chunks", [[], [TUNE[:0]], [TUNE[:100_000]], [np.zeros((300_000, 2), np.float32)]]
)
def test_short_and_silent_recordings_have_no_codes(chunks: list[np.ndarray]) -> None:
    assert len(audio_fingerprint(chunks, SAMPLE_RATE)) == 0


def test_a_missing_library_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "chromaprint.py").write_text("raise ImportError('no libchromaprint')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "chromaprint", raising=False)
    with pytest.raises(UserError, match=r"libchromaprint1.*corpus\.duplicates: false"):
        audio_fingerprint([TUNE], SAMPLE_RATE)


names = st.text(st.characters(categories=["L", "N"], include_characters="_-"), min_size=1)
codes = arrays(np.uint32, st.integers(0, 9))


@given(st.dictionaries(names, codes, max_size=4))
@settings(max_examples=15, deadline=None)
def test_written_fingerprints_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, fingerprints: dict[str, np.ndarray]
) -> None:
    path = tmp_path_factory.mktemp("fingerprints") / "new" / "0.npz"
    write_fingerprints(path, fingerprints)
    read = read_fingerprints(path)
    assert list(read) == list(fingerprints)
    for name, values in fingerprints.items():
        assert read[name].dtype == np.uint32
        assert np.array_equal(read[name], values)
    assert [file.name for file in path.parent.iterdir()] == ["0.npz"]


def test_the_same_fingerprints_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_fingerprints(tmp_path / name, {"song": CODES})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_damaged_files_are_errors(tmp_path: Path) -> None:
    good = tmp_path / "good.npz"
    write_fingerprints(good, {"song": CODES})
    data = good.read_bytes()
    middle = len(data) // 2
    damaged = {
        "cut": data[:-40],
        "empty": b"",
        "text": b"song\tcodes\n",
        "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
    np.savez(tmp_path / "other.npz", songs=["a"], lengths=[3], codes=np.zeros(2, np.uint32))
    np.savez(tmp_path / "foreign.npz", values=np.zeros(2))
    for name in (*damaged, "other.npz", "foreign.npz"):
        with pytest.raises(UserError, match=f"{name}: is not a file of fingerprints"):
            read_fingerprints(tmp_path / name)
    with pytest.raises(UserError, match=r"gone\.npz: no such file"):
        read_fingerprints(tmp_path / "gone.npz")
