"""The planned DAG: its jobs, the directives of each rule, errors of a bad config."""

import inspect
import json
import re
import shlex
import subprocess
import sys
from ctypes.util import find_library
from itertools import pairwise

import pytest
import typer

from jukedrummer.cli import app
from jukedrummer.config import SECTION_NAMES
from jukedrummer.stages import STAGES
from tests.workflow.workspaces import ROOT

RULE = re.compile(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", re.MULTILINE | re.DOTALL)
BODIES = {
    name: body
    for path in sorted((ROOT / "workflow/rules").glob("*.smk"))
    for name, body in RULE.findall(path.read_text())
}
COMMAND = typer.main.get_command(app)


@pytest.mark.parametrize("beats", ["none", "high"])
def test_jobs_of_a_target(workspace, beats):
    assert workspace.planned(f"results/lm_beat_{beats}") == {
        "corpus": 1,
        "split": 1,
        "pairs": 4,
        "rejected": 1,
        "census": 1,
        "train_transcriber": 1,
        "train_score": 1,
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
    (workspace.root / "mine").mkdir(exist_ok=True)
    return workspace.planned("--configfile", "drum_aware.yaml", "--", "results/lm_beat_high")


def test_the_tracker_is_trained_where_the_config_asks_for_one(workspace):
    planned = workspace.planned("results/lm_beat_high")
    assert drum_aware(workspace, "null") == {**planned, "train_tracker": 1}
    assert drum_aware(workspace, "mine") == planned


@pytest.fixture(scope="module")
def command_lines(workspace) -> list[list[str]]:
    """The subcommand and options of every job of all targets.

    The tracker is trained, a data set is downloaded, and recordings may be there twice.
    """
    if find_library("chromaprint") is None:
        pytest.skip("the library chromaprint is not installed")
    (workspace.root / "all_rules.yaml").write_text(
        "beats: {tracker: drum_aware}\n"
        "corpus: {sources: [{kind: demo}, {kind: musdb, path: data, download: hq}]}\n"
    )
    targets = (
        "results/inspect/corpus.html",
        "results/lm_beat_high",
        "results/tables/beat_tracking.html",
        "results/tables/rhythm.html",
        "results/tables/transcription.html",
    )
    options = ("--dry-run", "--printshellcmds", "--configfile", "all_rules.yaml", "--")
    result = workspace.snakemake(*options, *targets)
    lines = re.findall(r"python -m jukedrummer (.*) 2>&1 \| tee", result.stdout)
    return [shlex.split(line) for line in lines]


def test_rules_that_need_the_tracker_receive_its_folder(command_lines):
    stages = {
        name
        for name, *options in command_lines
        if ("--trained-tracker", "results/tracker") in pairwise(options)
    }
    assert stages == {"features", "generate", "baselines", "bundle", "beat_tracking"}


def test_the_default_target_is_lm_beat_high(workspace):
    assert workspace.planned() == {**workspace.planned("results/lm_beat_high"), "all": 1}


def test_the_table_of_beat_trackers_trains_the_drum_aware_tracker(workspace):
    table = "results/tables/beat_tracking.html"
    needed = {"corpus": 1, "split": 1, "pairs": 4, "beat_tracking": 1}
    others = {"rejected": 1, "census": 1, "train_tracker": 1}
    assert workspace.planned(table) == {**needed, **others}
    (workspace.root / "mine").mkdir(exist_ok=True)
    for change in ("tables: {trackers: [madmom]}", "beats: {tracker: drum_aware, weights: mine}"):
        (workspace.root / "table.yaml").write_text(change)
        assert workspace.planned("--configfile", "table.yaml", "--", table) == needed


def test_the_table_of_the_transcriber_trains_what_it_needs(workspace):
    table = "results/tables/transcription.html"
    codec = {"features": 4, "train_vqvae": 1, "train_vocoder": 1}
    planned = workspace.planned(table)
    needed = {name: count for name, count in planned.items() if name not in codec}
    assert {name: planned[name] for name in codec} == codec
    assert (needed["train_transcriber"], needed["transcription"]) == (1, 1)
    (workspace.root / "mine").mkdir(exist_ok=True)
    tables = "tables: {codec: false, songs: all, trackers: [madmom]}"
    (workspace.root / "transcriber.yaml").write_text(f"transcriber: {{weights: mine}}\n{tables}")
    arguments = ("--configfile", "transcriber.yaml", "--", table)
    assert not {"train_transcriber", *codec} & set(workspace.planned(*arguments))
    printed = workspace.snakemake("--dry-run", "--printshellcmds", *arguments).stdout
    assert "transcription --pairs" in printed
    assert "--transcriber mine" in printed
    (workspace.root / "transcriber.yaml").write_text(tables)
    failed = workspace.snakemake("--dry-run", *arguments)
    assert failed.returncode != 0
    assert "tables.songs is all, but the transcriber is trained on some" in failed.stdout


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
        (
            "corpus: {sauces: 9}",
            "corpus.sauces: no such key; did you mean sources? known are sources, valid_share",
        ),
        ("corpus: {songs: 3}", "corpus.songs: is now called a key of a source, corpus: {"),
        (
            "corpus: {sources: [{kind: demo, songs: 3}]}",
            "corpus.sources[0].songs is 3; the limits are 4 to 1000000",
        ),
        (
            "corpus: {sources: [{kind: radio}]}",
            "corpus.sources[0].kind is 'radio'; choose from demo",
        ),
        (
            "lm: {optim: {learning_rate: fast}}",
            "lm.optim.learning_rate is 'fast'; expected a number",
        ),
        ("experiments: {mine: {beatz: low}}", "experiments.mine.beatz: no such key"),
        ("experiments: {mine: {heads: 5}}", "lm.heads 5 must divide it"),
        ("clip: {frames: 514}", "clip.frames is 514, not a multiple of clip.frames_per_code 4"),
        ("experiments: {a/b: {beats: low}}", "experiments.a/b: use letters, digits, _ and - only"),
        ("lm: {context: 1024}", "lm.context is 1024; the limit is the 512 codes of a clip"),
        ("vocoder: {iterations: 9}", "vocoder.iterations: is a key of the vocoder griffin_lim"),
        ("lm: {optim: {batch: 9}}", "lm.optim.batch: is now called batch_size"),
        ("mel: {sample_rate: 22050}", "mel.sample_rate: was removed"),
        (
            "{clip: {frames: 2052, frames_per_code: 3}, vqvae: {drums: {crop_frames: 258}}}",
            "clip.frames_per_code is 3; vqvae.drums needs a power of two",
        ),
        ("tracker: {hidden: 26}", "tracker.hidden is 26; the limits are 2 to 25"),
        (
            "corpus: {sources: [{kind: folder, path: nowhere}]}",
            "corpus.sources[0].path is nowhere: no such folder",
        ),
        (
            "beats: {tracker: drum_aware, weights: nowhere}",
            "beats.weights is nowhere: no such folder",
        ),
        ("vocoder: {warm_start: nowhere}", "vocoder.warm_start is nowhere: no such folder"),
        (
            "{corpus: {sources: [{kind: mixes, path: .}], duplicates: false},"
            " pairs: {separator_repository: nowhere}}",
            "pairs.separator_repository is nowhere: no such folder",
        ),
        ("beats: {tracker: beat_this}", "beats."),
    ],
)
def test_a_bad_config_is_rejected_with_key_and_limit(workspace, change, message):
    (workspace.root / "bad.yaml").write_text(change)
    result = workspace.snakemake(
        "--dry-run", "--configfile", "bad.yaml", "--", "results/lm_beat_high"
    )
    assert result.returncode == 1
    assert message in result.stdout


def test_a_bad_config_is_one_line(workspace):
    (workspace.root / "bad.yaml").write_text("lm: {context: 1024}")
    arguments = ("--dry-run", "--configfile", "bad.yaml", "--", "results/lm_beat_high")
    lines = workspace.snakemake(*arguments).stdout.splitlines()
    assert len([line for line in lines if "lm.context" in line]) == 1
    assert "Traceback" not in "\n".join(lines)


def test_a_model_of_low_without_an_embedding_is_rejected_and_others_are_planned(workspace):
    folder = workspace.root / "packages" / "beat_this"  # replaces the optional package
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").touch()
    (workspace.root / "final0.ckpt").touch()
    (workspace.root / "this.yaml").write_text(
        "beats: {tracker: beat_this, weights: final0.ckpt}\ntables: {trackers: [madmom]}"
    )
    workspace.environment["PYTHONPATH"] = str(folder.parent)
    try:
        options = ("--dry-run", "--configfile", "this.yaml", "--")
        high = workspace.snakemake(*options, "results/lm_beat_high")
        low = workspace.snakemake(*options, "results/lm_beat_low")
    finally:
        del workspace.environment["PYTHONPATH"]
    assert high.returncode == 0, high.stdout
    assert low.returncode == 1
    assert "beats.tracker beat_this has no embedding" in low.stdout


def test_a_key_that_is_left_out_takes_its_default(workspace):
    path = workspace.root / "config/config.yaml"
    text = path.read_text()
    planned = workspace.snakemake("--dry-run", "-p", "results/lm_beat_high").stdout
    try:
        path.write_text(text.replace("  top_p: 0.8", "  # top_p: 0.8"))
        result = workspace.snakemake("--dry-run", "-p", "results/lm_beat_high")
    finally:
        path.write_text(text)
    assert result.returncode == 0, result.stdout
    commands = re.findall(r"python -m jukedrummer .*", planned)
    assert commands
    # Jobs that do not depend on each other are printed in any order.
    assert sorted(re.findall(r"python -m jukedrummer .*", result.stdout)) == sorted(commands)


def test_a_kind_that_a_file_changes_loses_the_keys_of_the_kind_before(workspace):
    (workspace.root / "gan.yaml").write_text("vocoder: {kind: hifigan, width: 64}")
    options = ("--dry-run", "-p", "--configfile", "gan.yaml", "--", "train_vocoder")
    result = workspace.snakemake(*options)
    assert result.returncode == 0, result.stdout
    (text,) = re.findall(r"train_vocoder .*--config '(.*?)'", result.stdout)
    vocoder = json.loads(text)["vocoder"]
    assert (vocoder["kind"], vocoder["width"], vocoder["crop_frames"]) == ("hifigan", 64, 64)
    assert "blocks" not in vocoder


@pytest.mark.parametrize("name", STAGES.names)
def test_a_rule_passes_the_sections_that_its_stage_reads(command_lines, name):
    """And no others: a change of these would run the stage again."""
    options = next(options for stage, *options in command_lines if stage == name)
    function = getattr(STAGES[name], name)
    kinds = [item.annotation for item in inspect.signature(function).parameters.values()]
    expected = {SECTION_NAMES[kind] for kind in kinds if kind in SECTION_NAMES}
    passed = json.loads(options[options.index("--config") + 1]) if "--config" in options else {}
    assert set(passed) == expected


@pytest.mark.parametrize("name", BODIES)
def test_every_rule_has_what_the_others_have(name):
    body = BODIES[name]
    assert re.match(r'\s+"""[A-Z].*\."""\n', body), "no docstring"
    assert f'f"{{RESULTS}}/logs/{name}/' in body
    assert f'f"{{RESULTS}}/benchmarks/{name}/' in body
    assert f'"python -m jukedrummer {name} ' in body
    for key in ("conda", "threads", "resources", "shell"):
        assert f"    {key}:" in body
    assert "mem_mb=" in body
    assert "runtime=" in body


def test_rules_are_the_stages_of_the_command_line():
    panel = "Stages of the workflow, each called by the rule of the same name"
    stages = {
        name for name, command in COMMAND.commands.items() if command.rich_help_panel == panel
    }
    assert set(BODIES) == stages == set(STAGES.names)


def test_every_command_line_is_understood(command_lines):
    """The options that the rules pass are the options that the subcommands have."""
    assert {name for name, *_ in command_lines} == set(BODIES)
    for name, *arguments in command_lines:
        COMMAND.commands[name].make_context(name, arguments)


def test_tables_and_bundles_contain_the_whole_command(workspace):
    (workspace.root / "Snakefile.command").write_text(
        'include: "Snakefile"\nprint("command:", os.environ["JUKEDRUMMER_COMMAND"])\n'
    )
    command = "snakemake --cores all"
    for options in ([], ["--configfile", "config/smoke.yaml", "--"]):
        result = workspace.snakemake(
            "--dry-run", "--snakefile", "Snakefile.command", *options, "rejected"
        )
        assert f"command: {' '.join([command, *options])}\n" in result.stdout
    for name in ("tables", "bundle", "beat_tracking"):
        (option,) = (each for each in COMMAND.commands[name].params if each.name == "command")
        assert option.envvar == "JUKEDRUMMER_COMMAND"


def test_a_training_that_is_tried_again_asks_for_more_memory(workspace):
    (workspace.root / "Snakefile.memory").write_text(
        'include: "Snakefile"\nfor attempt in (1, 2, 3):\n'
        '    print("asked:", memory(4_000)(None, attempt))\n'
    )
    result = workspace.snakemake(
        "--dry-run", "--snakefile", "Snakefile.memory", "results/lm_beat_high"
    )
    assert re.findall(r"asked: (\d+)", result.stdout) == ["4000", "8000", "16000"]


def test_a_vocoder_trained_through_the_vqvae_waits_for_it(workspace):
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
