"""All kinds of sources in one corpus, from copies of the data sets to a bundle."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import soundfile

from jukedrummer.config import SOURCES
from jukedrummer.corpus.census import CensusRow
from jukedrummer.corpus.pairs import all_pairs
from jukedrummer.corpus.rejected import read_rejected
from jukedrummer.corpus.split import group_of
from jukedrummer.storage.tables import read_table
from tests.layouts.__main__ import make_all
from tests.workflow.workspaces import Workspace, copy_workflow

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed"),
]

CONFIG = ("--configfile", "config/smoke.yaml", "config/ci_sources.yaml", "smaller.yaml", "--")
SMALLER = {
    "clip": {"frames": 256},
    "lm": {"context": 64, "optim": {"steps": 4, "validate_every": 4, "save_every": 4}},
}
RESULTS = "results/ci_sources"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the copies of the data sets and the bundle of their corpus."""
    workspace = copy_workflow(tmp_path_factory.mktemp("sources"))
    make_all(workspace.root / "build/ci_sources")
    (workspace.root / "smaller.yaml").write_text(json.dumps(SMALLER))
    result = workspace.snakemake(
        *CONFIG, f"{RESULTS}/lm_beat_high", f"{RESULTS}/inspect/corpus.html"
    )
    assert result.returncode == 0, result.stdout[-4_000:]
    return workspace


def test_every_source_has_songs_in_the_census(played: Workspace) -> None:
    rows = read_table(played.root / RESULTS / "census.tsv", CensusRow)
    assert {row.source for row in rows} == set(SOURCES.names)
    assert {row.source for row in rows if row.kind == "separated"} == {"mixes"}
    assert all(row.split != "test" for row in rows if row.kind == "separated")


def test_no_artist_is_on_two_sides(played: Workspace) -> None:
    pairs = [pair for pair, _ in all_pairs(sorted((played.root / RESULTS / "pairs").iterdir()))]
    # The official splits of the demo and of Slakh stay, and no artist is known there.
    sides = {(group_of(pair), pair.split) for pair in pairs if pair.artist}
    assert max(Counter(group for group, _ in sides).values()) == 1
    assert len({pair.artist for pair in pairs if pair.artist}) > 5


def test_each_pair_is_one_recording_in_two_parts(played: Workspace) -> None:
    for pair, folder in all_pairs(sorted((played.root / RESULTS / "pairs").iterdir())):
        for part in ("drums", "drumless"):
            about = soundfile.info(folder / f"{part}.flac")
            assert (about.frames, about.samplerate, about.channels) == (pair.samples, 44_100, 1)


def test_what_is_left_out_has_a_reason(played: Workspace) -> None:
    rejected = read_rejected(played.root / RESULTS / "rejected.tsv")
    by_rule = {(row.source, row.rule): row for row in rejected}
    assert ("medleydb", "bleed") in by_rule
    assert ("mixing_secrets", "no drums") in by_rule
    assert "cut off.mid" in by_rule["midi", "damaged"].song
    assert all(row.reason and row.source in SOURCES for row in rejected)


def test_the_bundle_states_where_its_songs_are_from(played: Workspace) -> None:
    bundle = played.root / RESULTS / "lm_beat_high"
    licences = json.loads((bundle / "drummer.json").read_text())["licences"]
    assert any("CC BY-NC-SA" in str(licence) for licence in licences)
    assert Path(played.root / RESULTS / "inspect/corpus.html").stat().st_size < 12e6


def test_musdb18_is_unpacked_and_used(played: Workspace) -> None:
    """The config for MUSDB18-HQ, with an archive of the copy in place of the download."""
    copy = played.root / "build/ci_sources/musdb"
    archive = shutil.make_archive(str(played.root / "copy"), "zip", copy)
    here = {"corpus": {"sources": [{"kind": "musdb", "download": archive}], "shards": 2}}
    (played.root / "here.yaml").write_text(json.dumps(here))
    files = ("--configfile", "config/musdb18.yaml", "here.yaml", "--")
    result = played.snakemake(*files, "results/musdb18/census.tsv")
    assert result.returncode == 0, result.stdout[-4_000:]
    rows = read_table(played.root / "results/musdb18/census.tsv", CensusRow)
    assert sum(row.songs for row in rows) == 6
    assert (played.root / "data/musdb18hq/train/Leaf - Wicked/drums.wav").exists()
    assert Path(archive).exists()
    assert played.planned(*files, "results/musdb18/census.tsv") == {}


def test_the_papers_data_sets_are_joined(played: Workspace) -> None:
    """The config of the paper, with the copies of its data sets."""
    kinds = ("musdb", "medleydb", "mixing_secrets")
    sources = [{"kind": kind, "path": f"build/ci_sources/{kind}"} for kind in kinds]
    sources[0]["download"] = None
    here = {"corpus": {"sources": sources, "shards": 2}, "beats": {"tracker": "madmom"}}
    (played.root / "here.yaml").write_text(json.dumps(here))
    target = "results/paper/census.tsv"
    result = played.snakemake("--configfile", "config/paper.yaml", "here.yaml", "--", target)
    assert result.returncode == 0, result.stdout[-4_000:]
    rows = read_table(played.root / target, CensusRow)
    assert {row.source for row in rows} == set(kinds)
