"""The split: no artist on two sides, official splits, added songs move nothing, away songs."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jukedrummer.config import CorpusConfig, SourceConfig
from jukedrummer.corpus.manifest import Song, stems_text
from jukedrummer.corpus.song import Role, Stem
from jukedrummer.corpus.sources.folder import FolderConfig
from jukedrummer.corpus.sources.musdb import MusdbConfig
from jukedrummer.corpus.split import divide, draw_splits, group_of, lacking
from jukedrummer.errors import UserError

ROLES: tuple[Role, ...] = ("drums", "other")


def song(
    name: str,
    artist: str = "",
    official: str = "",
    source: str = "mine",
    roles: tuple[Role, ...] = ROLES,
) -> Song:
    stems = stems_text(Stem(role, Path(f"/{name}/{role}.wav")) for role in roles)
    return Song(name, source, "", stems, f"{source}/{name}", artist, official)


def config(*official: str, **options: object) -> CorpusConfig:
    """A corpus of the source `mine`, and of others that keep their official split."""
    sources: list[SourceConfig] = [FolderConfig(path="x", name="mine")]
    sources += [FolderConfig(path="x", name=name, split="official") for name in official]
    return CorpusConfig(sources=tuple(sources), **options)


def splits(songs: list[Song], corpus: CorpusConfig) -> dict[str, str]:
    """Split of each song, by id."""
    drawn = draw_splits(songs, corpus)
    assert [row.song for row in drawn] == [row.song for row in songs]
    return {row.song: row.split for row in drawn}


def many(prefix: str, count: int, **options: str) -> list[Song]:
    return [song(f"{prefix}{number}", **options) for number in range(count)]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    added=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), max_size=30, unique=True),
    order=st.randoms(use_true_random=False),
)
def test_added_songs_move_no_others(seed: int, added: list[str], order) -> None:
    corpus = config(seed=seed)
    base = many("song", 150)
    before = splits(base, corpus)
    more = base + [song(f"added {number}", artist) for number, artist in enumerate(added)]
    order.shuffle(more)
    after = splits(more, corpus)
    assert {name: after[name] for name in before} == before


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    artists=st.lists(st.sampled_from(["A", "B c", "D", "Éa", "3", "F"]), min_size=1, max_size=40),
)
def test_an_artist_is_never_on_two_sides(seed: int, artists: list[str]) -> None:
    forms = ("{}", "{} feat. Guest", "{} (Live)", "  {} [x]", "{} ft Guest")
    songs = [
        song(
            f"{number}", forms[number % len(forms)].format(artist.upper() * (number % 2) or artist)
        )
        for number, artist in enumerate(artists)
    ]
    drawn = splits(songs, config(seed=seed, test_share=0.4, valid_share=0.3))
    sides = {(artist.casefold(), drawn[f"{number}"]) for number, artist in enumerate(artists)}
    assert len(sides) == len({artist.casefold() for artist in artists})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Triviul", "Triviul feat. The Fiend", True),
        ("The Easton Ellises", "The Easton Ellises (Baumi)", True),
        ("M.E.R.C. Music", "merc music", True),
        ("Straße", "STRASSE", True),
        ("ＡＢＣ", "abc", True),
        ("Leaf", "Leafy", False),
        ("Daft Punk", "Daft Crew", False),
        ("Feature", "Fea", False),
        ("Кино", "Ария", False),
        ("", "", False),
    ],
)
def test_names_of_one_artist(one: str, other: str, same: bool) -> None:
    first, second = group_of(song("one", one)), group_of(song("two", other))
    assert (first == second) == same


def test_shares() -> None:
    counts = Counter(splits(many("song", 2_000), config()).values())
    assert counts["test"] == pytest.approx(0.11 * 2_000, rel=0.2)
    assert counts["valid"] == pytest.approx(0.08 * 2_000, rel=0.2)
    assert splits(many("song", 200), config()) != splits(many("song", 200), config(seed=2))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, {}),
        (1, {"train": 1}),
        (2, {"train": 1, "test": 1}),
        (3, {"train": 1, "test": 2}),
        (4, {"train": 1, "test": 2, "valid": 1}),
        (6, {"train": 3, "test": 2, "valid": 1}),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_small_corpora_have_what_later_stages_need(
    count: int, expected: dict[str, int], seed: int
) -> None:
    corpus = config(seed=seed, test_share=0.001, valid_share=0.001)
    assert Counter(splits(many("song", count), corpus).values()) == expected


def test_a_share_of_zero_has_no_songs() -> None:
    corpus = config(test_share=0.0, valid_share=0.0)
    assert set(splits(many("song", 20), corpus).values()) == {"train"}


def test_the_official_split_is_kept() -> None:
    songs = [
        song(f"{split}{number}", "Band", split, "set")
        for split in ("train", "valid", "test")
        for number in range(5)
    ]
    assert splits(songs, config("set")) == {row.song: row.official for row in songs}


def test_without_official_validation_songs_they_are_drawn_from_training() -> None:
    songs = [song(f"a{n}", f"Band {n // 2}", "train", "set") for n in range(80)]
    songs += [song(f"b{n}", official="test", source="set") for n in range(20)]
    drawn = splits(songs, config("set"))
    assert {drawn[f"b{n}"] for n in range(20)} == {"test"}
    assert set(drawn.values()) == {"train", "valid", "test"}
    assert "test" not in {drawn[f"a{n}"] for n in range(80)}
    assert all(drawn[f"a{n}"] == drawn[f"a{n + 1}"] for n in range(0, 80, 2))
    without = splits(songs, config("set", valid_share=0.0))
    assert all(without[row.song] == row.official for row in songs)


def test_training_songs_of_an_artist_with_official_test_songs_stay_in_training() -> None:
    songs = [song(f"{n}", f"Band {n % 5}", "test" if n < 3 else "train", "set") for n in range(40)]
    drawn = splits(songs, config("set"))
    assert {row.song for row in songs if row.official == "test"} == {
        name for name, split in drawn.items() if split == "test"
    }


def test_the_official_split_is_not_used_unless_told() -> None:
    songs = [song(f"{n}", official="test") for n in range(60)]
    assert Counter(splits(songs, config()).values())["train"] > 30


@pytest.mark.parametrize(
    ("officials", "expected"),
    [
        (["train"], "train"),
        (["valid"], "valid"),
        (["test"], "test"),
        (["train", "valid"], "valid"),
        (["valid", "test", "train"], "test"),
    ],
)
def test_songs_of_other_sources_follow_their_artist(officials: list[str], expected: str) -> None:
    songs = [song("mine", "Band feat. Guest"), *many("other", 30)]
    songs += [
        song(f"{n}", "The Band" if n > 9 else "BAND", split, "set")
        for n, split in enumerate(officials)
    ]
    # Without a validation song of its own, the set's training songs may be drawn for validation.
    songs += [song("v", "Somebody", "valid", "set")]
    drawn = splits(songs, config("set"))
    assert drawn["mine"] == expected
    assert [drawn[f"{n}"] for n in range(len(officials))] == officials


def test_artists_in_musdbs_train_and_test() -> None:
    artists = ("Hollow Ground", "Skelpolu", "The Long Wait", "Triviul")
    songs = [
        song(f"{artist}{split}", artist, split, "musdb")
        for artist in artists
        for split in ("train", "test")
    ]
    songs += [song(f"{artist} mine", artist.upper()) for artist in artists]
    songs += [song(f"v{n}", f"V {n}", "valid", "musdb") for n in range(3)] + many("other", 60)
    mine = FolderConfig(path="x", name="mine")
    official = CorpusConfig(sources=(MusdbConfig(path="x", split="official"), mine))
    drawn = splits(songs, official)
    for artist in artists:  # as published, so the official split has this leak
        assert (drawn[f"{artist}train"], drawn[f"{artist}test"]) == ("train", "test")
        assert drawn[f"{artist} mine"] == "test"
    drawn = splits(songs, CorpusConfig(sources=(MusdbConfig(path="x"), mine)))
    for artist in artists:
        names = (f"{artist}train", f"{artist}test", f"{artist} mine")
        assert len({drawn[name] for name in names}) == 1


def test_mixes_are_not_held_out_unless_told() -> None:
    songs = many("stems", 60) + many("mix", 60, roles=("mixture",))
    used, rejected = divide(songs, config(test_share=0.3))
    assert len(used) == len(songs)
    assert rejected == []
    assert {row.split for row in used if row.song.startswith("mix")} == {"train", "valid"}
    used, rejected = divide(songs, config(test_share=0.3, hold_out_mixes=True))
    assert "test" in {row.split for row in used if row.song.startswith("mix")}
    assert rejected == []


def test_a_mix_of_an_artist_who_is_held_out_is_left_out() -> None:
    artists = [f"Band {number}" for number in range(40)]
    songs = [song(f"stems{artist}", artist) for artist in artists]
    songs += [song(f"mix{artist}", artist, roles=("mixture",)) for artist in artists]
    used, rejected = divide(songs, config(test_share=0.3))
    held_out = {row.artist for row in used if row.split == "test"}
    assert {row.song for row in rejected} == {f"mix{artist}" for artist in held_out}
    assert {row.rule for row in rejected} == {"no drum stem"}
    assert "corpus.hold_out_mixes" in rejected[0].reason


def test_few_songs_with_stems_are_held_out_beside_many_mixes() -> None:
    songs = many("stems", 4) + many("mix", 100, roles=("mixture",))
    used, _ = divide(songs, config())
    held_out = [row.song for row in used if row.split == "test"]
    assert len(held_out) >= 2
    assert all(name.startswith("stems") for name in held_out)


def away(name: str, artist: str = "", **options: object) -> Song:
    """A song of the source `far`, as it is listed."""
    return replace(song(name, artist, source="far", **options), split="away")


def with_far(**options: object) -> CorpusConfig:
    """A corpus of the source `mine`, and of the away source `far` of the same kind."""
    sources = (
        FolderConfig(path="x", name="mine"),
        FolderConfig(path="y", name="far", split="away"),
    )
    return CorpusConfig(sources=sources, **options)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), order=st.randoms(use_true_random=False))
def test_away_songs_are_never_drawn_and_move_no_others(seed: int, order) -> None:
    corpus = with_far(seed=seed)
    base = [song(f"s{n}", f"Band {n // 2}") for n in range(80)]
    before = splits(base, corpus)
    more = base + [away(f"a{n}", f"Troupe {n // 2}") for n in range(40)]
    order.shuffle(more)
    after = splits(more, corpus)
    assert {name: after[name] for name in before} == before
    assert {after[f"a{n}"] for n in range(40)} == {"away"}
    used, rejected = divide(more, corpus)
    assert [row.song for row in used] == [row.song for row in more]
    assert rejected == []


def test_an_away_song_whose_artist_is_in_another_source_is_left_out() -> None:
    base = [song(f"s{n}", f"Band {n}") for n in range(60)]
    songs = [*base, *(away(f"a{n}", f"BAND {n} feat. Guest") for n in range(60)), away("b", "Else")]
    used, rejected = divide(songs, with_far())
    assert {row.song: row.split for row in used} == splits(base, with_far()) | {"b": "away"}
    assert {row.song for row in rejected} == {f"a{n}" for n in range(60)}
    assert {(row.rule, row.on_purpose, row.source) for row in rejected} == {
        ("artist", "yes", "far")
    }
    assert "the artist BAND 7 feat. Guest is also in s7 (mine)" in rejected[7].reason


def test_a_song_that_both_sources_list_under_one_name_is_not_away() -> None:
    songs = [*many("s", 30), replace(away("s7"), song="s7_far"), away("other")]
    used, rejected = divide(songs, with_far())
    assert [(row.song, row.rule) for row in rejected] == [("s7_far", "same song")]
    assert "this song is also s7 (mine)" in rejected[0].reason
    # Sources of two kinds name their songs as they like.
    two = CorpusConfig(
        sources=(
            FolderConfig(path="x", name="mine"),
            MusdbConfig(path="y", name="far", split="away"),
        )
    )
    assert divide(songs, two)[1] == []
    assert {row.split for row in used if row.source == "far"} == {"away"}


def test_away_mixes_are_left_out_unless_told() -> None:
    songs = [*many("s", 30), away("stems"), away("mix", roles=("mixture",))]
    used, rejected = divide(songs, with_far())
    assert [(row.song, row.rule) for row in rejected] == [("mix", "no drum stem")]
    assert len(used) == 31
    used, rejected = divide(songs, with_far(hold_out_mixes=True))
    assert len(used) == 32


def test_one_away_song_is_too_few_and_none_is_enough() -> None:
    drawn = draw_splits(many("s", 20), with_far())
    assert lacking(drawn) == ""
    assert "1 away song, 2 needed, or none" in lacking([*drawn, away("a")])
    assert lacking([*drawn, away("a"), away("b")]) == ""


def test_a_corpus_of_away_songs_alone_is_an_error() -> None:
    with pytest.raises(UserError, match="only sources with split: away"):
        CorpusConfig(sources=(FolderConfig(path="x", split="away"),))
