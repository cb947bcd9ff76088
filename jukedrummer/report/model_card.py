"""README.md of a bundle: the model card."""

from pathlib import Path

from jukedrummer.report.page import ReportInputs, environment, shared
from jukedrummer.storage.files import write_text


def write_model_card(path: Path, inputs: ReportInputs) -> None:
    """Write the card, whole or not at all.

    Raises:
        UserError: the place cannot be written.
    """
    write_text(path, model_card(inputs))


def model_card(inputs: ReportInputs) -> str:
    """The card's Markdown."""
    return environment().get_template("README.md.j2").render(**shared(inputs))
