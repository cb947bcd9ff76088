"""The paper's comparison: which beat information helps, with and without the recording (section 6).

Three tables: reconstruction of the mels by both VQ-VAEs, prediction by the language models, and
rhythm of their drums. An experiment's numbers are means over its seeds.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from jukedrummer.config import REPRESENTATIONS, LMConfig, override, plain
from jukedrummer.errors import UserError
from jukedrummer.evaluation.likelihood import CONDITIONS, TRUE_INPUT
from jukedrummer.evaluation.measure import check_measured, measured_metrics
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.reference import describe_stems
from jukedrummer.evaluation.rungs import GENERATED, LADDER
from jukedrummer.report.panels import small_multiples
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
    tables = (
        (reconstruction_table(vqvaes, command), ("mse", "used", "perplexity")),
        (language_table(experiments, command), ("bits", "accuracy", "no_drumless", "no_beats")),
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
        if metrics["songs"] != runs[0].metrics["songs"]:
            raise UserError(
                f"{evaluation}: has {metrics['songs']} songs, "
                f"{evaluations[0]} {runs[0].metrics['songs']}; evaluate both again"
            )
    return runs


def _experiments(runs: Sequence[Run]) -> list[Experiment]:
    """The runs of each experiment, in the order of the tables."""

    def order(run: Run) -> tuple[str, bool, int, str, str]:
        config = run.config
        place = REPRESENTATIONS.names.index(config.beats)
        # Two experiments may have the same settings under two names.
        experiment = re.sub(r"_seed\d+$", "", run.name)
        return config.kind_name, not config.encoder, place, run.settings, experiment

    return [list(group) for _, group in groupby(sorted(runs, key=order), key=order)]


def _rows(
    experiments: Sequence[Experiment],
    columns: Mapping[str, Column],
    find: Callable[[Run, str], float],
    command: str,
) -> tuple[Row, ...]:
    """A row for each experiment. `find` returns a column's value in a run."""
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
                    Value.over_seeds([find(run, path) for run in runs]) for path in columns
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

    def find(run: Run, path: str) -> float:
        values: Any = run.metrics
        for name in path.split("."):
            values = values.get(name, {})
        return float(values.get("mean", math.nan))

    return Table(
        name="language",
        title="Prediction by the language models",
        caption=(
            f"The next drum code of {experiments[0][0].metrics['songs']} held-out songs, given "
            "those before it. A cost is what is lost if the model is given another song's "
            "recording or beats, or none. Near 0, the model does not use this input."
        ),
        labels=LABELS,
        columns=tuple(LANGUAGE.values()),
        rows=_rows(experiments, LANGUAGE, find, command),
    )


def rhythm_table(experiments: Sequence[Experiment], command: str) -> Table:
    """The table of rhythm: the models' drums for the held-out songs and the songs' beats."""

    def find(run: Run, metric: str) -> float:
        mean = run.metrics["rungs"][GENERATED][metric]["mean"]
        return math.nan if mean is None else float(mean)

    first = experiments[0][0]
    shown = {metric.name for metric in measured_metrics(first.metrics["rungs"])}
    columns = {name: column for name, column in rhythm_columns().items() if name in shown}
    baselines = Provenance(
        f"{command} {first.results / 'baselines'}",
        hash_settings(tolerance_ms=first.metrics["tolerance_ms"]),
    )
    beside = (
        # Groups of one row have no bold values.
        Row(
            ("", "", rung.phrase),
            _means(first.metrics["rungs"][rung.name], columns),
            group=f"{BESIDE}{rung.name}",
            provenance=baselines,
        )
        for rung in LADDER
        if rung.make
    )
    return Table(
        name="rhythm",
        title="Rhythmic consistency of the drums",
        caption=(
            f"Drums of the models for {first.metrics['songs']} held-out songs"
            f"{describe_stems(first.metrics['stems'])}, compared with the songs' "
            "annotated beats by a tracker whose input is the drums alone. Below: the same for "
            "other drums."
        ),
        labels=LABELS,
        columns=tuple(columns.values()),
        rows=(*_rows(experiments, columns, find, command), *beside),
    )


def _means(
    rung: Mapping[str, Mapping[str, Any]], columns: Mapping[str, Column]
) -> tuple[Value, ...]:
    means = (rung[metric]["mean"] for metric in columns)
    return tuple(MISSING if mean is None else Value(mean) for mean in means)
