"""The baseline ladder: what numbers mean. Shared by all experiments, since no language model is in it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from jukedrummer.audio import peak_gain, write_audio
from jukedrummer.beats.tracker import make_judge
from jukedrummer.config import BeatsConfig, EvaluateConfig
from jukedrummer.errors import UserError
from jukedrummer.evaluation.measure import (
    Reference,
    describe_reference,
    fit,
    measure_rung,
    references,
    summarise,
    write_songs,
)
from jukedrummer.files import atomic_folder, write_json

# From chance to the ceiling. `generated` stands between the first and the second.
RUNGS = ("other_song", "codec", "real")
Codec = Callable[[np.ndarray], np.ndarray]


def baselines(
    manifest: Path,
    pairs: Sequence[Path],
    through_codec: Codec,
    output: Path,
    *,
    evaluate: EvaluateConfig,
    beats: BeatsConfig,
) -> None:
    """Write and measure the ladder's rungs for each held-out song.

    * `other_song`: the drums of another held-out song, looped or cut to length: no relation but genre.
    * `codec`: the real drums through VQ-VAE and vocoder: the best that any language model can sound.
    * `real`: the real drums.

    Args:
        manifest: the corpus.
        pairs: folders of the shards.
        through_codec: drums (N,) to drums (about N,): encode, quantise, decode, vocoder.
        output: folder for `{rung}/{song}.flac`, `metrics.json`, `songs.tsv`; whole or not at all.
        evaluate: tolerance and resamples.
        beats: the settings of madmom, which listens to the drums whatever tracker the model had.

    Raises:
        UserError: fewer than two held-out songs, or a file that cannot be read or written.
    """
    tracker = make_judge(beats)
    found = references(manifest, pairs, tracker)
    if len(found) < 2:
        raise UserError(f"{manifest}: has 1 held-out song, 2 are needed; raise corpus.test_share")
    with atomic_folder(output) as folder:
        write_rungs(folder, found, through_codec)
        measured = {}
        for rung in tqdm(RUNGS, desc="measuring", unit="rung"):
            files = {reference.song: folder / rung / f"{reference.song}.flac" for reference in found}
            measured[rung] = measure_rung(files, found, tracker, evaluate.tolerance_ms)
        write_songs(folder / "songs.tsv", measured, found)
        write_json(
            folder / "metrics.json",
            {
                "songs": len(found),
                "reference": describe_reference(found),
                "tolerance_ms": evaluate.tolerance_ms,
                "rungs": {rung: summarise(songs, evaluate) for rung, songs in measured.items()},
            },
        )


def write_rungs(folder: Path, found: Sequence[Reference], through_codec: Codec) -> None:
    """Write `{rung}/{song}.flac` for all rungs and songs."""
    for index, reference in enumerate(tqdm(found, desc="baselines", unit="song")):
        real = reference.drums()
        other = found[other_song(index, len(found))].drums()
        rungs = (np.resize(other, len(real)), fit(through_codec(real), len(real)), real)
        for rung, audio in zip(RUNGS, rungs, strict=True):
            write_audio(folder / rung / f"{reference.song}.flac", audio * peak_gain(audio))


def other_song(index: int, songs: int) -> int:
    """Whose drums stand in for song `index`: the one half-way round the list.

    Neighbours in a list are often of one album, artist or style; half-way round they rarely are.
    """
    return (index + songs // 2) % songs
