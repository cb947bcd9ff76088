"""Songs that hold the same recording: which are found, which are not, and which one stays."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.audio.fingerprint import audio_fingerprint, read_fingerprints, write_fingerprints
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.duplicates import (
    LARGEST_ERROR,
    LEAST_COPIED,
    Duplicate,
    duplicates,
    without_duplicates,
)
from jukedrummer.corpus.fingerprinting import fingerprint_songs
from jukedrummer.corpus.manifest import Song, read_songs, stems_text
from jukedrummer.corpus.song import Stem
from jukedrummer.errors import UserError
from jukedrummer.storage.tables import write_table
from tests.audio.tunes import tune
from tests.corpus.helpers import songs_table

STEP = 1_365 / 11_025 / 2  # seconds from a code to the next
LENGTH = 480  # codes, 32 s


def random_codes(seed: int, length: int = LENGTH) -> np.ndarray:
    """Codes that no other seed has. From a code to the next, 8 % of the bits change."""
    flips = np.random.default_rng(seed).random((length, 32)) < 0.08
    flips[0] ^= np.random.default_rng(seed).random(32) < 0.5
    changes = np.packbits(flips, axis=1).view(np.uint32).ravel()
    return np.bitwise_xor.accumulate(changes)


def worse(codes: np.ndarray, error: float, seed: int = 0) -> np.ndarray:
    """Codes with a share of wrong bits. Half of the codes stay right."""
    random = np.random.default_rng(seed)
    flips = random.random((len(codes), 32)) < 2 * error
    flips[random.random(len(codes)) < 0.5] = False
    return codes ^ np.packbits(flips, axis=1).view(np.uint32).ravel()


def found(*songs: np.ndarray) -> dict[int, int]:
    """Song to the song that it repeats."""
    return {copy.song: copy.of for copy in duplicates(enumerate(songs))}


@given(st.integers(0, LENGTH - 80), st.integers(80, 200), st.booleans())
@settings(max_examples=25, deadline=None)
def test_an_excerpt_is_found_at_any_place(start: int, length: int, first: bool) -> None:
    whole, excerpt = random_codes(0), random_codes(0)[start : start + length]
    songs = [excerpt, whole] if first else [whole, excerpt]
    (copy,) = duplicates(enumerate([random_codes(1), *songs, random_codes(2)]))
    assert (copy.song, copy.of) == (2, 1)
    assert copy.error < 0.1 if start % 2 else copy.error == 0
    shared = min(length, LENGTH - start)
    assert copy.seconds == pytest.approx(2.5 + STEP * shared, abs=0.3)


@pytest.mark.parametrize(("error", "expected"), [(0.05, {1: 0}), (0.12, {1: 0}), (0.4, {})])
def test_wrong_bits_are_tolerated_up_to_a_limit(error: float, expected: dict[int, int]) -> None:
    assert found(random_codes(0), worse(random_codes(0), error)) == expected


def test_the_error_is_reported() -> None:
    (copy,) = duplicates(enumerate([random_codes(0), worse(random_codes(0), 0.1)]))
    assert copy.error == pytest.approx(0.1, abs=0.02)
    assert copy.error <= LARGEST_ERROR


def test_recordings_that_share_a_short_part_are_not_the_same() -> None:
    shared = random_codes(0, 160)
    songs = [np.concatenate([shared, random_codes(seed)]) for seed in (1, 2)]
    assert found(*songs) == {}
    assert found(songs[0], shared) == {1: 0}


def test_the_end_of_one_recording_may_begin_another_only_if_it_is_long() -> None:
    whole = random_codes(0, 1_000)
    assert found(whole[:560], whole[440:]) == {}  # 10 s
    assert found(whole[:660], whole[340:]) == {1: 0}  # 20 s


@pytest.mark.parametrize("length", [0, 1, 5, 50])
def test_short_fingerprints_never_match(length: int) -> None:
    assert found(*[random_codes(0)[:length]] * 2, random_codes(0)) == {}


def test_silence_and_steady_tones_never_match() -> None:
    silence = np.full(LENGTH, 627_964_279, np.uint32)
    tone = np.tile(random_codes(0, 8).repeat(4), LENGTH // 32)
    assert found(silence, silence, tone, tone) == {}


def test_no_songs_have_no_copies() -> None:
    assert duplicates([]) == []
    assert found(random_codes(0)) == {}


def test_copies_of_copies_repeat_the_earliest() -> None:
    """The two halves have nothing in common, but both are parts of the third song."""
    whole = random_codes(0)
    other = random_codes(9)
    songs = [other, whole[:220], whole[240:], whole, worse(other, 0.02)]
    assert found(*songs) == {2: 1, 3: 1, 4: 0}


def test_the_number_decides_which_song_is_earlier() -> None:
    numbered = [(7, random_codes(0)), (3, random_codes(0)), (5, random_codes(1))]
    assert duplicates(numbered) == [Duplicate(7, 3, duplicates(numbered)[0].seconds, 0.0)]


def test_forty_copies_are_all_found() -> None:
    songs = [worse(random_codes(0), 0.05, seed) for seed in range(40)]
    assert found(*songs) == dict.fromkeys(range(1, 40), 0)


def test_a_smaller_index_still_finds_long_copies() -> None:
    songs = [*(random_codes(seed) for seed in range(20)), random_codes(7)[100:400]]
    for most_entries in (4_000, 1_000, 1):
        (copy,) = duplicates(enumerate(songs), most_entries)
        assert (copy.song, copy.of) == (20, 7)


def through(path: Path, audio: np.ndarray, rate: int = SAMPLE_RATE) -> np.ndarray:
    """Audio that was written to a compressed file and read back."""
    soundfile.write(path, audio, rate)
    return soundfile.read(path, dtype="float32")[0]


CHANGES: dict[str, Callable[[np.ndarray, Path], tuple[np.ndarray, int]]] = {
    "none": lambda audio, _: (audio, SAMPLE_RATE),
    "gain": lambda audio, _: (0.01 * audio, SAMPLE_RATE),
    "mp3": lambda audio, folder: (through(folder / "a.mp3", audio), SAMPLE_RATE),
    "ogg": lambda audio, folder: (through(folder / "a.ogg", audio), SAMPLE_RATE),
    "48 kHz": lambda audio, _: (soxr.resample(audio, SAMPLE_RATE, 48_000), 48_000),
    "treble": lambda audio, _: (audio - 0.3 * np.roll(audio, 1), SAMPLE_RATE),
}


@pytest.fixture(scope="module")
def tunes() -> list[np.ndarray]:
    """Four tunes of 15 s with the same chords."""
    return [tune(seed, 15.0) for seed in range(4)]


@pytest.mark.parametrize("change", CHANGES)
def test_changed_excerpts_of_a_recording_are_found(
    change: str, tunes: list[np.ndarray], tmp_path: Path
) -> None:
    """Of 8 s, from a place between two codes."""
    codes = [audio_fingerprint([audio], SAMPLE_RATE) for audio in tunes]
    for number, start in zip(range(4), count(100_003, 50_021), strict=False):
        audio, rate = CHANGES[change](tunes[number][start : start + 8 * SAMPLE_RATE], tmp_path)
        (copy,) = duplicates(enumerate([*codes, audio_fingerprint([audio], rate)]))
        assert (copy.song, copy.of) == (4, number)
        assert copy.seconds > 7
        assert copy.error < 0.15


def write_song(folder: Path, audio: np.ndarray, mixture: bool = False) -> list[Stem]:
    """A song of two stems whose sum is `audio`; and its mixture, if it has one."""
    folder.mkdir()
    parts = {"drums": 0.3 * audio, "other": 0.7 * audio[:-1_000]}
    if mixture:
        parts = {"drums": 0.3 * tune(50, 15.0), "mixture": audio}
    for name, part in parts.items():
        soundfile.write(folder / f"{name}.wav", part, SAMPLE_RATE)
    return [Stem(name, folder / f"{name}.wav") for name in parts]  # type: ignore[arg-type]


def test_songs_of_a_corpus_that_repeat_others_are_left_out(
    tunes: list[np.ndarray], tmp_path: Path
) -> None:
    songs = {
        "stems": write_song(tmp_path / "a", tunes[0]),
        "other": write_song(tmp_path / "b", tunes[1]),
        "again": write_song(tmp_path / "c", tunes[0][200_000:], mixture=True),
        "lost": [Stem("mixture", tmp_path / "gone.wav")],
    }
    table = songs_table(tmp_path, **songs)
    fingerprint_songs(table, tmp_path / "0.npz")
    assert [len(codes) > 0 for codes in read_fingerprints(tmp_path / "0.npz").values()] == [
        True,
        True,
        True,
        False,
    ]
    kept, copies = without_duplicates(read_songs(table), [tmp_path / "0.npz"])
    rejected = [copy.left_out for copy in copies]
    assert [song.song for song in kept] == ["stems", "other", "lost"]
    (row,) = rejected
    assert (row.song, row.rule, row.limit) == ("again", "duplicate", f"{LEAST_COPIED:g}")
    assert float(row.value) > 9
    assert f"{tmp_path}/c/drums.wav" in row.reason
    assert "stems (folder)" in row.reason


def test_the_corpus_order_decides_over_several_files(tmp_path: Path) -> None:
    stems = stems_text([Stem("mixture", tmp_path / "a.wav")])
    songs = [Song(name, "folder", "", stems) for name in "abcd"]
    write_fingerprints(tmp_path / "0", {"a": random_codes(0), "c": random_codes(1)})
    write_fingerprints(tmp_path / "1", {"b": random_codes(1), "d": random_codes(2)})
    kept, copies = without_duplicates(songs, [tmp_path / "0", tmp_path / "1"])
    rejected = [copy.left_out for copy in copies]
    assert [song.song for song in kept] == ["a", "b", "d"]
    assert [row.song for row in rejected] == ["c"]


def test_fingerprints_of_other_songs_are_an_error(tmp_path: Path) -> None:
    write_fingerprints(tmp_path / "0.npz", {"stranger": random_codes(0)})
    with pytest.raises(UserError, match=r"0\.npz: has the song 'stranger'"):
        without_duplicates([], [tmp_path / "0.npz"])


def test_a_copy_with_stems_is_kept_before_a_mix(tmp_path: Path) -> None:
    folder = tmp_path / "songs"
    folder.mkdir()
    soundfile.write(folder / "mix.wav", tune(5, 12.0), SAMPLE_RATE)
    soundfile.write(folder / "drums.wav", 0.5 * tune(5, 12.0), SAMPLE_RATE)
    soundfile.write(folder / "bass.wav", 0.5 * tune(5, 12.0), SAMPLE_RATE)
    stems = Stem("drums", folder / "drums.wav"), Stem("other", folder / "bass.wav")
    rows = [
        Song("mix", "mixes", "", stems_text([Stem("mixture", folder / "mix.wav")]), identity="a"),
        Song("stems", "folder", "", stems_text(stems), identity="b"),
    ]
    write_table(tmp_path / "0.tsv", Song, rows)
    fingerprint_songs(tmp_path / "0.tsv", tmp_path / "0.npz")
    kept, copies = without_duplicates(rows, [tmp_path / "0.npz"])
    rejected = [copy.left_out for copy in copies]
    assert [song.song for song in kept] == ["stems"]
    assert [(row.song, row.rule) for row in rejected] == [("mix", "duplicate")]


def test_an_away_song_that_is_also_in_another_source_is_left_out(tmp_path: Path) -> None:
    """Also if it is listed first, and if only it has stems."""
    mix, stems = (
        stems_text([Stem(role, tmp_path / f"{role}.wav")]) for role in ("mixture", "drums")
    )
    songs = [Song(name, "far", "away", stems) for name in ("copy", "twice", "own")]
    songs += [Song("train", "mine", "", mix)]
    codes = {name: random_codes(number) for number, name in enumerate(("copy", "own"))}
    codes |= {"train": codes["copy"], "twice": codes["own"]}
    write_fingerprints(tmp_path / "0", codes)
    kept, copies = without_duplicates(songs, [tmp_path / "0"])
    rejected = [copy.left_out for copy in copies]
    assert [song.song for song in kept] == ["twice", "train"]
    reasons = {row.song: row.reason for row in rejected}
    assert "also in a source without split: away" in reasons["copy"]
    assert "the same in train (mine)" in reasons["copy"]
    assert "already in the corpus" in reasons["own"]
