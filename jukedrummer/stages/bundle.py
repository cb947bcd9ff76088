"""Stage bundle: models, drums and metrics -> one folder that needs no other files."""

from pathlib import Path

from jukedrummer.config import BeatsConfig, EvaluateConfig, GenerateConfig
from jukedrummer.stages._shared import COMMAND, with_trained_tracker


def bundle(
    pairs: list[Path],
    *,
    drums: Path,
    drumless: Path,
    lm: Path,
    vocoder: Path,
    generated: Path,
    evaluation: Path,
    output: Path,
    trained_tracker: Path | None = None,
    score: Path | None = None,
    command: str = COMMAND,
    beats: BeatsConfig,
    generate: GenerateConfig,
    evaluate: EvaluateConfig,
) -> None:
    """Gather the models, samples, page and model card of one experiment: results/lm_*.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        drums: Folder of the drums' VQ-VAE.
        drumless: Folder of the drumless recordings' VQ-VAE.
        lm: Folder of the language model.
        vocoder: Folder of the vocoder.
        generated: Folder from the stage generate.
        evaluation: Folder from the stage evaluate.
        output: Folder to write.
        trained_tracker: Folder of the drum-aware tracker that was trained on the corpus.
        score: Folder of the score model, if there is one.
        command: The shell command that makes results, up to its targets.

    Raises:
        UserError: a file is missing or damaged, or `output` cannot be written.
    """
    from jukedrummer.songs.bundling import BundleSources, fill_bundle
    from jukedrummer.storage.files import atomic_folder

    models = {"drums": drums, "drumless": drumless, "lm": lm, "vocoder": vocoder}
    if score:
        models["score"] = score
    sources = BundleSources(pairs, models, generated, evaluation)
    tracker = with_trained_tracker(beats, trained_tracker)
    with atomic_folder(output) as folder:
        made_by = f"{command} {output}"
        fill_bundle(folder, output.name, sources, tracker, generate, evaluate, made_by)
