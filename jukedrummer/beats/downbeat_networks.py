"""madmom's eight beat and downbeat networks as one batch in PyTorch, with madmom's own weights.

Each network has three bidirectional LSTM layers of 25 units in each direction and a softmax over
(none, beat, downbeat). The gates have peepholes to the cell's state. `torch.nn.LSTM` has no
peepholes, so this module implements the recurrence. All networks, directions and songs are computed
together, frame by frame.

Letters beyond the package's: E networks, G = 2 E networks times directions, H = 25 units.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from jukedrummer.beats.madmom_shim import load_madmom
from jukedrummer.config import EMBEDDING_WIDTH

NETWORKS = 8
RECURRENT_CHUNK = 512  # frames projected at a time: bounds the memory of a long song
_UNITS = EMBEDDING_WIDTH // 2


class PeepholeBLSTM(nn.Module):
    """One bidirectional layer of E networks.

    Args:
        networks: E of madmom's `BidirectionalLayer`.
    """

    inputs: Tensor  # (2, E, D, 4 H)
    biases: Tensor  # (2, E, 4 H)
    recurrent: Tensor  # (G, 2 H, 4 H)
    output_peephole: Tensor  # (G, 1, H)

    def __init__(self, networks: Sequence[Any]) -> None:
        super().__init__()
        directions = [[layer.fwd_layer, layer.bwd_layer] for layer in networks]
        self.register_buffer("inputs", _stack(directions, lambda lstm: _gates(lstm, "weights")))
        self.register_buffer("biases", _stack(directions, lambda lstm: _gates(lstm, "bias")))
        recurrent = _stack(directions, _recurrent_weights)
        peephole = _stack(directions, lambda lstm: lstm.output_gate.peephole_weights)
        self.register_buffer("recurrent", recurrent.flatten(0, 1))
        self.register_buffer("output_peephole", peephole.flatten(0, 1)[:, None])

    def forward(self, x: Tensor, backwards: Tensor) -> Tensor:
        """Run the layer.

        Args:
            x: (T, B, D), the same for all networks, or (T, B, E, D), one input for each.
            backwards: (T, B) frame indices that reverse each song within its own length.

        Returns:
            (T, B, E, 50): forward, then backward units.
        """
        directions = (x, _reorder(x, backwards))
        frames, batch = x.shape[:2]
        state = x.new_zeros(len(self.recurrent), batch, 2 * _UNITS)
        hidden = x.new_empty(frames, len(self.recurrent), batch, _UNITS)
        for start in range(0, frames, RECURRENT_CHUNK):
            chunk = slice(start, start + RECURRENT_CHUNK)
            states = self.run([part[chunk] for part in directions], state)
            hidden[chunk] = states[1:, ..., :_UNITS]
            state = states[-1]
        sides = torch.unflatten(hidden.permute(0, 2, 1, 3), 2, (2, -1))
        forward, backward = sides.unbind(2)
        return torch.cat([forward, _reorder(backward, backwards)], dim=-1)

    def run(self, directions: Sequence[Tensor], state: Tensor) -> Tensor:
        """Run some frames of both directions.

        Args:
            directions: (T, B, D) or (T, B, E, D) of each direction, in its own order of frames.
            state: (G, B, 2 H) output and cell before the first frame.

        Returns:
            (T + 1, G, B, 2 H), the states; the first is `state`.
        """
        projected = torch.cat([self._project(d, x) for d, x in enumerate(directions)], dim=1)
        with _one_thread():
            return self._recur(projected, state)

    def _project(self, direction: int, x: Tensor) -> Tensor:
        """(T, B, D) or (T, B, E, D) to the inputs of the gates, (T, E, B, 4 H)."""
        weights, biases = self.inputs[direction], self.biases[direction]
        if x.ndim == 3:
            networks, width, gates = weights.shape
            shared = weights.permute(1, 0, 2).reshape(width, networks * gates)
            projected = torch.unflatten(x @ shared, -1, (networks, gates)).transpose(1, 2)
        else:
            frames, batch = x.shape[:2]
            projected = torch.bmm(x.flatten(0, 1).transpose(0, 1), weights)  # (E, T * B, 4 H)
            projected = torch.unflatten(projected, 1, (frames, batch)).transpose(0, 1)
        return projected + biases[:, None]

    def _recur(self, projected: Tensor, state: Tensor) -> Tensor:
        """Run the recurrence, one step for each frame.

        Args:
            projected: (T, G, B, 4 H) inputs of the input, forget, cell and output gates.
            state: (G, B, 2 H) output and cell before the first frame.

        Returns:
            (T + 1, G, B, 2 H), the states; the first is `state`.
        """
        states = torch.cat([state[None], state.new_empty(len(projected), *state.shape)])
        outputs, cells = (half.unbind(0) for half in torch.split(states, _UNITS, dim=-1))
        gates = torch.empty_like(projected[0])
        input_gate, forget_gate, candidate, output_gate = torch.split(gates, _UNITS, dim=-1)
        both = gates[..., : 2 * _UNITS]
        squashed = torch.empty_like(candidate, memory_format=torch.contiguous_format)
        steps = zip(
            projected.unbind(0), states.unbind(0), outputs[1:], cells, cells[1:], strict=False
        )
        for x, previous, output, previous_cell, cell in steps:
            torch.baddbmm(x, previous, self.recurrent, out=gates)
            both.sigmoid_()
            candidate.tanh_()
            torch.mul(forget_gate, previous_cell, out=cell)
            cell.addcmul_(input_gate, candidate)
            # The output gate's peephole is to this frame's cell, the others' to the previous one.
            output_gate.addcmul_(cell, self.output_peephole).sigmoid_()
            torch.tanh(cell, out=squashed)
            torch.mul(output_gate, squashed, out=output)
        return states


class DownbeatNetworks(nn.Module):
    """The first of madmom's eight networks: features to embeddings and averaged activations.

    Args:
        networks: E, 1 to 8.
    """

    weights: Tensor  # (E, 50, 3), of the softmax
    biases: Tensor  # (E, 3)

    def __init__(self, networks: int = NETWORKS) -> None:
        super().__init__()
        load_madmom()
        from madmom.ml.nn import NeuralNetwork
        from madmom.models import DOWNBEATS_BLSTM

        # These files belong to the installed package: no other file is unpickled.
        loaded = [NeuralNetwork.load(path).layers for path in DOWNBEATS_BLSTM[:networks]]
        *hidden, output = zip(*loaded, strict=True)
        self.layers = nn.ModuleList(PeepholeBLSTM(list(layer)) for layer in hidden)
        self.register_buffer("weights", torch.stack([_tensor(layer.weights) for layer in output]))
        self.register_buffer("biases", torch.stack([_tensor(layer.bias) for layer in output]))

    @torch.inference_mode()
    def forward(self, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Run all networks over a batch of songs.

        Args:
            features: (B, T, 314), each song padded at its end.
            lengths: (B,) int64, frames of each song.

        Returns:
            Embeddings (B, T, E, 50), the last hidden layer of each network, and activations
            (B, T, 3), probabilities of none, beat and downbeat, averaged over the networks. Values
            beyond a song's length have no meaning.
        """
        x = features.transpose(0, 1)
        frames = torch.arange(len(x), device=x.device)[:, None]
        backwards = torch.where(frames < lengths, lengths - 1 - frames, frames)
        for layer in tqdm(self.layers, desc="beat networks", unit="layer", delay=4, leave=False):
            x = layer(x, backwards)
        logits: Tensor = torch.einsum("tbeh,ehc->tbec", x, self.weights) + self.biases
        activations = logits.softmax(-1).mean(2)
        return x.transpose(0, 1), activations.transpose(0, 1)

    @property
    def blstms(self) -> list[PeepholeBLSTM]:
        """The layers."""
        return [cast(PeepholeBLSTM, layer) for layer in self.layers]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Limit PyTorch to one thread, because a step is too small to share.

    With two threads, an idle machine is no faster and a busy machine takes three times as long.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _reorder(x: Tensor, frames: Tensor) -> Tensor:
    """x[frames[t, b], b] for (T, B, ...) by (T, B)."""
    return x[frames, torch.arange(x.shape[1], device=x.device)]


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(values, dtype=np.float32))


def _stack(directions: list[list[Any]], read: Callable[[Any], np.ndarray]) -> Tensor:
    """(2, E, ...): the values that `read` returns for each network's forward and backward LSTM."""
    return torch.stack(
        [
            torch.stack([_tensor(read(lstm)) for lstm in pair])
            for pair in zip(*directions, strict=True)
        ]
    )


def _gates(lstm: Any, name: str) -> np.ndarray:
    """One parameter of the input, forget, cell and output gates side by side, (..., 4 H)."""
    gates = (lstm.input_gate, lstm.forget_gate, lstm.cell, lstm.output_gate)
    return np.concatenate([getattr(gate, name) for gate in gates], axis=-1)


def _recurrent_weights(lstm: Any) -> np.ndarray:
    """(2 H, 4 H): of the previous output, and below, as diagonals, of the previous cell."""
    absent = np.zeros((_UNITS, _UNITS))
    input_peephole, forget_peephole = (
        np.diag(gate.peephole_weights) for gate in (lstm.input_gate, lstm.forget_gate)
    )
    peepholes = np.concatenate([input_peephole, forget_peephole, absent, absent], axis=1)
    return np.concatenate([_gates(lstm, "recurrent_weights"), peepholes])
