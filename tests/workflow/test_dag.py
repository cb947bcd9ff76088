"""The DAG as planned: which jobs, what each rule has, what a bad config says."""

import re
import shlex
import subprocess
import sys

import pytest
import typer

from jukedrummer.cli import app
from tests.workflow.workspaces import ROOT

RULE = re.compile(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", re.MULTILINE | re.DOTALL)
BODIES = {
    name: body
    for path in sorted((ROOT / "workflow/rules").glob("*.smk"))
    for name, body in RULE.findall(path.read_text())
}
COMMAND = typer.main.get_command(app)


@pytest.mark.parametrize("beats", ["none", "low", "mid", "high"])
def test_jobs_of_a_target(workspace, beats):
    assert workspace.planned(f"results/lm_beat_{beats}") == {
        "corpus": 1,
        "pairs": 4,
        "rejected": 1,
        "features": 4,
        "train_vqvae": 2,
        "train_vocoder": 1,
        "codes": 4,
        "train_lm": 1,
        "generate": 1,
        "baselines": 1,
        "evaluate": 1,
        "bundle": 1,
    }


def drum_aware(workspace, weights: str) -> dict[str, int]:
    (workspace.root / "drum_aware.yaml").write_text(
        f"beats: {{tracker: drum_aware, weights: {weights}}}"
    )
    return workspace.planned("--configfile", "drum_aware.yaml", "--", "results/lm_beat_high")


def test_the_tracker_is_trained_where_the_config_asks_for_one(workspace):
    planned = workspace.planned("results/lm_beat_high")
    assert drum_aware(workspace, "null") == {**planned, "train_tracker": 1}
    assert drum_aware(workspace, "mine") == planned


def test_who_needs_the_tracker_gets_its_folder(workspace):
    (workspace.root / "drum_aware.yaml").write_text("beats: {tracker: drum_aware}")
    arguments = ("--dry-run", "--printshellcmds", "--configfile", "drum_aware.yaml", "--")
    result = workspace.snakemake(*arguments, "results/lm_beat_high")
    lines = re.findall(r"python -m jukedrummer (\w+)(.*) 2>&1 \| tee", result.stdout)
    told = {name for name, options in lines if "--tracker results/tracker " in options}
    assert told == {"features", "generate", "baselines", "bundle"}


def test_the_default_target_is_lm_beat_high(workspace):
    assert workspace.planned() == {**workspace.planned("results/lm_beat_high"), "all": 1}


def test_the_table_of_beat_trackers_trains_the_one_that_it_must(workspace):
    table = "results/tables/beat_tracking.html"
    needed = {"corpus": 1, "pairs": 4, "beat_tracking": 1}
    assert workspace.planned(table) == {**needed, "rejected": 1, "train_tracker": 1}
    for change in ("tables: {trackers: [madmom]}", "beats: {tracker: drum_aware, weights: mine}"):
        (workspace.root / "table.yaml").write_text(change)
        assert workspace.planned("--configfile", "table.yaml", "--", table) == needed


def test_results_and_sizes_come_from_the_config(workspace):
    planned = workspace.planned(
        "--configfile",
        "config/smoke.yaml",
        "--config",
        "results=elsewhere/",
        "--",
        "elsewhere/lm_beat_low",
    )
    assert planned["pairs"] == planned["features"] == planned["codes"] == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("corpus: {songz: 9}", "config.corpus.songz: no such key; known are kind, path, songs"),
        ("corpus: {songs: 3}", "config.corpus.songs is 3; the limits are 4 to 1000000"),
        ("corpus: {kind: radio}", "config.corpus.kind is 'radio'; choose from demo, folder"),
        (
            "lm: {optim: {learning_rate: fast}}",
            "config.lm.optim.learning_rate is 'fast'; expected float",
        ),
        ("experiments: {mine: {beatz: low}}", "experiments.mine.beatz: no such key"),
        ("experiments: {mine: {heads: 5}}", "lm.heads 5 must divide it"),
        ("clip: {frames: 514}", "clip.frames is 514, not a multiple of clip.frames_per_code 4"),
        ("experiments: {a/b: {beats: low}}", "a/b"),
    ],
)
def test_a_bad_config_is_refused_with_key_and_limit(workspace, change, message):
    (workspace.root / "bad.yaml").write_text(change)
    result = workspace.snakemake(
        "--dry-run", "--configfile", "bad.yaml", "--", "results/lm_beat_high"
    )
    assert result.returncode == 1
    assert message in result.stdout


def test_a_missing_key_is_refused(workspace):
    path = workspace.root / "config/config.yaml"
    text = path.read_text()
    try:
        path.write_text(text.replace("  top_p: 0.8", "  # top_p: 0.8"))
        result = workspace.snakemake("--dry-run", "results/lm_beat_high")
    finally:
        path.write_text(text)
    assert result.returncode == 1
    assert "'top_p' is a required property" in result.stdout


@pytest.mark.parametrize("name", BODIES)
def test_every_rule_has_what_the_others_have(name):
    body = BODIES[name]
    assert re.match(r'\s+"""[A-Z].*\."""\n', body), "no docstring"
    assert f'f"{{RESULTS}}/logs/{name}/' in body
    assert f'f"{{RESULTS}}/benchmarks/{name}/' in body
    assert f'"python -m jukedrummer {name} ' in body
    for key in ("conda", "threads", "resources", "params", "shell"):
        assert f"    {key}:" in body
    assert "mem_mb=" in body
    assert "runtime=" in body


def test_rules_are_the_stages_of_the_command_line():
    stages = {
        name
        for name, command in COMMAND.commands.items()
        if "rule" in (command.rich_help_panel or "")
    }
    assert set(BODIES) == stages


def test_every_command_line_is_understood(workspace):
    """The options that the rules pass are the options that the subcommands have."""
    (workspace.root / "drum_aware.yaml").write_text("beats: {tracker: drum_aware}")
    targets = (
        "results/lm_beat_high",
        "results/tables/beat_tracking.html",
        "results/tables/rhythm.html",
    )
    options = ("--dry-run", "--printshellcmds", "--configfile", "drum_aware.yaml", "--")
    result = workspace.snakemake(*options, *targets)
    lines = re.findall(r"python -m jukedrummer (.*) 2>&1 \| tee", result.stdout)
    assert {line.split()[0] for line in lines} == set(BODIES)
    for line in lines:
        name, *arguments = shlex.split(line)
        COMMAND.commands[name].make_context(name, arguments)


def test_tables_and_bundles_are_told_the_whole_command(workspace):
    (workspace.root / "Snakefile.told").write_text(
        'include: "Snakefile"\nprint("told:", os.environ["JUKEDRUMMER_COMMAND"])\n'
    )
    told = "snakemake --cores all"
    for options in ([], ["--configfile", "config/smoke.yaml", "--"]):
        result = workspace.snakemake(
            "--dry-run", "--snakefile", "Snakefile.told", *options, "rejected"
        )
        assert f"told: {' '.join([told, *options])}\n" in result.stdout
    for name in ("tables", "bundle", "beat_tracking"):
        (option,) = (each for each in COMMAND.commands[name].params if each.name == "command")
        assert option.envvar == "JUKEDRUMMER_COMMAND"


def test_a_training_that_is_tried_again_asks_for_more_memory(workspace):
    (workspace.root / "Snakefile.memory").write_text(
        'include: "Snakefile"\nfor attempt in (1, 2, 3):\n    print("asked:", memory(4_000)(None, attempt))\n'
    )
    result = workspace.snakemake(
        "--dry-run", "--snakefile", "Snakefile.memory", "results/lm_beat_high"
    )
    assert re.findall(r"asked: (\d+)", result.stdout) == ["4000", "8000", "16000"]


def test_a_vocoder_that_hears_the_vqvae_waits_for_it(workspace):
    assert "train_vqvae" not in workspace.planned("train_vocoder")
    (workspace.root / "through.yaml").write_text("vocoder: {through_vqvae: true}")
    result = workspace.snakemake(
        "--dry-run", "-p", "--configfile", "through.yaml", "--", "train_vocoder"
    )
    assert result.returncode == 0, result.stdout
    assert "part=drums" in result.stdout
    assert "part=drumless" not in result.stdout
    assert " --drums results/vqvae/drums --output results/vocoder " in result.stdout


def test_the_package_never_imports_snakemake():
    code = (
        "import importlib, pkgutil, sys, jukedrummer\n"
        "for module in pkgutil.walk_packages(jukedrummer.__path__, 'jukedrummer.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        importlib.import_module(module.name)\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'snakemake'])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


def test_the_snakefile_stays_a_table_of_contents():
    assert len((ROOT / "Snakefile").read_text().splitlines()) <= 40
