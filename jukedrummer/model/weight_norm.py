"""Weight normalisation (arXiv 1602.07868): networks with it, and their plain weights."""

from typing import TypeVar

from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d)
Network = TypeVar("Network", bound=nn.Module)


def with_weight_norm(network: Network) -> Network:
    """Add weight normalisation to all convolutions of a network, in place."""
    for module in network.modules():
        if isinstance(module, CONVOLUTIONS):
            parametrizations.weight_norm(module)
    return network


def plain_weights(network: nn.Module) -> dict[str, Tensor]:
    """The state of an equal network without weight normalisation."""
    state = network.state_dict()
    for name, module in network.named_modules():
        if isinstance(module, CONVOLUTIONS) and parametrize.is_parametrized(module, "weight"):
            state[f"{name}.weight"] = module.weight.detach()
    return {name: value for name, value in state.items() if ".parametrizations." not in name}
