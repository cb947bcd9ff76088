"""Songs that the program MMA (Musical MIDI Accompaniment) plays in the styles of its library.

styles   style files, their grooves and tempi   parts    the parts that MMA wrote
meter    bars in MMA's quarter notes            band     a bass and chords of our own
chords   chords and progressions                melody   a melody, pick-ups
form     sections, fills, breaks                changes  fills, breaks, the last note
plan     the whole plan of a song               sounds   instruments and drum kits
script   the plan as a file for MMA             tempo    the tempo of each beat, signatures
program  runs MMA                               arrange  from MMA's notes to the song
"""

from dataclasses import dataclass
from pathlib import Path

from jukedrummer.corpus.making import run_jobs
from jukedrummer.corpus.midi.read import UnusableSongError
from jukedrummer.corpus.midi.save import save_score
from jukedrummer.corpus.mma.arrange import arrange
from jukedrummer.corpus.mma.plan import plan_song
from jukedrummer.corpus.mma.program import play_song
from jukedrummer.corpus.mma.script import song_text
from jukedrummer.corpus.mma.styles import StyleFile
from jukedrummer.corpus.rejected import plain_text
from jukedrummer.corpus.song import Unusable

MMA_VERSION = 1
"""Increase it when a change of the code changes the bytes of a song's MIDI file."""


@dataclass(frozen=True)
class MmaJob:
    """One song to compose.

    Attributes:
        target: the MIDI file to write; its stem is the song's name.
        program: path of the program.
        style: the song's style file.
        turn: how many songs of this style come before.
        seed: seed of the corpus.
        index: the song's number.
        seconds: length of the song.
    """

    target: Path
    program: str
    style: StyleFile
    turn: int
    seed: int
    index: int
    seconds: float


def compose_songs(jobs: list[MmaJob], workers: int) -> list[Unusable | None]:
    """Compose the songs whose MIDI files do not exist.

    Args:
        jobs: the songs.
        workers: processes; at least 1.

    Returns:
        For each job None, or why MMA does not play the song.

    Raises:
        UserError: a file cannot be written.
    """
    return run_jobs(_compose, jobs, workers)


def _compose(job: MmaJob) -> Unusable | None:
    if job.target.exists():
        return None
    plan = plan_song(job.seed, job.index, job.style, job.turn, job.seconds)
    try:
        written = play_song(job.program, song_text(plan), job.style.path)
    except UnusableSongError as error:
        reason = plain_text(f"{job.style.path}: {error}")
        return Unusable(job.target.stem, error.rule, reason)
    save_score(job.target, arrange(plan, written))
    return None
