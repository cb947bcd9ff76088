"""Stage generate: held-out songs -> drums, made from the drumless recordings alone."""

from pathlib import Path

from jukedrummer.config import BeatsConfig, GenerateConfig
from jukedrummer.stages._shared import with_trained_tracker


def generate(
    pairs: list[Path],
    *,
    drums: Path,
    drumless: Path,
    lm: Path,
    vocoder: Path,
    output: Path,
    trained_tracker: Path | None = None,
    beats: BeatsConfig,
    settings: GenerateConfig,
) -> None:
    """Generate drums for every held-out song, on tracked and on annotated beats.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        drums: Folder of the drums' VQ-VAE.
        drumless: Folder of the drumless recordings' VQ-VAE.
        lm: Folder of the language model.
        vocoder: Folder of the vocoder.
        output: Folder to write.
        trained_tracker: Folder of the drum-aware tracker that was trained on the corpus.

    Raises:
        UserError: there is no held-out song, or the models do not belong together.
    """
    from jukedrummer.corpus.pairs import held_out
    from jukedrummer.songs.drummer import Drummer
    from jukedrummer.songs.held_out import play_held_out
    from jukedrummer.storage.files import atomic_folder
    from jukedrummer.storage.weights import default_device

    folders = {"drums": drums, "drumless": drumless, "lm": lm, "vocoder": vocoder}
    tracker = with_trained_tracker(beats, trained_tracker)
    drummer = Drummer.from_folders(folders, tracker, settings, default_device())
    songs = held_out(pairs)
    annotated = {pair.song: pair.beats for pair, _ in songs if pair.beats}
    with atomic_folder(output) as folder:
        play_held_out(drummer, [song for _, song in songs], folder, annotated)
