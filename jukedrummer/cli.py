"""The command `jukedrummer`: a subcommand for each stage of the workflow and for a single song.

Subcommands are made from functions: parameters become options, docstrings become the help.
"""

import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Collection
from typing import Annotated, Any

import typer

from jukedrummer import __version__
from jukedrummer.config import SECTION_NAMES, SOURCES, Section, read_sections
from jukedrummer.errors import UserError
from jukedrummer.foreign.command import import_checkpoint
from jukedrummer.songs.accompany import accompany
from jukedrummer.songs.beats import beats
from jukedrummer.stages import STAGES

WORKFLOW = "Stages of the workflow, each called by the rule of the same name"
SONGS = "For your own song"
RELEASED = "For the authors' released files"
CONFIG_HELP = (
    "YAML file like config/config.yaml, or the same as JSON; keys that are left out have defaults. "
    "Sections used: "
)
THREADS_HELP = "Processor threads; default: all."
# Sets --command, which no rule passes; see workflow/rules/common.smk.
COMMAND_VARIABLE = "JUKEDRUMMER_COMMAND"

# click's class for bad options, which typer does not export.
USAGE_ERROR: Any = typer.BadParameter.__base__
INTERRUPTED = 130  # the status that typer returns for Ctrl-C

app = typer.Typer(
    help="Plays a drum track along with a recording that has no drums.",
    epilog="Start with: jukedrummer accompany song.wav --model results/lm_beat_high --output out",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def register(function: Callable[..., Any], panel: str, *arguments: str) -> None:
    """Make a subcommand of a function. The function's result is printed.

    Args:
        function: parameters whose type is a section of the config are read from `--config`.
        panel: heading of the group in the help.
        *arguments: parameters that are given by position.
    """
    signature = inspect.signature(function, eval_str=True)
    about, helps = documentation(function)
    sections: dict[str, str] = {}
    options: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        kind = parameter.annotation
        if inspect.isclass(kind) and issubclass(kind, Section):
            sections[name] = SECTION_NAMES[kind]
        else:
            options.append(_option(parameter, helps[name], name in arguments))
    if sections:
        options.append(_extra("config", str, "", _config_help(sections.values())))
    options.append(_extra("threads", int | None, None, THREADS_HELP, min=1, max=256))

    @functools.wraps(function)
    def command(threads: int | None = None, config: str = "", **values: Any) -> None:
        if threads:
            _use_threads(threads)
        given = read_sections(config, *sections.values()) if sections else {}
        message = function(**values, **{name: given[key] for name, key in sections.items()})
        if message:
            typer.echo(message)

    made = signature.replace(parameters=options, return_annotation=None)
    command.__signature__ = made  # type: ignore[attr-defined]
    command.__annotations__ = {option.name: option.annotation for option in options}
    command.__doc__ = about
    name = function.__name__
    name = name.replace("_", "-") if panel == RELEASED else name
    app.command(name, rich_help_panel=panel)(command)


def _config_help(names: Collection[str]) -> str:
    kinds = f" Kinds of corpus.sources: {', '.join(SOURCES.names)}." if "corpus" in names else ""
    return f"{CONFIG_HELP}{', '.join(names)}.{kinds}"


def _option(parameter: inspect.Parameter, help_text: str, positional: bool) -> inspect.Parameter:
    declare: Any = typer.Argument if positional else typer.Option
    extra = {"envvar": COMMAND_VARIABLE} if parameter.name == "command" else {}
    # A parameter such as `from_` is a word of Python with an underscore.
    names = [f"--{parameter.name[:-1]}"] if parameter.name.endswith("_") else []
    annotation: Any = Annotated[parameter.annotation, declare(*names, help=help_text, **extra)]
    return parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def _extra(name: str, kind: Any, default: Any, help_text: str, **limits: int) -> inspect.Parameter:
    option: Any = typer.Option
    annotation: Any = Annotated[kind, option(help=help_text, **limits)]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def documentation(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The help of a function and of each parameter, from its docstring."""
    text = inspect.getdoc(function) or ""
    about, *sections = re.split(r"\n\n(?=(?:Args|Returns|Raises):\n)", text)
    arguments = next((part for part in sections if part.startswith("Args:")), "")
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE)
    return about, {name: " ".join(words.split()) for name, words in found}


def _use_threads(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)


for stage in STAGES.names:
    register(getattr(STAGES[stage], stage), WORKFLOW)
for song_command in (accompany, beats):
    register(song_command, SONGS, "song")
register(import_checkpoint, RELEASED, "file")


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line. A user's error prints one line and exits with status 2.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    if not sys.stderr.isatty():
        # In a log file, each update of a progress bar is a new line. One every 5 s is enough.
        os.environ.setdefault("TQDM_MININTERVAL", "5")
    # Threads that spin while they wait slow others down. torch reads this when it is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        status = app(standalone_mode=False) or 0
    except UserError as error:
        status = _error(str(error))
    except USAGE_ERROR as error:
        message = error.format_message().rstrip(".")
        # The message is empty if no subcommand was given. Then the help was printed already.
        status = _error(f"{message}; see --help") if message else 2
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    sys.exit(status)


def _error(message: str) -> int:
    print(f"jukedrummer: {' '.join(message.split())}", file=sys.stderr)
    return 2
