"""Re-runs, and runs that continue after a kill, with a fast replacement of the package."""

import os
import signal
from collections import Counter

import pytest

from tests.workflow.workspaces import Workspace, kill, wait_for

TARGET = "results/lm_beat_high"
AFTER_LM = {"train_lm", "generate", "evaluate", "bundle"}


def calls(workspace: Workspace) -> Counter:
    """Subcommands that finished since the last call."""
    path = workspace.root / "calls.txt"
    if not path.exists():
        return Counter()
    result = Counter(path.read_text().split())
    path.unlink()
    return result


def test_after_a_run_nothing_is_left_to_do(finished):
    assert finished.planned(TARGET) == {}
    assert "Nothing to be done" in finished.snakemake("--dry-run", TARGET).stdout
    # Another number of cores is no reason to run either.
    assert finished.planned("--cores", "7", TARGET) == {}


def test_experiments_share_every_stage_up_to_the_language_model(finished):
    assert set(finished.planned("results/lm_beat_low")) == AFTER_LM


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("evaluate: {tolerance_ms: 31}", {"baselines", "evaluate", "bundle"}),
        ("generate: {seed: 1}", {"generate", "evaluate", "bundle"}),
        ("lm: {layers: 2}", AFTER_LM),
        ("experiments: {beat_high: {optim: {steps: 7}}}", AFTER_LM),
        ("experiments: {beat_low: {optim: {steps: 7}}}", set()),
        (
            "vocoder: {optim: {steps: 7}}",
            {"train_vocoder", "baselines", "generate", "evaluate", "bundle"},
        ),
        ("lm: {width: 192}", set()),
    ],
)
def test_a_changed_setting_reruns_what_reads_it(finished, change, expected):
    (finished.root / "change.yaml").write_text(change)
    assert set(finished.planned("--configfile", "change.yaml", "--", TARGET)) == expected


def test_a_table_is_made_again_where_its_settings_change(stubbed):
    target = "results/tables/beat_tracking.html"
    (stubbed.root / "madmom.yaml").write_text("tables: {trackers: [madmom]}")
    (stubbed.root / "more.yaml").write_text("evaluate: {bootstrap: 3000}")
    (stubbed.root / "other.yaml").write_text("lm: {layers: 2}")
    result = stubbed.snakemake("--configfile", "madmom.yaml", "--", target)
    assert result.returncode == 0, result.stdout
    assert stubbed.planned("--configfile", "madmom.yaml", "other.yaml", "--", target) == {}
    planned = stubbed.planned("--configfile", "madmom.yaml", "more.yaml", "--", target)
    assert planned == {"beat_tracking": 1}


@pytest.mark.parametrize("rule", ["corpus", "pairs", "train_lm", "bundle"])
def test_a_killed_run_continues_when_it_is_started_again(stubbed, rule):
    stubbed.environment["HANG_IN"] = rule
    process = stubbed.start(TARGET)
    wait_for(stubbed.root / "hanging", process)
    kill(process)
    assert any((stubbed.root / ".snakemake/locks").iterdir()), "the kill left nothing to be cleared"
    before = calls(stubbed)

    del stubbed.environment["HANG_IN"]
    result = stubbed.snakemake(TARGET)
    assert result.returncode == 0, result.stdout
    after = calls(stubbed)
    assert after["bundle"] == 1
    # Finished jobs do not run again.
    assert before["corpus"] + after["corpus"] == 1
    assert stubbed.planned(TARGET) == {}


def test_two_runs_do_not_make_the_same_files(stubbed):
    stubbed.environment["HANG_IN"] = "pairs"
    process = stubbed.start(TARGET)
    try:
        wait_for(stubbed.root / "hanging", process)
        refused = stubbed.snakemake(TARGET)
    finally:
        kill(process)
    assert refused.returncode != 0
    assert "LockException" in refused.stdout


def test_an_interrupted_run_continues(stubbed):
    stubbed.environment["HANG_IN"] = "train_vocoder"
    process = stubbed.start(TARGET)
    wait_for(stubbed.root / "hanging", process)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(60)
    before = calls(stubbed)

    del stubbed.environment["HANG_IN"]
    result = stubbed.snakemake(TARGET)
    assert result.returncode == 0, result.stdout
    after = calls(stubbed)
    assert (before["corpus"], after["corpus"], after["bundle"]) == (1, 0, 1)
