"""The paper's comparison: which beat information helps, with and without hearing the recording (section 6).

Three tables: how well both VQ-VAEs rebuild the mels, how well the language models predict, and how rhythmic
what they play is. An experiment's numbers are means over its seeds.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from jukedrummer.config import LMConfig, override, parse, plain
from jukedrummer.errors import UserError
from jukedrummer.report.figures import panels
from jukedrummer.report.tables import (
    MISSING,
    Column,
    Provenance,
    Row,
    Table,
    Value,
    hash_settings,
    write_tables,
)
from jukedrummer.storage.files import read_json
from jukedrummer.storage.weights import ModelInfo, load_info

BEATS = ("none", "low", "mid", "high")  # the paper's order
LABELS = ("Family", "Beats", "Encoder")
# Rungs of the ladder that frame the generated drums, and what they are called.
FRAME_GROUP = "beside "
FRAME = {
    "silence": "silence",
    "other_song": "another song's drums",
    "click_kit": "a drum machine on the tracked beats",
    "nearest_tempo": "a training song's drums, nearest in tempo, on the tracked bars",
    "codec": "the real drums through VQ-VAE and vocoder",
    "real": "the real drums",
}

RECONSTRUCTION = {
    "reconstruction": Column("mse", "squared error", "standardised", 3, "lower"),
    "used": Column("used", "codes in use", decimals=0, better="higher"),
    "perplexity": Column("perplexity", "perplexity", decimals=1, better="higher"),
}
LANGUAGE = {
    "listening.bits.true_input": Column("bits", "cross-entropy", "bits a code", 3, "lower"),
    "accuracy": Column("accuracy", "accuracy", "share of codes", 3, "higher"),
    "listening.costs.other_drumless": Column(
        "other_drumless", "another song's recording costs", "bits", 3
    ),
    "listening.costs.no_drumless": Column("no_drumless", "no recording costs", "bits", 3),
    "listening.costs.other_beats": Column("other_beats", "another song's beats cost", "bits", 3),
    "listening.costs.no_beats": Column("no_beats", "no beats cost", "bits", 3),
}
RHYTHM = {
    "beat_f1": Column("beat_f1", "beat F1", decimals=3, better="higher"),
    "downbeat_f1": Column("downbeat_f1", "downbeat F1", decimals=3, better="higher"),
    "grid_share": Column("grid_share", "onsets on the grid", "share", 3, "higher"),
    "grid_skill": Column("grid_skill", "onsets beyond chance", "share", 3, "higher"),
    "tempo_deviation": Column("tempo_deviation", "tempo deviation", "%", 2, "lower"),
    "density": Column("density", "onsets a second"),
}


@dataclass(frozen=True)
class Run:
    """One training of an experiment, and what its drums were judged to be."""

    folder: Path  # of the language model, named like the run
    info: ModelInfo
    metrics: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the run."""
        return self.folder.name

    @property
    def results(self) -> Path:
        """Where the workflow writes: the run's bundle, the baselines."""
        return self.folder.parent.parent

    @property
    def config(self) -> LMConfig:
        """Of the model; settings that are younger than it have their defaults."""
        return parse(LMConfig, self.info.config, self.name)

    @property
    def settings(self) -> str:
        """A hash of all that the runs of an experiment share: its settings but the seed, and its data."""
        config = override(plain(self.config), {"optim": {"seed": None}})
        return hash_settings(lm=config, mel=self.info.mel, data=self.info.data_sha256)


def tables(
    lms: Sequence[Path],
    evaluations: Sequence[Path],
    vqvaes: Sequence[Path],
    output: Path,
    command: str,
) -> None:
    """Write `reconstruction`, `language` and `rhythm`, each as .tsv, .md, .html, .tex, .svg and .png.

    Args:
        lms: folders of language models, named like their runs.
        evaluations: folders from the stage evaluate, in the same order.
        vqvaes: folders of the VQ-VAEs.
        output: the folder to write to.
        command: the shell command that makes results, up to its targets.

    Raises:
        UserError: a missing file, or evaluations of other runs or of different songs.
    """
    experiments = _experiments(_runs(lms, evaluations))
    made = [
        (reconstruction(vqvaes, command), "mse", "used", "perplexity"),
        (language(experiments, command), "bits", "accuracy", "no_drumless", "no_beats"),
        (rhythm(experiments, command), "beat_f1", "downbeat_f1", "grid_skill", "tempo_deviation"),
    ]
    for table, *names in made:
        drawn = replace(
            table, rows=tuple(row for row in table.rows if not row.group.startswith(FRAME_GROUP))
        )
        figure = panels(drawn, names)
        write_tables(
            [table], output, table.name, figure, f"{table.title}, drawn from the table below"
        )


def _runs(lms: Sequence[Path], evaluations: Sequence[Path]) -> list[Run]:
    runs = []
    for lm, evaluation in zip(lms, evaluations, strict=True):
        if lm.name != evaluation.name:
            raise UserError(
                f"{evaluation}: does not judge the language model {lm}; give both in one order"
            )
        metrics = read_json(evaluation / "metrics.json")
        runs.append(Run(lm, load_info(lm / "model.json"), metrics))
        if metrics["songs"] != runs[0].metrics["songs"]:
            raise UserError(
                f"{evaluation}: judged {metrics['songs']} songs, "
                f"{evaluations[0]} {runs[0].metrics['songs']}; evaluate both again"
            )
    return runs


def _experiments(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs of each experiment, in the order of the tables."""

    def order(run: Run) -> tuple:
        config = run.config
        return config.family, not config.encoder, BEATS.index(config.beats), run.settings

    return [list(group) for _, group in groupby(sorted(runs, key=order), key=order)]


def _rows(
    experiments: Sequence[Sequence[Run]],
    columns: dict[str, Column],
    find: Callable[[Run, str], float],
    command: str,
) -> Iterator[Row]:
    """A row an experiment; `find` looks a column's value up in a run."""
    labels = [_labels(runs[0]) for runs in experiments]
    for runs, label in zip(experiments, labels, strict=True):
        family, beats, encoder = label
        differ_otherwise = labels.count(label) > 1
        yield Row(
            labels=(f"{family} ({runs[0].name})" if differ_otherwise else family, beats, encoder),
            values=tuple(Value.over_seeds([find(run, path) for run in runs]) for path in columns),
            group=encoder,
            provenance=Provenance(
                " ".join([command, *(str(run.results / f"lm_{run.name}") for run in runs)]),
                runs[0].settings,
            ),
        )


def _labels(run: Run) -> tuple[str, str, str]:
    config = run.config
    return config.family, config.beats, "encoder" if config.encoder else "no encoder"


def reconstruction(vqvaes: Sequence[Path], command: str) -> Table:
    """How well the VQ-VAEs rebuild the mels of the validation songs."""
    rows = []
    for folder in vqvaes:
        info = load_info(folder / "model.json")
        made = Provenance(
            f"{command} {folder / 'model.json'}",
            hash_settings(vqvae=info.config, mel=info.mel, data=info.data_sha256),
        )
        values = tuple(Value(float(info.metrics[name])) for name in RECONSTRUCTION)
        labels = (info.part, str(info.config["codebook"]))
        rows.append(Row(labels, values, group=info.part, provenance=made))
    return Table(
        name="reconstruction",
        title="What the VQ-VAEs keep",
        caption=(
            "Log-mels of the validation songs through encoder, codebook and decoder. The squared error is of "
            "mels standardised per band: 1 is what the mean mel would reach. Perplexity says how many codes "
            "do the work."
        ),
        labels=("Part", "Codes"),
        columns=tuple(RECONSTRUCTION.values()),
        rows=tuple(rows),
        provenance=rows[0].provenance,
    )


def language(experiments: Sequence[Sequence[Run]], command: str) -> Table:
    """How well the language models predict the drum codes of the held-out songs."""

    def find(run: Run, path: str) -> float:
        found: Any = run.metrics
        for name in path.split("."):
            found = found.get(name, {})
        return found.get("mean", math.nan)

    rows = tuple(_rows(experiments, LANGUAGE, find, command))
    songs = experiments[0][0].metrics["songs"]
    return Table(
        name="language",
        title="What the language models predict",
        caption=(
            f"The next drum code of {songs} held-out songs, given those before it. A cost is what is lost "
            "where the model is given another song's recording or beats, or none: near 0, it does not listen."
        ),
        labels=LABELS,
        columns=tuple(LANGUAGE.values()),
        rows=rows,
        provenance=rows[0].provenance,
    )


def rhythm(experiments: Sequence[Sequence[Run]], command: str) -> Table:
    """How well the drums that the models play to the held-out songs keep to their beat."""

    def find(run: Run, metric: str) -> float:
        mean = run.metrics["rungs"]["generated"][metric]["mean"]
        return math.nan if mean is None else mean

    rows = tuple(_rows(experiments, RHYTHM, find, command))
    first = experiments[0][0]
    baselines = Provenance(
        f"{command} {first.results / 'baselines'}",
        hash_settings(tolerance_ms=first.metrics["tolerance_ms"]),
    )
    frame = tuple(
        # Groups of one: they do not compete.
        Row(
            ("", "", title),
            _of_rung(first, rung),
            group=f"{FRAME_GROUP}{rung}",
            provenance=baselines,
        )
        for rung, title in FRAME.items()
    )
    return Table(
        name="rhythm",
        title="Rhythmic consistency of what is played",
        caption=(
            f"Drums played to {first.metrics['songs']} held-out songs, judged against the songs' annotated "
            "beats by a tracker that hears the drums alone. Below: what the same judge says of other drums."
        ),
        labels=LABELS,
        columns=tuple(RHYTHM.values()),
        rows=rows + frame,
        provenance=rows[0].provenance,
    )


def _of_rung(run: Run, rung: str) -> tuple[Value, ...]:
    means = (run.metrics["rungs"][rung][metric]["mean"] for metric in RHYTHM)
    return tuple(MISSING if mean is None else Value(mean) for mean in means)
