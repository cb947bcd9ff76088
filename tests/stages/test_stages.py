"""Every stage has one name, a documented signature, and a fast import."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from jukedrummer.cli import app, documentation
from jukedrummer.config import SECTION_NAMES
from jukedrummer.foreign.command import import_checkpoint
from jukedrummer.songs.accompany import accompany
from jukedrummer.songs.beats import beats
from jukedrummer.stages import STAGES

FUNCTIONS = [
    *(getattr(STAGES[name], name) for name in STAGES.names),
    accompany,
    beats,
    import_checkpoint,
]
COMMANDS = typer.main.get_command(app).commands


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_parameter_is_explained_and_becomes_an_option(function):
    about, helps = documentation(function)
    command = COMMANDS[function.__name__.replace("import_", "import-")]
    assert command.help.splitlines()[0] == about.splitlines()[0]
    parameters = inspect.signature(function).parameters.values()
    options = [item for item in parameters if item.annotation not in SECTION_NAMES]
    made = {option.name: option for option in command.params}
    for parameter in options:
        assert helps[parameter.name] == made[parameter.name].help
        required = parameter.default is inspect.Parameter.empty
        assert made[parameter.name].required == required, parameter.name
    extra = {"threads"} | ({"config"} if len(options) < len(parameters) else set())
    assert set(made) - {"help"} == {parameter.name for parameter in options} | extra


def test_the_help_and_the_options_do_without_torch():
    code = (
        "import sys; import jukedrummer.cli; "
        "heavy = {'torch', 'pandas', 'matplotlib', 'scipy.signal', 'h5py'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_a_stage_returns_nothing_and_a_command_for_songs_returns_a_line():
    for function in FUNCTIONS:
        expected = None if function.__name__ in STAGES.names else str
        assert inspect.signature(function).return_annotation is expected, function.__name__
