"""The config of the paper: its data sets and networks, from copies to its tables, at tiny sizes."""

import csv
import json
from pathlib import Path

import pytest

from jukedrummer.corpus.census import CensusRow
from jukedrummer.model.build import build
from jukedrummer.storage.tables import read_table
from jukedrummer.storage.weights import save_model
from tests.layouts import medleydb, mixing_secrets, musdb
from tests.songs.helpers import TRACKER
from tests.workflow.workspaces import Workspace, copy_workflow

pytestmark = [pytest.mark.slow, pytest.mark.long]

COMMAND = ("--configfile", "config/paper.yaml", "here.yaml", "--")
DATA_SETS = {"musdb18hq": musdb, "medleydb": medleydb, "mixing_secrets": mixing_secrets}
OPTIM = {"steps": 4, "batch_size": 4, "warmup": 2, "validate_every": 4, "save_every": 4}
VQVAE = {"width": 16, "codebook_size": 32, "code_dim": 8, "crop_frames": 256, "optim": OPTIM}
HERE = {
    "corpus": {"shards": 2},
    "clip": {"frames": 256},
    # The activations of the untrained tracker are below the threshold of the authors' tracker.
    "beats": {"weights": "tracker", "threshold": 0.05},
    "vqvae": {"drums": VQVAE, "drumless": VQVAE},
    "vocoder": {
        "width": 16,
        "discriminator_width": 32,
        "optim": OPTIM | {"steps": 2, "validate_every": 2},
    },
    # With ten layers, the last one attends to the encoder.
    "lm": {"layers": 10, "width": 16, "encoder_layers": 1, "context": 64, "optim": OPTIM},
    "seeds": 1,
    "evaluate": {"bootstrap": 100, "samples": 1},
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with copies of the data sets, a random tracker, the tables, and a bundle.

    Nothing is downloaded, because the folder of MUSDB18-HQ has files.
    """
    workspace = copy_workflow(tmp_path_factory.mktemp("paper"))
    for folder, data_set in DATA_SETS.items():
        data_set.make(workspace.root / "data" / folder)
    save_model(workspace.root / "tracker", build(TRACKER), TRACKER)
    (workspace.root / "tracker/history.csv").write_text("step,seconds\n")  # as of an imported one
    (workspace.root / "here.yaml").write_text(json.dumps(HERE))
    result = workspace.snakemake(*COMMAND, "tables", "results/paper/lm_beat_low")
    assert result.returncode == 0, result.stdout[-4_000:]
    return workspace


def rows_of(tables: Path, name: str) -> dict[tuple[str, str], dict[str, float]]:
    """Beats and encoder of each experiment to its values by column."""
    rows: dict[tuple[str, str], dict[str, float]] = {}
    with (tables / f"{name}.tsv").open() as file:
        for line in csv.DictReader(file, delimiter="\t"):
            if line["family"]:
                values = rows.setdefault((line["beats"], line["encoder"]), {})
                values[line["column"]] = float(line["mean"] or "nan")
    return rows


def test_the_data_sets_are_joined(played: Workspace) -> None:
    rows = read_table(played.root / "results/paper/census.tsv", CensusRow)
    assert {row.source for row in rows} == {"musdb", "medleydb", "mixing_secrets"}


def test_the_tables_have_all_beats_with_and_without_the_recording(played: Workspace) -> None:
    tables = played.root / "results/paper/tables"
    experiments = {
        (beats, encoder)
        for beats in ("none", "low", "mid", "high")
        for encoder in ("encoder", "no encoder")
    }
    language, rhythm = (rows_of(tables, name) for name in ("language", "rhythm"))
    assert set(language) == set(rhythm) == experiments
    for (beats, encoder), values in language.items():
        # The paper's models are not trained without a part of their input.
        assert set(values) == {"bits", "accuracy", "other_drumless", "other_beats"}
        assert (values["other_drumless"] == values["other_drumless"]) == (encoder == "encoder")
        assert (values["other_beats"] == values["other_beats"]) == (beats != "none")
    assert all(0 <= values["beat_f1"] <= 1 for values in rhythm.values())


def test_the_tables_name_their_reference_and_command(played: Workspace) -> None:
    text = (played.root / "results/paper/tables/rhythm.md").read_text()
    # None of the data sets has annotated beats.
    assert "Beats are compared with the beats tracked on the full mix" in text
    command = f"snakemake --cores all {' '.join(COMMAND)} results/paper/lm_noenc_beat_high`"
    assert command in text


def test_the_bundle_has_the_papers_networks(played: Workspace) -> None:
    bundle = played.root / "results/paper/lm_beat_low"
    models = json.loads((bundle / "drummer.json").read_text())["models"]
    assert {info["config"].get("family") for info in models.values()} == {"paper", None}
    assert models["vocoder"]["config"]["kind"] == "hifigan"
    assert len(list(bundle.glob("*.safetensors"))) == 5
