"""The VQ-VAE: shapes, learning, and codes that do not depend on the length of the piece."""

import pytest
import torch

from jukedrummer.errors import UserError
from jukedrummer.model.chunks import in_chunks
from jukedrummer.model.vqvae import ListeningVQVAE, ListeningVQVAEConfig

CONFIG = ListeningVQVAEConfig(width=16, blocks=1, codebook_size=8, code_dim=4)


def make(frames_per_code: int = 4) -> ListeningVQVAE:
    torch.manual_seed(0)
    return ListeningVQVAE(CONFIG, 10, frames_per_code)


@pytest.mark.parametrize("frames_per_code", [1, 2, 4, 8])
def test_shapes(frames_per_code: int) -> None:
    model, mel = make(frames_per_code), torch.randn(2, 10, 64)
    result = model(mel)
    assert result.mel.shape == result.target.shape == mel.shape
    assert result.codes.shape == (2, 64 // frames_per_code)
    assert model.decode(model.encode(mel)).shape == mel.shape


def test_frames_per_code_must_be_a_power_of_two() -> None:
    with pytest.raises(UserError, match=r"frames_per_code is 3; .* power of two"):
        ListeningVQVAE(CONFIG, 10, 3)


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


def test_chunks_give_the_result_of_the_whole() -> None:
    model = make().eval()
    model.quantizer.codebook.normal_()
    mel = torch.randn(1, 10, 1_200)
    codes = model.encode(mel)
    assert torch.equal(in_chunks(model.encode, mel, 1 / 4, size=256, margin=64), codes)
    torch.testing.assert_close(
        in_chunks(model.decode, codes, 4, size=64, margin=16), model.decode(codes)
    )


def test_standardise_inverts() -> None:
    model, mel = make(), torch.randn(1, 10, 8)
    model.standardise.set(torch.randn(10), torch.rand(10) + 0.5)
    torch.testing.assert_close(model.standardise.invert(model.standardise(mel)), mel)
