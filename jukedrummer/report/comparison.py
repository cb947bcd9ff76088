"""The paper's comparison: which beat information helps, with and without the recording (section 6).

Three tables: reconstruction of the mels by both VQ-VAEs, prediction by the language models, and
rhythm of their drums. An experiment's numbers are means over its seeds.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from jukedrummer.config import REPRESENTATIONS, LMConfig, override, plain
from jukedrummer.errors import UserError
from jukedrummer.evaluation.home_away import song_sets
from jukedrummer.evaluation.known_strokes import describe_known_runs
from jukedrummer.evaluation.likelihood import CONDITIONS, TRUE_INPUT
from jukedrummer.evaluation.measure import check_measured, measured_metrics
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import describe_beats
from jukedrummer.evaluation.rungs import GENERATED, SCORE, baseline_rungs
from jukedrummer.report.panels import small_multiples
from jukedrummer.report.song_sets import (
    SET_LABEL,
    SetPlace,
    about_sets,
    columns_by_set,
    count_over_sets,
    describe_sets,
    row_of_set,
    set_label,
)
from jukedrummer.report.table_files import write_tables
from jukedrummer.report.tables import MISSING, Column, Provenance, Row, Table, Value, hash_settings
from jukedrummer.storage.files import read_json
from jukedrummer.storage.weights import ModelInfo, load_info

LABELS = ("Family", "Beats", "Encoder")
BESIDE = "beside "  # prefix of the groups of rows that are not experiments
MORE_DECIMALS = 1  # more than for one model, because seeds differ little

RECONSTRUCTION = {
    "reconstruction": Column("mse", "squared error", "standardised", 3, "lower"),
    "used": Column("used", "codes in use", decimals=0, better="higher"),
    "perplexity": Column("perplexity", "perplexity", decimals=1, better="higher"),
}
# By their place in metrics.json.
LANGUAGE = {
    f"listening.bits.{TRUE_INPUT}": Column("bits", "cross-entropy", "bits a code", 3, "lower"),
    "accuracy": Column("accuracy", "accuracy", "share of codes", 3, "higher"),
    **{
        f"listening.costs.{name}": Column(name, f"{condition.title} costs", "bits", 3)
        for name, condition in CONDITIONS.items()
        if name != TRUE_INPUT
    },
}


def rhythm_columns() -> dict[str, Column]:
    """The metrics of rhythm, by their place in a rung of metrics.json."""
    return {
        metric.name: Column.of_metric(metric, MORE_DECIMALS)
        for metric in all_metrics()
        if metric.of_rhythm
    }


@dataclass(frozen=True)
class Run:
    """One training of an experiment, and the evaluation of its drums."""

    folder: Path  # folder of the language model, named like the run
    info: ModelInfo
    metrics: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.folder.name

    @property
    def results(self) -> Path:
        """The folder of the workflow's results: the run's bundle, the baselines."""
        return self.folder.parent.parent

    @property
    def config(self) -> LMConfig:
        """The settings of the model."""
        config: LMConfig = self.info.section
        return config

    @property
    def settings(self) -> str:
        """A hash of the settings, without the seed, and the data; equal in all runs of a kind."""
        config = override(plain(self.config), {"optim": {"seed": None}})
        return hash_settings(lm=config, mel=self.info.mel, data=self.info.data_sha256)

    @property
    def labels(self) -> tuple[str, str, str]:
        """The labels of its row."""
        config = self.config
        return config.kind_name, config.beats, "encoder" if config.encoder else "no encoder"


Experiment = Sequence[Run]  # runs that differ only in the seed


def write_comparison(
    lms: Sequence[Path],
    evaluations: Sequence[Path],
    vqvaes: Sequence[Path],
    folder: Path,
    command: str,
) -> None:
    """Write `reconstruction`, `language` and `rhythm`, each in all formats of `write_tables`.

    Args:
        lms: folders of language models, named like their runs.
        evaluations: folders from the stage evaluate, in the same order.
        vqvaes: folders of the VQ-VAEs.
        folder: folder of the files.
        command: the shell command that makes results, up to its targets.

    Raises:
        UserError: a file is missing, or the evaluations are of other runs or of different songs,
            or were made before a metric was added.
    """
    experiments = _experiments(_runs(lms, evaluations))
    language = language_table(experiments, command)
    shown = {column.name for column in language.columns}
    costs = [name for name in ("no_drumless", "no_beats") if name in shown]
    tables = (
        (reconstruction_table(vqvaes, command), ("mse", "used", "perplexity")),
        (language, ("bits", "accuracy", *(costs or ("other_drumless", "other_beats")))),
        (
            rhythm_table(experiments, command),
            ("beat_f1", "downbeat_f1", "grid_skill", "tempo_deviation"),
        ),
    )
    for table, names in tables:
        drawn = tuple(row for row in table.rows if not row.group.startswith(BESIDE))
        figure = small_multiples(replace(table, rows=drawn), names)
        spoken = f"{table.title}, drawn from the table below"
        write_tables([table], folder, table.name, figure, spoken)


def _runs(lms: Sequence[Path], evaluations: Sequence[Path]) -> list[Run]:
    runs: list[Run] = []
    for lm, evaluation in zip(lms, evaluations, strict=True):
        if lm.name != evaluation.name:
            raise UserError(
                f"{evaluation}: is not of the language model {lm}; give both in one order"
            )
        path = evaluation / "metrics.json"
        metrics = read_json(path)
        check_measured(path, metrics["rungs"][GENERATED], rhythm_columns())
        runs.append(Run(lm, load_info(lm / "model.json"), metrics))
        own, first = (describe_sets(run.metrics) for run in (runs[-1], runs[0]))
        if own != first:
            raise UserError(
                f"{evaluation}: has {own}, {evaluations[0]} {first}; evaluate both again"
            )
    return runs


def _experiments(runs: Sequence[Run]) -> list[Experiment]:
    """The runs of each experiment, in the order of the tables."""

    def order(run: Run) -> tuple[str, bool, int, str, str]:
        config = run.config
        place = REPRESENTATIONS.names.index(config.beats)
        # Two experiments may have the same settings under two names.
        name = experiment_of(run.name)
        return config.kind_name, not config.encoder, place, run.settings, name

    return [list(group) for _, group in groupby(sorted(runs, key=order), key=order)]


def experiment_of(run: str) -> str:
    """The experiment whose training with one seed has this name."""
    return re.sub(r"_seed\d+$", "", run)


def _rows(
    experiments: Sequence[Experiment],
    columns: Mapping[SetPlace, Column],
    find: Callable[[Mapping[str, Any], str], float],
    command: str,
) -> tuple[Row, ...]:
    """A row for each experiment. `find` returns a column's value in the results of a set."""
    labels = [runs[0].labels for runs in experiments]
    rows = []
    for runs, label in zip(experiments, labels, strict=True):
        family, beats, encoder = label
        differ_otherwise = labels.count(label) > 1
        targets = (str(run.results / f"lm_{run.name}") for run in runs)
        rows.append(
            Row(
                labels=(
                    f"{family} ({runs[0].name})" if differ_otherwise else family,
                    beats,
                    encoder,
                ),
                values=tuple(
                    Value.over_seeds([find(song_sets(run.metrics)[title], path) for run in runs])
                    for title, path in columns
                ),
                group=encoder,
                provenance=Provenance(" ".join([command, *targets]), runs[0].settings),
            )
        )
    return tuple(rows)


def reconstruction_table(vqvaes: Sequence[Path], command: str) -> Table:
    """The table of the VQ-VAEs' reconstruction of the validation songs' mels."""
    rows = []
    for folder in vqvaes:
        info = load_info(folder / "model.json")
        provenance = Provenance(
            f"{command} {folder / 'model.json'}",
            hash_settings(vqvae=info.config, mel=info.mel, data=info.data_sha256),
        )
        values = tuple(Value(float(info.metrics[name])) for name in RECONSTRUCTION)
        part = str(info.part)
        rows.append(Row((part, str(info.section.codebook_size)), values, part, provenance))
    return Table(
        name="reconstruction",
        title="Reconstruction by the VQ-VAEs",
        caption=(
            "Log-mels of the validation songs through encoder, codebook and decoder. The squared "
            "error is that of mels standardised per band. The mean mel has an error of 1. "
            "Perplexity is the number of codes in effective use."
        ),
        labels=("Part", "Codes"),
        columns=tuple(RECONSTRUCTION.values()),
        rows=tuple(rows),
    )


def language_table(experiments: Sequence[Experiment], command: str) -> Table:
    """The table of the language models' predictions of the held-out songs' drum codes."""

    def find(results: Mapping[str, Any], path: str) -> float:
        values: Any = results
        for name in path.split("."):
            values = values.get(name, {})
        mean = values.get("mean")
        return math.nan if mean is None else float(mean)

    runs = [run.metrics for experiment in experiments for run in experiment]
    measured = {
        path: column
        for path, column in LANGUAGE.items()
        if not all(math.isnan(find(metrics, path)) for metrics in runs)
    }
    columns = columns_by_set(runs[0], measured)
    return Table(
        name="language",
        title="Prediction by the language models",
        caption=(
            f"The next drum code of {describe_sets(runs[0])}, given those before it. A cost is "
            "what is lost if the model is given another song's recording or beats, or none. Near "
            f"0, the model does not use this input.{about_sets(runs[0])}"
        ),
        labels=LABELS,
        columns=tuple(columns.values()),
        rows=_rows(experiments, columns, find, command),
    )


def rhythm_table(experiments: Sequence[Experiment], command: str) -> Table:
    """The table of rhythm: the models' drums for the held-out songs and the songs' beats."""

    def find(results: Mapping[str, Any], metric: str) -> float:
        mean = results["rungs"][GENERATED][metric]["mean"]
        return math.nan if mean is None else float(mean)

    first = experiments[0][0]
    shown = {metric.name for metric in measured_metrics(first.metrics["rungs"])}
    measured = {name: column for name, column in rhythm_columns().items() if name in shown}
    sets = list(song_sets(first.metrics))
    rows: list[Row] = []
    for title in sets:
        columns = {(title, name): column for name, column in measured.items()}
        own = [*_rows(experiments, columns, find, command), *_beside(first, columns, command)]
        rows += [row_of_set(row, title) for row in own] if len(sets) > 1 else own
    return Table(
        name="rhythm",
        title="Rhythmic consistency of the drums",
        caption=(
            f"Drums of the models for {describe_sets(first.metrics)}. A tracker finds their beats "
            f"in the drums alone. {describe_beats(count_over_sets(first.metrics, 'reference'))} "
            f"Below: the same for other drums.{about_sets(first.metrics)} "
            f"{_about_strokes(experiments)}"
        ).strip(),
        labels=(*set_label(SET_LABEL if len(sets) > 1 else ""), *LABELS),
        columns=tuple(measured.values()),
        rows=tuple(rows),
    )


def _beside(first: Run, columns: Mapping[SetPlace, Column], command: str) -> Iterator[Row]:
    """The rows of the baselines in a set. Groups of one row have no bold values."""
    baselines = Provenance(
        f"{command} {first.results / 'baselines'}",
        hash_settings(tolerance_ms=first.metrics["tolerance_ms"]),
    )
    for rung in baseline_rungs(with_score=SCORE in first.metrics["rungs"]):
        values = _means(first.metrics, rung.name, columns)
        yield Row(("", "", rung.phrase), values, f"{BESIDE}{rung.name}", baselines)


def _about_strokes(experiments: Sequence[Experiment]) -> str:
    return describe_known_runs({run.name: run.metrics for runs in experiments for run in runs})


def _means(
    metrics: Mapping[str, Any], rung: str, columns: Mapping[SetPlace, Column]
) -> tuple[Value, ...]:
    sets = song_sets(metrics)
    means = (sets[title]["rungs"][rung][metric]["mean"] for title, metric in columns)
    return tuple(MISSING if mean is None else Value(mean) for mean in means)
