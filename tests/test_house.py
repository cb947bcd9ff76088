"""The structure: rooms import only rooms below them, functions and files stay small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jukedrummer"
ROOMS = (
    "errors",
    "registry",
    "config",
    "storage",
    "audio",
    "corpus",
    "model",
    "kits",
    "beats",
    "evaluation",
    "report",
    "training",
    "songs",
    "foreign",
    "stages",
    "cli",
)
LONGEST_FUNCTION = 40  # lines
LONGEST_FILE = 350  # lines
DATA = {"corpus/demo/styles.py"}  # patterns as text


def modules() -> dict[str, ast.Module]:
    """Name of each module of the package below `jukedrummer.`, and its syntax tree."""
    names = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        names[name] = ast.parse(path.read_text())
    return names


MODULES = modules()


def imported(tree: ast.Module) -> Iterator[str]:
    """Modules of the package that a module imports, anywhere in its text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jukedrummer"):
            base = (node.module or "").removeprefix("jukedrummer").lstrip(".")
            for alias in node.names:
                deeper = f"{base}.{alias.name}".lstrip(".")
                yield deeper if deeper in MODULES else base
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("jukedrummer."):
                    yield alias.name.removeprefix("jukedrummer.")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_module_is_in_a_room():
    rooms = {name.split(".")[0] for name in MODULES} - {"", "__main__"}
    assert rooms == set(ROOMS)


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("", "__main__")])
def test_a_room_imports_only_rooms_below_it(name):
    own = ROOMS.index(name.split(".")[0])
    above = [
        other
        for other in imported(MODULES[name])
        if other and ROOMS.index(other.split(".")[0]) > own
    ]
    assert not above, f"{name} imports {above}, which lie above it"


def test_there_is_no_circle_of_imports():
    edges = {
        name: {other for other in imported(tree) if other != name} for name, tree in MODULES.items()
    }
    edges = {name: others - {"", "__main__"} for name, others in edges.items()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"circle: {' -> '.join([*path, name])}"
        if name in done:
            return
        for other in edges.get(name, ()):
            # A package and its modules are one unit if the package only gathers their names.
            if not name.startswith(f"{other}."):
                visit(other, (*path, name))
        done.add(name)

    for name in edges:
        visit(name, ())


def test_the_package_does_not_import_snakemake():
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(other.split(".")[0] == "snakemake" for other in names), name


def test_no_parameter_shadows_its_function():
    for name, tree in MODULES.items():
        for function in functions(tree):
            arguments = function.args
            parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            assert function.name not in [parameter.arg for parameter in parameters], (
                f"{name}.{function.name}"
            )


def test_functions_fit_a_screen():
    lengths = {
        f"{name}.{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for name, tree in MODULES.items()
        for function in functions(tree)
    }
    long = {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION}
    assert len(long) <= len(lengths) / 100, long


def test_files_are_short_unless_they_are_data():
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text().splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    long = {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}
    assert set(long) <= DATA, long


# What the modules of a registry have in common, and the entry points.
INTERFACES = {"Config", "build", "songs", "main", "METRICS", "REPRESENTATION", "LICENCE", "TITLE"}


def public_names(tree: ast.Module) -> Iterator[str]:
    """Names that a module defines: classes, functions, constants."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def test_public_names_are_unique_among_rooms():
    """Two things with one name in different rooms would be confused."""
    owners: dict[str, set[str]] = {}
    for name, tree in MODULES.items():
        for public in public_names(tree):
            # One letter is a type variable.
            if not public.startswith("_") and len(public) > 1 and public not in INTERFACES:
                owners.setdefault(public, set()).add(name.split(".")[0])
    assert not {name: rooms for name, rooms in owners.items() if len(rooms) > 1}
