"""Workspaces to run Snakemake in."""

from pathlib import Path

import pytest

from tests.workflow.workspaces import Workspace, copy_workflow, use_stub


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace without results, for dry runs."""
    return copy_workflow(tmp_path_factory.mktemp("workflow"))


@pytest.fixture
def stubbed(tmp_path: Path) -> Workspace:
    """A new workspace with the stub, for one test."""
    return use_stub(copy_workflow(tmp_path))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with results/lm_beat_high by the stub, for dry runs."""
    workspace = use_stub(copy_workflow(tmp_path_factory.mktemp("finished")))
    result = workspace.snakemake("results/lm_beat_high")
    assert result.returncode == 0, result.stdout
    return workspace
