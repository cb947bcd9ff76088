"""The authors' VQ-VAE: shapes, every weight learns, and chunks of equal length in a long piece."""

import pytest
import torch

from jukedrummer.config import changed
from jukedrummer.errors import UserError
from jukedrummer.model.paper.vqvae import PaperVQVAE, PaperVQVAEConfig

CONFIG = PaperVQVAEConfig(width=16, groups=4, codebook_size=8, code_dim=4, crop_frames=64)


def make(frames_per_code: int = 4, **changes: int) -> PaperVQVAE:
    torch.manual_seed(0)
    model = PaperVQVAE(changed(CONFIG, **changes), 10, frames_per_code)
    model.quantizer.codebook.normal_()
    return model.eval()


@pytest.mark.parametrize("frames_per_code", [2, 4, 8])
@pytest.mark.parametrize("frames", [16, 64, 104])
def test_shapes(frames_per_code: int, frames: int) -> None:
    model, mel = make(frames_per_code), torch.randn(2, 10, frames)
    result = model(mel)
    assert result.mel.shape == result.target.shape == mel.shape
    assert result.codes.shape == (2, frames // frames_per_code)
    assert model.decode(model.encode(mel)).shape == mel.shape


def test_all_weights_learn() -> None:
    model = make().train()
    result = model(torch.randn(2, 10, 64))
    ((result.mel - result.target).square().mean() + 0.02 * result.commitment).backward()
    assert all(
        value.grad is not None and value.grad.abs().sum() > 0 for value in model.parameters()
    )


def test_a_long_piece_is_encoded_in_chunks_as_long_as_in_training() -> None:
    """The norms are over time. The first codes must not depend on the length of the piece."""
    model, lengths = make(), []
    model.encoder.register_forward_pre_hook(lambda _, inputs: lengths.append(inputs[0].shape[-1]))
    mel = torch.randn(1, 10, 1_000)
    codes = model.encode(mel)
    assert set(lengths) == {64}
    assert torch.equal(codes[:, :12], model.encode(mel[..., :64])[:, :12])
    # Without chunks, the codes differ.
    whole = model.quantizer.nearest(model.encoder(model.standardise(mel)))
    assert not torch.equal(codes, whole)


@pytest.mark.parametrize(
    ("frames_per_code", "changes", "reason"),
    [
        (3, {}, "frames_per_code is 3; the paper's VQ-VAE exists for 2, 4, 8"),
        (4, {"groups": 3}, r"vqvae\.groups is 3; it must divide vqvae\.width 16"),
    ],
)
def test_sizes_that_do_not_fit_are_rejected(
    frames_per_code: int, changes: dict[str, int], reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        make(frames_per_code, **changes)
