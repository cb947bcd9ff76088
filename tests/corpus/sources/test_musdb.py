"""MUSDB18-HQ and MUSDB18: what the package musdb finds, and what it does not."""

import os
import shutil
from pathlib import Path

import pytest

from jukedrummer.config import PairsConfig
from jukedrummer.corpus.pairs import read_pairs
from jukedrummer.corpus.song import SourceSong, Unusable
from jukedrummer.corpus.sources.musdb import MusdbConfig, songs
from jukedrummer.errors import UserError
from tests.corpus.helpers import list_source, reasons, work_in, write_pairs
from tests.layouts.musdb import SONGS, make, make_compressed

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
FILES = ("mixture.wav", "drums.wav", "bass.wav", "other.wav", "vocals.wav")
ROLES = ["mixture", "drums", "other", "other", "other"]


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MUSDB18-HQ with four songs."""
    return make(tmp_path_factory.mktemp("hq"), songs=4, seconds=1.2)


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MUSDB18 with two songs."""
    return make_compressed(tmp_path_factory.mktemp("stems"), songs=2, seconds=1.2)


def scan(root: Path, **options: bool) -> list[SourceSong | Unusable]:
    return list(songs(MusdbConfig(path=str(root), **options), work_in(root)))


def empty_songs(root: Path, *names: str, subset: str = "train") -> Path:
    """Songs whose files are empty: enough to be listed."""
    for name in names:
        (root / subset / name).mkdir(parents=True)
        for file in FILES:
            (root / subset / name / file).touch()
    return root


def test_songs_of_hq(hq: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {song.name: song for song in scan(hq) if isinstance(song, SourceSong)}
    assert list(found) == [name for _, name in sorted(SONGS[:4])]
    for song in found.values():
        folder = song.stems[0].path.parent
        assert [stem.role for stem in song.stems] == ROLES
        assert [stem.path for stem in song.stems] == [folder / file for file in FILES]
        assert {stem.stream for stem in song.stems} == {None}
        assert "education" in song.licence
    assert [(song.artist, song.split) for song in found.values()] == [
        ("M.E.R.C. Music", "test"),
        ("Triviul feat. The Fiend", "test"),
        ("ANiMAL", "train"),
        ("Triviul", "valid"),
    ]
    assert "4 songs as wav (MUSDB18-HQ), 0 as .stem.mp4" in capsys.readouterr().out


@needs_ffmpeg
def test_songs_of_stem_files(stems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = [song for song in scan(stems) if isinstance(song, SourceSong)]
    assert [song.name for song in found] == [name for _, name in sorted(SONGS[:2])]
    assert [song.split for song in found] == ["train", "valid"]
    for song in found:
        assert [(stem.role, stem.stream) for stem in song.stems] == list(
            zip(ROLES, range(5), strict=True)
        )
        assert {stem.path.name for stem in song.stems} == {f"{song.name}.stem.mp4"}
    assert "0 songs as wav (MUSDB18-HQ), 2 as .stem.mp4" in capsys.readouterr().out


@needs_ffmpeg
@pytest.mark.parametrize("is_wav", [True, False])
def test_the_package_finds_the_same(is_wav: bool, hq: Path, stems: Path) -> None:
    import musdb  # needs ffmpeg

    root = hq if is_wav else stems
    valid = musdb.DB(str(root), is_wav=is_wav, subsets="train", split="valid")
    theirs = {
        (
            track.name,
            track.artist,
            track.subset if track.name not in [other.name for other in valid.tracks] else "valid",
        ): {
            name: (source.path, None if is_wav else source.stem_id)
            for name, source in track.sources.items()
        }
        for track in musdb.DB(str(root), is_wav=is_wav).tracks
    }
    assert len(theirs) == (4 if is_wav else 2)
    for song in scan(root):
        assert isinstance(song, SourceSong)
        sources = theirs.pop((song.name, song.artist, song.split))
        own = {(str(stem.path), stem.stream) for stem in song.stems if stem.role != "mixture"}
        assert own == set(sources.values())
        (drums,) = (stem for stem in song.stems if stem.role == "drums")
        assert (str(drums.path), drums.stream) == sources["drums"]
    assert not theirs


@needs_ffmpeg
def test_pairs_can_be_made(hq: Path, stems: Path, tmp_path: Path) -> None:
    for root, name in ((hq, "hq"), (stems, "stems")):
        list_source(tmp_path / name, MusdbConfig(path=str(root)))
        write_pairs(tmp_path / name / "corpus" / "0.tsv", tmp_path / name / "pairs", PairsConfig())
        assert reasons(tmp_path / name / "pairs") == {}
        for row in read_pairs(tmp_path / name / "pairs"):
            assert row.kind == "true"
            assert row.seconds == pytest.approx(1.2, abs=0.03)
            # AAC adds noise to each stream, so the sum is near the mixture, not equal.
            assert row.residual_db is not None
            assert row.residual_db < (-60 if name == "hq" else -15)


def test_a_song_in_both_forms_is_one_song(tmp_path: Path) -> None:
    empty_songs(tmp_path, "A - One")
    (tmp_path / "train" / "A - One.stem.mp4").touch()
    (tmp_path / "train" / "A - Two.stem.mp4").touch()
    found = scan(tmp_path)
    assert [(song.name, song.stems[1].stream) for song in found] == [
        ("A - One", None),
        ("A - Two", 1),
    ]


def test_what_is_missing_is_reported(tmp_path: Path) -> None:
    empty_songs(tmp_path, "A - No Drums", "A - No Bass", "A - No Mixture", "A - Whole")
    for song, file in (("No Drums", "drums"), ("No Bass", "bass"), ("No Mixture", "mixture")):
        (tmp_path / "train" / f"A - {song}" / f"{file}.wav").unlink()
    (tmp_path / "train" / "thumbnails").mkdir()
    found = {song.name: song for song in scan(tmp_path)}
    rules = {name: song.rule for name, song in found.items() if isinstance(song, Unusable)}
    assert rules == {
        "A - No Drums": "no drums",
        "A - No Bass": "missing stem",
        "thumbnails": "no drums",
    }
    assert "drums.wav: no such file" in found["A - No Drums"].reason
    assert [stem.role for stem in found["A - No Mixture"].stems] == ROLES[1:]


def test_files_of_the_system_and_other_targets_are_not_used(tmp_path: Path) -> None:
    empty_songs(tmp_path, "A - One", "@eaDir", ".Trash")
    folder = tmp_path / "train" / "A - One"
    for name in ("accompaniment.wav", "linear_mixture.wav", "._drums.wav", "Thumbs.db"):
        (folder / name).touch()
    (tmp_path / "train" / "._A - Two.stem.mp4").touch()
    (song,) = scan(tmp_path)
    assert [stem.path.name for stem in song.stems] == list(FILES)


def test_a_song_with_a_wrong_drum_stem(tmp_path: Path) -> None:
    empty_songs(tmp_path, "Detsky Sad - Walkie Talkie", "BKS - Too Much", subset="test")
    rules = [getattr(song, "rule", "used") for song in scan(tmp_path)]
    assert rules == ["used", "errata"]
    assert all(isinstance(song, SourceSong) for song in scan(tmp_path, use_errata=True))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", r"Is the path one level too high\? Try .*/musdb18hq"),
        ("musdb18hq/train", r"Is the path one level too deep\? Try .*/musdb18hq$"),
        ("musdb18hq/train/A - One", r"no songs found; expected train/<song>/drums.wav"),
    ],
)
def test_a_wrong_folder(tmp_path: Path, path: str, message: str) -> None:
    empty_songs(tmp_path / "musdb18hq", "A - One")
    with pytest.raises(UserError, match=message):
        scan(tmp_path / path)


def test_an_unreadable_song_does_not_stop_the_others(tmp_path: Path) -> None:
    empty_songs(tmp_path, "A - One", "A - Two")
    shutil.rmtree(tmp_path / "train" / "A - Two")
    (tmp_path / "train" / "A - Two").symlink_to("A - Two")  # a circle
    os.symlink(tmp_path / "train", tmp_path / "train" / "A - One" / "again")
    assert [song.name for song in scan(tmp_path)] == ["A - One"]


def test_the_dry_run_asks_for_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_songs(tmp_path, "A - One")
    monkeypatch.setenv("PATH", str(tmp_path))
    MusdbConfig(path=str(tmp_path)).check_machine("corpus.sources[0]")
    MusdbConfig(path="later", download="hq").check_machine("corpus.sources[0]")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "A - Two.stem.mp4").touch()
    for config in (MusdbConfig(path=str(tmp_path)), MusdbConfig(path="x", download="sample")):
        with pytest.raises(UserError, match=r"sources\[0\]: .stem.mp4 files need ffmpeg"):
            config.check_machine("corpus.sources[0]")


@needs_ffmpeg
def test_archives_are_declared_like_the_package() -> None:
    import musdb  # needs ffmpeg

    archives = MusdbConfig.ARCHIVES
    setup = musdb.DB("nowhere", subsets=[]).setup
    assert archives["sample"].url == setup["sample-url"]
    assert {name: archive.checksum[:7] for name, archive in archives.items()} == {
        "hq": "sha256:",
        "stems": "md5:af0",
        "sample": "",
    }
