"""The source `midi`: folders of stems, splits, what is kept, and what is rejected."""

import shutil
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from jukedrummer.config import SAMPLE_RATE, CorpusConfig, PairsConfig, changed, load, read_yaml
from jukedrummer.corpus.duplicates import without_duplicates
from jukedrummer.corpus.fingerprinting import fingerprint_songs
from jukedrummer.corpus.manifest import Song, read_songs, shard_table
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.corpus.rejected import read_rejected
from jukedrummer.corpus.render import default_soundfont, playing_level
from jukedrummer.corpus.sources.midi import MIDI_FINGERPRINT, MidiConfig
from jukedrummer.corpus.split import draw_splits
from jukedrummer.errors import UserError
from jukedrummer.stages.corpus import corpus
from jukedrummer.stages.pairs import pairs
from jukedrummer.stages.split import split
from jukedrummer.storage.files import read_json, sha256
from tests.corpus.helpers import hashes, list_source, song_folder
from tests.corpus.midi_files import (
    GUITAR,
    KICK,
    SNARE,
    bad_files,
    band,
    drums,
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
    list_source(folder, source)
    return folder


@pytest.fixture(scope="module")
def rows(made: Path) -> list[Song]:
    """Its manifest."""
    return read_songs(shard_table(made / "corpus", 0))


def audio(song: Song) -> dict[str, np.ndarray]:
    return {path.stem: soundfile.read(path)[0] for path in sorted(song_folder(song).glob("*.wav"))}


def test_songs_are_folders_of_stems_in_the_order_of_names(
    rows: list[Song], source: MidiConfig
) -> None:
    assert [song.song[:4] for song in rows] == ["two_", "one_"]
    assert [sorted(audio(song)) for song in rows] == [
        ["bass", "drums", "guitar"],
        ["bass", "drums", "keys"],
    ]
    for song in rows:
        info = [soundfile.info(path) for path in song_folder(song).glob("*.wav")]
        assert {(i.samplerate, i.channels, i.subtype) for i in info} == {(SAMPLE_RATE, 1, "PCM_16")}
        assert len({i.frames for i in info}) == 1
        assert max(i.duration for i in info) <= source.seconds
        assert (song.source, song.bpm, song.licence) == ("midi", 120.0, "CC0-1.0")
        roles = {part.path.stem: part.role for part in song.parts}
        assert roles == {name: "drums" if name == "drums" else "other" for name in audio(song)}
        assert song.check_beats == "yes"


def test_stems_do_not_clip_and_are_as_loud_as_the_drums(rows: list[Song]) -> None:
    for song in rows:
        stems = audio(song)
        mixture = np.sum(list(stems.values()), axis=0)
        assert max(np.abs(wave).max() for wave in (mixture, *stems.values())) < 0.9
        drums = stems.pop("drums")
        levels = [10 * np.log10(np.mean(w**2)) for w in (drums, np.sum(list(stems.values()), 0))]
        assert abs(levels[0] - levels[1]) < 2


def test_no_stem_is_much_quieter_than_the_loudest(tmp_path: Path) -> None:
    volume = mido.Message("control_change", channel=0, control=7, value=25)
    write_midi(tmp_path / "files" / "a.mid", drums(20), band(20), extra=[(0.0, volume)])
    (song,) = list_source(tmp_path, MidiConfig(path=str(tmp_path / "files"), seconds=10))
    levels = [20 * np.log10(playing_level(audio(song)[name])) for name in ("bass", "keys")]
    assert levels[0] - levels[1] == pytest.approx(12, abs=0.1)


def test_drums_sound_where_they_are_annotated(rows: list[Song]) -> None:
    for song in rows:
        wave = audio(song)["drums"]
        hits, beats = (
            np.loadtxt(song_folder(song) / f"{name}.tsv", ndmin=2) for name in ("drums", "beats")
        )
        loud = hits[np.isin(hits[:, 1], (KICK, SNARE))]
        at = np.rint(loud[:-1, 0] * SAMPLE_RATE).astype(int)
        rises = [np.mean(wave[k : k + 882] ** 2) > 2 * np.mean(wave[k - 441 : k] ** 2) for k in at]
        assert np.mean(rises) > 0.9
        assert np.abs(np.subtract.outer(loud[:, 0], beats[:, 0])).min(1).max() < 1e-6
        kicks = loud[loud[:, 1] == KICK, 0]
        assert np.abs(np.subtract.outer(beats[beats[:, 1] == 1, 0], kicks)).min(1).max() < 1e-6


def test_what_is_known_of_the_file(rows: list[Song], source: MidiConfig) -> None:
    about = read_json(song_folder(rows[0]) / "song.json")
    assert about["file"] == "more/two.MID"
    assert about["midi_sha256"] == sha256(Path(source.path) / "more" / "two.MID")
    assert about["soundfont"] == "TimGM6mb.sf2"
    assert (about["transposition"], about["phase"], about["tempo"]) == (0, "unclear", "in the file")
    assert (about["meter"], about["bpm_range"]) == (["4/4"], [120.0, 120.0])
    assert about["onsets_on_grid"] == 1.0


def test_a_default_tempo_is_marked(tmp_path: Path) -> None:
    write_midi(tmp_path / "files" / "a.mid", drums(20), band(20), tempi=())
    (song,) = list_source(tmp_path, MidiConfig(path=str(tmp_path / "files")))
    assert (song.bpm, read_json(song_folder(song) / "song.json")["tempo"]) == (120.0, "default")


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
        assert len(list_source(folder, config, workers)) == 3
        assert hashes(made / "rendered").items() <= hashes(folder / "rendered").items()


def test_a_split_depends_on_the_song_and_the_seed_alone() -> None:
    config = CorpusConfig(test_share=0.2, valid_share=0.1)
    stems = '[["drums", "/a.wav", null], ["other", "/b.wav", null]]'
    songs = [Song(f"song_{k}", "midi", "", stems, identity=f"song {k}") for k in range(4_000)]
    splits = [song.split for song in draw_splits(songs, config)]
    for name, share in (("test", 0.2), ("valid", 0.1), ("train", 0.7)):
        assert splits.count(name) / len(songs) == pytest.approx(share, abs=0.03)
    assert splits != [song.split for song in draw_splits(songs, changed(config, seed=2))]
    larger = draw_splits(songs, changed(config, test_share=0.3))
    assert {song.song for song, name in zip(songs, splits, strict=True) if name == "test"} < {
        song.song for song in larger if song.split == "test"
    }


def test_more_songs_do_not_change_those_that_are_there(
    rows: list[Song], source: MidiConfig, tmp_path: Path
) -> None:
    shutil.copytree(source.path, tmp_path / "files")
    for number in range(3):
        song_file(tmp_path / "files" / f"{number}.mid", bars=5 + number, program=48)
    more = list_source(tmp_path, changed(source, path=str(tmp_path / "files")))
    assert {(song.song, song.identity) for song in rows} < {
        (song.song, song.identity) for song in more
    }


def test_names_of_any_kind(tmp_path: Path) -> None:
    files = tmp_path / "files"
    names = ["a/тест 曲\tñ.mid", "a/same.mid", "b/same.mid", f"{'x' * 200}.mid", ".hidden.mid"]
    for number, name in enumerate(names):
        song_file(files / name, bars=5, program=8 * number)
    (files / "folder.mid").mkdir()
    shutil.copy(files / "a/same.mid", files / "copy.mid")
    rows = list_source(tmp_path, MidiConfig(path=str(files), seconds=8))
    assert len(rows) == len({song.song.lower() for song in rows}) == 4
    assert max(len(song.song) for song in rows) < 100
    (row,) = read_rejected(tmp_path / "corpus" / "rejected.tsv")
    assert (row.song, row.source, row.rule) == ("copy_mid", "midi", "duplicate")
    assert row.reason == f"{files / 'copy.mid'}: has the same bytes as a/same.mid"


def test_rejected_files_do_not_fail_the_stage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    faults = bad_files(files)
    (files / "n.mid").unlink()  # part of a fault
    song_file(files / "good.mid", bars=5)
    rows = list_source(tmp_path / "out", MidiConfig(path=str(files), seconds=60))
    assert [song.song[:5] for song in rows] == ["good_"]
    rejected = {row.song: row for row in read_rejected(tmp_path / "out/corpus/rejected.tsv")}
    assert set(rejected) == {path.name.replace(".", "_") for path, _ in faults.values()}
    for path, reason in faults.values():
        row = rejected[path.name.replace(".", "_")]
        assert reason in row.reason
        assert row.reason.startswith(f"{path}: ")
        assert row.rule != "unreadable"
    on_purpose = {name for name, row in rejected.items() if row.on_purpose == "yes"}
    assert on_purpose == {"no_drums_mid", "only_drums_mid"}
    assert rejected["events_mid"].limit == "100000"
    assert (rejected["short_mid"].value, rejected["short_mid"].limit) == ("4.2", "5")
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"corpus: midi: 1 songs, {len(faults)} left out"]


def test_no_song_is_an_error(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    config = MidiConfig(path=str(files))
    with pytest.raises(UserError, match=r"no MIDI files .* found"):
        list_source(tmp_path, config)
    (files / "bad.mid").write_bytes(b"x")
    with pytest.raises(
        UserError, match=r"all 1 of the corpus are left out. The first: bad.mid: .*is no"
    ):
        list_source(tmp_path, config)


def test_soundfonts_and_transpositions_change_the_band_but_not_the_score(
    tmp_path: Path, source: MidiConfig
) -> None:
    fonts = (str(other_soundfont(tmp_path / "other.sf2")), str(tmp_path / "third.sf2"))
    shutil.copy(fonts[0], fonts[1])
    with open(fonts[1], "ab") as file:
        file.write(b"\0\0")
    config = changed(source, soundfonts=fonts, transpose=2, renderings=4)
    rows = list_source(tmp_path / "out", config)
    assert len(rows) == 8
    for first in (rows[:4], rows[4:]):
        about = [read_json(song_folder(song) / "song.json") for song in first]
        assert len({(a["soundfont"], a["transposition"]) for a in about}) == 4
        assert {a["soundfont"] for a in about} == {"other.sf2", "third.sf2"}
        assert len({a["transposition"] for a in about}) == 4
        assert len({song.identity for song in first}) == 1
        for name in ("drums.tsv", "beats.tsv"):
            assert len({sha256(song_folder(song) / name) for song in first}) == 1
        assert len({sha256(song_folder(song) / "bass.wav") for song in first}) == 4


def test_renderings_of_one_file_are_no_duplicates_and_on_one_side_of_the_split(
    tmp_path: Path,
) -> None:
    song_file(tmp_path / "files" / "a.mid", bars=16)
    fonts = [str(default_soundfont()), str(other_soundfont(tmp_path / "other.sf2"))]
    config = MidiConfig(path=str(tmp_path / "files"), soundfonts=fonts, renderings=2, seconds=32)
    rows = list_source(tmp_path, config)
    table, stored = shard_table(tmp_path / "corpus", 0), tmp_path / "fingerprints"
    fingerprint_songs(table, stored)
    assert without_duplicates(rows, [stored]) == (rows, [])
    assert len({song.split for song in draw_splits(rows, CorpusConfig())}) == 1
    apart = [replace(song, identity=song.song) for song in rows]  # as if of two files
    assert [copy.of for copy in without_duplicates(apart, [stored])[1]] == [rows[0].song]


def test_another_soundfont_sounds_otherwise(
    tmp_path: Path, source: MidiConfig, rows: list[Song]
) -> None:
    font = str(other_soundfont(tmp_path / "other.sf2"))
    for song, other in zip(
        rows, list_source(tmp_path, changed(source, soundfonts=[font])), strict=True
    ):
        assert song.song == other.song
        for name, wave in audio(song).items():
            assert np.abs(wave - audio(other)[name]).max() > 0.01
        assert sha256(song_folder(song) / "drums.tsv") == sha256(song_folder(other) / "drums.tsv")


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
    rows = list_source(tmp_path / "out", config)[:9]
    about = [read_json(song_folder(song) / "song.json") for song in rows]
    assert len({(a["soundfont"], a["transposition"]) for a in about}) == 9


def test_a_second_run_makes_nothing_and_other_settings_start_afresh(
    tmp_path: Path, source: MidiConfig
) -> None:
    (song, _) = list_source(tmp_path, source)
    stale = tmp_path / "rendered" / "midi" / "stale"
    stale.mkdir()
    drums_file = song_folder(song) / "drums.wav"
    before = drums_file.stat().st_mtime_ns
    assert list_source(tmp_path, source)[0] == song
    assert drums_file.stat().st_mtime_ns == before
    assert not stale.exists()
    list_source(tmp_path, changed(source, licence="MIT", renderings=1))
    assert drums_file.stat().st_mtime_ns == before
    list_source(tmp_path, changed(source, seconds=9))
    assert drums_file.stat().st_mtime_ns != before


def test_songs_of_another_origin_are_not_deleted(tmp_path: Path, source: MidiConfig) -> None:
    mine = tmp_path / "rendered" / "midi" / "mine"
    mine.mkdir(parents=True)
    with pytest.raises(UserError, match=f"has songs but no {MIDI_FINGERPRINT}"):
        list_source(tmp_path, source)
    assert mine.exists()


def test_a_bad_soundfont_is_one_clear_line(tmp_path: Path, source: MidiConfig) -> None:
    font = tmp_path / "font.sf2"
    config = changed(source, soundfonts=[str(font)])
    with pytest.raises(UserError, match=r"soundfonts\[0\] is .*font.sf2: no such file"):
        list_source(tmp_path, config)
    font.write_bytes(b"x")
    with pytest.raises(UserError, match=r"soundfonts .*font.sf2: is not a soundfont"):
        list_source(tmp_path, config)
    assert not (tmp_path / "rendered").exists()


def test_the_stages_from_corpus_to_pairs(tmp_path: Path, source: MidiConfig) -> None:
    settings = CorpusConfig(sources=(source,), shards=1)
    corpus(tmp_path / "corpus", making=tmp_path / "rendered", settings=settings)
    table = shard_table(tmp_path / "split", 0)
    table = shard_table(tmp_path / "corpus", 0)
    split([table], output=tmp_path / "split", settings=settings, pairs=PairsConfig())
    pairs(table, output=tmp_path / "pairs", settings=PairsConfig())
    rows = read_pairs(tmp_path / "pairs")
    assert [pair.song for pair in rows] == [song.song for song in read_songs(table)]
    assert all(5 < pair.seconds <= 10 and pair.kind == "true" for pair in rows)
    assert {pair.annotation for pair in rows} <= {"confirmed", "unclear"}
    assert [pair.beats for pair in rows] == [tmp_path / f"pairs/{p.song}/beats.tsv" for p in rows]
    pairs(table, output=tmp_path / "unchecked", settings=PairsConfig(check_beats=False))
    rows = read_pairs(tmp_path / "unchecked")
    assert [(p.annotation, p.beats) for p in rows] == [("", s.beats) for s in read_songs(table)]
    assert not read_rejected(tmp_path / "pairs" / "rejected.tsv")


def test_the_config_file_is_valid() -> None:
    folder = Path(__file__).parents[2] / "config"
    config = load(read_yaml(folder / "config.yaml"), read_yaml(folder / "midi.yaml"))
    (midi,) = config.corpus.sources
    assert isinstance(midi, MidiConfig)
    assert (midi.path, midi.soundfonts) == ("midi", ())
