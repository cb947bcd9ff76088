"""Fixtures of the evaluation: a corpus of clicks and its baselines."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jukedrummer.config import BEATS, EvaluateConfig, parse_kind
from jukedrummer.evaluation import judgement, ladder
from tests.evaluation.helpers.corpus import (
    CLICK_READER,
    ClickTracker,
    Corpus,
    tables_of,
    write_corpus,
)


@pytest.fixture(scope="session")
def evaluate() -> EvaluateConfig:
    return EvaluateConfig(bootstrap=200)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def click_tracker() -> Iterator[None]:
    """Both the judge and the models' tracker find clicks."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (ladder, judgement):
            patch.setattr(module, "make_judge", ClickTracker)
        patch.setattr(ladder, "make_tracker", lambda config: ClickTracker())
        yield


@pytest.fixture(scope="session")
def baselines(
    corpus: Corpus,
    click_tracker: None,
    evaluate: EvaluateConfig,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The baselines; their codec makes drums quieter and shorter."""
    folder = tmp_path_factory.mktemp("ladder")
    ladder.write_baselines(
        corpus,
        tables_of(corpus),
        lambda audio: 0.5 * audio[:-100],
        folder,
        evaluate,
        parse_kind(BEATS, {}, "beats"),
        CLICK_READER,
    )
    return folder
