"""Stage transcription: songs with a drum score -> the table of the transcriber."""

from pathlib import Path

from jukedrummer.config import EvaluateConfig, TablesConfig
from jukedrummer.errors import UserError
from jukedrummer.stages._shared import COMMAND


def transcription(
    pairs: list[Path],
    *,
    transcriber: Path,
    drums: Path | None = None,
    vocoder: Path | None = None,
    output: Path,
    command: str = COMMAND,
    evaluate: EvaluateConfig,
    settings: TablesConfig,
) -> None:
    """Measure the transcriber on real drums, and on the same through VQ-VAE and vocoder.

    Args:
        pairs: Folder of a shard of pairs; repeat.
        transcriber: Folder of the transcriber.
        drums: Folder of the drums' VQ-VAE; default: real drums only.
        vocoder: Folder of the vocoder; default: real drums only.
        output: Folder for the table's files.
        command: The shell command that makes results, up to its targets.

    Raises:
        UserError: no song with a drum score, or a missing model or file.
    """
    from jukedrummer.beats.transcriber import load_transcriber
    from jukedrummer.evaluation.reference import describe_songs
    from jukedrummer.evaluation.transcription import transcribe_songs, transcribed_songs
    from jukedrummer.report.tables import Provenance, hash_settings
    from jukedrummer.report.transcription import TRANSCRIPTION, write_transcription
    from jukedrummer.songs.codec import load_codec
    from jukedrummer.storage.files import check_writable, sha256

    check_writable(output)
    if (drums is None) != (vocoder is None):
        raise UserError("--drums and --vocoder are the codec: give both, or neither")
    songs, left_out = transcribed_songs(pairs, settings.songs)
    codec = load_codec(drums, vocoder) if drums and vocoder else None
    results = list(transcribe_songs(songs, load_transcriber(transcriber), codec))
    models = [folder for folder in (transcriber, drums, vocoder) if folder]
    weights = [folder / "weights.safetensors" for folder in models]
    tables = [shard / "pairs.tsv" for shard in pairs]
    sections = {"evaluate": evaluate, "tables": settings}
    made = Provenance(
        f"{command} {output / TRANSCRIPTION}.html",
        hash_settings(**sections, inputs=sha256(*tables, *weights)),
    )
    listed = [pair for pair, _ in songs]
    about = describe_songs(listed, left_out, settings.songs, "a drum score")
    write_transcription(results, about, output, evaluate, made)
