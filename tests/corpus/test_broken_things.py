"""Everything that is broken in real data sets, in one corpus, through the first stages."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from jukedrummer.corpus.sources.folder import FolderConfig
from jukedrummer.corpus.sources.midi import MidiConfig
from jukedrummer.corpus.sources.moisesdb import MoisesConfig
from jukedrummer.corpus.sources.musdb import MusdbConfig
from jukedrummer.corpus.sources.slakh import SlakhConfig
from jukedrummer.errors import UserError
from tests.corpus.broken import MODES, BrokenCorpus, build
from tests.corpus.file_modes import file_modes_hold
from tests.corpus.running import Outcome, list_and_split, make_pairs

pytestmark = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> tuple[BrokenCorpus, Outcome, Path]:
    """The corpus, what the stages made of it, and the folder of both."""
    folder: Path = tmp_path_factory.mktemp("broken")
    corpus = build(folder / "data")
    with file_modes_hold() as holds:
        if not holds:
            shutil.rmtree(corpus.locked.pop())
            del corpus.rejected[MODES]
        for path in corpus.locked:
            path.chmod(0)
        try:
            list_and_split(folder / "run", corpus.sources)
            for path in corpus.vanished:
                path.unlink()
            outcome = make_pairs(folder / "run")
        finally:
            for path in corpus.locked:
                path.chmod(0o755)
    return corpus, outcome, folder


def test_each_broken_thing_is_one_row(run):
    corpus, outcome, _ = run
    rows = {row.song: row for row in outcome.rejected}
    assert len(rows) == len(outcome.rejected)
    for what, broken in corpus.rejected.items():
        assert broken.song in rows, what
        row = rows[broken.song]
        assert (what, row.rule) == (what, broken.rule), row.reason
        assert broken.reason in row.reason, what
        assert row.clip is None, what
    assert set(rows) == {broken.song for broken in corpus.rejected.values()}


def test_reasons_name_a_file_or_folder(run):
    _, outcome, folder = run
    for row in outcome.rejected:
        assert str(folder / "data") in row.reason or row.source == "midi", row


def test_all_other_songs_have_a_pair(run):
    corpus, outcome, _ = run
    assert len(outcome.pairs) == len(corpus.good)
    assert {song for song in corpus.good.values() if song} <= set(outcome.pairs)
    for song, (row, folder) in outcome.pairs.items():
        assert len(song) <= 64
        assert row.split in ("train", "valid", "test")
        files = sorted(path.name for path in folder.iterdir())
        assert files == ["drumless.flac", "drums.flac"]


def test_songs_of_one_name(run):
    _, outcome, _ = run
    sources = Counter((row.source, song[:10]) for song, (row, _) in outcome.pairs.items())
    assert sources["moisesdb", "Nobody_-_S"] == 2
    assert sources["names", "Track00001"] == sources["slakh", "Track00001"] == 1
    assert sources["names", "a_b_c"] == 1
    assert sum(song.startswith("a_b_c_") for song in outcome.pairs) == 1


def test_no_name_is_a_command(run):
    _, _, folder = run
    assert not Path("pwned").exists()
    assert not list(folder.rglob("pwned"))


def test_a_broken_midi_file_costs_a_song_its_beats_only(run):
    _, outcome, _ = run
    beats = {row.song: row.beats for row in outcome.songs if row.source == "slakh"}
    assert beats.keys() == {"Track00006", *(song for song in beats if song[:10] == "Track00001")}
    assert [song for song, path in beats.items() if path is None] == ["Track00006"]


def test_a_source_that_cannot_be_read_is_one_error(tmp_path):
    kinds = FolderConfig, MidiConfig, MoisesConfig, MusdbConfig, SlakhConfig
    for kind in kinds:
        (root := tmp_path / kind.__name__).mkdir()
        for state in ("empty", "locked"):
            root.chmod(0 if state == "locked" else 0o755)
            with file_modes_hold() as holds:
                if state == "empty" or holds:
                    with pytest.raises(UserError) as caught:
                        list_and_split(tmp_path / "out", [kind(path=str(root))])
                    assert str(root) in str(caught.value)
                    assert "\n" not in str(caught.value)
            assert not (tmp_path / "out" / "corpus").exists()
