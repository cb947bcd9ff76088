"""The source `midi`: folders of stems, splits, what is kept, and what is rejected."""

import shutil
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from jukedrummer.config import SAMPLE_RATE, PairsConfig, changed, load, read_yaml
from jukedrummer.corpus.manifest import Song, read_manifest
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.corpus.sources.midi import MIDI_FINGERPRINT, REJECTED, MidiConfig, draw_split
from jukedrummer.errors import UserError
from jukedrummer.stages.corpus import corpus
from jukedrummer.storage.files import read_json, sha256
from tests.corpus.helpers import hashes, write_pairs
from tests.corpus.midi_files import (
    GUITAR,
    KICK,
    SNARE,
    bad_files,
    band,
    drums,
    make_corpus,
    other_soundfont,
    song_file,
    write_midi,
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> MidiConfig:
    """A folder with two songs."""
    root = tmp_path_factory.mktemp("midi")
    song_file(root / "one.mid", bars=5)
    song_file(root / "more" / "two.MID", bars=6, program=GUITAR)
    return MidiConfig(path=str(root), seconds=10, licence="CC0-1.0")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, source: MidiConfig) -> Path:
    """The corpus of the two songs."""
    folder = tmp_path_factory.mktemp("made")
    make_corpus(folder, source)
    return folder


@pytest.fixture(scope="module")
def rows(made: Path) -> list[Song]:
    """Its manifest."""
    return read_manifest(made / "manifest.tsv")


def audio(song: Song) -> dict[str, np.ndarray]:
    return {path.stem: soundfile.read(path)[0] for path in sorted(song.path.glob("*.wav"))}


def test_songs_are_folders_of_stems_in_the_order_of_names(
    rows: list[Song], source: MidiConfig
) -> None:
    assert [song.song[:4] for song in rows] == ["two_", "one_"]
    assert [sorted(audio(song)) for song in rows] == [
        ["bass", "drums", "guitar"],
        ["bass", "drums", "keys"],
    ]
    for song in rows:
        info = [soundfile.info(path) for path in song.path.glob("*.wav")]
        assert {(i.samplerate, i.channels, i.subtype) for i in info} == {(SAMPLE_RATE, 1, "PCM_16")}
        assert len({i.frames for i in info}) == 1
        assert max(i.duration for i in info) <= source.seconds
        assert (song.kind, song.bpm, song.licence) == ("stems", 120.0, "CC0-1.0")


def test_stems_do_not_clip_and_are_as_loud_as_the_drums(rows: list[Song]) -> None:
    for song in rows:
        stems = audio(song)
        mixture = np.sum(list(stems.values()), axis=0)
        assert max(np.abs(wave).max() for wave in (mixture, *stems.values())) < 0.9
        drums = stems.pop("drums")
        levels = [10 * np.log10(np.mean(w**2)) for w in (drums, np.sum(list(stems.values()), 0))]
        assert abs(levels[0] - levels[1]) < 2


def test_drums_sound_where_they_are_annotated(rows: list[Song]) -> None:
    for song in rows:
        wave = audio(song)["drums"]
        hits, beats = (
            np.loadtxt(song.path / f"{name}.tsv", ndmin=2) for name in ("drums", "beats")
        )
        loud = hits[np.isin(hits[:, 1], (KICK, SNARE))]
        at = np.rint(loud[:-1, 0] * SAMPLE_RATE).astype(int)
        rises = [np.mean(wave[k : k + 882] ** 2) > 2 * np.mean(wave[k - 441 : k] ** 2) for k in at]
        assert np.mean(rises) > 0.9
        assert np.abs(np.subtract.outer(loud[:, 0], beats[:, 0])).min(1).max() < 1e-6
        kicks = loud[loud[:, 1] == KICK, 0]
        assert np.abs(np.subtract.outer(beats[beats[:, 1] == 1, 0], kicks)).min(1).max() < 1e-6


def test_what_is_known_of_the_file(rows: list[Song], source: MidiConfig) -> None:
    about = read_json(rows[0].path / "song.json")
    assert about["file"] == "more/two.MID"
    assert about["midi_sha256"] == sha256(Path(source.path) / "more" / "two.MID")
    assert about["soundfont"] == "TimGM6mb.sf2"
    assert (about["transposition"], about["phase"], about["tempo"]) == (0, "unclear", "in the file")
    assert (about["meter"], about["bpm_range"]) == (["4/4"], [120.0, 120.0])
    assert about["onsets_on_grid"] == 1.0


def test_a_default_tempo_is_marked(tmp_path: Path) -> None:
    write_midi(tmp_path / "files" / "a.mid", drums(20), band(20), tempi=())
    (song,) = make_corpus(tmp_path, MidiConfig(path=str(tmp_path / "files")))
    assert (song.bpm, read_json(song.path / "song.json")["tempo"]) == (120.0, "default")


def test_bytes_depend_on_neither_the_workers_nor_other_songs(
    made: Path, source: MidiConfig, tmp_path: Path
) -> None:
    shutil.copytree(source.path, tmp_path / "files")
    controls = ((101, 0), (100, 0), (6, 12), (38, 5), (7, 20), (11, 30))
    messages = [mido.Message("control_change", control=c, value=v) for c, v in controls]
    messages.append(mido.Message("pitchwheel", pitch=5_000))
    # It leaves the synthesiser in another state.
    changes = [(1.0, message.copy(channel=k)) for message in messages for k in (0, 1, 9)]
    write_midi(tmp_path / "files" / "a_first.mid", drums(32), band(32), extra=changes)
    config = changed(source, path=str(tmp_path / "files"))
    for workers in (1, 2):
        folder = tmp_path / f"more_{workers}"
        assert len(make_corpus(folder, config, workers)) == 3
        assert hashes(made / "songs").items() <= hashes(folder / "songs").items()


def test_a_split_depends_on_the_song_and_the_seed_alone() -> None:
    config = MidiConfig(path=".", test_share=0.2, valid_share=0.1)
    names = [f"song {k}" for k in range(4_000)]
    splits = [draw_split(name, config) for name in names]
    for split, share in (("test", 0.2), ("valid", 0.1), ("train", 0.7)):
        assert splits.count(split) / len(names) == pytest.approx(share, abs=0.03)
    assert splits != [draw_split(name, changed(config, seed=2)) for name in names]
    larger = [draw_split(name, changed(config, test_share=0.3)) for name in names]
    assert {name for name, split in zip(names, splits, strict=True) if split == "test"} < {
        name for name, split in zip(names, larger, strict=True) if split == "test"
    }


def test_more_songs_do_not_move_those_that_are_there(
    rows: list[Song], source: MidiConfig, tmp_path: Path
) -> None:
    shutil.copytree(source.path, tmp_path / "files")
    for number in range(3):
        song_file(tmp_path / "files" / f"{number}.mid", bars=5 + number, program=48)
    more = make_corpus(tmp_path, changed(source, path=str(tmp_path / "files")))
    assert {(song.song, song.split) for song in rows} < {(song.song, song.split) for song in more}


def test_names_of_any_kind(tmp_path: Path) -> None:
    files = tmp_path / "files"
    names = ["a/тест 曲\tñ.mid", "a/same.mid", "b/same.mid", f"{'x' * 200}.mid", ".hidden.mid"]
    for number, name in enumerate(names):
        song_file(files / name, bars=5, program=8 * number)
    (files / "folder.mid").mkdir()
    shutil.copy(files / "a/same.mid", files / "copy.mid")
    rows = make_corpus(tmp_path, MidiConfig(path=str(files), seconds=8))
    assert len(rows) == len({song.song.lower() for song in rows}) == 4
    assert max(len(song.song) for song in rows) < 100
    assert [song.song for song in read_manifest(tmp_path / "manifest.tsv")] == [
        song.song for song in rows
    ]
    table = (tmp_path / REJECTED).read_text()
    assert table == "song\treason\ncopy.mid\thas the same bytes as a/same.mid\n"


def test_rejected_files_do_not_fail_the_stage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    faults = bad_files(files)
    (files / "n.mid").unlink()  # part of a fault
    song_file(files / "good.mid", bars=5)
    rows = make_corpus(tmp_path / "out", MidiConfig(path=str(files), seconds=60))
    assert [song.song[:5] for song in rows] == ["good_"]
    header, *lines = (tmp_path / "out" / REJECTED).read_text().splitlines()
    assert header == "song\treason"
    reasons = dict(line.split("\t") for line in lines)
    assert set(reasons) == {path.name for path, _ in faults.values()}
    for path, reason in faults.values():
        assert reason in reasons[path.name]
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1
    assert printed[0].startswith(f"corpus: {len(faults)} of {len(faults) + 1} MIDI files are rejec")


def test_no_song_is_an_error(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    config = MidiConfig(path=str(files))
    with pytest.raises(UserError, match=r"no MIDI files .* found"):
        make_corpus(tmp_path, config)
    (files / "bad.mid").write_bytes(b"x")
    with pytest.raises(
        UserError, match=r"all 1 MIDI files are rejected. The first: bad.mid: is no"
    ):
        make_corpus(tmp_path, config)
    assert (tmp_path / REJECTED).exists()


def test_soundfonts_and_transpositions_change_the_band_but_not_the_score(
    tmp_path: Path, source: MidiConfig
) -> None:
    fonts = (str(other_soundfont(tmp_path / "other.sf2")), str(tmp_path / "third.sf2"))
    shutil.copy(fonts[0], fonts[1])
    with open(fonts[1], "ab") as file:
        file.write(b"\0\0")
    config = changed(source, soundfonts=fonts, transpose=2, renderings=4)
    rows = make_corpus(tmp_path / "out", config)
    assert len(rows) == 8
    for first in (rows[:4], rows[4:]):
        about = [read_json(song.path / "song.json") for song in first]
        assert len({(a["soundfont"], a["transposition"]) for a in about}) == 4
        assert {a["soundfont"] for a in about} == {"other.sf2", "third.sf2"}
        assert len({a["transposition"] for a in about}) == 4
        assert len({song.split for song in first}) == 1
        for name in ("drums.tsv", "beats.tsv"):
            assert len({sha256(song.path / name) for song in first}) == 1
        assert len({sha256(song.path / "bass.wav") for song in first}) == 4


def test_another_soundfont_sounds_otherwise(
    tmp_path: Path, source: MidiConfig, rows: list[Song]
) -> None:
    font = str(other_soundfont(tmp_path / "other.sf2"))
    for song, other in zip(
        rows, make_corpus(tmp_path, changed(source, soundfonts=[font])), strict=True
    ):
        assert song.song == other.song
        for name, wave in audio(song).items():
            assert np.abs(wave - audio(other)[name]).max() > 0.01
        assert sha256(song.path / "drums.tsv") == sha256(other.path / "drums.tsv")


@pytest.mark.parametrize("fonts", [1, 2, 3])
def test_more_renderings_than_there_are_differences_are_an_error(fonts: int) -> None:
    names = [f"{k}.sf2" for k in range(fonts)]
    MidiConfig(path=".", soundfonts=names, transpose=1, renderings=3 * fonts)
    with pytest.raises(UserError, match=f"give {3 * fonts} different"):
        MidiConfig(path=".", soundfonts=names, transpose=1, renderings=3 * fonts + 1)


def test_all_pairs_of_soundfont_and_transposition_are_used(
    tmp_path: Path, source: MidiConfig
) -> None:
    fonts = [str(other_soundfont(tmp_path / f"{k}.sf2")) for k in range(3)]
    config = changed(source, soundfonts=fonts, transpose=1, renderings=9, seconds=8)
    rows = make_corpus(tmp_path / "out", config)[:9]
    about = [read_json(song.path / "song.json") for song in rows]
    assert len({(a["soundfont"], a["transposition"]) for a in about}) == 9


def test_a_second_run_makes_nothing_and_other_settings_start_afresh(
    tmp_path: Path, source: MidiConfig
) -> None:
    (song, _) = make_corpus(tmp_path, source)
    stale = tmp_path / "songs" / "stale"
    stale.mkdir()
    before = (song.path / "drums.wav").stat().st_mtime_ns
    assert make_corpus(tmp_path, source)[0] == song
    assert (song.path / "drums.wav").stat().st_mtime_ns == before
    assert not stale.exists()
    make_corpus(tmp_path, changed(source, licence="MIT", renderings=1))
    assert (song.path / "drums.wav").stat().st_mtime_ns == before
    make_corpus(tmp_path, changed(source, seconds=9))
    assert (song.path / "drums.wav").stat().st_mtime_ns != before


def test_songs_of_another_origin_are_not_deleted(tmp_path: Path, source: MidiConfig) -> None:
    mine = tmp_path / "songs" / "mine"
    mine.mkdir(parents=True)
    with pytest.raises(UserError, match=f"has songs but no {MIDI_FINGERPRINT}"):
        make_corpus(tmp_path, source)
    assert mine.exists()


def test_a_bad_soundfont_is_one_clear_line(tmp_path: Path, source: MidiConfig) -> None:
    font = tmp_path / "font.sf2"
    config = changed(source, soundfonts=[str(font)])
    with pytest.raises(UserError, match=r"corpus.soundfonts has .*font.sf2: no such file"):
        make_corpus(tmp_path, config)
    font.write_bytes(b"x")
    with pytest.raises(UserError, match=r"corpus.soundfonts .*font.sf2: is not a soundfont"):
        make_corpus(tmp_path, config)
    assert not (tmp_path / "songs").exists()


def test_the_stages_corpus_and_pairs(tmp_path: Path, source: MidiConfig) -> None:
    manifest = tmp_path / "corpus" / "manifest.tsv"
    corpus(manifest, settings=source)
    write_pairs(manifest, tmp_path / "pairs", PairsConfig())
    pairs = read_pairs(tmp_path / "pairs")
    assert [pair.song for pair in pairs] == [song.song for song in read_manifest(manifest)]
    assert all(5 < pair.seconds <= 10 for pair in pairs)
    assert (tmp_path / "pairs" / "rejected.tsv").read_text() == "song\treason\n"


def test_the_config_file_is_valid() -> None:
    folder = Path(__file__).parents[2] / "config"
    config = load(read_yaml(folder / "config.yaml"), read_yaml(folder / "midi.yaml"))
    assert isinstance(config.corpus, MidiConfig)
    assert (config.corpus.path, config.corpus.soundfonts) == ("midi", ())
