"""Copies of recordings: which may take the place of a song, and when they do."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.config import SAMPLE_RATE, CorpusConfig
from jukedrummer.corpus.copies import Copy, read_copies, substitutes, write_copies
from jukedrummer.corpus.manifest import Song, stems_text
from jukedrummer.corpus.song import Role, Stem
from jukedrummer.corpus.sources.folder import FolderConfig
from tests.audio.tunes import tune
from tests.corpus.running import run_stages

CONFIG = CorpusConfig(
    sources=(
        FolderConfig(path="a", name="drawn"),
        FolderConfig(path="b", name="official", split="official"),
    )
)


def row(song: str, split: str = "", source: str = "drawn", role: Role = "drums", **others) -> Song:
    stems = stems_text([Stem(role, Path(f"/{song}.wav"))])
    return Song(song, source, split, stems, identity=f"{source}/{song}", **others)


def copy_of(song: str, copy: Song) -> Copy:
    return Copy(**vars(copy), of=song, value="9", limit="6", reason="it is a copy")


@pytest.mark.parametrize(
    ("song", "copy", "usable"),
    [
        (row("s", "train", artist="A"), row("c", artist="A"), True),
        (row("s", "train"), row("c", artist="A"), True),
        (row("s", "train"), row("c", artist="B"), False),  # B's other song is for test
        (row("s", "test"), row("c", artist="B"), True),
        (row("s", "train"), row("c", source="official", official="test"), False),
        (row("s", "train"), row("c", official="test"), True),  # this source's splits are drawn
        (row("s", "train"), row("c", role="mixture"), True),
        (row("s", "test"), row("c", role="mixture"), False),
        (row("s", "train"), row("c", "away"), False),
        (row("gone", "train"), row("c"), False),
    ],
)
def test_a_copy_needs_the_split_of_its_song(song: Song, copy: Song, usable: bool) -> None:
    used = [song] if song.song == "s" else []
    used.append(row("other", "test", artist="B"))
    chosen, others = substitutes([copy_of("s", copy)], used, CONFIG)
    assert (len(chosen), len(others)) == (usable, not usable)
    if usable:
        assert chosen == [replace(copy_of("s", copy), split=song.split)]


def test_two_copies_of_one_artist_are_not_in_two_splits() -> None:
    used = [row("one", "train"), row("two", "test")]
    copies = [copy_of("one", row("c", artist="A")), copy_of("two", row("d", artist="A"))]
    chosen, others = substitutes(copies, used, CONFIG)
    assert [copy.song for copy in chosen] == ["c"]
    assert [copy.song for copy in others] == ["d"]


def test_copies_are_in_the_shard_of_their_song(tmp_path: Path) -> None:
    used = [row(name, "train") for name in "abc"]
    copies = [copy_of(name, row(f"{name}{n}", "train")) for n in (1, 2) for name in "ac"]
    write_copies(tmp_path, used, copies, 2)
    first, second = (read_copies(tmp_path / f"{shard}.tsv") for shard in range(2))
    assert {name: [copy.song for copy in own] for name, own in first.items()} == {
        "a": ["a1", "a2"],
        "c": ["c1", "c2"],
    }
    assert first["a"][0] == copies[0]
    assert second == {}
    assert read_copies(tmp_path / "none.tsv") == {}


def write_song(folder: Path, number: int, drums: float = 1.0) -> None:
    """A song whose mixture has a fingerprint; `drums` is the gain of its drum stem."""
    music = tune(number, 8.0)
    hits = np.random.default_rng(number).normal(0, 0.1, len(music)).astype(np.float32)
    hits *= np.arange(len(music)) % (SAMPLE_RATE // 2) < 4_000
    folder.mkdir(parents=True)
    for name, audio in (("drums", drums * hits), ("bass", music), ("mixture", music + hits)):
        soundfile.write(folder / f"{name}.wav", audio, SAMPLE_RATE, subtype="FLOAT")


@pytest.mark.parametrize("silent", [False, True])
def test_if_a_song_cannot_be_used_its_copy_is(tmp_path: Path, silent: bool) -> None:
    for number in range(2):
        write_song(tmp_path / "first" / f"song {number}", number, 0.0 if silent else 1.0)
        write_song(tmp_path / "second" / f"copy {number}", number, 1.0 if number else 0.0)
        write_song(tmp_path / "third" / f"again {number}", number)
    sources = [FolderConfig(path=str(tmp_path / n), name=n) for n in ("first", "second", "third")]
    outcome = run_stages(tmp_path / "out", sources, duplicates=True)
    rules = {row.song: row.rule for row in outcome.rejected}
    assert len(rules) == len(outcome.rejected) == 4
    assert set(outcome.pairs) | set(rules) == {row.song for row in outcome.listed}
    if silent:
        used = {"again_0", "copy_1"}
        assert rules["song_0"] == rules["copy_0"] == rules["song_1"] == "silent"
        assert rules["again_1"] == "duplicate"
        assert "in the place of song_1" in outcome.pairs["copy_1"][0].warnings
        splits = {row.song: row.split for row in outcome.songs}
        assert outcome.pairs["copy_1"][0].split == splits["song_1"]
    else:
        used = {f"song_{number}" for number in range(2)}
        assert set(rules.values()) == {"duplicate"}
    assert set(outcome.pairs) == used
