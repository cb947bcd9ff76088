"""Beats of MIDI files against a tracker: the checks of a corpus, on songs of your own.

    python benchmarks/midi_beats.py FOLDER

renders the stretch of each file in which the drums play longest, tracks the full mix with madmom
and compares both as the stage pairs does (`jukedrummer/beats/agreement.py`). Songs are in one of
two halves by a hash of their names. The limits of the comparison may be chosen on the first half.
The second half is for checking them only.

The first table has the outcomes, and the mean F1 of beats and downbeats within 70 ms of the
tracker's: the downbeats of the file, after the score has moved bar lines (drums, bass, chords), and
after the tracker has. Rejected songs have no annotated beats, so they are not in the last mean.

The second table is about the limit of moving. It has the songs whose score shows the bar lines, as
if it did not. The right bar lines of each are moved by one beat, two, ... and compared. The table
has the number of right bar lines that are moved, and the outcomes of the wrong ones, for some
limits: moved back, moved elsewhere, confirmed, unclear, rejected. A limit is good if many are moved
back, and few elsewhere. It does not change which are confirmed or rejected.
"""

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from tqdm import tqdm

from jukedrummer.beats import agreement
from jukedrummer.beats.agreement import Agreement, compare_beats
from jukedrummer.beats.factory import make_judge
from jukedrummer.beats.tracker import Tracker
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.files import walk_files
from jukedrummer.corpus.midi.beats import BAR_LINES
from jukedrummer.corpus.midi.check import CheckedSong, check_song
from jukedrummer.corpus.midi.read import UnusableSongError, read_score
from jukedrummer.corpus.midi.render import Orchestra, render_song
from jukedrummer.corpus.render import default_soundfont
from jukedrummer.corpus.sources.midi import MIDI_SUFFIXES

HALVES = ("first", "second")
OUTCOMES = ("confirmed", "moved", "unclear", "rejected")
LIMITS = (0.2, 0.4, 0.6, 0.8, 0.95)
WRONG_OUTCOMES = ("back", "elsewhere", "confirmed", "unclear", "rejected")


@dataclass(frozen=True, eq=False)
class TrackedFile:
    """A file, its beats and the tracker's.

    Attributes:
        half: of `HALVES`.
        bar_lines: whether the score shows that they are right: clear, moved, unclear.
        file_beats: (n, 2) seconds, bar position; bar lines of the file.
        beats: (n, 2) the same beats; bar lines after the score has moved them.
        tracked: (m, 2) the tracker's beats.
    """

    half: str
    bar_lines: str
    file_beats: np.ndarray
    beats: np.ndarray
    tracked: np.ndarray

    @property
    def agreement(self) -> Agreement:
        """The comparison, as in the stage pairs."""
        return compare_beats(self.beats, self.tracked, self.bar_lines)


def half_of(name: str) -> str:
    """The half that a file belongs to."""
    return HALVES[hashlib.sha256(name.encode()).digest()[0] % 2]


def file_bar_lines(song: CheckedSong) -> np.ndarray:
    """The beats of a song with the bar lines of its file: (n, 2) seconds, bar position."""
    parts = [
        np.stack([song.tempo.seconds(s.beats), np.arange(len(s.beats)) % s.meter + 1], axis=1)
        for s in song.stretches
    ]
    beats = np.concatenate(parts) - [song.start, 0]
    inside: np.ndarray = beats[(beats[:, 0] >= 0) & (beats[:, 0] < song.seconds)]
    return inside


def track_files(folder: Path, seconds: float, tracker: Tracker) -> Iterator[TrackedFile]:
    """Render and track all files of a folder that can be used."""
    orchestra, unusable = Orchestra(default_soundfont()), 0
    files = sorted(walk_files(folder, MIDI_SUFFIXES, lambda fault: None))
    for path in tqdm(files, unit="song"):
        try:
            song = check_song(read_score(path), seconds)
            stems = render_song(orchestra, song, 0)
        except UnusableSongError:
            unusable += 1
            continue
        mix = np.sum([stem / np.float32(32_768) for stem in stems.values()], axis=0)
        (tracked,) = tracker.track_many([mix], SAMPLE_RATE)
        beats = file_bar_lines(song)
        bar_lines = BAR_LINES[song.phase]
        yield TrackedFile(half_of(path.name), bar_lines, beats, song.beats, tracked.beats)
    print(f"{len(files)} files, {unusable} of them cannot be used")


def downbeat_f1(annotated: np.ndarray, tracked: np.ndarray) -> float:
    """F1 of the downbeats within 70 ms."""
    return float(compare_beats(annotated, tracked).downbeat_f1[0])


def print_outcomes(songs: Sequence[TrackedFile]) -> None:
    """The first table."""
    print(f"\n{'half':<9}{'songs':>6}", *(f"{name:>10}" for name in OUTCOMES), end="")
    print(f"{'by score':>10}{'beat F1':>9}  downbeat F1: file, score, tracker")
    for half in HALVES:
        chosen = [song for song in songs if song.half == half]
        results = [song.agreement for song in chosen]
        outcomes = Counter(result.outcome for result in results)
        stages = (
            [downbeat_f1(song.file_beats, song.tracked) for song in chosen],
            [downbeat_f1(song.beats, song.tracked) for song in chosen],
            [
                downbeat_f1(result.beats, song.tracked)
                for song, result in zip(chosen, results, strict=True)
                if result.outcome != "rejected"
            ],
        )
        print(f"{half:<9}{len(chosen):>6}", *(f"{outcomes[name]:>10}" for name in OUTCOMES), end="")
        print(f"{sum(song.bar_lines == 'moved' for song in chosen):>10}", end="")
        print(f"{np.mean([result.beat_f1 for result in results]):>9.2f}", end="  ")
        print(*(f"{np.mean(values):.2f}" for values in stages))


def print_limits(songs: Sequence[TrackedFile]) -> None:
    """The second table."""
    print(f"\n{'half':<9}{'limit':>6}{'songs':>6}{'right moved':>12}{'wrong':>6}", end="")
    print(*(f"{name:>10}" for name in WRONG_OUTCOMES))
    for half in HALVES:
        clear = [song for song in songs if song.half == half and song.bar_lines != "unclear"]
        for limit in LIMITS:
            with patch.object(agreement, "MOVE_MARGIN_F1", limit):
                right = Counter(compare_beats(song.beats, song.tracked).outcome for song in clear)
                wrong = Counter(outcome for song in clear for outcome in wrong_outcomes(song))
            star = "*" if limit == agreement.MOVE_MARGIN_F1 else ""
            print(f"{half:<9}{star + str(limit):>6}{len(clear):>6}{right['moved']:>12}", end="")
            print(f"{wrong.total():>6}", *(f"{wrong[name]:>10}" for name in WRONG_OUTCOMES))
    print("* the limit of the package")


def wrong_outcomes(song: TrackedFile) -> Iterator[str]:
    """The outcome of each wrong place of the bar lines; none if the meter changes."""
    meter, positions = int(song.beats[:, 1].max()), song.beats[:, 1]
    if ((np.diff(positions) - 1) % meter).any():
        return
    for moved in range(1, meter):
        wrong = np.stack([song.beats[:, 0], (positions - 1 + moved) % meter + 1], axis=1)
        result = compare_beats(wrong, song.tracked)
        if result.outcome != "moved":
            yield result.outcome
        else:
            back = np.array_equal(result.beats, song.beats)
            yield "back" if back else "elsewhere"


def main() -> int:
    """Print both tables. Return 1 if no file can be used."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of MIDI files")
    parser.add_argument(
        "--seconds", type=float, default=30, help="longest stretch of a song (default: 30)"
    )
    arguments = parser.parse_args()
    songs = list(track_files(arguments.folder, arguments.seconds, make_judge()))
    if not songs:
        return 1
    print_outcomes(songs)
    print_limits(songs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
