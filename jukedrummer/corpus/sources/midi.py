"""Multi-track MIDI files, rendered stem by stem, with exact beats and an exact drum score."""

import hashlib
import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from jukedrummer.config import CorpusConfig, Names, key, require_folder
from jukedrummer.corpus.manifest import Song
from jukedrummer.corpus.sources.folder import safe_id
from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json, sha256
from jukedrummer.storage.tables import cell, write_table

if TYPE_CHECKING:
    from jukedrummer.corpus.midi import Rendering

MIDI_SUFFIXES = (".mid", ".midi", ".kar")
MIDI_FINGERPRINT = "corpus.json"
REJECTED = "rejected_sources.tsv"
LONGEST_NAME = 64


class MidiConfig(CorpusConfig):
    """Multi-track MIDI files, rendered with soundfonts."""

    kind: Literal["midi"] = "midi"
    path: str = key(..., "folder of MIDI files, searched with its subfolders")
    soundfonts: Names = key((), "list of .sf2 files; empty: the one inside pretty_midi")
    renderings: int = key(
        1, "renderings of each song, each with another soundfont or transposition", 1, 100
    )
    transpose: int = key(
        0, "largest transposition of the pitched instruments, up or down, semitones", 0, 12
    )
    seconds: float = key(180.0, "longest stretch of a song to render, seconds", 8, 3_600)
    seed: int = key(1, "decides splits, soundfonts and transpositions", 0, 2**31 - 1)
    licence: str = key("", "licence of the songs, for the manifest")

    @model_validator(mode="after")
    def _check(self) -> "MidiConfig":
        if len(set(self.soundfonts)) < len(self.soundfonts):
            raise UserError(f"corpus.soundfonts is {list(self.soundfonts)}; name each once")
        possible = max(1, len(self.soundfonts)) * (2 * self.transpose + 1)
        if self.renderings > possible:
            raise UserError(
                f"corpus.renderings is {self.renderings}, but {max(1, len(self.soundfonts))} "
                f"soundfont(s) and corpus.transpose {self.transpose} give {possible} different"
            )
        return self

    def check_machine(self, where: str) -> None:
        """Check that the folder and the soundfonts exist."""
        require_folder(self.path, f"{where}.path")
        for soundfont in self.soundfonts:
            if not Path(soundfont).is_file():
                raise UserError(f"{where}.soundfonts has {soundfont}: no such file")


@dataclass(frozen=True)
class RejectedSource:
    """A row of `rejected_sources.tsv`: a file that cannot be used, and why."""

    song: str = cell("the file, relative to corpus.path")
    reason: str = cell("why it cannot be used, in one line")


@dataclass(frozen=True)
class _Source:
    """A file: its path, its path relative to the root as text, the hash of its bytes."""

    path: Path
    name: str
    digest: str


def songs(folder: Path, config: MidiConfig, workers: int) -> list[Song]:
    """Render the songs that are not yet in `folder`.

    A song's id, split, soundfonts and transpositions depend on the bytes of its file and the seed
    only. So more files do not change the songs of the others. Songs of an earlier run are kept if
    the settings and the soundfonts have not changed. Files that cannot be used are listed in
    `rejected_sources.tsv` beside `folder`.

    Args:
        folder: the songs' folder.
        config: the folder of the files, and how they are rendered.
        workers: processes that render; at least 1.

    Returns:
        The rows of the manifest, in the order of the files' names.

    Raises:
        UserError: no song is left, a soundfont cannot be read, or `folder` cannot be written.
    """
    # Loads the synthesiser, which the config does not need.
    from jukedrummer.corpus.making import remove_other_songs
    from jukedrummer.corpus.midi import MIDI_VERSION, MidiJob, make_midi_songs
    from jukedrummer.corpus.midi.render import Orchestra

    config.check_machine("corpus")
    fonts = _soundfonts(config)
    digests = {font: sha256(font) for font in fonts if Orchestra(font)}  # reports bad fonts
    sources, rejected = _find(Path(config.path))
    files = len(sources) + len(rejected)
    plans = [_renderings(folder, source, config, fonts) for source in sources]
    made_with = {
        "version": MIDI_VERSION,
        **{name: getattr(config, name) for name in ("seed", "seconds", "transpose")},
        "soundfonts_sha256": list(digests.values()),
    }
    targets = {rendering.target for plan in plans for rendering in plan}
    present = sorted(folder.glob("*/"))
    remove_other_songs(folder / MIDI_FINGERPRINT, present, made_with, targets)
    jobs = [
        MidiJob(
            source.path,
            tuple(rendering for rendering in plan if not rendering.target.exists()),
            config.seconds,
            {"file": source.name, "midi_sha256": source.digest},
        )
        for source, plan in zip(sources, plans, strict=True)
    ]
    reasons = make_midi_songs(jobs, workers)
    rows = []
    for source, plan, reason in zip(sources, plans, reasons, strict=True):
        if reason is None:
            rows += [_row(rendering, source, config) for rendering in plan]
        else:
            rejected[source.name] = reason
    _report(folder.parent / REJECTED, rejected, files, rows)
    return rows


def _soundfonts(config: MidiConfig) -> list[Path]:
    from jukedrummer.corpus.render import default_soundfont

    return [Path(font) for font in config.soundfonts] or [default_soundfont()]


def _find(root: Path) -> tuple[list[_Source], dict[str, str]]:
    """The MIDI files below a folder, and the reasons of those that are rejected unread."""
    from jukedrummer.corpus.midi.read import MAX_BYTES

    sources: dict[str, _Source] = {}
    rejected: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or path.suffix.lower() not in MIDI_SUFFIXES or not path.is_file():
            continue
        name = _plain_text(relative.as_posix())
        try:
            if path.stat().st_size > MAX_BYTES:
                rejected[name] = f"has more than {MAX_BYTES} bytes, the limit of a MIDI file"
                continue
            source = _Source(path, name, sha256(path))
        except OSError as error:
            rejected[name] = f"cannot be read ({error.strerror})"
            continue
        if source.digest in sources:
            rejected[name] = f"has the same bytes as {sources[source.digest].name}"
        else:
            sources[source.digest] = source
    if not sources and not rejected:
        raise UserError(f"{root}: no MIDI files ({', '.join(MIDI_SUFFIXES)}) found (corpus.path)")
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
    song = f"{safe_id(source.path.stem, set())[:LONGEST_NAME]}_{source.digest[:10]}"
    return [
        Rendering(
            folder / (song if number == 0 else f"{song}_v{number + 1}"),
            fonts[(first + number) % len(fonts)],
            # After a cycle of pairs the next transposition begins another cycle.
            steps[(number + number // cycle) % len(steps)],
        )
        for number in range(config.renderings)
    ]


def _row(rendering: "Rendering", source: _Source, config: MidiConfig) -> Song:
    return Song(
        song=rendering.target.name,
        split=draw_split(source.digest, config),
        kind="stems",
        path=rendering.target,
        beats=rendering.target / "beats.tsv",
        bpm=read_json(rendering.target / "song.json")["bpm"],
        licence=config.licence,
    )


def draw_split(identity: str, config: MidiConfig) -> str:
    """The split of a song, by a hash of its identity and the seed alone.

    The shares are right on average. With few songs a split may be empty.
    """
    digest = hashlib.sha256(f"{config.seed} {identity}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < config.test_share:
        return "test"
    return "valid" if place < config.test_share + config.valid_share else "train"


def _report(table: Path, rejected: dict[str, str], files: int, rows: Sequence[Song]) -> None:
    """Write the table of rejected files and print their number."""
    lines = [RejectedSource(name, _plain_text(reason)) for name, reason in sorted(rejected.items())]
    write_table(table, RejectedSource, lines)
    if not rows:
        reasons = "; ".join(f"{line.song}: {line.reason}" for line in lines[:3])
        raise UserError(f"{table}: all {files} MIDI files are rejected. The first: {reasons}")
    splits = Counter(row.split for row in rows)
    shares = ", ".join(f"{splits[split]} {split}" for split in ("train", "valid", "test"))
    print(f"corpus: {len(rejected)} of {files} MIDI files are rejected ({table}); songs: {shares}")


def _plain_text(text: str) -> str:
    """Text in one line, valid in a table also if a file's name is not UTF-8."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


Config = MidiConfig
