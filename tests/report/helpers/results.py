"""A small table of results."""

from jukedrummer.report.tables import Column, Provenance, Row, Table, Value

PROVENANCE = Provenance("make --all 50%", "0123456789abcdef" * 4)
COLUMNS = (
    Column("nll", "NLL", "bits", 2, "lower"),
    Column("f1", "Beat F1", "", 2, "higher", "Rhythm"),
    Column("density", "A_b & <c>", "%", 1, None, "Rhythm"),
)


def row(labels: tuple[str, ...], *means: float, provenance: Provenance | None = None) -> Row:
    """A row whose group is its first label."""
    return Row(labels, tuple(Value(mean, n=2) for mean in means), labels[0], provenance)


def small_table() -> Table:
    """The paper's grid, small: two groups of two."""
    rows = (
        row(("encoder", "none"), 1.2345, 0.5, -0.01),
        row(("encoder", "low"), 1.0, 0.504, -3.0),
        row(("no encoder", "none"), 2.0, 0.6, 1234.5),
        row(("no encoder", "low"), float("nan"), 0.7, 2.0),
    )
    labels = ("Encoder", "Beats")
    return Table("lm", "Models_50 %", "What it | shows.", labels, COLUMNS, rows, PROVENANCE)
