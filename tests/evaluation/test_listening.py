"""The listening gate, on synthetic bits a code."""

import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.evaluation.listening import listening
from tests.evaluation.helpers.corpus import bits

RESAMPLES = 200


def test_listening_gate() -> None:
    deaf = listening(bits(0.0), RESAMPLES)
    assert deaf["listens_to_drumless"] is False
    assert deaf["listens_to_beats"] is True
    assert deaf["bits"]["true_input"]["mean"] == pytest.approx(2.5)
    blind = listening(bits(0.5, beats=False), RESAMPLES)
    assert blind["listens_to_drumless"] is True
    assert blind["listens_to_beats"] is None
    assert list(blind["costs"]) == ["other_drumless", "no_drumless"]
    by_design = {name: songs for name, songs in bits(0.5).items() if "drumless" not in name}
    assert listening(by_design, RESAMPLES)["listens_to_drumless"] is None
    assert listening(by_design, RESAMPLES)["listens_to_beats"] is True
    nothing = listening({"true_input": bits(0.5)["true_input"]}, RESAMPLES)
    assert (nothing["listens_to_drumless"], nothing["listens_to_beats"], nothing["costs"]) == (
        None,
        None,
        {},
    )


def test_a_model_that_always_had_its_input_is_not_tested_without() -> None:
    paper = {name: songs for name, songs in bits(0.5).items() if not name.startswith("no_")}
    gate = listening(paper, RESAMPLES)
    assert list(gate["costs"]) == ["other_drumless", "other_beats"]
    assert gate["listens_to_drumless"] is gate["listens_to_beats"] is True


def test_a_cost_by_chance_does_not_pass_the_gate() -> None:
    random = np.random.default_rng(0)
    noisy = {
        name: {f"song_{song}": 2 + random.normal(0, 0.1) for song in range(16)}
        for name in ("true_input", "other_drumless", "no_drumless")
    }
    assert listening(noisy, RESAMPLES)["listens_to_drumless"] is False


def test_listening_needs_whole_conditions() -> None:
    missing = bits(0.5)
    del missing["other_beats"]
    with pytest.raises(UserError, match="condition other_beats is missing"):
        listening(missing, RESAMPLES)
    other = bits(0.5)
    del other["other_drumless"]["slow"]
    with pytest.raises(UserError, match="other_drumless holds other songs than true_input"):
        listening(other, RESAMPLES)
