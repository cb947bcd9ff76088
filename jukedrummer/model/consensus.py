"""One drum score that agrees with many takes: minimum Bayes risk, bar by bar.

A take is one plausible part. The part that is most similar to all takes on average is the safest
choice: it has what most takes play, and leaves out what few play. Where the model is sure, it is
what each take plays. Where it is not, it is the plain beat that they have in common.
"""

from itertools import pairwise

import numpy as np

from jukedrummer.model.pieces import PIECES, VOICES

SIXTEENTHS, TRIPLETS = [0, 1, 3, 5], [0, 2, 4]
"""Slots of a beat in both subdivisions; see `score_grid.PHASES`."""
_ROWS = [[PIECES.index(piece) for piece in pieces] for pieces in VOICES.values()]


def subdivision(takes: np.ndarray) -> list[int]:
    """The slots of a beat in which takes (takes, Q, S, P) play more often."""
    counts = takes.any(-1).sum((0, 1))
    return TRIPLETS if counts[[2, 4]].sum() > counts[[1, 5]].sum() else SIXTEENTHS


def consensus(takes: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The strokes whose expected similarity to the takes is highest in each bar.

    The similarity is that of `evaluation.patterns`: the cosine of all voices' lines, each with
    mean 0 and length 1. For each voice the strokes are chosen in the order in which they raise it,
    then the voices.

    Args:
        takes: (takes, Q, S, P) bool.
        positions: (Q,) bar positions from 0.

    Returns:
        (Q, S, P) bool.
    """
    slots = subdivision(takes)
    plays = np.stack([takes[..., rows].any(-1) for rows in _ROWS], 1)[..., slots]
    counts = takes.sum(0)[:, slots]
    piece = np.stack([np.array(rows)[counts[..., rows].argmax(-1)] for rows in _ROWS])
    chosen = np.zeros(takes.shape[1:], bool)
    lines = sorted({0, *np.flatnonzero(positions == 0).tolist(), len(positions)})
    for start, end in pairwise(lines):
        for voice, places in _best_pattern(plays[:, :, start:end]).items():
            beats, columns = np.divmod(places, len(slots))
            pieces = piece[voice, start + beats, columns]
            chosen[start + beats, np.array(slots)[columns], pieces] = True
    return chosen


def _best_pattern(plays: np.ndarray) -> dict[int, np.ndarray]:
    """The places of each voice of the best pattern of a bar, of plays (takes, V, beats, slots)."""
    lines = plays.reshape(*plays.shape[:2], -1).astype(np.float64)
    lines -= lines.mean(-1, keepdims=True)
    lengths = np.linalg.norm(lines, axis=-1, keepdims=True)
    lines = lines / np.where(lengths > 0, lengths, 1)
    voices = np.sqrt(np.maximum((lengths[..., 0] > 0).sum(1), 1))
    expected = (lines / voices[:, None, None]).mean(0)  # (V, places)
    patterns = [_best_line(line) for line in expected]
    gains = np.array([gain for gain, _ in patterns])
    order = np.argsort(-gains)
    totals = np.cumsum(np.maximum(gains[order], 0)) / np.sqrt(np.arange(1, len(order) + 1))
    if totals.max() <= 0:
        return {}
    return {int(voice): patterns[voice][1] for voice in order[: int(totals.argmax()) + 1]}


def _best_line(expected: np.ndarray) -> tuple[float, np.ndarray]:
    """The strokes of a voice with the highest expected cosine: the cosine, and their places."""
    if len(expected) < 2:
        return 0.0, np.zeros(0, int)
    order = np.argsort(-expected, kind="stable")
    strokes = np.arange(1, len(expected))
    # A line with k strokes in n places, minus its mean, has the length sqrt(k - k^2 / n).
    cosines = np.cumsum(expected[order])[:-1] / np.sqrt(strokes - strokes**2 / len(expected))
    best = int(cosines.argmax())
    return float(cosines[best]), order[: best + 1]
