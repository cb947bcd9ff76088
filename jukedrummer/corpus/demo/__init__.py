"""The composer of the demo's songs.

plan     style, tempo, form, chords          drums   the strokes of the drums
styles   patterns of each style, as text     band    the notes of the other instruments
harmony  chords and progressions             render  notes to audio
write    a song's folder
"""

from dataclasses import dataclass
from pathlib import Path

from jukedrummer.corpus.demo.band import play_band
from jukedrummer.corpus.demo.drums import DrumPlayer
from jukedrummer.corpus.demo.plan import make_plan
from jukedrummer.corpus.demo.render import Band, render_stems
from jukedrummer.corpus.demo.write import write_song
from jukedrummer.corpus.making import run_jobs
from jukedrummer.corpus.song import SourceSong
from jukedrummer.corpus.song_files import song_stems
from jukedrummer.corpus.timeline import mean_bpm
from jukedrummer.storage.files import atomic_folder, read_json

VERSION = 1
"""Increase it when a change of the code changes the bytes of a job's result."""
_bands: dict[Path, Band] = {}


@dataclass(frozen=True)
class Job:
    """One song to make.

    Attributes:
        index: the song's number.
        split: split in the manifest.
        folder: folder of all songs.
        seed: seed of the corpus.
        seconds: least length.
        soundfont: a .sf2 file.
        about: content of song.json in addition to the plan.
    """

    index: int
    split: str
    folder: Path
    seed: int
    seconds: float
    soundfont: Path
    about: dict[str, str]

    @property
    def reserved(self) -> bool:
        """Whether the song has the tempi and progressions that only the test split has."""
        return self.split == "test"

    @property
    def name(self) -> str:
        """The song's id."""
        return f"song_{self.index:04d}"

    @property
    def target(self) -> Path:
        """The song's folder. As in MUSDB18, the validation songs are among the training songs."""
        return self.folder / ("test" if self.reserved else "train") / self.name


def make_songs(jobs: list[Job], workers: int) -> None:
    """Compose and render songs.

    Args:
        jobs: the songs.
        workers: processes; at least 1.

    Raises:
        UserError: a soundfont cannot be read, or a folder cannot be written.
    """
    run_jobs(_make, jobs, workers)


def _make(job: Job) -> None:
    if job.soundfont not in _bands:
        _bands[job.soundfont] = Band(job.soundfont)
    plan = make_plan(job.seed, job.index, job.reserved, job.seconds)
    hits, parts = DrumPlayer(plan).play(), play_band(plan)
    audio = render_stems(_bands[job.soundfont], hits, parts, plan.kit, plan.seconds)
    with atomic_folder(job.target) as folder:
        write_song(folder, plan, hits, parts, audio, job.about)


def listed_song(job: Job) -> SourceSong:
    """A finished song."""
    about = read_json(job.target / "song.json")
    plan = make_plan(job.seed, job.index, job.reserved, job.seconds)
    return SourceSong(
        name=job.name,
        stems=song_stems(job.target),
        split=job.split,
        beats=job.target / "beats.tsv",
        score=job.target / "drums.tsv",
        style=about["style"],
        kit=about["kit"],
        bpm=mean_bpm(plan.beats),
        licence=about["licence"],
    )
