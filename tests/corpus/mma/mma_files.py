"""Style files, programs in place of MMA, and what MMA would write."""

import stat
from pathlib import Path

from jukedrummer.corpus.midi.read import MidiScore, PitchedNote, Stroke
from jukedrummer.corpus.mma.plan import MmaPlan, plan_song
from jukedrummer.corpus.mma.styles import StyleFile, read_style

QUARTER = 192
"""MMA's ticks a quarter note."""
KICK, SNARE, HAT = 36, 38, 42
GROOVES = ("Rock", "Rock1", "RockFill", "RockIntro", "RockEnd")


def style_text(
    time: str = "Time 4\nTimeSig 4 4", grooves: tuple[str, ...] = GROOVES, drums: bool = True
) -> str:
    """A style file with the same bars of drums and bass in all grooves."""
    kit = "Begin Drum-Kick\n Tone KickDrum1\n Sequence {1 0 90}\nEnd\n" if drums else ""
    bass = "Begin Bass\n Voice AcousticBass\n Sequence {1 4 1 90}\nEnd\n"
    defined = "".join(f"DefGroove {name} A groove.\n" for name in grooves)
    return f"SeqClear\n{time}\nSeqSize 1\n{kit}{bass}{defined}"


def write_style(root: Path, name: str = "pop/rock", text: str = "") -> Path:
    """A style file in a library."""
    path = root / f"{name}.mma"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or style_text())
    return path


def style(root: Path, text: str = "") -> StyleFile:
    """A style file that can be used."""
    read = read_style(write_style(root, text=text), root)
    assert read is not None
    return read


def plans(root: Path, count: int, text: str = "") -> list[MmaPlan]:
    """Plans of songs of one style."""
    one = style(root, text)
    return [plan_song(1, index, one, index, 30.0) for index in range(count)]


def program(folder: Path, body: str) -> str:
    """A program in place of MMA: a shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mma"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def written(plan: MmaPlan, band: bool = True) -> MidiScore:
    """What MMA could write for a plan: a kick and a hat on each beat, a bass, chords.

    The chords have no ends within the song, like those of MMA's strings.
    """
    score = MidiScore(QUARTER)
    beat = round(plan.style.meter.beat * QUARTER)
    end = round(plan.bars[-1].end * QUARTER)
    for tick in range(0, end, beat):
        score.strokes += [Stroke(tick, KICK, 90, 0), Stroke(tick, HAT, 70, 0)]
        score.strokes.append(Stroke(tick + beat // 2, HAT, 60, 0))
        if band:
            score.notes.append(PitchedNote(0, 32, 36, 90, tick, tick + beat // 2))
            score.notes += [PitchedNote(1, 24, pitch, 80, tick, end) for pitch in (60, 64, 67)]
    return score
