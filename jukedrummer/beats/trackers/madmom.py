"""madmom's downbeat tracker: its features and networks in PyTorch, its dynamic Bayesian network as it is.

The code of madmom is BSD; its model files are CC BY-NC-SA 4.0.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from jukedrummer.beats.downbeat_networks import DownbeatNetworks
from jukedrummer.beats.long_networks import LongNetworks
from jukedrummer.beats.madmom_shim import madmom_version
from jukedrummer.beats.network_tracker import NetworkTracker
from jukedrummer.config import BeatsConfig


class MadmomTracker(NetworkTracker):
    """Tracks beats and downbeats; the embeddings are those of the first network.

    Args:
        config: which networks vote, and the settings of the dynamic Bayesian network.
        device: where the features and networks run, e.g. "cpu" or "cuda".
    """

    name = "madmom"

    def __init__(self, config: BeatsConfig, device: str = "cpu") -> None:
        super().__init__(config, device)
        self.version = f"{madmom_version()}, {config.networks} of 8 networks"
        self.networks = DownbeatNetworks(config.networks).to(self.device)
        self.long_networks = LongNetworks(self.networks)

    def hear(self, songs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """All songs at once, padded to the longest."""
        lengths = torch.tensor([len(frames) for frames in songs], device=self.device)
        padded = torch.nn.utils.rnn.pad_sequence(list(songs), batch_first=True)
        embeddings, activations = self.networks(padded, lengths)
        songs_of = zip(embeddings[:, :, 0], activations, lengths.tolist(), strict=True)
        return [
            (embedding[:length], activation[:length]) for embedding, activation, length in songs_of
        ]

    def hear_long(self, song: Tensor) -> tuple[Tensor, Tensor]:
        """With few networks at a time."""
        return self.long_networks(song)
