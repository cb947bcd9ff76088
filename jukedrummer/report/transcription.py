"""The table of the transcriber: each piece, on real drums and through the codec."""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

from jukedrummer.config import EvaluateConfig
from jukedrummer.evaluation.statistics import pooled_interval
from jukedrummer.evaluation.transcription import (
    DRUMS_VERSIONS,
    ONSET_WINDOW,
    TranscribedSong,
)
from jukedrummer.model.pieces import PIECE_TITLES, PIECES
from jukedrummer.report.panels import small_multiples
from jukedrummer.report.song_sets import ABOUT_SETS, SET_LABEL, rows_by_set, set_label
from jukedrummer.report.table_files import write_tables
from jukedrummer.report.tables import INTERVAL_SONGS, Column, Provenance, Row, Table, Value
from jukedrummer.storage.tables import write_table

TRANSCRIPTION = "transcription"  # name of the table and its files
MEASURED_TITLES = {**PIECE_TITLES, "hats": "hats, closed or open", "all": "all pieces"}
CODEC_NOTE = (
    "Through codec: the same drums through VQ-VAE and vocoder, as the drums of a model are. What "
    "the codec does not keep apart cannot be transcribed. "
)
COLUMNS = (
    Column("f1", "F1"),
    Column("precision", "precision"),
    Column("recall", "recall"),
    Column("reference", "strokes", decimals=0, about="Strokes of the score"),
    Column("songs", "songs", decimals=0, about="Songs with such strokes"),
    Column("time_error", "error", "ms", 1, about="Mean distance of hits from the score"),
    Column("velocity_error", "error of the velocity", about="Of 0 to 1"),
)
# The parts and wholes of a song that the values of a column are the ratio of, summed over songs.
RATIOS: dict[str, Callable[[TranscribedSong], tuple[float, float]]] = {
    "f1": lambda row: (2 * row.hits, row.reference + row.estimated),
    "precision": lambda row: (row.hits, row.estimated),
    "recall": lambda row: (row.hits, row.reference),
    "time_error": lambda row: (row.hits * row.time_error if row.hits else 0, row.hits),
    "velocity_error": lambda row: (row.hits * row.velocity_error if row.hits else 0, row.hits),
}


def write_transcription(
    results: Sequence[TranscribedSong],
    about: str,
    folder: Path,
    evaluate: EvaluateConfig,
    provenance: Provenance,
) -> None:
    """Write `transcription.*` with its figure, and `transcription_songs.tsv`.

    Args:
        results: results of all songs, versions and pieces.
        about: the songs in words, see `describe_songs`.
        folder: folder of the files.
        evaluate: number of resamples.
        provenance: source of the table.

    Raises:
        UserError: a file cannot be written.
    """
    table = transcription_table(results, about, evaluate, provenance)
    write_table(folder / f"{TRANSCRIPTION}_songs.tsv", TranscribedSong, results)
    figure = small_multiples(table, ["f1", "precision", "recall"])
    write_tables([table], folder, TRANSCRIPTION, figure, table.caption)


def transcription_table(
    results: Sequence[TranscribedSong],
    about: str,
    evaluate: EvaluateConfig,
    provenance: Provenance,
) -> Table:
    """One row for each piece and version of the drums; `about` names the songs."""
    rows = []
    sets = rows_by_set(results)
    for (where, own), (piece, title) in product(sets.items(), MEASURED_TITLES.items()):
        chosen = PIECES if piece == "all" else (piece,)
        for version, heading in DRUMS_VERSIONS.items():
            songs = [row for row in own if row.version == version and row.piece in chosen]
            if songs:
                labels = (*set_label(where), title, heading)
                rows.append(Row(labels, _values(songs, evaluate), f"{where} {piece}"))
    through_codec = any(row.version == "codec" for row in results)
    caption = (
        f"Strokes transcribed from the drums of {about}, compared with their drum scores. An onset "
        f"is a hit within {1_000 * ONSET_WINDOW:g} ms of one of the same piece; each is matched "
        "once. The hits and strokes of all songs are added up. Intervals are from resampled songs, "
        f"for at least {INTERVAL_SONGS} songs. {CODEC_NOTE if through_codec else ''}The "
        "transcriber is as reliable as these numbers, and only for drums like these."
        f"{f' {ABOUT_SETS}' if len(sets) > 1 else ''}"
    )
    labels = (*set_label(SET_LABEL if len(sets) > 1 else ""), "Piece", "Drums")
    return Table(TRANSCRIPTION, "Transcriber", caption, labels, COLUMNS, tuple(rows), provenance)


def _values(rows: Sequence[TranscribedSong], evaluate: EvaluateConfig) -> tuple[Value, ...]:
    return tuple(_value(column.name, rows, evaluate) for column in COLUMNS)


def _value(name: str, rows: Sequence[TranscribedSong], evaluate: EvaluateConfig) -> Value:
    songs = {row.song for row in rows if row.reference}
    if name == "reference":
        return Value(float(sum(row.reference for row in rows)), n=len(songs))
    if name == "songs":
        return Value(float(len(songs)), n=len(songs))
    sums: dict[str, tuple[float, float]] = {}
    for row in rows:
        part, whole = RATIOS[name](row)
        before = sums.get(row.song, (0.0, 0.0))
        sums[row.song] = before[0] + part, before[1] + whole
    parts, wholes = zip(*sums.values(), strict=True)
    return Value.over_songs(pooled_interval(parts, wholes, evaluate.bootstrap))
