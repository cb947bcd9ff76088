"""The real DAG on a tiny corpus: killed during a training, then resumed up to a bundle."""

import csv
import json
import re
import shutil
import subprocess
import sys

import pytest

from tests.workflow.workspaces import Workspace, copy_workflow, kill, wait_for

pytestmark = pytest.mark.slow

TARGET = "smoke/lm_beat_high"
# A training that is long enough to be killed before its end.
LONGER = "results: smoke\nvocoder: {optim: {steps: 200, save_every: 5, validate_every: 200}}\n"
SMOKE = ("--configfile", "config/smoke.yaml", "longer.yaml")


def made(workspace: Workspace, pattern: str) -> dict[str, int]:
    """Files of the results and their modification times in nanoseconds."""
    results = workspace.root / "smoke"
    return {
        str(path.relative_to(results)): path.stat().st_mtime_ns for path in results.glob(pattern)
    }


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, int]]:
    """A workspace whose run was killed during a training, and its files at that time."""
    workspace = copy_workflow(tmp_path_factory.mktemp("smoke"))
    (workspace.root / "longer.yaml").write_text(LONGER)
    process = workspace.start(*SMOKE, "--", TARGET)
    try:
        wait_for(workspace.root / "smoke/vocoder/state/step_000000005.pt", process, seconds=400)
    finally:
        kill(process)
    assert not (workspace.root / "smoke/vocoder/weights.safetensors").exists(), (
        "the kill came too late"
    )
    return workspace, made(workspace, "corpus/*.tsv") | made(workspace, "pairs/*/pairs.tsv")


@pytest.fixture(scope="module")
def played(killed) -> Workspace:
    """The same workspace after the run was finished."""
    workspace, _ = killed
    result = workspace.snakemake(*SMOKE, "--", TARGET)
    assert result.returncode == 0, result.stdout
    return workspace


def test_the_killed_run_continued_where_it_was(killed, played):
    _, before = killed
    assert before
    assert before == made(played, "corpus/*.tsv") | made(played, "pairs/*/pairs.tsv")
    log = (played.root / "smoke/logs/train_vocoder/train_vocoder.log").read_text()
    step = re.search(r"resuming at step (\d+)", log)
    assert step, log
    assert int(step[1]) >= 5


def test_the_bundle_exists(played):
    bundle = played.root / TARGET
    for name in ("drummer.json", "metrics.json", "report.html", "README.md"):
        assert (bundle / name).stat().st_size, name
    assert len(list(bundle.glob("*.safetensors"))) == 5
    command = f"snakemake --cores all {' '.join(SMOKE)} -- {TARGET}"
    assert command in (bundle / "report.html").read_text()
    songs = list((bundle / "samples").iterdir())
    rendered = played.root / "smoke/rendered"
    home = {path.name for path in (rendered / "demo/test").iterdir()}
    away = {path.name for path in (rendered / "second_composer").iterdir() if path.is_dir()}
    assert {song.name for song in songs} == home | away
    tracks = ["drumless.flac", "generated.flac", "mix.flac", "real.flac"]
    assert all(sorted(path.name for path in song.iterdir()) == tracks for song in songs)


def test_away_songs_are_evaluated_apart_and_nothing_is_trained_on_them(played):
    results = played.root / "smoke"
    metrics = json.loads((results / "lm_beat_high/metrics.json").read_text())
    assert (metrics["songs"], metrics["away"]["songs"]) == (2, 2)
    assert set(metrics["away"]) == set(metrics) - {"away"}
    assert list(metrics["away"]["rungs"]) == list(metrics["rungs"])
    with (results / "evaluation/beat_high/songs.tsv").open() as file:
        splits = {(row["source"], row["split"]) for row in csv.DictReader(file, delimiter="\t")}
    assert splits == {("demo", "test"), ("second_composer", "away")}
    page = (results / "lm_beat_high/report.html").read_text()
    assert '<section aria-labelledby="away">' in page
    census = (results / "census.tsv").read_text()
    assert re.findall(r"^second_composer\t(\w+)\t", census, re.MULTILINE) == ["away"]


def test_the_bundle_plays_where_it_is_copied_to(played, tmp_path):
    bundle = shutil.copytree(played.root / TARGET, tmp_path / "elsewhere")
    song = next((bundle / "samples").iterdir()) / "drumless.flac"
    command = [
        sys.executable,
        "-m",
        "jukedrummer",
        "accompany",
        song,
        "--model",
        bundle,
        "--output",
        tmp_path,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "drums.wav").stat().st_size > 44_100


def test_beat_trackers_are_compared(played):
    table = "smoke/tables/beat_tracking.md"
    result = played.snakemake(*SMOKE, "--", table)
    assert result.returncode == 0, result.stdout
    text = (played.root / table).read_text()
    assert len(re.findall(r"^\|.*\| (?:madmom|drum-aware) \|", text, re.MULTILINE)) >= 6
    assert (
        f"Made by `snakemake --cores all {' '.join(SMOKE)} -- smoke/tables/beat_tracking.html`"
        in text
    )


def test_the_transcriber_is_measured(played):
    table = "smoke/tables/transcription.md"
    result = played.snakemake(*SMOKE, "--", table)
    assert result.returncode == 0, result.stdout
    text = (played.root / table).read_text()
    assert (
        len(re.findall(r"\| (?:real drums|through codec) \|", text)) == 40
    )  # 10 pieces, home and away


def test_nothing_is_left_to_do(played):
    assert played.planned(*SMOKE, "--", TARGET) == {}


def test_a_changed_evaluation_setting_trains_nothing(played):
    (played.root / "change.yaml").write_text("evaluate: {tolerance_ms: 31}\n")
    models = made(played, "**/weights.safetensors")
    judged = made(played, "evaluation/*/metrics.json")
    result = played.snakemake(*SMOKE, "change.yaml", "--", TARGET)
    assert result.returncode == 0, result.stdout
    assert made(played, "**/weights.safetensors") == models
    assert made(played, "evaluation/*/metrics.json") != judged
