"""The four files of the inspection of a corpus."""

from contextlib import ExitStack
from pathlib import Path

from jukedrummer.config import CorpusConfig, InspectConfig
from jukedrummer.corpus.rejected import Rejected
from jukedrummer.report.inspection.columns import SongColumns
from jukedrummer.report.inspection.gathering import GrowingTable, InspectionInputs, gather
from jukedrummer.report.inspection.overview import overview_tables
from jukedrummer.report.inspection.page import render_page
from jukedrummer.report.table_files import markdown
from jukedrummer.report.tables import Provenance
from jukedrummer.storage.files import atomic_path

FILES = ("corpus.html", "corpus.md", "songs.tsv", "rejected.tsv")


def write_inspection(
    inputs: InspectionInputs,
    output: Path,
    corpus: CorpusConfig,
    settings: InspectConfig,
    made: Provenance | None = None,
) -> None:
    """Write `corpus.html`, `corpus.md`, `songs.tsv` and `rejected.tsv`: all or none.

    The tables are read a shard at a time. A few hundred bytes of each song are kept.

    Args:
        inputs: the tables of all shards.
        output: folder of the files.
        corpus: the sources, for the texts about splits.
        settings: the number of songs with players.
        made: source of the numbers.

    Raises:
        UserError: a table or a recording is missing or damaged, or a file cannot be written.
    """
    columns = SongColumns()
    with ExitStack() as stack:  # no file gets its name before all are complete
        html, text, songs, rejected = (
            stack.enter_context(atomic_path(output / name)) for name in FILES
        )
        with songs.open("w", encoding="utf-8") as song_file, rejected.open("w") as rejected_file:
            inspected = gather(
                inputs,
                columns,
                GrowingTable(song_file, output / "songs.tsv", columns.row),
                GrowingTable(rejected_file, output / "rejected.tsv", Rejected),
            )
        tables = overview_tables(inspected, corpus, made)
        text.write_text(markdown(tables), encoding="utf-8")
        page = render_page(inspected, tables, corpus, settings.examples)
        html.write_text(page, encoding="utf-8")
