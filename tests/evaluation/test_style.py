"""Style and prompt adherence of drums whose order is known."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import scipy.signal

from jukedrummer.audio.io import write_audio
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.evaluation.home_away import other_songs
from jukedrummer.evaluation.reference import ANNOTATED, Reference
from jukedrummer.evaluation.stroke_reader import StrokeReader
from jukedrummer.evaluation.style import style_features, style_json, style_windows
from jukedrummer.evaluation.style_windows import band_flux
from tests.evaluation.helpers.corpus import click_strokes

SECONDS, SONGS = 8, 8
READER = StrokeReader(click_strokes, band_flux, "clicks")
Tracks = Mapping[str, np.ndarray]


def strokes(times: np.ndarray, dark: bool = False) -> np.ndarray:
    """Strokes of noise: bright ones, or dark ones of another kit."""
    impulses = np.zeros(SECONDS * SAMPLE_RATE)
    impulses[(times[times < SECONDS] * SAMPLE_RATE).astype(int)] = 1
    time = np.arange(SAMPLE_RATE // 10) / SAMPLE_RATE
    noise = np.random.default_rng(0).standard_normal(len(time)) * np.exp(-time / 0.02)
    kind = "lowpass" if dark else "highpass"
    sound = scipy.signal.sosfilt(
        scipy.signal.butter(4, 1_000, kind, fs=SAMPLE_RATE, output="sos"), noise
    )
    audio = scipy.signal.fftconvolve(impulses, sound)[: len(impulses)]
    return np.asarray(0.5 * audio / np.abs(audio).max()).astype(np.float32)


def times_of(song: int) -> np.ndarray:
    """The onsets of a song. No two songs have the same rhythm."""
    random = np.random.default_rng(song)
    return np.cumsum(random.uniform(0.15, 0.6, 60))


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> list[Reference]:
    """Songs of a kind: the onsets of the recording are those of the drums."""
    folder = tmp_path_factory.mktemp("songs")
    songs = []
    for number in range(SONGS):
        own = Reference(str(number), folder / str(number), np.zeros((0, 2)), ANNOTATED)
        write_audio(own.folder / "drums.flac", strokes(times_of(number)))
        write_audio(own.folder / "drumless.flac", strokes(times_of(number), dark=True))
        songs.append(own)
    return songs


def measured(songs: list[Reference], folder: Path, **rungs: Tracks) -> dict[str, dict[str, float]]:
    """Rung to the measures of its drums."""
    files = {
        rung: {song: folder / rung / f"{song}.flac" for song in tracks}
        for rung, tracks in rungs.items()
    }
    for rung, tracks in rungs.items():
        for song, audio in tracks.items():
            write_audio(files[rung][song], audio)
    results = style_json(style_windows(files, songs, style_features(READER, None)), songs, 100)
    return {
        rung: {name: value["mean"] for name, value in own.items()} for rung, own in results.items()
    }


def test_adherence_falls_with_the_delay_of_the_drums(
    songs: list[Reference], tmp_path: Path
) -> None:
    late = {
        f"late_{milliseconds}": {
            song.song: strokes(times_of(int(song.song)) + milliseconds / 1_000) for song in songs
        }
        for milliseconds in (0, 20, 40, 100)
    }
    others = other_songs(songs)
    rungs = {**late, "others": {song.song: others[song.song].drums() for song in songs}}
    results = measured(songs, tmp_path, **rungs)
    adherence = [own["adherence"] for own in results.values()]
    assert adherence[0] == pytest.approx(1, abs=0.01)
    assert 0.1 < adherence[2] < 0.5 < adherence[1] < 0.95
    assert adherence[3:] == pytest.approx([0, 0], abs=0.01)  # very late, and other songs' drums
    # The style is that of the real drums, however late they are, and whichever songs they are of.
    assert max(abs(own["style_distance"]) for own in results.values()) < 0.05


def test_the_distance_grows_with_the_share_of_drums_of_another_style(
    songs: list[Reference], tmp_path: Path
) -> None:
    rungs = {
        f"{dark}_dark": {
            song.song: strokes(times_of(int(song.song)), dark=int(song.song) < dark)
            for song in songs
        }
        for dark in (0, 3, 8)
    }
    results = measured(songs, tmp_path, **rungs)
    distances = [own["style_distance"] for own in results.values()]
    assert distances == sorted(distances)
    assert distances[0] == pytest.approx(0, abs=0.01)
    assert distances[-1] > 0.5


def test_without_a_transcriber_there_is_no_style_distance() -> None:
    assert set(style_features(None, None)) == {"adherence"}


def test_a_rung_may_lack_songs(songs: list[Reference], tmp_path: Path) -> None:
    file = songs[0].folder / "drums.flac"
    files = {"some": {song.song: song.folder / "drums.flac" for song in songs[:3]}}
    windows = style_windows({**files, "one": {"0": file}}, songs, style_features(None, None))
    results = style_json(windows, songs, 100)
    assert (results["some"]["adherence"]["mean"], results["some"]["adherence"]["n"]) == (1, 3)
    assert (results["one"]["adherence"]["mean"], results["one"]["adherence"]["n"]) == (None, 1)
    assert set(style_json(windows, songs[1:], 100)) == {"some"}
