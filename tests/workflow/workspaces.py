"""A copy of the workflow to run Snakemake in, separate from the checkout's own results."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPIED = ("Snakefile", "environment.yml", "config", "workflow", "profiles", "jukedrummer")


@dataclass
class Workspace:
    """A folder with the workflow in it.

    Attributes:
        root: the folder.
        environment: additional variables for Snakemake and its jobs.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def _command(self, *arguments: str) -> dict:
        return {
            "args": [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            "cwd": self.root,
            "env": {**os.environ, **self.environment},
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run Snakemake to its end. stdout includes stderr."""
        return subprocess.run(
            **self._command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake in a process group of its own."""
        with open(self.root / "started.log", "w") as log:
            return subprocess.Popen(
                **self._command(*arguments),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def planned(self, *arguments: str) -> dict[str, int]:
        """The jobs of a dry run: rule to number."""
        result = self.snakemake("--dry-run", "--quiet=rules", *arguments)
        assert result.returncode == 0, result.stdout
        _, _, table = result.stdout.partition("Job stats:")
        rows = [line.split() for line in table.partition("\n\n")[0].splitlines()]
        return {
            row[0]: int(row[1]) for row in rows if row and row[-1].isdigit() and row[0] != "total"
        }


def wait_for(path: Path, process: subprocess.Popen, seconds: float = 60.0) -> None:
    """Wait until the process has made a file."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, f"ended with {process.returncode} before {path} was there"
        assert time.monotonic() < end, f"no {path} after {seconds} s"
        time.sleep(0.05)


def kill(process: subprocess.Popen) -> None:
    """Kill a process and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def copy_workflow(folder: Path) -> Workspace:
    """Copy the files that Snakemake reads."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    return Workspace(folder)


def use_stub(workspace: Workspace) -> Workspace:
    """Let the rules' `python -m jukedrummer` call the stub."""
    folder = workspace.root / "bin"
    folder.mkdir()
    command = folder / "python"
    stub = Path(__file__).parent / "stub.py"
    # $1 and $2 are: -m jukedrummer
    command.write_text(f'#!/bin/sh\nshift 2\nexec "{sys.executable}" "{stub}" "$@"\n')
    command.chmod(0o755)
    workspace.environment["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return workspace
