"""All kinds of sources in one corpus, from copies of the data sets to a bundle."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import soundfile

from jukedrummer.config import SOURCES, read_yaml
from jukedrummer.corpus.census import CensusRow
from jukedrummer.corpus.pairs import all_pairs
from jukedrummer.corpus.rejected import read_rejected
from jukedrummer.corpus.split import group_of
from jukedrummer.storage.tables import read_table
from tests.layouts.__main__ import make_all
from tests.workflow.workspaces import Workspace, copy_workflow

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed"),
]

# The program of this kind may be missing.
MMA = [{"kind": "mma", "songs": 2, "seconds": 8.0}] if shutil.which("mma") else []
TARGETS = ("results/lm_beat_high", "results/inspect/corpus.html")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the copies of the data sets and the bundle of their corpus."""
    workspace = copy_workflow(tmp_path_factory.mktemp("sources"))
    make_all(workspace.root / "build/ci_sources")
    files = ("config/ci_sources.yaml", "with_mma.yaml")
    sources = read_yaml(workspace.root / files[0])["corpus"]["sources"] + MMA
    (workspace.root / files[1]).write_text(json.dumps({"corpus": {"sources": sources}}))
    result = workspace.snakemake(*TARGETS, "--configfile", *files)
    assert result.returncode == 0, result.stdout[-4_000:]
    return workspace


def test_every_source_has_songs_in_the_census(played: Workspace) -> None:
    rows = read_table(played.root / "results/census.tsv", CensusRow)
    assert {row.source for row in rows} == set(SOURCES.names) - (set() if MMA else {"mma"})
    assert {row.source for row in rows if row.kind == "separated"} == {"mixes"}
    assert all(row.split != "test" for row in rows if row.kind == "separated")


def test_no_artist_is_on_two_sides(played: Workspace) -> None:
    pairs = [pair for pair, _ in all_pairs(sorted((played.root / "results/pairs").iterdir()))]
    # The official splits of the demo and of Slakh stay, and no artist is known there.
    sides = {(group_of(pair), pair.split) for pair in pairs if pair.artist}
    assert max(Counter(group for group, _ in sides).values()) == 1
    assert len({pair.artist for pair in pairs if pair.artist}) > 5


def test_each_pair_is_one_recording_in_two_parts(played: Workspace) -> None:
    for pair, folder in all_pairs(sorted((played.root / "results/pairs").iterdir())):
        for part in ("drums", "drumless"):
            about = soundfile.info(folder / f"{part}.flac")
            assert (about.frames, about.samplerate, about.channels) == (pair.samples, 44_100, 1)


def test_what_is_left_out_has_a_reason(played: Workspace) -> None:
    rejected = read_rejected(played.root / "results/rejected.tsv")
    by_rule = {(row.source, row.rule): row for row in rejected}
    assert ("medleydb", "bleed") in by_rule
    assert ("mixing_secrets", "no drums") in by_rule
    assert "cut_off_mid" in by_rule["midi", "damaged"].song
    assert all(row.reason and row.source in SOURCES for row in rejected)


def test_the_bundle_states_where_its_songs_are_from(played: Workspace) -> None:
    bundle = played.root / "results/lm_beat_high"
    licences = json.loads((bundle / "drummer.json").read_text())["licences"]
    assert any("CC BY-NC-SA" in str(licence) for licence in licences)
    assert Path(played.root / "results/inspect/corpus.html").stat().st_size < 12e6
