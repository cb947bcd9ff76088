"""Stage baselines: held-out songs -> the baselines that all experiments share."""

from pathlib import Path

from jukedrummer.config import BeatsConfig, EvaluateConfig
from jukedrummer.stages._shared import with_trained_tracker


def baselines(
    pairs: list[Path],
    *,
    songs: list[Path],
    drums: Path,
    vocoder: Path,
    output: Path,
    trained_tracker: Path | None = None,
    transcriber: Path | None = None,
    score: Path | None = None,
    beats: BeatsConfig,
    evaluate: EvaluateConfig,
) -> None:
    """Make and measure the baselines that all experiments are compared with.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        songs: Table of songs of a shard of features; repeat.
        drums: Folder of the drums' VQ-VAE.
        vocoder: Folder of the vocoder.
        output: Folder to write.
        trained_tracker: Folder of the drum-aware tracker that was trained on the corpus.
        transcriber: Folder of the transcriber. Without it, strokes are not measured.
        score: Folder of the score model. Without it, its baselines are left out.

    Raises:
        UserError: too few songs, a missing file, or a place that cannot be written.
    """
    from jukedrummer.evaluation.ladder import write_baselines
    from jukedrummer.evaluation.stroke_reader import load_stroke_reader
    from jukedrummer.model.score_writer import load_score_writer
    from jukedrummer.songs.codec import load_codec
    from jukedrummer.storage.files import atomic_folder

    codec, tracker = load_codec(drums, vocoder), with_trained_tracker(beats, trained_tracker)
    reader = load_stroke_reader(transcriber)
    writer = load_score_writer(score) if score else None
    with atomic_folder(output) as folder:
        write_baselines(pairs, songs, codec, folder, evaluate, tracker, reader, writer)
