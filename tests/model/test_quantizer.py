"""The codebook against a slow reference, and restarts of dead codes."""

import pytest
import torch

from jukedrummer.model.quantizer import VectorQuantizer


def quantizer(codebook_size: int = 8, dead_code_threshold: float = 0.5) -> VectorQuantizer:
    torch.manual_seed(0)
    return VectorQuantizer(codebook_size, 4, decay=0.9, dead_code_threshold=dead_code_threshold)


def learn(vq: VectorQuantizer, *batch: torch.Tensor) -> torch.Tensor:
    """A step of training on a batch in parts; codes of the last."""
    codes = [vq(latents).codes for latents in batch][-1]
    vq.update_codebook()
    return codes


def test_the_candidate_with_the_nearest_tempo_is_chosen() -> None:
    vq = quantizer()
    vq.codebook.normal_()
    latents = torch.randn(2, 4, 5)
    for b, at in ((0, 0), (1, 3), (1, 4)):
        distances = [(latents[b, :, at] - code).norm().item() for code in vq.codebook]
        assert vq.nearest(latents)[b, at].item() == distances.index(min(distances))


def test_averages_follow_a_slow_reference() -> None:
    vq = quantizer(dead_code_threshold=0.0).train()
    torch.manual_seed(1)
    learn(vq, torch.randn(2, 4, 16))
    count, total = vq.count.clone(), vq.total.clone()
    latents = torch.randn(2, 4, 16)
    codes = learn(vq, latents)
    for code in range(8):
        members = latents.transpose(1, 2)[codes == code]
        expected_count = 0.9 * count[code] + 0.1 * len(members)
        expected_total = 0.9 * total[code] + 0.1 * members.sum(0)
        torch.testing.assert_close(vq.count[code], expected_count)
        torch.testing.assert_close(vq.codebook[code], expected_total / expected_count)


def test_a_batch_in_parts_has_the_effect_of_a_whole_batch() -> None:
    first, second = torch.randn(4, 4, 16), torch.randn(4, 4, 16)
    learned = []
    for parts in (1, 2, 4):
        vq = quantizer(dead_code_threshold=2.0).train()
        learn(vq, first)
        assert learn(vq, *second.chunk(parts)).shape == (4 // parts, 16)
        assert not vq.pending
        learned.append(vq.state_dict())
    for other in learned[1:]:
        torch.testing.assert_close(other, learned[0])


def test_a_dead_code_is_used_again_later() -> None:
    """If all latents are near one point, the other codes die. A second cluster restarts one."""
    vq = quantizer(codebook_size=4).train()
    near = lambda centre: centre + 0.01 * torch.randn(4, 4, 16)  # noqa: E731
    learn(vq, 3 * torch.randn(4, 4, 16))
    for _ in range(60):
        learn(vq, near(5.0))
    before = vq.codebook.clone()
    for _ in range(60):
        codes = torch.cat([learn(vq, near(centre)) for centre in (5.0, -5.0)])
    assert not torch.equal(before, vq.codebook)
    vq.eval()
    here, there = vq(near(5.0)), vq(near(-5.0))
    assert not set(here.codes.unique().tolist()) & set(there.codes.unique().tolist())
    assert there.commitment < 0.01
    assert len(codes.unique()) > 1


def test_without_restarts_the_dead_code_stays_dead() -> None:
    """Without restarts, a dead code stays dead."""
    vq = quantizer(codebook_size=4, dead_code_threshold=0.0).train()
    learn(vq, torch.full((4, 4, 16), 5.0) + 0.01 * torch.randn(4, 4, 16))
    with torch.no_grad():
        vq.codebook[1:] = 100.0
        vq.total[1:] = 100.0 * vq.count[1:, None]
    for _ in range(60):
        learn(vq, 5.0 + 0.01 * torch.randn(4, 4, 16))
    assert (vq.codebook[1:] > 50).all()


def test_evaluation_changes_nothing() -> None:
    vq = quantizer().train()
    learn(vq, torch.randn(2, 4, 16))
    before = {name: value.clone() for name, value in vq.state_dict().items()}
    vq.eval()
    vq(torch.randn(2, 4, 16))
    for name, value in vq.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert not vq.pending


def test_gradients_pass_straight_through() -> None:
    vq = quantizer().train()
    latents = torch.randn(1, 4, 6, requires_grad=True)
    weight = torch.randn(1, 4, 6)
    (vq(latents).vectors * weight).sum().backward()
    torch.testing.assert_close(latents.grad, weight)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_vectors_have_the_type_of_the_latents(dtype: torch.dtype) -> None:
    assert quantizer().train()(torch.randn(1, 4, 6).to(dtype)).vectors.dtype == dtype
