"""Multi-track MIDI files, rendered stem by stem, with exact beats and an exact drum score."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import model_validator

from jukedrummer.config import FilesConfig, Names, key, require_file
from jukedrummer.corpus.files import unusable, walk_files
from jukedrummer.corpus.listing import unique_id
from jukedrummer.corpus.rejected import plain_text
from jukedrummer.corpus.song import SourceSong, Unfit, Unusable, Work
from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json, sha256

if TYPE_CHECKING:
    from jukedrummer.corpus.midi import Rendering

MIDI_SUFFIXES = (".mid", ".midi", ".kar")
LONGEST_NAME = 48  # of the part of an id that is from the file's name
MIDI_FINGERPRINT = "corpus.json"


class MidiConfig(FilesConfig):
    """Multi-track MIDI files, rendered with soundfonts."""

    gives_scores: ClassVar[bool] = True
    kind: Literal["midi"] = "midi"
    path: str = key(..., "folder of MIDI files, searched with its subfolders")
    soundfonts: Names = key((), "list of .sf2 or .sf3 files; empty: the one inside pretty_midi")
    renderings: int = key(
        1, "renderings of each song, each with another soundfont or transposition", 1, 100
    )
    transpose: int = key(
        0, "largest transposition of the pitched instruments, up or down, semitones", 0, 12
    )
    seconds: float = key(180.0, "longest stretch of a song to render, seconds", 8, 3_600)
    seed: int = key(1, "decides soundfonts and transpositions", 0, 2**31 - 1)
    licence: str = key("", "licence of the songs, for the manifest")

    @model_validator(mode="after")
    def _check(self) -> "MidiConfig":
        if len(set(self.soundfonts)) < len(self.soundfonts):
            raise UserError(
                f"soundfonts of the source {self.title} is {list(self.soundfonts)}; name each once"
            )
        possible = max(1, len(self.soundfonts)) * (2 * self.transpose + 1)
        if self.renderings > possible:
            raise UserError(
                f"renderings of the source {self.title} is {self.renderings}, but "
                f"{max(1, len(self.soundfonts))} soundfont(s) and transpose {self.transpose} give "
                f"{possible} different ones"
            )
        return self

    def check_machine(self, where: str) -> None:
        """Check that the folder and the soundfonts exist."""
        super().check_machine(where)
        for place, soundfont in enumerate(self.soundfonts):
            require_file(soundfont, f"{where}.soundfonts[{place}]")


@dataclass(frozen=True)
class _Source:
    """A file: its path, its path relative to the root as text, the hash of its bytes."""

    path: Path
    name: str
    digest: str


def songs(config: MidiConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Render the songs that are not yet in the folder.

    A song's id, soundfonts and transpositions depend on the bytes of its file and the seed only. So
    added files do not change the songs of the others. Songs of an earlier run are kept if the
    settings and the soundfonts have not changed.

    Args:
        config: the folder of the files, and how they are rendered.
        work: where the songs are rendered, and the worker processes.

    Yields:
        The songs in the order of the files' names, and the files that cannot be used.

    Raises:
        UserError: a soundfont cannot be read, or the folder cannot be written.
    """
    # Loads the synthesiser, which the config does not need.
    from jukedrummer.corpus.making import remove_other_songs
    from jukedrummer.corpus.midi import (
        MIDI_VERSION,
        MidiJob,
        make_midi_songs,
        soundfont_digests,
    )

    config.check_machine("corpus.sources")
    fonts = soundfont_digests(config.soundfonts)
    sources, unusable = _find(Path(config.path))
    yield from unusable
    plans = [_renderings(work.folder, source, config, list(fonts)) for source in sources]
    made_with = {
        "version": MIDI_VERSION,
        **{name: getattr(config, name) for name in ("seed", "seconds", "transpose")},
        "soundfonts_sha256": list(fonts.values()),
    }
    targets = {rendering.target for plan in plans for rendering in plan}
    present = sorted(work.folder.glob("*/"))
    remove_other_songs(work.folder / MIDI_FINGERPRINT, present, made_with, targets)
    jobs = [
        MidiJob(
            source.path,
            source.name,
            tuple(rendering for rendering in plan if not rendering.target.exists()),
            config.seconds,
            {"file": source.name, "midi_sha256": source.digest},
        )
        for source, plan in zip(sources, plans, strict=True)
    ]
    faults = make_midi_songs(jobs, work.workers)
    for source, plan, fault in zip(sources, plans, faults, strict=True):
        if fault is None:
            yield from (_song(rendering, source, config) for rendering in plan)
        else:
            yield fault


def _find(root: Path) -> tuple[list[_Source], list[Unusable]]:
    """The MIDI files below a folder, and those that are left out before they are parsed."""
    from jukedrummer.corpus.midi.read import MAX_BYTES

    sources: dict[str, _Source] = {}
    rejected: list[Unusable] = []
    faults: list[Unfit] = []
    for path in sorted(walk_files(root, MIDI_SUFFIXES, faults.append)):
        name = plain_text(path.relative_to(root).as_posix())
        try:
            if (size := path.stat().st_size) > MAX_BYTES:
                reason = f"{path}: has more than {MAX_BYTES} bytes, the limit of a MIDI file"
                rejected.append(Unusable(name, "too large", reason, str(size), str(MAX_BYTES)))
                continue
            source = _Source(path, name, sha256(path))
        except OSError as error:
            reason = f"{path}: cannot be read ({error.strerror})"
            rejected.append(Unusable(name, "unreadable", reason))
            continue
        if source.digest in sources:
            reason = f"{path}: has the same bytes as {sources[source.digest].name}"
            rejected.append(Unusable(name, "duplicate", reason, on_purpose=True))
        else:
            sources[source.digest] = source
    rejected += [unusable(str(root), fault) for fault in faults]
    if not sources and not rejected:
        raise UserError(f"{root}: no MIDI files ({', '.join(MIDI_SUFFIXES)}) found")
    return list(sources.values()), rejected


def _renderings(
    folder: Path, source: _Source, config: MidiConfig, fonts: list[Path]
) -> "list[Rendering]":
    """Soundfont and transposition of each rendering; no two are the same."""
    from jukedrummer.corpus.midi import Rendering

    draw = random.Random(f"{config.seed} {source.digest}")
    steps = list(range(-config.transpose, config.transpose + 1))
    draw.shuffle(steps)
    first, cycle = draw.randrange(len(fonts)), math.lcm(len(fonts), len(steps))
    song = unique_id(f"{source.path.stem[:LONGEST_NAME]}_{source.digest[:10]}", "", set())
    return [
        Rendering(
            folder / (song if number == 0 else f"{song}_v{number + 1}"),
            fonts[(first + number) % len(fonts)],
            # After a cycle of (soundfont, transposition), the next cycle is shifted by one step.
            steps[(number + number // cycle) % len(steps)],
        )
        for number in range(config.renderings)
    ]


def _song(rendering: "Rendering", source: _Source, config: MidiConfig) -> SourceSong:
    from jukedrummer.corpus.midi.beats import BAR_LINES
    from jukedrummer.corpus.song_files import song_stems

    about = read_json(rendering.target / "song.json")
    return SourceSong(
        name=rendering.target.name,
        stems=song_stems(rendering.target),
        identity=source.digest,
        beats=rendering.target / "beats.tsv",
        score=rendering.target / "drums.tsv",
        check_beats=True,
        bar_lines=BAR_LINES[about["phase"]],
        bpm=about["bpm"],
        licence=config.licence,
    )


Config = MidiConfig
