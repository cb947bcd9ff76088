"""madmom's downbeat tracker: features and networks in PyTorch, and madmom's own DBN.

madmom's code is under the BSD licence. Its model files are under CC BY-NC-SA 4.0.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from jukedrummer.beats.downbeat_networks import DownbeatNetworks
from jukedrummer.beats.long_networks import LongNetworks
from jukedrummer.beats.madmom_shim import madmom_version
from jukedrummer.beats.network_tracker import NetworkTracker
from jukedrummer.config import DBNConfig, key

# Name, licence and note, for bundles that use this tracker.
LICENCE = (
    "madmom's beat tracking networks (used, not contained)",
    "CC BY-NC-SA 4.0",
    "not for commercial use; madmom's code is BSD",
)


class MadmomConfig(DBNConfig):
    """madmom's networks, as batched PyTorch."""

    tracker: Literal["madmom"] = "madmom"
    networks: int = key(8, "number of madmom's eight networks to average", 1, 8)


class MadmomTracker(NetworkTracker):
    """Tracks beats and downbeats. The embeddings are those of the first network.

    Args:
        config: the number of networks, and the settings of the DBN.
        device: where the features and networks run, e.g. "cpu" or "cuda".
    """

    name = "madmom"

    def __init__(self, config: MadmomConfig, device: str = "cpu") -> None:
        super().__init__(config, device)
        self.version = f"{madmom_version()}, {config.networks} of 8 networks"
        self.networks = DownbeatNetworks(config.networks).to(self.device)
        self.long_networks = LongNetworks(self.networks)

    def run(self, songs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
        """Run all songs together, padded to the longest."""
        lengths = torch.tensor([len(frames) for frames in songs], device=self.device)
        padded = torch.nn.utils.rnn.pad_sequence(list(songs), batch_first=True)
        embeddings, activations = self.networks(padded, lengths)
        songs_of = zip(embeddings[:, :, 0], activations, lengths.tolist(), strict=True)
        return [
            (embedding[:length], activation[:length]) for embedding, activation, length in songs_of
        ]

    def run_long(self, song: Tensor) -> tuple[Tensor, Tensor]:
        """Run a few networks at a time."""
        return self.long_networks(song)


def build(config: MadmomConfig, device: str, network: Any = None) -> MadmomTracker:
    """The tracker; `network` is not used."""
    return MadmomTracker(config, device)


Config = MadmomConfig
