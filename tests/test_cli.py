"""The command line: the files that it writes, and one line and status 2 for errors."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from jukedrummer.config import SOURCES
from tests.conftest import pulses

RATE = 44_100


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "jukedrummer", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "song.wav", np.stack([pulses(3.0)] * 2, axis=1), RATE)
    return tmp_path / "song.wav"


def test_accompany_writes_what_it_says(bundle: Path, song: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("accompany", song, "--model", bundle, "--output", out, "--seed", 5, "--top-p", 0.9)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "accompaniment.json",
        "beats.tsv",
        "drums.wav",
        "mix.wav",
        "song.rpp",
    ]
    about = json.loads((out / "accompaniment.json").read_text())
    assert (about["seed"], about["top_p"], about["temperature"]) == (5, 0.9, 0.96)
    assert len(about["model_sha256"]) == 64
    drums, mix = (soundfile.info(out / name) for name in ("drums.wav", "mix.wav"))
    assert (drums.frames, drums.channels, mix.channels, mix.frames) == (3 * RATE, 1, 2, 3 * RATE)
    again = tmp_path / "again"
    run("accompany", song, "--model", bundle, "--output", again, "--seed", 5, "--top-p", 0.9)
    assert (again / "drums.wav").read_bytes() == (out / "drums.wav").read_bytes()


def test_beats_are_tracked_edited_and_given(bundle: Path, song: Path, tmp_path: Path) -> None:
    done = run(
        "beats", song, "--output", tmp_path / "heard", "--min-bpm", 100, "--beats-per-bar", 4
    )
    assert done.returncode == 0, done.stderr
    assert "4 beats a bar, confidence" in done.stdout
    edited = tmp_path / "edited.tsv"
    edited.write_text((tmp_path / "heard" / "beats.tsv").read_text().replace("\t1\n", "\t4\n"))
    done = run(
        "accompany", song, "--model", bundle, "--output", tmp_path / "out", "--beats", edited
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "beats.tsv").read_text() == edited.read_text()
    about = json.loads((tmp_path / "out" / "accompaniment.json").read_text())
    assert (about["beats_from"], about["beat_confidence"]) == ("given", 1.0)


READY = (
    "import sys; print('ready', file=sys.stderr, flush=True); "
    "import jukedrummer.__main__ as m; m.main()"
)


@pytest.mark.parametrize("at", ["ready", "analysing"])  # during imports, and during the work
def test_an_interrupt_prints_one_line_at_any_time(
    bundle: Path, song: Path, tmp_path: Path, at: str
) -> None:
    arguments = ["accompany", str(song), "--model", str(bundle), "--output", str(tmp_path / "out")]
    command = [sys.executable, "-c", READY, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not (line := process.stderr.readline()).startswith(at):
            assert line, "it ended"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        lines = [
            line for line in process.stderr.read().splitlines() if not line.startswith("analysing")
        ]
    # An interrupt during an import ends Python by the signal itself. A shell reports 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert lines == ["jukedrummer: interrupted"]
    assert not list(tmp_path.glob("out/*"))


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def write_text(path: Path) -> None:
    path.write_text("these are words, not waves\n" * 100)


def write_silence(path: Path) -> None:
    soundfile.write(path, np.zeros(2 * RATE), RATE)


def write_short(path: Path) -> None:
    soundfile.write(path, pulses(0.2), RATE)


def write_nan(path: Path) -> None:
    soundfile.write(path, np.full(2 * RATE, np.nan, dtype=np.float32), RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "no such file"),
        (Path.mkdir, "is a folder"),
        (write_nothing, "empty"),
        (write_text, "not audio"),
        (write_silence, "silent"),
        (write_short, "0.20 s"),
        (write_nan, "NaN"),
    ],
)
def test_bad_songs(bundle: Path, tmp_path: Path, make, reason: str) -> None:
    bad = tmp_path / "bad.wav"
    make(bad)
    assert_refused(tmp_path / "out", bad, reason, "accompany", bad, "--model", bundle)


def assert_refused(out: Path, file: Path, reason: str, *arguments: object) -> None:
    done = run(*arguments, "--output", out)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    assert reason in lines[0]
    assert str(file) in lines[0]
    assert not out.exists()


def test_a_folder_that_is_not_a_bundle_is_rejected(song: Path, tmp_path: Path) -> None:
    assert_refused(
        tmp_path / "out",
        tmp_path / "no",
        "no such folder",
        "accompany",
        song,
        "--model",
        tmp_path / "no",
    )


def test_an_unwritable_output(bundle: Path, song: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("accompany", song, "--model", bundle, "--output", tmp_path / "file" / "out")
    assert done.returncode == 2
    assert "cannot be" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--temperature", 0, "--temperature is 0.0; the limits are 0.01 to 10"),
        ("--top-p", 1.5, "--top-p is 1.5"),
        ("--seed", -1, "-1"),
        ("--device", "gpu", "choose cpu or cuda"),
        ("--seed", "one", "Invalid value for '--seed'"),
    ],
)
def test_options_out_of_range(
    bundle: Path, song: Path, tmp_path: Path, option: str, value: float, reason: str
) -> None:
    done = run("accompany", song, "--model", bundle, "--output", tmp_path / "out", option, value)
    assert done.returncode == 2
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ('{"corpus": {"sauces": 3}}', "corpus.sauces: no such key; did you mean sources?"),
        (
            '{"corpus": {"songs": 1}}',
            "corpus.songs: is now called a key of a source, corpus: {",
        ),
        (
            '{"corpus": {"sources": [{"kind": "demo", "songs": 1}]}}',
            "corpus.sources[0].songs is 1; the limits are 4 to 1000000",
        ),
        ('{"corpus": {"sources": []}}', "corpus.sources is empty"),
        ('{"corpus": ', "not valid JSON"),
        ('{"corpus": {"sources": [{"kind": "folder"}]}}', "corpus.sources[0].path is not set"),
        ("missing.yaml", "missing.yaml: cannot be read"),
    ],
)
def test_bad_config(tmp_path: Path, config: str, reason: str) -> None:
    places = "--output", tmp_path / "corpus", "--making", tmp_path / "rendered"
    done = run("corpus", *places, "--config", config)
    assert done.returncode == 2
    assert reason in done.stderr
    assert not list(tmp_path.iterdir())


def test_help_names_every_subcommand_and_version_works() -> None:
    text = run("--help").stdout
    for name in ("corpus", "train_lm", "accompany"):
        assert name in text
    assert run("--version").stdout.strip()[0].isdigit()


def test_the_help_of_a_stage_names_kinds_of_sources_and_the_usual_command() -> None:
    text = run("corpus", "--help").stdout
    for kind in SOURCES.names:
        assert kind in text
    assert "docs/data.md" in text
    words = " ".join(run("inspect", "--help").stdout.split())
    assert "snakemake --cores all results/inspect/corpus.html" in words


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_a_full_disk_is_reported_and_leaves_nothing(
    bundle: Path, song: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "none", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        done = run("accompany", song, "--model", bundle, "--output", disk / "out")
        assert done.returncode == 2
        assert "No space left" in done.stderr or "cannot be written" in done.stderr
        assert not list((disk / "out").iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)
