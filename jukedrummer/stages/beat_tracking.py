"""Stage beat_tracking: annotated songs -> the table of beat trackers."""

from pathlib import Path

from jukedrummer.config import BeatsConfig, EvaluateConfig, TablesConfig
from jukedrummer.stages._shared import COMMAND


def beat_tracking(
    pairs: list[Path],
    *,
    output: Path,
    trained_tracker: Path | None = None,
    command: str = COMMAND,
    beats: BeatsConfig,
    evaluate: EvaluateConfig,
    settings: TablesConfig,
) -> None:
    """Compare beat trackers on full mixes, drumless recordings and drums alone.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        output: Folder for the table's files.
        trained_tracker: Folder of the drum-aware tracker that was trained on the corpus.
        command: The shell command that makes results, up to its targets.

    Raises:
        UserError: no annotated song, a missing model or file, or a tracker that fails on a song.
    """
    from jukedrummer.evaluation.beat_tracking import compared_songs, make_trackers, track_songs
    from jukedrummer.evaluation.reference import describe_songs
    from jukedrummer.report.beat_tracking import NAME, write_beat_tracking
    from jukedrummer.report.tables import Provenance, hash_settings
    from jukedrummer.storage.files import check_writable, sha256

    check_writable(output)
    songs, left_out = compared_songs(pairs, settings.songs)
    trackers = make_trackers(settings.trackers, beats, trained_tracker)
    results = list(track_songs(songs, trackers))
    tables = [shard / "pairs.tsv" for shard in pairs]
    weights = [trained_tracker / "weights.safetensors"] if trained_tracker else []
    sections = {"beats": beats, "evaluate": evaluate, "tables": settings}
    made = Provenance(
        f"{command} {output / NAME}.html",
        hash_settings(**sections, inputs=sha256(*tables, *weights)),
    )
    listed = [song.song for song in songs]
    about = describe_songs(listed, left_out, settings.songs, "annotated beats")
    write_beat_tracking(results, about, output, evaluate, made)
