"""The VQ-VAE: shapes, that it learns, and that a piece's codes do not depend on its length."""

import dataclasses

import pytest
import torch

from jukedrummer.config import VQVAEConfig
from jukedrummer.errors import UserError
from jukedrummer.model.chunks import in_blocks
from jukedrummer.model.vqvae import VQVAE

CONFIG = VQVAEConfig(width=16, blocks=1, codebook=8, code_dim=4)


def make(frames_per_code: int = 4) -> VQVAE:
    torch.manual_seed(0)
    return VQVAE(CONFIG, 10, frames_per_code)


@pytest.mark.parametrize("frames_per_code", [1, 2, 4, 8])
def test_shapes(frames_per_code: int) -> None:
    model, mel = make(frames_per_code), torch.randn(2, 10, 64)
    result = model(mel)
    assert result.mel.shape == result.target.shape == mel.shape
    assert result.codes.shape == (2, 64 // frames_per_code)
    assert model.decode(model.encode(mel)).shape == mel.shape


def test_frames_per_code_must_be_a_power_of_two() -> None:
    with pytest.raises(UserError, match=r"frames_per_code is 3; .* power of two"):
        VQVAE(dataclasses.replace(CONFIG), 10, 3)


def test_learns_two_patterns() -> None:
    model = make()
    patterns = torch.randn(2, 10, 4)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for step in range(150):
        order = torch.randint(2, (4, 8), generator=torch.Generator().manual_seed(step))
        result = model(patterns[order].permute(0, 2, 1, 3).flatten(2))
        error = (result.mel - result.target).square().mean()
        optimizer.zero_grad()
        (error + 0.02 * result.commitment).backward()
        optimizer.step()
    assert error < 0.05


def test_blocks_give_what_the_whole_gives() -> None:
    model = make().eval()
    model.quantizer.codebook.normal_()
    mel = torch.randn(1, 10, 1_200)
    codes = model.encode(mel)
    assert torch.equal(in_blocks(model.encode, mel, 1 / 4, block=256, margin=64), codes)
    torch.testing.assert_close(
        in_blocks(model.decode, codes, 4, block=64, margin=16), model.decode(codes)
    )


def test_standardise_inverts() -> None:
    model, mel = make(), torch.randn(1, 10, 8)
    model.standardise.set(torch.randn(10), torch.rand(10) + 0.5)
    torch.testing.assert_close(model.standardise.invert(model.standardise(mel)), mel)
