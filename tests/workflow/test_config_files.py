"""Files with the same content in two places agree."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.workflow.workspaces import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Needed without an import: one has the demo's soundfont, and torch logs with the other.
NOT_IMPORTED = {"pretty-midi", "tensorboard", "torchaudio"}
# Left out of the lock: torch's CUDA builds bring the first ones, only live playback needs pyaudio.
NOT_LOCKED = re.compile(r"nvidia-.*|triton|cuda-.*|pyaudio")


def requirements(*extras: str) -> dict[str, Requirement]:
    texts = list(PROJECT["dependencies"])
    for extra in extras:
        texts += PROJECT["optional-dependencies"][extra]
    return {
        canonicalize_name(requirement.name): requirement for requirement in map(Requirement, texts)
    }


def pins(lines: list[str], separator: str = "==") -> dict[str, str]:
    """Name and version of each pinned requirement."""
    pairs = [
        line.split(separator) for line in lines if separator in line and not line.startswith("#")
    ]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.fixture(scope="module")
def lock() -> dict[str, str]:
    return pins((ROOT / "requirements.lock").read_text().splitlines())


def test_the_lock_is_within_the_ranges(lock):
    for name, requirement in requirements("workflow", "separation", "musdb", "dev").items():
        assert name in lock
        assert requirement.specifier.contains(lock[name]), (
            f"{requirement} but {lock[name]} is locked"
        )


def test_the_lock_is_complete(lock):
    """It is installed with --no-deps, so it must contain all dependencies of its packages."""
    for name in lock:
        for requirement in map(Requirement, requires(name) or []):
            wanted = canonicalize_name(requirement.name)
            if NOT_LOCKED.fullmatch(wanted) or (
                requirement.marker and not requirement.marker.evaluate({"extra": ""})
            ):
                continue
            assert wanted in lock, f"{name} asks for {requirement}"


def test_the_lock_is_sorted_and_names_no_place():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9.-]+==[0-9a-z.]+", line) for line in pinned)
    names = [line.split("==")[0] for line in pinned]
    assert names == sorted(set(names))


def test_environment_yml_pins_what_the_lock_pins(lock):
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (from_pip,) = (entry["pip"] for entry in dependencies if isinstance(entry, dict))
    from_conda = [entry for entry in dependencies if isinstance(entry, str)]
    found = pins(from_conda, "=") | pins(from_pip)
    python = found.pop("python")
    assert python in Requirement(f"python{PROJECT['requires-python']}").specifier
    assert found == {name: lock.get(name) for name in found}
    wanted = {
        *requirements("workflow", "separation", "musdb", "dev"),
        "cython",
        "setuptools",
        "wheel",
    }
    assert set(found) == wanted


def imported() -> set[str]:
    """Distributions that the package imports."""
    modules = set()
    for path in (ROOT / "jukedrummer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module)
    tops = (
        {module.split(".")[0] for module in modules}
        - set(sys.stdlib_module_names)
        - {"jukedrummer"}
    )
    owners = packages_distributions()
    # An extra that is not installed has the name of its module.
    return {canonicalize_name(owners.get(top, [top])[0]) for top in tops}


def test_dependencies_are_what_the_package_imports():
    wanted = imported() | NOT_IMPORTED
    declared = set(requirements("separation", "beat-this", "clap"))
    assert wanted - declared == set(), "imported, not declared"
    assert declared - wanted == set(), "declared, not imported"
