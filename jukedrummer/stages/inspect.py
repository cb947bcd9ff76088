"""Stage inspect: tables of all shards -> a page of the corpus, and tables of all songs."""

from pathlib import Path

from jukedrummer.config import CorpusConfig, InspectConfig
from jukedrummer.stages._shared import COMMAND


def inspect(
    pairs: list[Path],
    *,
    rejected: Path,
    features: list[Path] | None = None,
    songs: list[Path] | None = None,
    output: Path,
    command: str = COMMAND,
    corpus: CorpusConfig,
    settings: InspectConfig,
) -> None:
    """Make a page and tables of what is in the corpus and what may be wrong with it.

    Usually Snakemake calls it: snakemake --cores all results/inspect/corpus.html

    Args:
        pairs: Folder of a shard of pairs; repeat.
        rejected: The table of the songs that were left out.
        features: Table (TSV) of a shard of features, in the order of the pairs; repeat.
        songs: Table of the songs of a shard, from the stage corpus; repeat.
        output: Folder for the page and the tables.
        command: The shell command that makes results, up to its targets.

    Raises:
        UserError: a table or a recording is missing or damaged, or the place cannot be written.
    """
    from jukedrummer.report.inspection.gathering import InspectionInputs
    from jukedrummer.report.inspection.writing import write_inspection
    from jukedrummer.report.tables import Provenance, hash_settings
    from jukedrummer.storage.files import check_writable, sha256

    check_writable(output)
    inputs = InspectionInputs(pairs, rejected, features or [], songs or [])
    tables = [rejected, *(shard / "pairs.tsv" for shard in pairs), *inputs.features]
    hashed = hash_settings(corpus=corpus, inspect=settings, inputs=sha256(*tables))
    made = Provenance(f"{command} {output / 'corpus.html'}", hashed)
    write_inspection(inputs, output, corpus, settings, made)
