"""A score sounded by a kit: stems, their sum, and the mix with the recording.

Samples are rounded to 24 bits before the stems are added. So the sum of the stems is `drums.wav`,
bit by bit.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio.chunks import read_chunks
from jukedrummer.audio.io import CHUNK_SAMPLES, audio_writer, probe_audio
from jukedrummer.beats.bar_grid import BarGrid
from jukedrummer.errors import UserError
from jukedrummer.kits.kit import KIT_STEMS, PlayableKit
from jukedrummer.kits.mixing import stem_chunks
from jukedrummer.model.drum_score import Strokes
from jukedrummer.songs.levels import Gains, beside, measured_gains, sum_of
from jukedrummer.songs.locking import locked_spans, old_weights, splice
from jukedrummer.storage.files import read_json

STEM_FILES = {stem: f"stems/{stem}.wav" for stem in KIT_STEMS}
DRUMS_FILE, MIX_FILE, FACTS_FILE = "drums.wav", "mix.wav", "accompaniment.json"
STEP = np.float32(2.0**-23)  # between samples of 24 bits

Stems = dict[str, np.ndarray]
"""A chunk of each stem: (n, 2) float32."""


@dataclass(frozen=True)
class EarlierTake:
    """What a new take keeps of an earlier one.

    Attributes:
        folder: folder of the earlier take.
        bars: numbers of the locked bars.
        gains: levels of the earlier take, which the new one has too.
    """

    folder: Path
    bars: frozenset[int]
    gains: Gains


def read_earlier_take(folder: Path, bars: frozenset[int]) -> EarlierTake:
    """The take in a folder.

    Raises:
        UserError: the folder has no take that was made from a score.
    """
    facts = read_json(folder / FACTS_FILE)
    try:
        gains = Gains(**{name: float(value) for name, value in facts["gains"].items()})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{folder / FACTS_FILE}: has no gains of stems; was the take made without a score?"
        ) from error
    return EarlierTake(folder, bars, gains)


@dataclass(frozen=True, eq=False)
class PlayedScore:
    """A score, and how it sounds.

    Attributes:
        strokes: the score, with the strokes of the locked bars.
        kit: plays the strokes, at the recording's rate.
        level: decibels, added to `levels.DRUM_LEVEL`. With an earlier take it has no effect.
        earlier: the take of which bars are kept, or None.
    """

    strokes: Strokes
    kit: PlayableKit
    level: float = 0.0
    earlier: EarlierTake | None = None


def write_score_audio(
    folder: Path, recording: np.ndarray, score: PlayedScore, grid: BarGrid
) -> Gains:
    """Write `drums.wav`, `mix.wav` and the stems, in memory that does not grow with the song.

    Args:
        folder: an existing folder.
        recording: (N, channels) float32 at the kit's rate.
        score: the score.
        grid: the song's bars.

    Returns:
        The levels.

    Raises:
        UserError: a file of the kit or of the earlier take is missing or broken, or the new bars
            are too loud for the levels of the earlier take, or a file cannot be written.
    """
    kit, samples = score.kit, len(recording)
    if score.earlier:
        gains = score.earlier.gains
    else:
        chunks = stem_chunks(kit, score.strokes, samples)
        gains = measured_gains(recording, _shown(chunks, samples, "drums"), kit.rate, score.level)
    chunks = _rounded(stem_chunks(kit, score.strokes, samples), gains.kit)
    with ExitStack() as stack:
        if score.earlier:
            chunks = _kept(chunks, stack, score.earlier, grid, kit.rate, samples)
        peak = _write_stems(folder, _shown(chunks, samples, "stems"), recording, gains, kit.rate)
    gains = replace(gains, mix=1 / max(1.0, peak))
    _write_mix(folder, recording, gains, kit.rate)
    return gains


def _shown(chunks: Iterator[Stems], samples: int, what: str) -> Iterator[Stems]:
    return iter(tqdm(chunks, what, -(-samples // CHUNK_SAMPLES), unit="chunk"))


def _rounded(chunks: Iterator[Stems], gain: float) -> Iterator[Stems]:
    """Stems with a gain, rounded to 24 bits."""
    for chunk in chunks:
        yield {stem: np.rint(wave * np.float32(gain / STEP)) * STEP for stem, wave in chunk.items()}


def _kept(
    chunks: Iterator[Stems],
    stack: ExitStack,
    earlier: EarlierTake,
    grid: BarGrid,
    rate: int,
    samples: int,
) -> Iterator[Stems]:
    """Stems with the samples of the earlier take in the locked bars."""
    spans = locked_spans(grid, earlier.bars, rate, samples)
    old = {
        stem: stack.enter_context(_old_stem(earlier.folder / name, rate, samples))
        for stem, name in STEM_FILES.items()
    }
    first = 0
    for chunk in chunks:
        end = first + len(next(iter(chunk.values())))
        weights = old_weights(spans, first, end, rate)
        yield {
            stem: np.rint(splice(wave, next(old[stem]), weights) / STEP) * STEP
            for stem, wave in chunk.items()
        }
        first = end


@contextmanager
def _old_stem(path: Path, rate: int, samples: int) -> Iterator[Iterator[np.ndarray]]:
    """The chunks of a stem of the earlier take."""
    info = probe_audio(path)
    length = round((info.seconds or 0) * info.rate)
    if (info.rate, info.channels, length) != (rate, 2, samples):
        raise UserError(
            f"{path}: has {length} samples at {info.rate} Hz in {info.channels} channels; expected "
            f"{samples} at {rate} Hz in 2 channels, as the recording; is it another song's take?"
        )
    with read_chunks(path, rate=rate) as chunks:
        yield chunks


def _write_stems(
    folder: Path, chunks: Iterator[Stems], recording: np.ndarray, gains: Gains, rate: int
) -> float:
    """Write the stems and their sum; return the peak of the sum beside the recording."""
    (folder / "stems").mkdir(exist_ok=True)
    first, peak = 0, 0.0
    with ExitStack() as stack:
        write = {
            name: stack.enter_context(audio_writer(folder / name, 2, rate))
            for name in (DRUMS_FILE, *STEM_FILES.values())
        }
        for chunk in chunks:
            drums = sum_of(chunk)
            loudest = max(float(np.abs(wave).max()) for wave in (drums, *chunk.values()))
            if loudest > 1:
                raise UserError(
                    f"the new bars reach {loudest:.2f} of full scale at the levels of the earlier "
                    "take, the limit is 1; use another seed, or make a take without locked bars"
                )
            for stem, name in STEM_FILES.items():
                write[name](chunk[stem])
            write[DRUMS_FILE](drums)
            song = recording[first : first + len(drums)]
            mix = beside(song, drums * np.float32(gains.drums))
            peak = max(peak, float(np.abs(mix).max()))
            first += len(drums)
    return peak


def _write_mix(folder: Path, recording: np.ndarray, gains: Gains, rate: int) -> None:
    channels = max(2, recording.shape[1])
    first = 0
    with (
        audio_writer(folder / MIX_FILE, channels, rate) as write,
        read_chunks(folder / DRUMS_FILE, rate=rate) as chunks,
    ):
        for drums in chunks:
            song = recording[first : first + len(drums)]
            mix = beside(song, drums * np.float32(gains.drums)) * np.float32(gains.mix)
            write(mix.clip(-1, 1))  # the peak may exceed 1 by rounding
            first += len(drums)
