"""Stage features: pairs of one shard -> clips with mels and beats."""

from pathlib import Path

from jukedrummer.config import BeatsConfig, ClipConfig, MelConfig
from jukedrummer.stages._shared import with_trained_tracker


def features(
    pairs: Path,
    *,
    output: Path,
    trained_tracker: Path | None = None,
    mel: MelConfig,
    clip: ClipConfig,
    beats: BeatsConfig,
) -> None:
    """Compute mels and beats of one shard and cut them into clips.

    Args:
        pairs: Folder of the shard of pairs.
        output: The shard to write (.h5). A table of its songs is written next to it (.tsv).
        trained_tracker: Folder of the drum-aware tracker that was trained on the corpus.

    Raises:
        UserError: the pairs are missing or damaged, or the output cannot be written.
    """
    from jukedrummer.beats.clips import write_clips

    tracker = with_trained_tracker(beats, trained_tracker)
    write_clips(pairs, output, mel=mel, clip=clip, beats=tracker)
