"""Accuracy of the transcriber on real drums, and on the same through VQ-VAE and vocoder.

Times are in seconds. An onset is a hit if it is within 50 ms of a reference onset of the same
piece. Each is matched once (as in mir_eval.onset, Raffel et al., ISMIR 2014).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import mir_eval
import numpy as np
from tqdm import tqdm

from jukedrummer.audio.io import read_audio
from jukedrummer.beats.transcriber import Transcriber
from jukedrummer.corpus.manifest import HELD_OUT, SPLITS
from jukedrummer.corpus.pairs import KINDS, Pair, annotated_pairs
from jukedrummer.evaluation.rungs import Codec
from jukedrummer.evaluation.tracks import fit_length
from jukedrummer.model.drum_score import Strokes, read_strokes
from jukedrummer.model.pieces import PIECES
from jukedrummer.storage.tables import cell

ONSET_WINDOW = 0.05
# What is measured: each piece, and the hats together, which strokes of either match.
MEASURED: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in PIECES},
    "hats": ("closed_hat", "open_hat"),
}
DrumsVersion = Literal["real", "codec"]
DRUMS_VERSIONS: dict[DrumsVersion, str] = {"real": "real drums", "codec": "through codec"}


@dataclass(frozen=True)
class TranscribedSong:
    """Strokes of one piece in one version of a song: a row of `transcription_songs.tsv`."""

    song: str = cell("id, as in the table of pairs")
    split: str = cell("as in the table of pairs", check=SPLITS)
    source: str = cell("as in the table of pairs")
    style: str = cell("as in the table of pairs")
    kit: str = cell("as in the table of pairs")
    stems: str = cell("true, or separated from a mix", check=KINDS)
    version: DrumsVersion = cell("what was transcribed", check=tuple(DRUMS_VERSIONS))
    piece: str = cell("the piece, or hats: closed and open together", check=tuple(MEASURED))
    reference: int = cell("strokes of the score")
    estimated: int = cell("strokes that were transcribed")
    hits: int = cell("transcribed strokes within 50 ms of one of the score")
    time_error: float = cell("mean distance of the hits from the score", unit="ms")
    velocity_error: float = cell("mean difference of their velocities, of 0 to 1")


def matches(
    reference: np.ndarray, estimated: np.ndarray, window: float = ONSET_WINDOW
) -> np.ndarray:
    """The largest matching of onsets (n,) with onsets (m,): indices of both (hits, 2)."""
    if not (len(reference) and len(estimated)):
        return np.zeros((0, 2), int)
    pairs = mir_eval.util.match_events(reference, estimated, window)
    return np.array(pairs, int).reshape(-1, 2)


def count_hits(reference: np.ndarray, estimated: np.ndarray, window: float = ONSET_WINDOW) -> int:
    """The number of estimated onsets within `window` of a reference onset, each matched once."""
    return len(matches(reference, estimated, window))


def f1_of_counts(hits: np.ndarray, reference: np.ndarray, estimated: np.ndarray) -> np.ndarray:
    """F1 from numbers of onsets, of shapes that broadcast; NaN where there are no onsets."""
    total = np.asarray(reference + estimated, dtype=float)
    unknown = np.full(total.shape, np.nan)
    f1: np.ndarray = np.divide(2 * hits, total, out=unknown, where=total > 0)
    return f1


def transcribed_songs(
    shards: Sequence[Path], which: Literal["test", "all"]
) -> tuple[list[tuple[Pair, Path]], int]:
    """Songs with a drum score, each with the folder of its pair; and the number of other songs.

    Raises:
        UserError: no song has a drum score.
    """
    return annotated_pairs(
        shards,
        SPLITS if which == "all" else HELD_OUT,
        lambda pair, folder: (pair, folder) if pair.score else None,
        annotation="a drum score",
        hint=": there is nothing to measure the transcriber by",
    )


def transcribe_songs(
    songs: Sequence[tuple[Pair, Path]], transcriber: Transcriber, through_codec: Codec | None
) -> Iterator[TranscribedSong]:
    """Transcribe the real drums of each song, and those through the codec if there is one.

    Raises:
        UserError: a recording or a score cannot be read.
    """
    for pair, folder in tqdm(songs, desc="transcribing", unit="song"):
        assert pair.score is not None
        reference = read_strokes(pair.score, pair.seconds + 1)
        drums = read_audio(folder / "drums.flac")
        yield from compare_strokes(pair, "real", reference, transcriber.transcribe(drums))
        if through_codec:
            decoded = fit_length(through_codec(drums), len(drums))
            yield from compare_strokes(pair, "codec", reference, transcriber.transcribe(decoded))


def compare_strokes(
    song: Pair, version: DrumsVersion, reference: Strokes, estimated: Strokes
) -> Iterator[TranscribedSong]:
    """Compare transcribed strokes with the score, for each of `MEASURED`."""
    for name, pieces in MEASURED.items():
        expected, found = (
            np.isin(strokes.pieces, [PIECES.index(piece) for piece in pieces])
            for strokes in (reference, estimated)
        )
        times = reference.times[expected], estimated.times[found]
        velocities = reference.velocities[expected], estimated.velocities[found]
        first, second = matches(*times).T
        late = np.abs(times[1][second] - times[0][first])
        louder = np.abs(velocities[1][second] - velocities[0][first])
        yield TranscribedSong(
            song=song.song,
            split=song.split,
            source=song.source,
            style=song.style,
            kit=song.kit,
            stems=song.kind,
            version=version,
            piece=name,
            reference=len(times[0]),
            estimated=len(times[1]),
            hits=len(first),
            time_error=float(1_000 * late.mean()) if len(first) else np.nan,
            velocity_error=float(louder.mean()) if len(first) else np.nan,
        )
