"""README.md of a bundle: the model card."""

from pathlib import Path

from jukedrummer.report.inputs import ReportInputs
from jukedrummer.report.rendering import markdown_environment
from jukedrummer.report.summary import report_contents
from jukedrummer.storage.files import write_text


def write_model_card(path: Path, inputs: ReportInputs) -> None:
    """Write the card atomically.

    Raises:
        UserError: the file cannot be written.
    """
    write_text(path, model_card(inputs))


def model_card(inputs: ReportInputs) -> str:
    """The card's Markdown."""
    return markdown_environment().get_template("README.md.j2").render(**report_contents(inputs))
