"""The second composer: songs that have nothing in common with the demo's.

style, styles_*  what a style is, and all styles     harmony  chords and progressions
plan, form       style, tempo, sections, chords      drummer, fills  the strokes of the drums
band, bass, melody  the notes of the other instruments  synth  notes to audio
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jukedrummer.corpus.demo.render import Band
from jukedrummer.corpus.score import KIT_PITCHES
from jukedrummer.corpus.second_composer.band import play_parts
from jukedrummer.corpus.second_composer.drummer import SessionDrummer
from jukedrummer.corpus.second_composer.plan import SongPlan, plan_song
from jukedrummer.corpus.second_composer.synth.mix import mix_song
from jukedrummer.corpus.song import SourceSong
from jukedrummer.corpus.song_files import song_stems, write_song_files
from jukedrummer.corpus.timeline import mean_bpm
from jukedrummer.storage.files import atomic_folder, read_json

COMPOSER_VERSION = 1
"""Increase it when a change of the code changes the bytes of a job's result."""


@dataclass(frozen=True)
class ComposerJob:
    """One song to make.

    Attributes:
        index: the song's number.
        folder: folder of all songs.
        seed: seed of the corpus.
        seconds: least length.
        soundfont: a .sf2 file; None: the synthesiser.
        about: content of song.json in addition to the plan.
    """

    index: int
    folder: Path
    seed: int
    seconds: float
    soundfont: Path | None
    about: dict[str, str]

    @property
    def target(self) -> Path:
        """The song's folder."""
        return self.folder / f"second_{self.index:04d}"


@lru_cache(maxsize=1)
def _font(soundfont: Path) -> Band:
    return Band(soundfont)


def make_song(job: ComposerJob) -> None:
    """Compose and render a song.

    Raises:
        UserError: a soundfont cannot be read, or a folder cannot be written.
    """
    plan = plan_song(job.seed, job.index, job.seconds)
    drummer = SessionDrummer(plan)
    hits, parts = drummer.play(), play_parts(plan, drummer)
    font = _font(job.soundfont) if job.soundfont else None
    stems = mix_song(plan.random("mix"), hits, parts, plan.kit, plan.seconds, font)
    strokes = ((hit.start, KIT_PITCHES[hit.piece], hit.velocity) for hit in hits)
    with atomic_folder(job.target) as folder:
        write_song_files(folder, stems, plan.beats, strokes, _describe(plan) | job.about)


def composed_song(job: ComposerJob) -> SourceSong:
    """A finished song."""
    about = read_json(job.target / "song.json")
    return SourceSong(
        name=job.target.name,
        stems=song_stems(job.target),
        beats=job.target / "beats.tsv",
        score=job.target / "drums.tsv",
        style=about["style"],
        kit=about["kit"],
        bpm=about["mean_bpm"],
        licence=about["licence"],
    )


def _describe(plan: SongPlan) -> dict[str, object]:
    return {
        "style": plan.style.name,
        "kit": plan.kit,
        "meter": plan.style.meter,
        "steps": plan.style.steps,
        "bpm": plan.bpm,
        "mean_bpm": round(mean_bpm(plan.beats), 4),
        "swing": round(plan.timeline.swing, 4),
        "key": plan.key,
        "voices": [voice for _, voice in plan.band],
        "pickup_beats": plan.pickup,
        "bars": len(plan.bars),
        "sections": [
            {"kind": bar.form.kind, "bar": bar.index, "start": round(plan.time(bar.index, 0), 6)}
            for bar in plan.bars
            if bar.form.place == 0
        ],
        "seed": plan.seed,
        "index": plan.index,
    }
