"""A song's folder: stems, mixture and annotations."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import mido
import numpy as np

from jukedrummer.corpus.demo.plan import Plan
from jukedrummer.corpus.score import KIT_PITCHES, Hit, InstrumentPart
from jukedrummer.corpus.song_files import write_song_files
from jukedrummer.storage.files import write_text

TICKS = 480
"""MIDI ticks a beat."""


def write_song(
    folder: Path,
    plan: Plan,
    hits: list[Hit],
    parts: list[InstrumentPart],
    audio: dict[str, np.ndarray],
    about: dict[str, str],
) -> None:
    """Write every file of a song.

    Args:
        folder: an existing folder.
        plan: the song.
        hits: the strokes of the drums.
        parts: the instruments of the band.
        audio: int16 (samples,) by file name, as `render_stems` returns it.
        about: content of song.json in addition to the plan.
    """
    strokes = ((hit.start, KIT_PITCHES[hit.piece], hit.velocity) for hit in hits)
    write_song_files(folder, audio, plan.beats, strokes, _describe(plan, about))
    tempi = "".join(f"{time:.6f}\t{bpm:.4f}\n" for time, bpm in tempi_of(plan))
    write_text(folder / "tempo.tsv", tempi)
    _midi(plan, hits, parts).save(folder / "song.mid")


def tempi_of(plan: Plan) -> list[tuple[float, float]]:
    """The tempo from each beat to the next: seconds, beats a minute."""
    times = plan.timeline.times
    return [(float(a), float(60 / (b - a))) for a, b in pairwise(times)]


def _describe(plan: Plan, about: dict[str, str]) -> dict[str, Any]:
    sections = [
        {"kind": bar.kind, "bar": bar.index, "start": round(plan.timeline.seconds(bar.index, 0), 6)}
        for bar in plan.bars
        if bar.opens
    ]
    return {
        "style": plan.style.name,
        "kit": plan.kit,
        "meter": plan.style.meter,
        "subdivision": plan.style.grid,
        "bpm": plan.bpm,
        "swing": round(plan.timeline.swing, 4),
        "key": plan.key,
        "progressions": plan.progressions,
        "pickup_beats": plan.pickup,
        "bars": len(plan.bars),
        "sections": sections,
        "seed": plan.seed,
        "index": plan.index,
        **about,
    }


def _midi(plan: Plan, hits: list[Hit], parts: list[InstrumentPart]) -> mido.MidiFile:
    """The song with one tempo a beat. The silence before the first beat counts as a beat."""
    file = mido.MidiFile(ticks_per_beat=TICKS, charset="utf-8")
    conductor = [(0, mido.MetaMessage("time_signature", numerator=plan.style.meter, denominator=4))]
    edges = np.concatenate([[0.0], plan.timeline.times])
    for k, length in enumerate(np.diff(edges)):
        conductor.append(
            (k * TICKS, mido.MetaMessage("set_tempo", tempo=round(float(length) * 1e6)))
        )
    file.tracks.append(_track("tempo", conductor))

    def tick(seconds: float) -> int:
        """The MIDI tick of a time."""
        return round(float(np.interp(seconds, edges, np.arange(len(edges)))) * TICKS)

    for channel, part in enumerate(parts):
        events = [(0, mido.Message("program_change", channel=channel, program=part.program))]
        for note in part.notes:
            events += _note(
                channel, note.pitch, note.velocity, tick(note.start), tick(note.start + note.length)
            )
        file.tracks.append(_track(part.name, events))
    events = []
    for hit in hits:
        start = tick(hit.start)
        events += _note(9, KIT_PITCHES[hit.piece], hit.velocity, start, start + TICKS // 8)
    file.tracks.append(_track("drums", events))
    return file


def _note(
    channel: int, pitch: int, strength: int, start: int, end: int
) -> list[tuple[int, mido.Message]]:
    on = mido.Message("note_on", channel=channel, note=pitch, velocity=strength)
    off = mido.Message("note_off", channel=channel, note=pitch, velocity=0)
    return [(start, on), (max(end, start + 1), off)]


def _track(name: str, events: list[tuple[int, mido.Message]]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    # At the same tick, a note ends before the next one of its pitch begins.
    for at, message in sorted(events, key=lambda event: (event[0], event[1].type == "note_on")):
        track.append(message.copy(time=at - now))
        now = at
    return track
