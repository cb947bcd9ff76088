"""Settings of the models that do not fit together."""

import pytest

from jukedrummer.errors import UserError
from jukedrummer.model.lm import ListeningLMConfig
from jukedrummer.model.paper.lm import PaperLMConfig


@pytest.mark.parametrize(
    ("kind", "values", "cause"),
    [
        (PaperLMConfig, {"separated_noise": 0.5}, "lm.family paper reads codes instead"),
        (PaperLMConfig, {"separated_masks": 1}, "lm.family paper reads codes instead"),
        (ListeningLMConfig, {"separated_noise": 0.5, "encoder": False}, "lm.encoder is false"),
    ],
)
def test_noise_on_the_mel_needs_a_model_that_reads_it(kind, values, cause):
    with pytest.raises(UserError, match=rf"they change the drumless mel, and {cause}; set both"):
        kind(**values)


def test_noise_on_the_mel_is_off_by_default():
    assert not PaperLMConfig(encoder=False).changes_separated
    assert not ListeningLMConfig(encoder=False).changes_separated
    assert ListeningLMConfig(separated_noise=0.5).changes_separated
    assert ListeningLMConfig(separated_masks=2).changes_separated
