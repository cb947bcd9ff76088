"""What HiFi-GAN's generator and discriminators are trained on (arXiv 2010.05646, section 2.3).

Every function takes what `Discriminators` gives: for each discriminator its layers' outputs, the score last.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.functional import l1_loss

Outputs = list[list[Tensor]]


def adversary_loss(real: Outputs, made: Outputs) -> Tensor:
    """Least squares (arXiv 1611.04076): what is real should score 1, what is made 0."""
    return sum(
        (1 - of_real[-1].float()).square().mean() + of_made[-1].float().square().mean()
        for of_real, of_made in zip(real, made, strict=True)
    )


def fooling_loss(made: Outputs) -> Tensor:
    """The generator's side of it: what is made should score 1."""
    return sum((1 - outputs[-1].float()).square().mean() for outputs in made)


def feature_distance(real: Outputs, made: Outputs) -> Tensor:
    """Sum over all layers of the mean absolute difference between what they see in the two."""
    return sum(
        l1_loss(y.float(), x.float())
        for of_real, of_made in zip(real, made, strict=True)
        for x, y in zip(of_real, of_made, strict=True)
    )


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Gradients pass through what the network computes meanwhile, and none are computed for its weights."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)
