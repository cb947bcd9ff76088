"""MedleyDB: roles from labels, metadata that lie elsewhere, hidden drums, bleed, bad metadata."""

import shutil
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from jukedrummer.audio.io import read_audio
from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.song import SourceSong, Unusable, Work
from jukedrummer.corpus.sources.medleydb import UNMARKED_BLEED, MedleydbConfig, songs
from jukedrummer.errors import UserError
from tests.corpus.running import read_source, run_stages
from tests.layouts import medleydb, music

FIRST, SECOND = "The Made Ups - First Song", "The Made Ups - Second Song"
POLKA = "Music Delta Multitracks - Polka"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A copy of the data set."""
    root: Path = tmp_path_factory.mktemp("medleydb") / "data"
    medleydb.make(root, seconds=2.0)
    return root


@pytest.fixture(scope="module")
def two_tracks(tmp_path_factory) -> Path:
    """The first and the third track, a second long."""
    root: Path = tmp_path_factory.mktemp("tracks")
    for number in (0, 2):
        medleydb.make_track(root, number, 1.0)
    return root


@pytest.fixture
def track(two_tracks, tmp_path) -> Path:
    """The folder of the first track, beside another one, to be damaged."""
    shutil.copytree(two_tracks, tmp_path / "data")
    return tmp_path / "data" / "MadeUps_FirstSong"


def read(root: Path, folder: Path, **keys) -> tuple[dict[str, SourceSong], dict[str, Unusable]]:
    return read_source(MedleydbConfig(path=str(root), **keys), folder)


def metadata_of(track: Path) -> Path:
    return track / f"{track.name}_METADATA.yaml"


def edit(track: Path, **changes) -> None:
    about = yaml.safe_load(metadata_of(track).read_text())
    metadata_of(track).write_text(yaml.safe_dump({**about, **changes}))


def edit_stem(number: str = "S01", **changes):
    def change(track):
        about = yaml.safe_load(metadata_of(track).read_text())
        about["stems"][number].update(changes)
        edit(track, stems=about["stems"])

    return change


def roles(song: SourceSong) -> list[tuple[str, str]]:
    return [(stem.path.stem.removeprefix(song.identity), stem.role) for stem in song.stems]


def test_songs(data, tmp_path):
    songs, unusable = read(data, tmp_path)
    assert {name: song.artist for name, song in songs.items()} == {
        FIRST: "The Made Ups",
        SECOND: "The Made Ups",
        POLKA: "",  # each piece is an artist of its own
    }
    assert {name: row.rule for name, row in unusable.items()} == {
        "Nobody_Live": "bleed",
        "Nobody_Stage": "hidden drums",
        "Orchestra_Overture": "no drums",
    }
    assert {(song.licence, song.split) for song in songs.values()} == {("CC BY-NC-SA", "")}
    assert songs[FIRST].style == music.style(medleydb.FIRST_SEED)
    assert songs[FIRST].identity == "MadeUps_FirstSong"
    assert roles(songs[FIRST]) == [
        ("_STEM_01", "drums"),
        ("_STEM_02", "other"),
        ("_STEM_03", "other"),
        ("_STEM_04", "other"),
        ("_MIX", "mixture"),
    ]
    for root in (data / "Audio", data.parent):
        assert read(root, tmp_path)[0] == songs


def test_several_drum_stems_and_percussion(data, tmp_path):
    def drums(**keys):
        polka = read(data, tmp_path, **keys)[0][POLKA]
        return [name[-2:] for name, role in roles(polka) if role == "drums"]

    assert drums() == ["02", "06", "07"]  # drum set, drum machine, and a cymbal beside them
    assert drums(percussion="drums") == ["01", "02", "06", "07"]  # timpani stay


def test_bleed(data, track, tmp_path):
    songs, unusable = read(data, tmp_path, bleed="keep")
    assert "Nobody - Live" in songs
    assert set(unusable) == {"Nobody_Stage", "Orchestra_Overture"}
    edit(track, has_bleed=False)  # not quoted
    assert FIRST in read(track.parent, tmp_path)[0]
    edit(track, has_bleed=None)
    row = read(track.parent, tmp_path)[1][track.name]
    assert row.rule == "bleed"
    assert "has_bleed is 'null'; set bleed: keep" in row.reason


def test_bleed_that_only_the_errata_name(track, tmp_path):
    name = sorted(UNMARKED_BLEED)[0]
    other = track.parent / name
    for path in sorted(track.rglob("*"), reverse=True):
        path.rename(path.with_name(path.name.replace(track.name, name)))
    track.rename(other)
    metadata_of(other).write_text(metadata_of(other).read_text().replace(track.name, name))
    row = read(other.parent, tmp_path)[1][name]
    assert row.rule == "bleed"
    assert "errata" in row.reason


def test_a_pair_is_the_sum_of_the_stems(data, tmp_path):
    outcome = run_stages(tmp_path / "out", [MedleydbConfig(path=str(data))])
    assert len(outcome.pairs) == 3
    assert Counter(row.rule for row in outcome.rejected) == {
        "bleed": 1,
        "hidden drums": 1,
        "no drums": 1,
    }
    _, folder = outcome.pairs["Music_Delta_Multitracks_-_Polka"]
    stems = music.stems(medleydb.FIRST_SEED + 1, 2.0)
    mono = {name: audio.mean(axis=1) for name, audio in stems.items()}
    np.testing.assert_allclose(read_audio(folder / "drums.flac"), mono["drums"], atol=2e-4)
    others = 0.1 * (mono["drums"] + mono["bass"]) + mono["bass"] + mono["other"] + mono["vocals"]
    np.testing.assert_allclose(read_audio(folder / "drumless.flac"), others, atol=3e-4)
    split = {song.song: song.split for song in outcome.songs}
    assert split["The_Made_Ups_-_First_Song"] == split["The_Made_Ups_-_Second_Song"]


def test_metadata_in_another_folder(track, tmp_path):
    elsewhere = tmp_path / "Metadata"
    elsewhere.mkdir()
    other = track.parent / "MadeUps_SecondSong"
    shutil.move(metadata_of(track), elsewhere)
    songs, unusable = read(track.parent, tmp_path)
    assert list(songs) == [SECOND]
    assert unusable[track.name].rule == "metadata"
    assert "see the key metadata" in unusable[track.name].reason
    assert set(read(track.parent, tmp_path, metadata=str(elsewhere))[0]) == {FIRST, SECOND}
    shutil.copy(metadata_of(other), elsewhere)
    edit(other, title="Old Title")
    assert SECOND in read(track.parent, tmp_path, metadata=str(elsewhere))[0]
    for path in (metadata_of(other), *elsewhere.iterdir()):
        path.unlink()
    with pytest.raises(UserError, match=r"none of 2 tracks has a file .*marl/medleydb"):
        read(track.parent, tmp_path)
    with pytest.raises(UserError, match=r"Metadata: has no files <Track>_METADATA\.yaml"):
        MedleydbConfig(path=str(tmp_path), metadata=str(elsewhere)).check_machine("source")
    with pytest.raises(UserError, match=r"source\.metadata is .*: no such folder"):
        MedleydbConfig(path=str(tmp_path), metadata="gone").check_machine("source")


def test_labels_in_a_list(track, tmp_path):
    edit_stem("S01", instrument=["drum set", "kick drum"])(track)
    edit_stem("S02", instrument=["piano", "glockenspiel"])(track)
    songs, _ = read(track.parent, tmp_path)
    assert [role for _, role in roles(songs[FIRST])][:2] == ["drums", "other"]


def write(text: str):
    return lambda track: metadata_of(track).write_text(text)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("damage", "rule", "reason"),
    [
        (write("stems: {"), "metadata", "is not YAML"),
        (write("- a\n- b\n"), "metadata", "has no keys and values"),
        (write(""), "metadata", "has no keys and values"),
        (
            write("a: \udcff".encode(errors="surrogateescape").decode("latin-1")),
            "metadata",
            "stems",
        ),
        (write(BOMB), "metadata", "has the alias *a"),
        (write("a: " + "[" * 50_000), "metadata", "nested more than 20 levels"),
        (write("a: " + "9" * 50_000), "metadata", "has no stems"),
        (write("stems: !!python/object:os.system {}"), "metadata", "has no stems"),
        (write("#" * 200_000), "metadata", "more than 65536 bytes"),
        (lambda track: edit(track, stems={}), "metadata", "has no stems"),
        (lambda track: edit(track, stems=["S01"]), "metadata", "has no stems"),
        (lambda track: edit(track, stems={"S01": "x"}), "metadata", "filename None"),
        (edit_stem(filename="../../secret.wav"), "metadata", "filename '../../secret.wav'"),
        (edit_stem(filename=".."), "metadata", "filename '..'"),
        (edit_stem(filename="MadeUps_FirstSong_STEM_02.wav"), "metadata", "of another stem"),
        (edit_stem(instrument={}), "metadata", "instrument {}"),
        (edit_stem(instrument=[]), "metadata", "no instrument"),
        (edit_stem(filename="gone.wav"), "missing stem", "gone.wav: no such file"),
        (edit_stem(instrument="piano"), "no drums", "no stem is a drum machine or a drum set"),
        (edit_stem(instrument="kick drum"), "no drums", "no stem is a"),
        (
            edit_stem("S02", instrument="sampler"),
            "hidden drums",
            "STEM_02.wav (sampler) may contain",
        ),
        (edit_stem(instrument=["drum set", "piano"]), "hidden drums", "(drum set, piano) may"),
        (lambda track: shutil.rmtree(track / f"{track.name}_STEMS"), "missing stem", "STEM_01"),
    ],
)
def test_a_damaged_track_is_left_out_alone(track, tmp_path, damage, rule, reason):
    damage(track)
    start = time.process_time()
    songs, unusable = read(track.parent, tmp_path)
    assert time.process_time() - start < 2
    assert list(songs) == [SECOND]
    assert unusable[track.name].rule == rule
    assert reason in unusable[track.name].reason
    assert str(track) in unusable[track.name].reason


def test_only_drums(track, tmp_path):
    about = yaml.safe_load(metadata_of(track).read_text())
    edit(track, stems={"S01": about["stems"]["S01"]})
    assert read(track.parent, tmp_path)[1][track.name].rule == "only drums"


def test_a_mixture_may_be_missing(track, tmp_path):
    (track / f"{track.name}_MIX.wav").unlink()
    songs, _ = read(track.parent, tmp_path)
    assert {stem.role for stem in songs[FIRST].stems} == {"drums", "other"}


def test_an_empty_file_is_found_when_the_pair_is_made(track, tmp_path):
    (track / f"{track.name}_STEMS" / f"{track.name}_STEM_02.wav").write_bytes(b"")
    outcome = run_stages(tmp_path / "out", [MedleydbConfig(path=str(track.parent))])
    assert list(outcome.pairs) == ["The_Made_Ups_-_Second_Song"]
    assert "STEM_02.wav" in outcome.rejected[0].reason


def test_strange_names_links_and_copies(track, tmp_path):
    edit(track, artist='Bjö\'rk "&" \t Co / Ltd.', title="", genre=["a"])
    (track.parent / "loop").symlink_to(track.parent)
    (track.parent / "._hidden").mkdir()
    shutil.copytree(track, track.parent / "V2" / track.name)
    config = MedleydbConfig(path=str(track.parent))
    first, second, copy = songs(config, Work(tmp_path, 1, CorpusConfig()))
    assert isinstance(first, SourceSong)
    assert first.name == 'Bjö\'rk "&" \t Co / Ltd. - FirstSong'
    assert first.style == ""
    assert isinstance(second, SourceSong)
    assert isinstance(copy, Unusable)
    assert (copy.rule, copy.name) == ("copy", track.name)


def test_a_wrong_folder(track, tmp_path):
    with pytest.raises(UserError, match=r"path of the source medleydb is .*: no such folder"):
        read(tmp_path / "missing", tmp_path)
    for folder in (track, track / f"{track.name}_STEMS"):
        with pytest.raises(UserError, match="this is a track; use the folder above it"):
            read(folder, tmp_path)
    (tmp_path / "else" / "drums").mkdir(parents=True)
    with pytest.raises(UserError, match=r"expected Audio/<Track>/.*; found drums"):
        read(tmp_path / "else", tmp_path)
