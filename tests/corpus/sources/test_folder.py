"""Your own songs: layouts of the folder, names of stems, official splits, annotations."""

import shutil
from contextlib import nullcontext
from pathlib import Path

import pytest

from jukedrummer.config import PairsConfig
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.corpus.song import SourceSong, Unusable
from jukedrummer.corpus.sources.folder import FolderConfig, songs
from jukedrummer.errors import UserError
from tests.audio.helpers import without_programs
from tests.corpus.helpers import list_source, reasons, work_in, write_pairs
from tests.layouts.folder import make

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
USUAL = ("drums.wav", "bass.wav", "mixture.wav")


def scan(root: Path | str, **options: object) -> list[SourceSong | Unusable]:
    return list(songs(FolderConfig(path=str(root), **options), work_in(Path(root))))


def song(folder: Path, *files: str) -> Path:
    """A song of empty files, which is enough to be listed."""
    for name in files or USUAL:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def roles(folder: Path, **options: object) -> dict[str, str]:
    """Role of each file that is used, by its path in the folder of the only song."""
    (found,) = scan(folder.parent, **options)
    assert isinstance(found, SourceSong), found
    return {str(stem.path.relative_to(folder)): stem.role for stem in found.stems}


@needs_ffmpeg
def test_pairs_of_songs_as_people_keep_them(tmp_path: Path) -> None:
    listed = list_source(tmp_path, FolderConfig(path=str(make(tmp_path / "data", seconds=1.5))))
    assert [song.song for song in listed] == [
        "Nobody_-_Fourth",
        "Nobody_-_Second",
        "Sohne_Tochter_-_It_s_Here",
        "studio_take",
    ]
    assert [song.artist for song in listed] == ["Nobody", "Nobody", "Söhne & Töchter", ""]
    assert [song.beats is not None for song in listed] == [False, False, True, False]
    write_pairs(tmp_path / "corpus" / "0.tsv", tmp_path / "pairs", PairsConfig())
    assert reasons(tmp_path / "pairs") == {}
    for row in read_pairs(tmp_path / "pairs"):
        assert row.kind == "true"
        assert row.seconds == pytest.approx(1.5, abs=0.06)
        assert row.residual_db is None or row.residual_db < -10
        assert row.warnings == ""


def test_a_flat_folder_has_no_official_split(tmp_path: Path) -> None:
    for name in ("Band - One", "Band - Two", "three"):
        song(tmp_path / name)
    song(tmp_path / "notes", "readme.txt")
    song(tmp_path / ".hidden")
    found = scan(tmp_path)
    assert [(song.name, song.artist, song.split) for song in found] == [
        ("Band - One", "Band", ""),
        ("Band - Two", "Band", ""),
        ("three", "", ""),
    ]


def test_songs_of_one_name_have_different_identities(tmp_path: Path) -> None:
    # Songs of one identity count as renderings, so they would never be duplicates.
    for place in ("", "train", "test"):
        song(tmp_path / place / "Band - Song")
    (tmp_path / "Band - Song.stem.mp4").touch()
    found = scan(tmp_path)
    assert len({item.identity for item in found if isinstance(item, SourceSong)}) == 4


def test_train_valid_and_test_are_the_official_split(tmp_path: Path) -> None:
    for split in ("train", "Validation", "test"):
        song(tmp_path / split / f"Band - {split}")
    song(tmp_path / "Band - Beside")
    (tmp_path / "train" / "Band - Packed.STEM.mp4").touch()
    found = scan(tmp_path)
    assert {song.name: song.split for song in found} == {
        "Band - Beside": "",
        "Band - train": "train",
        "Band - Packed": "train",
        "Band - Validation": "valid",
        "Band - test": "test",
    }


def test_a_song_may_be_called_test(tmp_path: Path) -> None:
    song(tmp_path / "test")
    song(tmp_path / "Band - One")
    assert [(song.name, song.split) for song in scan(tmp_path)] == [
        ("Band - One", ""),
        ("test", ""),
    ]


def test_streams_of_a_stem_file(tmp_path: Path) -> None:
    song(tmp_path / "in a folder", "Band.stem.mp4", "cover.png")
    (tmp_path / "A.B. - It's.stem.mp4").touch()
    for found in scan(tmp_path):
        expected = [("mixture", 0), ("drums", 1), ("other", 2), ("other", 3), ("other", 4)]
        assert [(stem.role, stem.stream) for stem in found.stems] == expected
    assert [found.name for found in scan(tmp_path)] == ["A.B. - It's", "in a folder"]


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("drums", ["Drums.WAV", "my drum loop.wav", "01_Kick.wav", "Snare_Up.aif", "Hi-Hat.wav"]),
        (
            "drums",
            ["OverheadsL.wav", "05_Tom1.wav", "Floor Tom.wav", "toms.flac", "percussion.mp3"],
        ),
        ("drums", ["Drums/room.wav", "DRUMS/inside/oh.wav"]),
        ("other", ["Bottom.wav", "custom synth.wav", "what.wav", "bridge.wav", "Band/Vox.wav"]),
        ("mixture", ["Mixture.wav"]),
        ("mixture", ["mix.mp3"]),
        ("mixture", ["Rough Mixdown 2.wav"]),
        ("mixture", ["Full_Mix.wav"]),
        ("mixture", ["Band - Song.wav"]),  # as its song
        ("ignored", ["accompaniment.wav", "Instrumental v2.wav", "click.wav", "no_vocals.wav"]),
        ("ignored", ["._drums2.wav", "notes.txt", "@eaDir/drums2.wav"]),
    ],
)
def test_names(tmp_path: Path, role: str, names: list[str]) -> None:
    folder = song(tmp_path / "Band - Song", "drums.wav", "bass.wav", *names)
    used = roles(folder)
    assert used.pop("drums.wav") == "drums"
    assert used.pop("bass.wav") == "other"
    assert used == ({} if role == "ignored" else dict.fromkeys(sorted(names), role))


def test_the_sum_of_all_other_stems_is_used_alone(tmp_path: Path) -> None:
    folder = song(tmp_path / "s", "drums.wav", "bass.wav", "vocals.wav", "no_drums.wav")
    assert roles(folder) == {"drums.wav": "drums", "no_drums.wav": "other"}


def test_patterns_of_the_config(tmp_path: Path) -> None:
    folder = song(tmp_path / "s", "Beat.wav", "raw/drums.wav", "keys/a.wav", "keys/b.wav", "x.wav")
    options = {"drums": ["beat.*"], "other": ["keys", "BEAT"], "ignore": ["RAW/*"]}
    assert roles(folder, **options) == {
        "Beat.wav": "drums",
        "keys/a.wav": "other",
        "keys/b.wav": "other",
    }


def test_of_copies_in_several_formats_the_best_is_used(tmp_path: Path) -> None:
    folder = song(tmp_path / "s", "drums.mp3", "drums.wav", "bass.m4a", "bass.flac", "low/bass.mp3")
    assert roles(folder) == {"drums.wav": "drums", "bass.flac": "other", "low/bass.mp3": "other"}


def test_a_mixture_alone_is_a_mix(tmp_path: Path) -> None:
    assert roles(song(tmp_path / "s", "mix.wav")) == {"mix.wav": "mixture"}


def test_songs_that_cannot_be_used(tmp_path: Path) -> None:
    song(tmp_path / "a no drums", "bass.wav", "mixture.wav")
    song(tmp_path / "b artist", "One/drums.wav", "One/bass.wav", "Two/drums.wav", "Two/bass.wav")
    song(tmp_path / "c mixes", "drums.wav", "bass.wav", "mix.wav", "mixture.wav")
    song(tmp_path / "d\tname", "drums.wav", "bass.wav", "beats.tsv")
    song(tmp_path / "e good")
    song(tmp_path, "f.mp3", "click.wav")
    found = scan(tmp_path)
    assert [(song.name, getattr(song, "rule", "used")) for song in found] == [
        ("a no drums", "no drums"),
        ("b artist", "several songs"),
        ("c mixes", "mixtures"),
        ("d\tname", "file name"),
        ("e good", "used"),
        ("f", "no stems"),
    ]
    assert "found bass.wav, mixture.wav" in found[0].reason
    assert "kind: mixes" in found[-1].reason


def test_annotations_and_facts(tmp_path: Path) -> None:
    folder = song(tmp_path / "Band - One", *USUAL, "beats.tsv", "score.tsv")
    song(tmp_path / "two")
    (tmp_path / "songs.tsv").write_text(
        "song\tartist\tstyle\tlicence\ntwo\tSomebody\trock\tCC0\nBand - One\t\tjazz\t\n"
    )
    first, second = scan(tmp_path)
    assert (first.beats, first.score) == (folder / "beats.tsv", folder / "score.tsv")
    assert (first.artist, first.style, first.licence) == ("Band", "jazz", "")
    assert (second.artist, second.style, second.licence) == ("Somebody", "rock", "CC0")
    assert (second.beats, second.score) == (None, None)


def test_facts_of_a_song_that_is_not_there(tmp_path: Path) -> None:
    song(tmp_path / "one")
    (tmp_path / "songs.tsv").write_text("song\tartist\tstyle\tlicence\nOne\tBand\t\t\n")
    with pytest.raises(UserError, match=r"songs.tsv: the song 'One' is not in .*misspelt"):
        scan(tmp_path)
    (tmp_path / "songs.tsv").write_text("song\tartist\none\tBand\n")
    with pytest.raises(UserError, match=r"songs.tsv: row 1: lacks the columns style, licence"):
        scan(tmp_path)


def test_circles_of_links_and_names_that_are_not_utf8(tmp_path: Path) -> None:
    folder = song(tmp_path / "one", "drums.wav", "bass.wav")
    (folder / "self").symlink_to(folder, target_is_directory=True)
    (folder / "dead.wav").symlink_to("nowhere.wav")
    assert roles(folder) == {"drums.wav": "drums", "bass.wav": "other"}
    (folder / "bass.wav").rename(folder / b"b\xe4ss.wav".decode("utf-8", "surrogateescape"))
    (row,) = list_source(tmp_path / "lists", FolderConfig(path=str(tmp_path / "one" / "..")))
    assert row.parts[1].path.is_file()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no songs found; expected <song>/drums.wav"),
        (["notes/readme.txt", "a.txt"], "no songs found"),
        (["a.wav", "b.mp3"], "for its 2 audio files, use kind: mixes"),
    ],
)
def test_nothing_found(tmp_path: Path, files: list[str], message: str) -> None:
    song(tmp_path, *files) if files else None
    with pytest.raises(UserError, match=message):
        scan(tmp_path)


def test_the_dry_run_asks_for_the_folder_and_ffmpeg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match=r"sources\[0\].path is .*gone: no such folder"):
        FolderConfig(path=str(tmp_path / "gone")).check_machine("corpus.sources[0]")
    monkeypatch.setenv("PATH", str(tmp_path))
    song(tmp_path / "test" / "one")
    FolderConfig(path=str(tmp_path)).check_machine("corpus.sources[0]")
    (tmp_path / "test" / "two.stem.mp4").touch()
    with pytest.raises(UserError, match=r"such as .*two\.stem\.mp4 need ffmpeg, which is not inst"):
        FolderConfig(path=str(tmp_path)).check_machine("corpus.sources[0]")


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("one/keys.m4a", True),
        ("train/one/deep/bass.MP4", True),
        ("one/one.stem.mp4", True),
        ("one/click.m4a", False),  # ignored
        ("one/drums.m4a", False),  # a copy of drums.wav
        ("one/._bass.m4a", False),
        ("bass.m4a", False),  # not in the folder of a song
        ("one/bass.mp3", False),
    ],
)
def test_the_dry_run_asks_for_ffmpeg_if_a_stem_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, needed: bool
) -> None:
    without_programs(monkeypatch)
    song(tmp_path / "one")
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    config = FolderConfig(path=str(tmp_path))
    with pytest.raises(UserError, match="need ffmpeg") if needed else nullcontext():
        config.check_machine("corpus.sources[0]")


def test_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    song(tmp_path / "data" / "song")
    monkeypatch.chdir(tmp_path)
    (found,) = scan("data")
    assert found.stems[0].path == tmp_path / "data" / "song" / "drums.wav"
