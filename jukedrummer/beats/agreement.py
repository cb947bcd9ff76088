"""Annotated beats that may be wrong, compared with the beats that a tracker finds in the full mix.

The times of a MIDI file's beats are exact. But its bar lines may be wrong: a default 4/4 from tick
0, or a pick-up that is not notated. Its tempo may be half or double the tempo that people tap,
which is no fault. The outcomes:

confirmed  The tracker's downbeats are those of the annotation.
moved      The tracker's downbeats are clearly another beat of the bar, and the song's score does
           not show where bars begin. The bar lines are moved, but never by half a bar, because
           trackers mistake beat 3 for beat 1 in 4/4. In such songs, where the bass and the chords
           showed the bars, the annotation was right.
unclear    All other cases. The annotation is kept.
rejected   The tracker's beats are not those of the annotation, nor those of half or double its
           tempo, and the score does not show where bars begin. The song is used without annotated
           beats.

benchmarks/midi_beats.py measures the limits on a collection of files.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.annotations import read_beats, write_beats
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.pairs import Pair, read_pairs
from jukedrummer.storage.tables import write_table

TOLERANCE = 0.07
"""Seconds. A tracked beat hits an annotated beat that is not farther away."""
LEAST_BEAT_F1 = 0.7
"""Beats with a lower F1 disagree. Beats half a beat off have 0.67 at double their tempo."""
LEAST_DOWNBEAT_F1 = 0.5
"""Downbeats with a lower F1 confirm no bar lines."""
MOVE_MARGIN_F1 = 0.4
"""Bar lines are moved if the downbeat F1 of their new place is this much above all others."""
TRACKED_BPM = 55.0, 200.0
"""Limits of the judge's tempo. Half and double tempo are compared only within these limits."""
CONFIRM_MARGIN_F1 = 0.2
"""The annotation is confirmed if the downbeat F1 of every other place is lower by this much."""
TIE_F1 = 0.05
"""Limit instead of `CONFIRM_MARGIN_F1` if the score shows the bar lines: the downbeat F1 of another
place may be higher by this much. At double tempo a tracker has two downbeats in a bar, and both
places are equal."""


@dataclass(frozen=True)
class Agreement:
    """An annotation after its comparison.

    Attributes:
        outcome: confirmed, moved, unclear or rejected.
        beats: (n, 2) seconds, bar position; the annotation, or if it is moved, the moved one.
        beat_f1: beat F1 of the annotation, the best of its tempo, half of it and double of it.
        downbeat_f1: downbeat F1 of each place of the bar lines, (meter,). Place p: moved by p
            beats. If the meter changes, there is place 0 only.
    """

    outcome: str
    beats: np.ndarray
    beat_f1: float
    downbeat_f1: np.ndarray


def judge() -> Tracker:
    """The tracker that annotations are compared with."""
    # Imports torch, which takes seconds and is not needed if no annotation is compared.
    from jukedrummer.beats.factory import make_judge

    return make_judge()


def check_annotations(folder: Path, make: Callable[[], Tracker] = judge) -> None:
    """Compare the annotated beats of a shard of pairs with a tracker, and write the results.

    Rows of `pairs.tsv` with `check_beats` are changed: `annotation` is the outcome, and `beats` is
    `{song}/beats.tsv` in the folder, or empty.

    Args:
        folder: the shard, before other stages read it.
        make: makes the tracker. It is not called if no annotation is compared.

    Raises:
        UserError: a file of the shard cannot be read or written.
    """
    pairs = read_pairs(folder)
    doubtful = [pair for pair in pairs if pair.check_beats == "yes" and pair.beats]
    if not doubtful:
        return
    tracker = make()
    checked = {
        pair.song: _check_pair(pair, folder / pair.song, tracker)
        for pair in tqdm(doubtful, desc="annotated beats", unit="song")
    }
    write_table(folder / "pairs.tsv", Pair, [checked.get(pair.song, pair) for pair in pairs])


def _check_pair(pair: Pair, folder: Path, tracker: Tracker) -> Pair:
    assert pair.beats is not None  # rows without beats are not compared
    mix = read_audio(folder / "drumless.flac") + read_audio(folder / "drums.flac")
    annotated = read_beats(pair.beats)
    (tracked,) = tracker.track_many([mix], SAMPLE_RATE)
    result = compare_beats(annotated, tracked.beats, pair.bar_lines)
    target = None
    if result.outcome != "rejected":
        write_beats(target := folder / "beats.tsv", result.beats)
    if result.outcome != "confirmed":
        tqdm.write(
            f"{pair.song}: the annotated bar lines are {result.outcome}: beat F1 "
            f"{result.beat_f1:.2f}, downbeat F1 {result.downbeat_f1[0]:.2f}, at best "
            f"{result.downbeat_f1.max():.2f}",
            file=sys.stderr,
        )
    return replace(pair, beats=target, annotation=result.outcome)


def compare_beats(annotated: np.ndarray, tracked: np.ndarray, bar_lines: str = "") -> Agreement:
    """Compare annotated beats with tracked beats.

    Args:
        annotated: (n, 2) seconds, bar position.
        tracked: (m, 2) likewise.
        bar_lines: as in the manifest: whether the song's score shows that they are right.
    """
    beat_f1 = max(_f1(times, tracked[:, 0]) for times in tempo_family(annotated[:, 0]))
    downbeats = tracked[tracked[:, 1] == 1, 0]
    places = [annotated, *_moved_bar_lines(annotated)]
    scores = np.array([_f1(beats[beats[:, 1] == 1, 0], downbeats) for beats in places])
    best, clear = int(scores.argmax()), bar_lines in ("clear", "moved")
    margin = float(scores[best] - np.delete(scores, best).max(initial=0.0))
    confirming = scores[0] - scores[1:].max(initial=0.0)
    outcome = "unclear"
    if beat_f1 < LEAST_BEAT_F1:
        outcome = "unclear" if clear else "rejected"
    elif scores[0] >= LEAST_DOWNBEAT_F1 and confirming >= (-TIE_F1 if clear else CONFIRM_MARGIN_F1):
        outcome = "confirmed"
    elif best > 0 and margin >= MOVE_MARGIN_F1 and 2 * best != len(places) and not clear:
        outcome = "moved"
    return Agreement(outcome, places[best if outcome == "moved" else 0], beat_f1, scores)


def tempo_family(times: np.ndarray) -> list[np.ndarray]:
    """Beats (n,) at their tempo, and at half and double tempo if it is within `TRACKED_BPM`."""
    family = [times]
    if len(times) < 3:
        return family
    bpm = 60 / float(np.median(np.diff(times)))
    if 2 * bpm <= TRACKED_BPM[1]:
        family.append(np.sort(np.concatenate([times, (times[1:] + times[:-1]) / 2])))
    if bpm / 2 >= TRACKED_BPM[0]:
        family += [times[::2], times[1::2]]
    return family


def _moved_bar_lines(beats: np.ndarray) -> list[np.ndarray]:
    """Beats (n, 2) with their bar lines moved by 1, 2, ... beats; none if the meter changes."""
    positions = beats[:, 1]
    meter = int(positions.max(initial=1))
    if ((np.diff(positions) - 1) % meter).any():
        return []
    return [
        np.stack([beats[:, 0], (positions - 1 - moved) % meter + 1], axis=1)
        for moved in range(1, meter)
    ]


def _f1(reference: np.ndarray, estimated: np.ndarray) -> float:
    if not len(reference) or not len(estimated):
        return 0.0  # as mir_eval, without its warning
    import mir_eval

    return float(mir_eval.beat.f_measure(reference, estimated, f_measure_threshold=TOLERANCE))
