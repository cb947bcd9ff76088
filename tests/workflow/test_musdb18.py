"""The config for MUSDB18-HQ, from an archive of a copy to a bundle."""

import json
import shutil

import pytest

from jukedrummer.config import read_yaml
from jukedrummer.corpus.census import CensusRow
from jukedrummer.storage.tables import read_table
from tests.layouts import musdb
from tests.workflow.workspaces import Workspace, copy_workflow

pytestmark = [pytest.mark.slow, pytest.mark.long]

COMMAND = ("--configfile", "config/musdb18.yaml", "here.yaml", "--", "results/lm_beat_high")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the bundle. The archive replaces the download, and the sizes are small."""
    workspace = copy_workflow(tmp_path_factory.mktemp("musdb18"))
    copy = musdb.make(tmp_path_factory.mktemp("copy"))
    archive = shutil.make_archive(str(workspace.root / "copy"), "zip", copy)
    small = read_yaml(workspace.root / "config/ci_sources.yaml")
    corpus = {"sources": [{"kind": "musdb", "download": archive}], "shards": 2}
    here = {**small, "corpus": corpus, "pairs": {}}
    (workspace.root / "here.yaml").write_text(json.dumps(here))
    result = workspace.snakemake(*COMMAND)
    assert result.returncode == 0, result.stdout[-4_000:]
    return workspace


def test_the_archive_is_unpacked_and_its_songs_are_used(played: Workspace) -> None:
    rows = read_table(played.root / "results/census.tsv", CensusRow)
    assert sum(row.songs for row in rows) == 6
    assert {row.split for row in rows} == {"train", "valid", "test"}
    assert (played.root / "data/musdb18hq/train/Leaf - Wicked/drums.wav").exists()
    assert (played.root / "copy.zip").exists()


def test_the_bundle_is_that_of_the_config(played: Workspace) -> None:
    bundle = played.root / "results/lm_beat_high"
    description = json.loads((bundle / "drummer.json").read_text())
    assert description["models"]["lm"]["config"]["dropout"] == 0.2  # of config/musdb18.yaml
    assert description["models"]["lm"]["config"]["width"] == 32  # of the small sizes
    assert any("CC BY-NC-SA" in str(licence) for licence in description["licences"])
    assert f"snakemake --cores all {' '.join(COMMAND)}" in (bundle / "README.md").read_text()


def test_without_annotated_beats_the_card_names_the_reference(played: Workspace) -> None:
    card = (played.root / "results/lm_beat_high/README.md").read_text()
    assert "Beats are compared with the beats tracked on the full mix" in card
    assert "A transcriber" not in card  # no song has a drum score


def test_nothing_is_left_to_do(played: Workspace) -> None:
    assert played.planned(*COMMAND) == {}
