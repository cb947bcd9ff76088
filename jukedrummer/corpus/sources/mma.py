"""Songs that the program MMA plays in the styles of its library, rendered stem by stem."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from jukedrummer.config import Names, SourceConfig, key, require_file, require_folder
from jukedrummer.corpus.listing import unique_id
from jukedrummer.corpus.song import SourceSong, Unusable, Work
from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json

if TYPE_CHECKING:
    from jukedrummer.corpus.midi import MidiJob
    from jukedrummer.corpus.mma import MmaJob
    from jukedrummer.corpus.mma.styles import StyleFile

MMA_FINGERPRINT = "corpus.json"
COMPOSED = "composed"
"""Folder of the MIDI files of the songs."""
MMA_LICENCE = "GPL-2.0 (MMA's style library: used to compose; not contained)"
LONGEST = 3_600.0
"""Seconds. Songs are rendered whole."""


class MmaConfig(SourceConfig):
    """Songs in many styles that the installed program MMA plays."""

    may_repeat: ClassVar[bool] = False
    gives_scores: ClassVar[bool] = True
    kind: Literal["mma"] = "mma"
    songs: int = key(400, "songs to compose", 1, 1_000_000)
    seconds: float = key(30.0, "length of a song, seconds", 8, 600)
    seed: int = key(1, "the same seed gives the same songs", 0, 2**31 - 1)
    soundfonts: Names = key(
        (), "list of .sf2 or .sf3 files, used in turn; empty: the one inside pretty_midi"
    )
    transpose: int = key(
        5, "largest transposition of the pitched instruments, up or down, semitones", 0, 12
    )
    library: str | None = key(None, "folder of style files; null: the library of the program")

    def check_machine(self, where: str) -> None:
        """Check that the program, the library and the soundfonts exist."""
        _find_program(where)
        if self.library is not None:
            require_folder(self.library, f"{where}.library")
        for place, soundfont in enumerate(self.soundfonts):
            require_file(soundfont, f"{where}.soundfonts[{place}]")


def _find_program(where: str) -> str:
    program = shutil.which("mma")
    if program is None:
        raise UserError(
            f"{where}: the kind mma needs the program mma (Musical MIDI Accompaniment), which is "
            "not installed (Debian, Ubuntu: apt install mma; others: https://www.mellowood.ca/mma/)"
        )
    return program


def songs(config: MmaConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Compose and render the songs that are not yet in the folder.

    A song depends on the seed, its number and its style file only. Songs of an earlier run are kept
    if the settings, the style library, the program and the soundfonts have not changed.

    Args:
        config: number and length of the songs, seed, soundfonts.
        work: the songs' folder, and the worker processes.

    Yields:
        The songs that MMA does not play, then the others in the order of their numbers.

    Raises:
        UserError: the program or its library is missing, a soundfont cannot be read, or the folder
            cannot be written.
    """
    # Loads the synthesiser, which the config does not need.
    from jukedrummer.corpus.making import remove_other_songs
    from jukedrummer.corpus.midi import MIDI_VERSION, make_midi_songs, soundfont_digests
    from jukedrummer.corpus.mma import MMA_VERSION, compose_songs
    from jukedrummer.corpus.mma.program import default_library, program_version
    from jukedrummer.corpus.mma.styles import library_digest, read_library

    config.check_machine("corpus.sources")
    program = _find_program("corpus.sources")
    styles = read_library(Path(config.library) if config.library else default_library(program))
    fonts = soundfont_digests(config.soundfonts)
    made_with = {
        "versions": [MMA_VERSION, MIDI_VERSION, program_version(program)],
        **{name: getattr(config, name) for name in ("seed", "seconds", "transpose")},
        "library_sha256": library_digest(styles),
        "soundfonts_sha256": list(fonts.values()),
    }
    jobs = [_job(index, config, work.folder, styles, program) for index in range(config.songs)]
    targets = {work.folder / COMPOSED} | {_folder(job) for job in jobs}
    present = sorted(work.folder.glob("*/"))
    remove_other_songs(work.folder / MMA_FINGERPRINT, present, made_with, targets)
    failed = compose_songs(jobs, work.workers)
    composed = [job for job, fault in zip(jobs, failed, strict=True) if fault is None]
    faults = make_midi_songs(
        [_rendered(job, config, list(fonts)) for job in composed], work.workers
    )
    yield from (fault for fault in failed if fault is not None)
    for job, fault in zip(composed, faults, strict=True):
        yield _song(job) if fault is None else fault


def _job(
    index: int, config: MmaConfig, folder: Path, styles: "list[StyleFile]", program: str
) -> "MmaJob":
    from jukedrummer.corpus.mma import MmaJob
    from jukedrummer.corpus.mma.styles import style_of

    style, turn = style_of(styles, config.seed, index)
    name = unique_id(f"{index:05d}_{style.name}", "", set())
    target = folder / COMPOSED / f"{name}.mid"
    return MmaJob(target, program, style, turn, config.seed, index, config.seconds)


def _folder(job: "MmaJob") -> Path:
    """The folder of the rendered song."""
    return job.target.parent.parent / job.target.stem


def _rendered(job: "MmaJob", config: MmaConfig, fonts: list[Path]) -> "MidiJob":
    from jukedrummer.corpus.midi import MidiJob, Rendering
    from jukedrummer.corpus.timeline import generator

    random = generator(config.seed, job.index, f"transposition {job.style.digest}")
    semitones = int(random.integers(-config.transpose, config.transpose + 1))
    rendering = Rendering(_folder(job), fonts[job.index % len(fonts)], semitones)
    return MidiJob(
        path=job.target,
        name=job.target.stem,
        renderings=() if rendering.target.exists() else (rendering,),
        seconds=LONGEST,
        about={"file": f"{COMPOSED}/{job.target.name}", "style_file": job.style.name},
        exact=True,
    )


def _song(job: "MmaJob") -> SourceSong:
    from jukedrummer.corpus.song_files import song_stems

    folder = _folder(job)
    return SourceSong(
        name=folder.name,
        stems=song_stems(folder),
        # The songs of one style file are on one side of the split.
        artist=f"MMA {job.style.name}",
        beats=folder / "beats.tsv",
        score=folder / "drums.tsv",
        bar_lines="clear",
        style=job.style.stem,
        bpm=read_json(folder / "song.json")["bpm"],
        licence=MMA_LICENCE,
    )


Config = MmaConfig
