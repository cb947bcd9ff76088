"""Copying: the longest run of codes that also stands in the training set.

All windows of a length are hashed at once, to 64 bits. The hash of a window is made from the hashes
of its two parts. Among ten million windows and ten thousand others, two that differ have one hash
with a probability of about one in a hundred million.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.pairs import held_out
from jukedrummer.errors import UserError
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


def copying(
    generated: Path, pairs: Sequence[Path], codes: Sequence[Path], lm: Path, resamples: int
) -> dict[str, Any]:
    """The longest runs of codes that also stand in the training set, in seconds.

    The real drums of the held-out songs show how long a run can be that nobody copied: silence, a
    common beat, few codes. Their codes are cut into clips, of which the longest run counts.

    Args:
        generated: folder with `{song}/codes.npy`, (L,).
        pairs: folders of the shards of pairs.
        codes: shards of codes.
        lm: folder of the language model.
        resamples: number of resamples for the intervals.

    Returns:
        `generated` and `real`: mean over songs with its interval; `real` of songs with clips.

    Raises:
        UserError: a song's codes are missing or damaged, or a split has no clips.
    """
    info = load_info(lm / "model.json")
    code_seconds = info.sizes["frames_per_code"] * info.mel_config.hop / SAMPLE_RATE
    training, real = (Clips(codes, "codes", split) for split in ("train", "test"))
    played = [_read_codes(generated / pair.song / "codes.npy") for pair, _ in held_out(pairs)]
    lengths = longest_copies([*played, *_drums(real)], np.stack(_drums(training)))
    longest: dict[str, int] = {}
    for index, length in enumerate(lengths[len(played) :]):
        song = real.text(index, "song")
        longest[song] = max(longest.get(song, 0), length)
    by_name = {"generated": lengths[: len(played)], "real": list(longest.values())}
    return {
        name: interval_json([code_seconds * length for length in values], resamples)
        for name, values in by_name.items()
    }


def _drums(clips: Clips) -> list[np.ndarray]:
    return [clips.read(index, "drums") for index in range(len(clips))]


def _read_codes(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path}: cannot be read ({error}); run the stage generate again"
        ) from error
