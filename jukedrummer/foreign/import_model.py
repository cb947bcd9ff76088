"""Converts a released file to a model of this package. No code in the file is executed."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from torch import nn

from jukedrummer.config import ModelKind, Part
from jukedrummer.storage.checkpoints import read_checkpoint
from jukedrummer.storage.files import atomic_folder, write_text
from jukedrummer.storage.weights import ModelInfo, save_model


def import_model(kind: ModelKind, file: Path, output: Path, part: Part | None = None) -> ModelInfo:
    """Write the model of one released file to the folder `output`, like a training.

    Args:
        kind: kind of network in the file.
        file: the released file.
        output: the folder, which is written atomically.
        part: part of a VQ-VAE, if its number of codes does not determine it.

    Returns:
        The model's description.

    Raises:
        UserError: the file is missing, cut off, of another kind, or contains code.
    """
    model, info = convert_file(kind, file, part)
    with atomic_folder(output) as folder:
        save_model(folder, model, info)
        write_text(folder / "history.csv", "step,seconds\n")  # the workflow expects one
    return info


def convert_file(
    kind: ModelKind, file: Path, part: Part | None = None
) -> tuple[nn.Module, ModelInfo]:
    """The network of one released file, in evaluation mode, and its description.

    Raises:
        UserError: as `import_model`.
    """
    convert = import_module(f"jukedrummer.foreign.{kind}").convert
    model, info = convert(read_checkpoint(file), str(file))
    parameters = sum(value.numel() for value in model.parameters())
    info = replace(
        info,
        part=part or info.part,
        data_sha256=f"imported from {file.name}",
        parameters=parameters,
    )
    return model, info
