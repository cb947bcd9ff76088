"""The second composer's songs: the same bytes every time, exact stems, true annotations."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.config import SAMPLE_RATE, changed
from jukedrummer.corpus.manifest import Song
from jukedrummer.corpus.render import default_soundfont
from jukedrummer.corpus.sources.second_composer import COMPOSER_FINGERPRINT, SecondComposerConfig
from jukedrummer.errors import UserError
from jukedrummer.model.drum_score import read_strokes
from jukedrummer.storage.files import read_json
from tests.corpus.helpers import hashes, list_source, song_folder

# A corpus of away songs alone has nothing to train on.
CONFIG = SecondComposerConfig(split="artist", songs=4, seconds=8.0, seed=4)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small corpus."""
    return tmp_path_factory.mktemp("second")


@pytest.fixture(scope="module")
def songs(made: Path) -> list[Song]:
    """Its songs."""
    return list_source(made, CONFIG)


def wave(song: Song, name: str) -> np.ndarray:
    """A recording of a song, whole numbers."""
    samples, rate = soundfile.read(song_folder(song) / f"{name}.wav", dtype="int16")
    assert rate == SAMPLE_RATE
    whole: np.ndarray = samples.astype(int)
    return whole


def test_songs_have_true_beats_and_a_score_and_are_away_by_default(songs: list[Song]) -> None:
    assert len(songs) == CONFIG.songs
    assert len({song.style for song in songs}) == CONFIG.songs
    for song in songs:
        assert song.check_beats == "no"
        assert song.licence == "MIT"
        assert song.beats is not None
        assert song.score is not None
        assert len(read_strokes(song.score, CONFIG.seconds * 2)) > 10
    assert SecondComposerConfig().is_away
    assert SecondComposerConfig.gives_scores
    assert not SecondComposerConfig.may_repeat


def test_bytes_depend_on_neither_the_workers_nor_the_number_of_songs(
    made: Path, songs: list[Song], tmp_path: Path
) -> None:
    list_source(tmp_path, changed(CONFIG, songs=1), workers=2)
    few, all_songs = hashes(tmp_path / "rendered"), hashes(made / "rendered")
    assert len(few) >= 8
    assert few.items() <= all_songs.items()


def test_the_mixture_is_the_exact_sum_of_stems_in_balance(songs: list[Song]) -> None:
    for song in songs:
        roles = {part.path.stem: part.role for part in song.parts}
        others = [name for name, role in roles.items() if role == "other"]
        assert (roles["drums"], roles["mixture"]) == ("drums", "mixture")
        assert "bass" in others
        drums, rest = wave(song, "drums"), np.sum([wave(song, name) for name in others], axis=0)
        np.testing.assert_array_equal(wave(song, "mixture"), drums + rest)
        assert max(np.abs(part).max() for part in (drums, rest, drums + rest)) < 0.93 * 32_768
        levels = [10 * np.log10(np.mean(np.square(part))) for part in (drums, rest)]
        assert abs(levels[0] - levels[1]) < 7


def test_beats_ascend_and_count_the_meter(songs: list[Song]) -> None:
    for song in songs:
        about = read_json(song_folder(song) / "song.json")
        beats = np.loadtxt(song_folder(song) / "beats.tsv", ndmin=2)
        seconds = len(wave(song, "mixture")) / SAMPLE_RATE
        assert seconds >= CONFIG.seconds
        assert (np.diff(beats[:, 0]) > 0).all()
        assert beats[0, 0] > 0.2
        assert beats[-1, 0] < seconds
        assert ((np.diff(beats[:, 1]) - 1) % about["meter"] == 0).all()
        assert beats[:, 1].max() == about["meter"]
        assert song.bpm == pytest.approx(60 / np.diff(beats[:, 0]).mean(), abs=0.01)
        downbeats = beats[beats[:, 1] == 1, 0]
        assert {section["start"] for section in about["sections"]} <= set(downbeats)


def test_strokes_sound_where_the_score_has_them(songs: list[Song]) -> None:
    for song in songs:
        audio = wave(song, "drums") / 32_768
        hits = np.loadtxt(song_folder(song) / "drums.tsv", ndmin=2)
        loud = hits[np.isin(hits[:, 1], (36, 38, 37, 39)) & (hits[:, 2] > 85)]
        at = np.rint(loud[:, 0] * SAMPLE_RATE).astype(int)
        # Power of the 20 ms after, compared with that of the 10 ms before.
        rises = [
            np.mean(audio[k : k + 882] ** 2) > 2 * np.mean(audio[k - 441 : k - 4] ** 2) for k in at
        ]
        assert np.mean(rises) > 0.9, song.style
        silent = np.concatenate([audio[: int(hits[0, 0] * SAMPLE_RATE) - 10], [0.0]])
        assert np.abs(silent).max() < 1e-3


def test_the_band_is_heard_without_the_drums_throughout(songs: list[Song]) -> None:
    for song in songs:
        rest = (wave(song, "mixture") - wave(song, "drums")) / 32_768
        seconds = rest[: len(rest) // SAMPLE_RATE * SAMPLE_RATE].reshape(-1, SAMPLE_RATE)
        assert np.mean((seconds**2).mean(1) > 1e-6) > 0.7


def test_a_second_run_makes_nothing_and_other_settings_start_afresh(tmp_path: Path) -> None:
    config = changed(CONFIG, songs=1)
    first = list_source(tmp_path, config)
    kept = first[0].parts[0].path
    before = kept.stat().st_mtime_ns
    assert list_source(tmp_path, config) == first
    assert kept.stat().st_mtime_ns == before
    list_source(tmp_path, changed(config, seed=8))
    assert kept.stat().st_mtime_ns != before


def test_songs_of_another_origin_are_not_deleted(tmp_path: Path) -> None:
    mine = tmp_path / "rendered" / "second_composer" / "mine"
    mine.mkdir(parents=True)
    with pytest.raises(UserError, match=f"has songs but no {COMPOSER_FINGERPRINT}"):
        list_source(tmp_path, CONFIG)
    assert mine.exists()


def test_a_soundfont_plays_the_same_notes(songs: list[Song], tmp_path: Path) -> None:
    config = changed(CONFIG, songs=1, soundfont=str(default_soundfont()))
    (song,) = list_source(tmp_path, config)
    own = song_folder(songs[0])
    for name in ("beats.tsv", "drums.tsv"):
        assert (song_folder(song) / name).read_bytes() == (own / name).read_bytes()
    assert not np.array_equal(wave(song, "drums"), wave(songs[0], "drums"))
    assert np.abs(wave(song, "drums")).max() > 1_000
    assert "see the soundfont" in song.licence


def test_a_bad_soundfont_is_one_clear_line(tmp_path: Path) -> None:
    font = tmp_path / "font.sf2"
    with pytest.raises(UserError, match=r"soundfont.*font\.sf2"):
        list_source(tmp_path, changed(CONFIG, soundfont=str(font)))
    font.write_bytes(b"RIFF\x04\x00\x00\x00WAVE")
    with pytest.raises(UserError, match=r"soundfont .*font.sf2: is not a soundfont"):
        list_source(tmp_path, changed(CONFIG, soundfont=str(font)))
    assert not (tmp_path / "rendered").exists()
