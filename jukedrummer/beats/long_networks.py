"""madmom's downbeat networks for a song of any length, in little memory, with the same result.

A long song cannot be split, because some cells of the networks keep their state for minutes. With
40 s of margin on both sides, the activations still differ by up to 0.08. So each layer runs over
the whole song, as in `DownbeatNetworks`. But only a few networks run together, and their input is
not copied. This takes 1.3 kB of features and 0.8 kB of layers a frame.
"""

import copy

import torch
from torch import Tensor
from tqdm import tqdm

from jukedrummer.beats.downbeat_networks import RECURRENT_CHUNK, DownbeatNetworks, PeepholeBLSTM
from jukedrummer.config import EMBEDDING_WIDTH

TOGETHER = 2  # networks that run together: more are faster, each takes 0.4 kB a frame


class LongNetworks:
    """Runs networks on long songs.

    Args:
        networks: the networks, on the device where they run.
    """

    def __init__(self, networks: DownbeatNetworks) -> None:
        self.count = len(networks.weights)
        starts = range(0, self.count, TOGETHER)
        self._groups = [_part(networks, slice(start, start + TOGETHER)) for start in starts]

    @torch.inference_mode()
    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Run all networks over one song.

        Args:
            features: (T, 314).

        Returns:
            Embeddings of the first network (T, 50), and activations (T, 3), averaged over the
            networks.
        """
        embeddings = features.new_empty(len(features), EMBEDDING_WIDTH)
        activations = features.new_zeros(len(features), 3)
        steps = sum(len(group.blstms) for group in self._groups)
        bar = tqdm(total=steps, desc="beat networks", unit="layer", delay=2, leave=False)
        for index, group in enumerate(self._groups):
            x = features[:, None]
            for layer in group.blstms:
                x = _run(layer, x)
                bar.update()
            if index == 0:
                embeddings.copy_(x[:, 0, 0])
            logits = torch.einsum("teh,ehc->tec", x[:, 0], group.weights) + group.biases
            activations += logits.softmax(-1).sum(1)
        bar.close()
        return embeddings, activations / self.count


def _part(networks: DownbeatNetworks, chosen: slice) -> DownbeatNetworks:
    """A copy with some of the networks."""
    part = copy.deepcopy(networks)
    part.weights, part.biases = networks.weights[chosen], networks.biases[chosen]
    for layer in part.blstms:
        layer.inputs, layer.biases = layer.inputs[:, chosen], layer.biases[:, chosen]
        # (2 E, ...): directions, then networks.
        for name in ("recurrent", "output_peephole"):
            both = torch.unflatten(getattr(layer, name), 0, (2, -1))
            setattr(layer, name, both[:, chosen].flatten(0, 1))
    return part


def _run(layer: PeepholeBLSTM, x: Tensor) -> Tensor:
    """One layer: (T, 1, D) for all networks or (T, 1, E, D) to (T, 1, E, 50)."""
    frames, networks, units = len(x), layer.inputs.shape[1], EMBEDDING_WIDTH // 2
    hidden = x.new_empty(frames, 1, networks, EMBEDDING_WIDTH)
    forwards, backwards = hidden.chunk(2, dim=-1)
    state = x.new_zeros(2 * networks, 1, EMBEDDING_WIDTH)
    for start in range(0, frames, RECURRENT_CHUNK):
        end = min(start + RECURRENT_CHUNK, frames)
        # The backward direction begins at the song's end.
        ahead, back = slice(start, end), slice(frames - end, frames - start)
        states = layer.run([x[ahead], x[back].flip(0)], state)
        outputs = torch.unflatten(states[1:, ..., :units], 1, (2, networks)).transpose(2, 3)
        forwards[ahead], backwards[back] = outputs[:, 0], outputs[:, 1].flip(0)
        state = states[-1].clone()  # a view would keep the chunk in memory
    return hidden
