"""The inputs of a page and a model card."""

import pytest

from jukedrummer.report.inputs import ReportInputs
from tests.report.helpers.inputs import make_inputs


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> ReportInputs:
    """A short one: one clip of three seconds."""
    return make_inputs(tmp_path_factory.mktemp("report"), clips=1, seconds=3.0)
