"""song.rpp, parsed by the package rpp."""

from pathlib import Path

import numpy as np
import pytest
import rpp

from jukedrummer.beats.bar_grid import BarGrid, bar_grid
from jukedrummer.songs.reaper import ProjectTrack, project_text


@pytest.fixture(scope="module")
def grid() -> BarGrid:
    rng = np.random.default_rng(1)
    times = 0.13 + np.cumsum(np.append(0, rng.normal(0.5, 0.02, 30)))
    return bar_grid(np.stack([times, (np.arange(31) + 2) % 4 + 1], axis=1), 16.0)


def parsed(grid: BarGrid, folder: Path, *tracks: ProjectTrack) -> rpp.Element:
    return rpp.loads(project_text(folder, tracks, grid, 16.0, 44_100))


def test_the_tempo_map_follows_the_beats(grid: BarGrid, tmp_path: Path) -> None:
    project = parsed(grid, tmp_path)
    points = [item for item in project.find("TEMPOENVEX") if item[0] == "PT"]
    times = np.array([float(point[1]) for point in points])
    assert times == pytest.approx(grid.times[:-1], abs=1e-9)
    # A tempo of quarter notes, which lasts until the next one, leads from beat to beat.
    quarters = np.array([float(point[2]) for point in points]) * np.diff(grid.times) / 60
    assert quarters == pytest.approx(np.diff(grid.quarters), abs=1e-6)
    assert {point[3] for point in points} == {"1"}
    signatures = {
        float(point[1]): (int(point[4]) & 0xFFFF, int(point[4]) >> 16)
        for point in points
        if len(point) > 4
    }
    bars = [(grid.bar_time(bar), grid.signature(bar)) for bar in (1, 2, 3)]
    assert list(signatures.items()) == [(pytest.approx(time), pair) for time, pair in bars]
    assert project.find("TEMPO")[2:] == ["1", "16"]  # the short bar before the first beat


def test_tracks_name_files_relative_to_the_project(grid: BarGrid, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "take 1"
    project = parsed(
        grid,
        folder,
        ProjectTrack("song", tmp_path / "my song.mp3", 0.5),
        ProjectTrack('a "name"', folder / "stems" / "kick.wav"),
        ProjectTrack("drums (MIDI)", folder / "drums.mid"),
        ProjectTrack("video", tmp_path / "clip.m4a"),
    )
    rows = []
    for track in project.findall("TRACK"):
        source = track.find("./ITEM/SOURCE")
        assert float(track.find("./ITEM/LENGTH")[1]) == 16.0
        assert float(track.find("./ITEM/POSITION")[1]) == 0
        rows.append((track.find("NAME")[1], source.attrib, source.find("./FILE")[1]))
    assert rows == [
        ("song", ["MP3"], "../../my song.mp3"),
        ('a "name"', ["WAVE"], "stems/kick.wav"),
        ("drums (MIDI)", ["MIDI"], "drums.mid"),
        ("video", ["VIDEO"], "../../clip.m4a"),
    ]
    assert float(project.find("./TRACK/VOLPAN")[1]) == 0.5


def test_names_of_any_kind_are_one_text(grid: BarGrid, tmp_path: Path) -> None:
    names = ["plain", "", "it's", 'it\'s "a"', "a `b` 'c' \"d\"", "two\nlines", "caf\udce9"]
    for name in names:
        project = parsed(grid, tmp_path, ProjectTrack(name, tmp_path / "a.wav"))
        text = project.find("./TRACK/NAME")[1]
        assert len(text.split()) == len(name.split())
        text.encode("utf-8")
