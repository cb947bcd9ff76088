"""The strokes of a song played by a kit, as stems."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from jukedrummer.audio.io import CHUNK_SAMPLES
from jukedrummer.kits.kit import KIT_STEMS, PlayableKit
from jukedrummer.model.drum_score import LOUDEST, Strokes
from jukedrummer.model.pieces import PIECES

CHOKE_SECONDS = 0.03  # in which a stroke of the hats ends an open hat that still rings
END_SECONDS = 0.02  # fade at the song's end, where a cymbal may still ring
HATS = KIT_STEMS["hats"]
_STEM_OF = {piece: stem for stem, pieces in KIT_STEMS.items() for piece in pieces}


class _Note(NamedTuple):
    """A sound (n, 2) that starts at a sample of the song."""

    start: int
    sound: np.ndarray
    gain: np.float32


def stem_chunks(
    kit: PlayableKit, strokes: Strokes, samples: int, size: int = CHUNK_SAMPLES
) -> Iterator[dict[str, np.ndarray]]:
    """Play strokes, chunk by chunk, in memory that does not grow with the song.

    Each stroke starts at the sample nearest to its onset. A stroke of the hats ends an open hat
    that still rings. The samples do not depend on the size of the chunks.

    Args:
        kit: the sounds.
        strokes: the strokes. Those after the last sample are left out.
        samples: length of the song.
        size: samples of a chunk.

    Yields:
        (n, 2) float32 of each stem of `KIT_STEMS`, n = `size` or less at the end.

    Raises:
        UserError: a file of the kit is missing or broken.
    """
    notes = _notes(kit, strokes)
    waiting = next(notes, None)
    ringing: dict[str, list[_Note]] = {stem: [] for stem in KIT_STEMS}
    for first in range(0, samples, size):
        end = min(first + size, samples)
        while waiting is not None and waiting[1].start < end:
            ringing[waiting[0]].append(waiting[1])
            waiting = next(notes, None)
        chunk = {stem: _sum(members, first, end) for stem, members in ringing.items()}
        for stem, members in ringing.items():
            ringing[stem] = [note for note in members if note.start + len(note.sound) > end]
            _fade_end(chunk[stem], samples - first, round(END_SECONDS * kit.rate))
        yield chunk


def _notes(kit: PlayableKit, strokes: Strokes) -> Iterator[tuple[str, _Note]]:
    """The stem and the sound of each stroke, in the order of time."""
    starts = np.rint(strokes.times * kit.rate).astype(int)
    velocities = np.clip(np.rint(strokes.velocities * LOUDEST), 1, LOUDEST).astype(int)
    names = [PIECES[piece] for piece in strokes.pieces]
    hats = starts[[name in HATS for name in names]]
    fade = round(CHOKE_SECONDS * kit.rate)
    turns = dict.fromkeys(PIECES, 0)
    for start, name, velocity in zip(starts.tolist(), names, velocities.tolist(), strict=True):
        for sound, gain in kit.strike(name, velocity, turns[name]):
            later = hats[np.searchsorted(hats, start, "right") :] if name == "open_hat" else []
            short = _choked(sound, int(later[0]) - start, fade) if len(later) else sound
            yield _STEM_OF[name], _Note(start, short, np.float32(gain))
        turns[name] += 1


def _choked(sound: np.ndarray, after: int, fade: int) -> np.ndarray:
    """A sound (n, 2) that fades out from the sample `after` on."""
    if len(sound) <= after:
        return sound
    short = sound[: after + fade].copy()
    ramp = np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    short[after:] *= ramp[: len(short) - after]
    return short


def _sum(notes: list[_Note], first: int, end: int) -> np.ndarray:
    output = np.zeros((end - first, 2), np.float32)
    for start, sound, gain in notes:
        part = sound[max(0, first - start) : end - start]
        place = output[max(0, start - first) :][: len(part)]
        place += part * gain
    return output


def _fade_end(chunk: np.ndarray, left: int, fade: int) -> None:
    """Fade out a chunk (n, 2) in place; `left` samples are left of the song at its start."""
    at = np.arange(max(0, left - fade), len(chunk))
    chunk[at] *= ((left - at) / fade).astype(np.float32)[:, None]
