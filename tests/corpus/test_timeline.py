"""Times of composed songs, their files, and their random generators."""

from pathlib import Path

import numpy as np
import pytest

from jukedrummer.beats.annotations import read_beats
from jukedrummer.corpus.song_files import song_stems, write_song_files
from jukedrummer.corpus.timeline import Timeline, generator, mean_bpm
from jukedrummer.model.drum_score import read_strokes

WALTZ = Timeline(np.arange(9) * 0.5 + 1, first=-1, meter=3, steps_per_beat=4, swing=0.2)


def test_positions_count_from_the_pickup_to_the_last_downbeat() -> None:
    beats = WALTZ.positions(bars=2)
    assert [position for _, position in beats] == [3, 1, 2, 3, 1, 2, 3, 1]
    assert beats[0][0] == 1.0
    assert mean_bpm(beats) == pytest.approx(120)


def test_odd_sixteenths_swing() -> None:
    assert WALTZ.seconds(0, 0) == pytest.approx(1.5)
    assert WALTZ.seconds(0, 1) == pytest.approx(1.5 + 1.2 * 0.125)
    assert WALTZ.seconds(1, 2) == pytest.approx(3.25)


def test_generators_depend_on_seed_song_and_use() -> None:
    draws = {
        generator(*use).random() for use in ((1, 0, "a"), (2, 0, "a"), (1, 1, "a"), (1, 0, "b"))
    }
    assert len(draws) == 4
    assert generator(1, 0, "a").random() in draws


def test_a_song_is_read_as_it_was_written(tmp_path: Path) -> None:
    wave = np.zeros(100, np.int16)
    stems = {"drums": wave, "bass": wave, "mixture": wave}
    beats, strokes = WALTZ.positions(2), [(1.0, 36, 127), (1.25, 38, 20)]
    write_song_files(tmp_path, stems, beats, strokes, {"style": "waltz"})
    np.testing.assert_allclose(read_beats(tmp_path / "beats.tsv"), beats)
    read = read_strokes(tmp_path / "drums.tsv")
    assert read.times.tolist() == [1.0, 1.25]
    roles = {part.path.stem: part.role for part in song_stems(tmp_path)}
    assert roles == {"bass": "other", "drums": "drums", "mixture": "mixture"}
