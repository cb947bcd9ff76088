"""Copying: the longest run of codes that also stands in the training set.

All windows of a length are hashed at once, to 64 bits. The hash of a window is made from the hashes
of its two parts. Among ten million windows and ten thousand others, two that differ have one hash
with a probability of about one in a hundred million.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.pairs import held_out
from jukedrummer.errors import UserError
from jukedrummer.evaluation.home_away import of_songs
from jukedrummer.evaluation.likelihood import held_out_clips
from jukedrummer.evaluation.reference import Reference
from jukedrummer.evaluation.statistics import interval_json
from jukedrummer.storage.shards import Clips
from jukedrummer.storage.weights import load_info

_SPREAD, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)  # odd numbers
_SHIFT = np.uint64(29)
TABLE_BITS = 20
CLIPS_AT_ONCE = 256


def longest_copies(pieces: Sequence[np.ndarray], training: np.ndarray) -> list[int]:
    """The length of the longest run of each piece that also stands in a training clip.

    Args:
        pieces: (L,) codes each.
        training: (clips, M) codes.

    Returns:
        0 to M codes for each piece.
    """
    search = _Search(pieces, training)
    return [search.longest(np.asarray(piece)) for piece in pieces]


class _Search:
    """Finds runs in common. The training clips are hashed once for each length that is tried."""

    def __init__(self, pieces: Sequence[np.ndarray], training: np.ndarray) -> None:
        self._pieces, self._training = pieces, training
        self._common: dict[int, np.ndarray] = {}  # length to the hashes of the runs in common

    def longest(self, piece: np.ndarray) -> int:
        # Where a run stands in the training set, its parts do too. So bisection finds the longest.
        low, high = 0, min(len(piece), self._training.shape[1])
        while low < high:
            middle = (low + high + 1) // 2
            found = np.isin(window_hashes(piece[None], middle), self._runs(middle)).any()
            low, high = (middle, high) if found else (low, middle - 1)
        return low

    def _runs(self, length: int) -> np.ndarray:
        if length not in self._common:
            own = [window_hashes(np.asarray(piece)[None], length) for piece in self._pieces]
            self._common[length] = self._known(np.unique(np.concatenate(own, axis=1)), length)
        return self._common[length]

    def _known(self, hashes: np.ndarray, length: int) -> np.ndarray:
        # Those of the hashes that are of a window of the training clips. A table of the lowest bits
        # rules out nearly all windows without a search.
        table = np.zeros(1 << TABLE_BITS, bool)
        lowest = np.uint64(len(table) - 1)
        table[hashes & lowest] = True
        known = []
        for start in range(0, len(self._training), CLIPS_AT_ONCE):
            windows = window_hashes(self._training[start : start + CLIPS_AT_ONCE], length).ravel()
            known.append(np.intersect1d(windows[table[windows & lowest]], hashes))
        return np.unique(np.concatenate(known))


def window_hashes(codes: np.ndarray, length: int) -> np.ndarray:
    """The hashes of all windows of one length: (B, L) to (B, L - length + 1) uint64.

    Windows with the same codes have the same hash. There are none if L is below `length`.
    """
    if codes.shape[1] < length:
        return np.zeros((len(codes), 0), np.uint64)
    power, power_length = _mixed(codes.astype(np.uint64) + np.uint64(1)), 1
    hashes, done = None, 0
    while True:
        if length & power_length:
            hashes = power if hashes is None else _joined(hashes, power, done)
            done += power_length
        if done == length:
            return np.asarray(hashes)
        power, power_length = _joined(power, power, power_length), 2 * power_length


def _joined(first: np.ndarray, second: np.ndarray, shift: int) -> np.ndarray:
    # The hashes of windows: `first` has those of their first part, which is `shift` codes long,
    # and `second` those of the rest.
    width = second.shape[1] - shift
    return _mixed(first[:, :width] * _SPREAD + second[:, shift:])


def _mixed(values: np.ndarray) -> np.ndarray:
    values = (values ^ (values >> _SHIFT)) * _MIX
    return np.asarray(values ^ (values >> _SHIFT))


@dataclass(frozen=True)
class CopiedRuns:
    """The longest run of codes of each song that also stands in the training set, in seconds.

    Attributes:
        generated: song to the run in the generated drums.
        real: song to the run in its real drums; songs without clips are missing.
    """

    generated: dict[str, float]
    real: dict[str, float]

    def intervals(self, songs: Sequence[Reference], resamples: int) -> dict[str, Any]:
        """`generated` and `real`: mean over some songs with its interval, for JSON."""
        parts = {"generated": self.generated, "real": self.real}
        return {
            name: interval_json(list(of_songs(values, songs).values()), resamples)
            for name, values in parts.items()
        }


def copying(generated: Path, pairs: Sequence[Path], codes: Sequence[Path], lm: Path) -> CopiedRuns:
    """Find the longest runs of codes of the held-out songs that also stand in the training set.

    The real drums of the held-out songs show how long a run can be that nobody copied: silence, a
    common beat, few codes. Their codes are cut into clips, of which the longest run counts.

    Args:
        generated: folder with `{song}/codes.npy`, (L,).
        pairs: folders of the shards of pairs.
        codes: shards of codes.
        lm: folder of the language model.

    Raises:
        UserError: a song's codes are missing or damaged, or a split has no clips.
    """
    info = load_info(lm / "model.json")
    code_seconds = info.sizes["frames_per_code"] * info.mel_config.hop / SAMPLE_RATE
    songs = [pair.song for pair, _ in held_out(pairs)]
    played = [_read_codes(generated / song / "codes.npy") for song in songs]
    real = [clip for split in held_out_clips(codes) for clip in _drums(codes, split)]
    training = np.stack([clip for _, clip in _drums(codes, "train")])
    lengths = longest_copies([*played, *(clip for _, clip in real)], training)
    longest: dict[str, float] = {}
    for (song, _), length in zip(real, lengths[len(played) :], strict=True):
        longest[song] = max(longest.get(song, 0), code_seconds * length)
    runs = zip(songs, lengths, strict=False)
    return CopiedRuns({song: code_seconds * length for song, length in runs}, longest)


def _drums(shards: Sequence[Path], split: str) -> Iterator[tuple[str, np.ndarray]]:
    """Each clip of a split: its song, and its drum codes (L,)."""
    clips = Clips(shards, "codes", split)
    for index in range(len(clips)):
        yield clips.text(index, "song"), clips.read(index, "drums")


def _read_codes(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: cannot be read ({error}); run the stage generate again"
        ) from error
