"""Songs with the same recording, found by their fingerprints.

An index of the codes gives candidates: two songs with the same code, and the shift of one against
the other. A candidate is kept if the codes some seconds before and after it agree too. The
candidates that are left are compared code by code.

A copy is found after a lossy codec, at another gain, at another sample rate, and if it is an
excerpt. It is not found reliably if its speed or pitch differs by more than 0.1 %; see
`benchmarks/duplicates.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from jukedrummer.audio.fingerprint import (
    CODE_GRIDS,
    CODE_HOP,
    CODE_RATE,
    CODE_SPAN,
    read_fingerprints,
)
from jukedrummer.corpus.copies import Copy
from jukedrummer.corpus.manifest import AWAY, Song, has_drums
from jukedrummer.corpus.rejected import plain_text
from jukedrummer.errors import UserError

BUCKETS = 16  # parts of the index; a code belongs to one of them
MOST_ENTRIES = 100_000_000  # above it, half of the parts are left out
NEIGHBOURS = 8  # songs with the same code that each song is compared with
BLOCK = 1 << 20  # entries of the index at a time
PROBES = (-16, -12, -8, -4, 4, 8, 12, 16)  # codes from a candidate at which the songs are compared
FEWEST_PROBES = 3
QUICK_PROBES = (-6, 6)  # codes that are compared first; one of them must agree
QUICK_ERROR = 0.35  # most wrong bits of such a code, as a share
PROBE_ERROR = 0.25  # most wrong bits at the probes, as a share
LARGEST_ERROR = 0.17  # most wrong bits where the recording is the same, as a share
ERROR_WINDOW = 16  # codes over which wrong bits are averaged
LEAST_COPIED = 6.0  # seconds of the same recording
LEAST_SHARE = 0.5  # same recording, as a share of the time that both songs have at this place
LEAST_OVERLAP = 20.0  # seconds that two songs have in common, or half of the shorter one
LEAST_VARIETY = 0.3  # distinct codes, as a share of the codes; silence and steady tones have fewer
CODE_BITS = 32


@dataclass(frozen=True)
class Duplicate:
    """A song that repeats an earlier song.

    Attributes:
        song: number of the song.
        of: number of the earliest song with this recording. Copies of copies are one group.
        seconds: length of the part that the song has in common with another copy.
        error: share of the codes' bits that differ in this part.
    """

    song: int
    of: int
    seconds: float
    error: float


@dataclass(frozen=True)
class _Match:
    seconds: float
    error: float

    @property
    def weight(self) -> float:
        # Unrelated codes differ in half of the bits.
        return self.seconds * (0.5 - self.error)


class _Index:
    # Codes of all songs: one grid for the comparison, entries (code << 32 | place) of both for the
    # search. A place is an index of the codes of both grids of all songs, one after the other.

    def __init__(self, fingerprints: Iterable[tuple[int, np.ndarray]], most: int) -> None:
        codes, ends, numbers = bytearray(), [0], []
        self.buckets = [bytearray() for _ in range(BUCKETS)]
        for number, song in fingerprints:
            self._enter(song, CODE_GRIDS * ends[-1])
            codes += song[::CODE_GRIDS].tobytes()
            ends.append(len(codes) // song.itemsize)
            numbers.append(number)
            if sum(map(len, self.buckets)) > 8 * most and len(self.buckets) > 1:
                del self.buckets[len(self.buckets) // 2 :]
        self.codes = np.frombuffer(codes, np.uint32)
        self.ends, self.numbers = np.array(ends), np.array(numbers, np.int64)

    def _enter(self, song: np.ndarray, place: int) -> None:
        # The bucket depends on the code alone, so copies of a song have the same codes in a bucket.
        distinct, first = np.unique(song, return_index=True)
        parts = distinct * np.uint32(2_654_435_761) >> np.uint32(16) & np.uint32(BUCKETS - 1)
        places = (place + first).astype(np.uint64)
        entries = distinct.astype(np.uint64) << np.uint64(CODE_BITS) | places
        for part, bucket in enumerate(self.buckets):
            bucket.extend(entries[parts == part].tobytes())

    def blocks(self) -> Iterator[np.ndarray]:
        """Entries in the order of their codes, in blocks that overlap by `NEIGHBOURS`."""
        for bucket in tqdm(self.buckets, desc="duplicates", unit="part"):
            entries = np.frombuffer(bucket, np.uint64)
            entries.sort()
            for start in range(0, len(entries), BLOCK):
                yield entries[start : start + BLOCK + NEIGHBOURS]

    def song(self, number: int) -> np.ndarray:
        """Codes of one song on the first grid."""
        return self.codes[self.ends[number] : self.ends[number + 1]]

    def songs_of(self, positions: np.ndarray) -> np.ndarray:
        """Songs of positions in `codes`."""
        return np.asarray(np.searchsorted(self.ends, positions, side="right") - 1)


def duplicates(
    fingerprints: Iterable[tuple[int, np.ndarray]], most_entries: int = MOST_ENTRIES
) -> list[Duplicate]:
    """Find the songs that repeat the recording of an earlier song, wholly or in part.

    Args:
        fingerprints: number of each song in the corpus, and its codes, (n,) uint32, as
            `audio_fingerprint` gives them. They are taken one by one, in any order, and half of the
            codes is kept in memory.
        most_entries: size of the index, 8 bytes each. With more codes it holds a half, a quarter
            ... of them, and short or distorted copies may be missed.

    Returns:
        The songs that have an earlier copy, by number.
    """
    index = _Index(fingerprints, most_entries)
    matches: dict[tuple[int, int], _Match] = {}
    for first, second, shift in _candidates(index):
        match = _compare(index.song(first), index.song(second), shift)
        known = matches.get((first, second))
        if match is not None and (known is None or match.weight > known.weight):
            matches[first, second] = match
    return _resolve(matches, index.numbers) if matches else []


def _candidates(index: _Index) -> Iterator[tuple[int, int, int]]:
    # Yields two songs, the first before the second, and the index of the second song's first code
    # in the first song's codes; each once.
    rows = [np.zeros((0, 3), np.int64)]
    for block in index.blocks():
        parts = [_block_candidates(index, block, step) for step in range(1, NEIGHBOURS + 1)]
        rows.append(np.unique(np.concatenate(parts), axis=0))
    yield from np.unique(np.concatenate(rows), axis=0).tolist()


def _block_candidates(index: _Index, block: np.ndarray, step: int) -> np.ndarray:
    # (n, 3): the candidates among the entries of a block that are `step` entries apart.
    head, tail = block[:-step][:BLOCK], block[step:][:BLOCK]
    same = head >> np.uint64(CODE_BITS) == tail >> np.uint64(CODE_BITS)
    mask = np.uint64((1 << CODE_BITS) - 1)
    ours, theirs = ((side[same] & mask).astype(np.int64) // CODE_GRIDS for side in (head, tail))
    near = _probe_quickly(index.codes, ours, theirs)
    ours, theirs = ours[near], theirs[near]
    first, second = index.songs_of(ours), index.songs_of(theirs)
    near = _probe(index, ours, theirs, first, second)
    ours, theirs, first, second = (side[near] for side in (ours, theirs, first, second))
    shift = ours - index.ends[first] - (theirs - index.ends[second])
    return np.stack([first, second, shift], axis=1)


def _probe_quickly(codes: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    # Whether a code before or after two positions agrees, even if it is a code of another song.
    near = np.zeros(len(ours), bool)
    for step in QUICK_PROBES:
        differing = codes.take(ours + step, mode="clip") ^ codes.take(theirs + step, mode="clip")
        near |= np.bitwise_count(differing) <= QUICK_ERROR * CODE_BITS
    return near


def _probe(
    index: _Index, ours: np.ndarray, theirs: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    # Whether the codes around two positions agree. Codes outside of a song are not compared.
    wrong = np.zeros(len(ours), np.int64)
    probed = np.zeros(len(ours), np.int64)
    for step in PROBES:
        inside = np.ones(len(ours), bool)
        for positions, songs in ((ours, first), (theirs, second)):
            moved = positions + step
            inside &= (moved >= index.ends[songs]) & (moved < index.ends[songs + 1])
        differing = index.codes[ours[inside] + step] ^ index.codes[theirs[inside] + step]
        wrong[inside] += np.bitwise_count(differing)
        probed += inside
    return (probed >= FEWEST_PROBES) & (wrong <= PROBE_ERROR * CODE_BITS * probed)


def _compare(first: np.ndarray, second: np.ndarray, shift: int) -> _Match | None:
    # The shift from the two grids has an error of up to one step.
    matches = [_compare_at(first, second, shift + step) for step in (-1, 0, 1)]
    return max(filter(None, matches), key=lambda match: match.weight, default=None)


def _compare_at(first: np.ndarray, second: np.ndarray, shift: int) -> _Match | None:
    # The second song's first code is at the first song's code `shift`.
    ours, theirs = first[max(0, shift) :], second[max(0, -shift) :]
    length = min(len(ours), len(theirs))
    overlap, shorter = _seconds(length), _seconds(min(len(first), len(second)))
    if overlap < max(LEAST_COPIED, min(LEAST_OVERLAP, shorter / 2)):
        return None
    wrong = np.bitwise_count(ours[:length] ^ theirs[:length]) / CODE_BITS
    means = np.convolve(wrong, np.ones(ERROR_WINDOW) / ERROR_WINDOW, "valid")
    start, end = _longest(means <= LARGEST_ERROR)
    end += ERROR_WINDOW - 1
    seconds = _seconds(end - start)
    if seconds < max(LEAST_COPIED, LEAST_SHARE * overlap):
        return None
    if len(np.unique(ours[start:end])) < LEAST_VARIETY * (end - start):
        return None
    return _Match(seconds, float(wrong[start:end].mean()))


def _longest(flags: np.ndarray) -> tuple[int, int]:
    # Start and end of the longest row of true values.
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    start, end = edges[np.argmax(np.diff(edges, axis=1))] if len(edges) else (0, 0)
    return int(start), int(end)


def _seconds(codes: int) -> float:
    # Audio that a number of codes in a row describes.
    return (CODE_SPAN + (codes - 1) * CODE_HOP) / CODE_RATE if codes else 0.0


def _resolve(matches: dict[tuple[int, int], _Match], numbers: np.ndarray) -> list[Duplicate]:
    # Copies of copies are one group; each song of a group repeats the group's earliest.
    best: dict[int, _Match] = {}
    for songs, match in matches.items():
        for song in songs:
            if song not in best or match.weight > best[song].weight:
                best[song] = match
    pairs = np.array(list(matches))
    graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), shape=(len(numbers), len(numbers)))
    _, groups = connected_components(graph, directed=False)
    earliest = np.full(len(numbers), np.iinfo(np.int64).max)
    np.minimum.at(earliest, groups, numbers)
    found = [
        Duplicate(int(numbers[song]), int(earliest[groups[song]]), match.seconds, match.error)
        for song, match in best.items()
    ]
    return sorted((copy for copy in found if copy.song != copy.of), key=lambda copy: copy.song)


def without_duplicates(
    songs: Sequence[Song], fingerprints: Sequence[Path]
) -> tuple[list[Song], list[Copy]]:
    """Leave out the songs that repeat an earlier song, or a later one if only that has drum stems.

    Of an away song and another song with the same recording, the away song is left out. Renderings
    of one score are kept. They have one identity, so they are on one side of the split.

    Args:
        songs: all songs, in the order of the corpus.
        fingerprints: files of the fingerprints of all songs, in any order.

    Returns:
        The songs that are kept, and the others. Of two copies of a song, the better one is first.

    Raises:
        UserError: a file is damaged, or was not made from these songs.
    """
    # Stable: the order of the corpus.
    ranked = sorted(songs, key=lambda song: (song.split == AWAY, not has_drums(song)))
    numbers = {song.song: number for number, song in enumerate(ranked)}

    def numbered() -> Iterator[tuple[int, np.ndarray]]:
        for path in fingerprints:
            for name, codes in read_fingerprints(path).items():
                if name not in numbers:
                    raise UserError(
                        f"{path}: has the song {name!r}, which is not in the corpus; was the file "
                        "made from other songs? Make it again"
                    )
                yield numbers[name], codes

    copies = {
        copy.song: copy
        for copy in duplicates(numbered())
        if not _are_renderings(ranked[copy.song], ranked[copy.of])
    }
    kept = [song for song in songs if numbers[song.song] not in copies]
    return kept, [_copy(ranked[copy.song], ranked[copy.of], copy) for copy in copies.values()]


def _are_renderings(song: Song, other: Song) -> bool:
    """Whether two songs are renderings of one score, e.g. with two soundfonts."""
    return bool(song.identity) and song.identity == other.identity


def _copy(song: Song, earlier: Song, copy: Duplicate) -> Copy:
    away = song.split == AWAY != earlier.split
    known = "also in a source without split: away" if away else "already in the corpus"
    reason = (
        f"{song.parts[0].path}: the recording is {known}: {copy.seconds:.1f} s are "
        f"the same in {earlier.song} ({earlier.source}) or in another copy of it; "
        f"{copy.error:.1%} of the fingerprint's bits differ"
    )
    return Copy(
        **vars(song),
        of=earlier.song,
        value=f"{copy.seconds:.1f}",
        limit=f"{LEAST_COPIED:g}",
        reason=plain_text(reason),
    )
