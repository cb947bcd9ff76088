"""Stage evaluate: an experiment's drums and language model -> its metrics."""

from pathlib import Path

from jukedrummer.config import EvaluateConfig


def evaluate(
    pairs: list[Path],
    *,
    features: list[Path],
    codes: list[Path],
    lm: Path,
    generated: Path,
    baselines: Path,
    output: Path,
    transcriber: Path | None = None,
    settings: EvaluateConfig,
) -> None:
    """Compare one experiment's drums with the baselines, and test if its model uses its input.

    Home songs (split test) and away songs have numbers of their own.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        features: Shard of features; repeat.
        codes: Shard of codes, in the order of the features; repeat.
        lm: Folder of the language model.
        generated: Folder from the stage generate.
        baselines: Folder from the stage baselines.
        output: Folder to write.
        transcriber: Folder of the transcriber. Without it, strokes are not measured.

    Raises:
        UserError: a missing file, or baselines of other songs or measured otherwise.
    """
    from jukedrummer.evaluation.copying import copying
    from jukedrummer.evaluation.judgement import write_evaluation
    from jukedrummer.evaluation.likelihood import language
    from jukedrummer.evaluation.stroke_reader import load_stroke_reader
    from jukedrummer.storage.files import atomic_folder

    predictions = language(lm, features, codes)
    copies = copying(generated, pairs, codes, lm)
    made = (generated, baselines, predictions)
    reader = load_stroke_reader(transcriber)
    with atomic_folder(output) as folder:
        write_evaluation(pairs, *made, folder, settings, copies=copies, reader=reader)
