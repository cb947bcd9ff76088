"""The split of each song. An artist is on one side only, except by an official split.

Away songs have their split from their source (`split: away`), before the others are drawn.
"""

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from jukedrummer.config import CorpusConfig
from jukedrummer.corpus.manifest import AWAY, HELD_OUT, Song, has_drums
from jukedrummer.corpus.rejected import Rejected, rejected_row
from jukedrummer.corpus.song import LeftOut

# The drums of another held-out song are a baseline, so two test songs are needed.
LEAST_SONGS = {"test": 2, "valid": 1, "train": 1}
STRICTEST = ("test", "valid", "train")
NO_ARTISTS = ("", "unknown", "unknownartist", "various", "variousartists")  # simplified names


def divide(songs: Sequence[Song], config: CorpusConfig) -> tuple[list[Song], list[Rejected]]:
    """Give each song a split, and leave out mixes that are held out, and away songs in training.

    An evaluation with separated drums also measures the separation. With `corpus.hold_out_mixes`
    no mix is left out. An away song is left out if a song of another split has its artist, or is
    the same song in a source of the same kind.

    Returns:
        The songs that are used, with their splits, and rows of the others.
    """
    kinds = {source.title: source.kind_name for source in config.sources}
    others = _Others([song for song in songs if song.split != AWAY], kinds)
    used, left_out = [], []
    for song in draw_splits(songs, config):
        fault = others.clash(song) if song.split == AWAY else None
        if song.split in HELD_OUT and not has_drums(song) and not config.hold_out_mixes:
            reason = (
                f"{song.parts[0].path}: is drawn for evaluation, but has no drum stem; set "
                "corpus.hold_out_mixes to evaluate with separated drums"
            )
            fault = LeftOut("no drum stem", reason)
        if fault:
            left_out.append(rejected_row(song.song, song.source, fault))
        else:
            used.append(song)
    return used, left_out


class _Others:
    """The songs that are not away: no away song may be one of them, or have their artists.

    Args:
        songs: these songs.
        kinds: the kind of each source.
    """

    def __init__(self, songs: Sequence[Song], kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._groups = {group_of(song): song for song in songs}
        self._works = {self._work(song): song for song in songs}

    def _work(self, song: Song) -> tuple[str, str]:
        kind = self._kinds.get(song.source, song.source)
        return kind, song.identity.removeprefix(f"{song.source}/")

    def clash(self, song: Song) -> LeftOut | None:
        """Why an away song cannot be one, if so."""
        where, group = song.parts[0].path, group_of(song)
        if group.startswith("artist") and group in self._groups:
            known = self._groups[group]
            return LeftOut(
                "artist",
                f"{where}: {song.source} has away songs (split: away), but the artist "
                f"{song.artist} is also in {known.song} ({known.source})",
                song.artist,
            )
        if self._work(song) in self._works:
            known = self._works[self._work(song)]
            return LeftOut(
                "same song",
                f"{where}: {song.source} has away songs (split: away), but this song is also "
                f"{known.song} ({known.source})",
            )
        return None


def lacking(songs: Sequence[Song]) -> str:
    """Which splits have fewer songs than the later stages need, and what to do; "" if none."""
    counts = Counter(song.split for song in songs)
    short = [split for split, least in LEAST_SONGS.items() if counts[split] < least]
    if not short and counts[AWAY] == 1:
        return "1 away song, 2 needed, or none: add songs to the sources with split: away"
    if not short:
        return ""
    shares = " and ".join(f"corpus.{split}_share" for split in short if split != "train")
    cure = f"add songs{f', or raise {shares}' if shares else ''}"
    if "test" in short:
        cure += ", or set corpus.hold_out_mixes to evaluate with separated drums"
    counted = ", ".join(f"{counts[split]} of split {split}" for split in short)
    needed = ", ".join(f"{LEAST_SONGS[split]}" for split in short)
    return f"of {len(songs)} songs, {counted}; {needed} needed: {cure}"


def draw_splits(songs: Sequence[Song], config: CorpusConfig) -> list[Song]:
    """Give each song a split.

    A source with `split: official` keeps its own split. If it has no validation songs, they are
    drawn from its training songs. All other songs are drawn, an artist at a time. A hash of the
    seed and the artist (or the song, if no artist is known) decides. So added songs do not move
    others, except while a split has fewer songs than the later stages need. If an artist has an
    official split, the drawn songs of the artist follow it: test before validation before training.
    Away songs stay away, and do not change the splits of the others.

    Args:
        songs: the songs that are used.
        config: shares, seed, and the sources.

    Returns:
        The songs in the same order, with their splits.
    """
    drawable = [song for song in songs if song.split != AWAY]
    drawn = {song.song: song for song in _draw_splits(drawable, config)}
    return [drawn.get(song.song, song) for song in songs]


def _draw_splits(songs: Sequence[Song], config: CorpusConfig) -> list[Song]:
    official = _official(songs, config)
    followed = _followed(songs, official)
    groups: dict[str, list[Song]] = defaultdict(list)
    for song in songs:
        if official.get(song.song, "") in ("", "draw valid") and group_of(song) not in followed:
            groups[group_of(song)].append(song)
    counted = _counted(songs)
    counts = dict.fromkeys(LEAST_SONGS, 0)
    for song in songs:
        split = official.get(song.song, "") or followed.get(group_of(song), "")
        if split in counts and song.song in counted:
            counts[split] += 1
    drawn = _draw(groups, official, counts, counted, config)
    result = []
    for song in songs:
        own, group = official.get(song.song, ""), group_of(song)
        split = own if own in LEAST_SONGS else followed.get(group, "") or drawn[group]
        if own == "draw valid" and split == "test":  # the artist has official test songs too
            split = "train"
        result.append(replace(song, split=split))
    return result


def group_of(song: Song) -> str:
    """Key of the songs that are in one split: the artist's name, simplified, or the identity.

    "feat. ...", brackets, case and punctuation are left out of the name.
    """
    artist = unicodedata.normalize("NFKC", song.artist).casefold()
    artist = re.split(r"\b(?:feat|ft|featuring)\b", re.sub(r"[(\[].*?[)\]]", "", artist))[0]
    name = re.sub(r"[\W_]+", "", artist)
    return f"artist {name}" if name not in NO_ARTISTS else f"song {song.identity}"


def _official(songs: Sequence[Song], config: CorpusConfig) -> dict[str, str]:
    """Song to its official split; "draw valid": some of these training songs become valid."""
    sources = {source.title for source in config.sources if source.split == "official"}
    own = [song for song in songs if song.source in sources and song.official]
    with_valid = {song.source for song in own if song.official == "valid"}
    drawing = config.valid_share > 0
    return {
        song.song: "draw valid"
        if song.official == "train" and song.source not in with_valid and drawing
        else song.official
        for song in own
    }


def _followed(songs: Iterable[Song], official: Mapping[str, str]) -> dict[str, str]:
    """Group to the strictest official split of its songs."""
    result: dict[str, str] = {}
    for song in songs:
        split, group = official.get(song.song, ""), group_of(song)
        if split in STRICTEST and group.startswith("artist"):
            result[group] = min(split, result.get(group, split), key=STRICTEST.index)
    return result


def _counted(songs: Sequence[Song]) -> set[str]:
    """The songs that the evaluation can use: those with a drum stem, if there are any."""
    return {song.song for song in songs if has_drums(song)} or {song.song for song in songs}


def _draw(
    groups: Mapping[str, Sequence[Song]],
    official: Mapping[str, str],
    counts: dict[str, int],
    counted: set[str],
    config: CorpusConfig,
) -> dict[str, str]:
    """Group to split, in the order of the groups' hashes. `counts` grows."""
    order = sorted(groups, key=lambda group: _place(group, config.seed))
    result = {}
    for later, group in zip(reversed(range(len(order))), order, strict=True):
        split = "train"
        if later >= LEAST_SONGS["train"] - counts["train"]:  # one song is kept for training
            members = groups[group]
            own_test = any(official.get(song.song) == "draw valid" for song in members)
            usable = config.hold_out_mixes or any(map(has_drums, members))
            test = config.test_share if usable and not own_test else 0.0
            split = _drawn_split(_place(group, config.seed), counts, test, config.valid_share)
        result[group] = split
        counts[split] += sum(song.song in counted for song in groups[group])
    return result


def _drawn_split(place: float, counts: Mapping[str, int], test: float, valid: float) -> str:
    if place < test or (test > 0 and counts["test"] < LEAST_SONGS["test"]):
        return "test"
    if place < test + valid or (valid > 0 and counts["valid"] < LEAST_SONGS["valid"]):
        return "valid"
    return "train"


def _place(group: str, seed: int) -> float:
    """A number in [0, 1) that a group and the seed determine."""
    digest = hashlib.sha256(f"{seed} {group}".encode(errors="replace")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
