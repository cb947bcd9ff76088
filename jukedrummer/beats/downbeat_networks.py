"""madmom's eight beat and downbeat networks as one batch in PyTorch, with madmom's own weights.

Each network has three bidirectional LSTM layers of 25 units a direction and a softmax over (none, beat,
downbeat). The gates look at the cell's state through peepholes, which `torch.nn.LSTM` does not have: the
recurrence is written out here, and all networks, directions and songs take each step together.

Letters beyond the package's: E networks, G = 2 E networks times directions, H = 25 units.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from jukedrummer.beats.madmom_shim import load_madmom

NETWORKS = 8
EMBEDDING = 50
_UNITS = 25
# Frames whose input projections are computed at once: bounds the memory of a long song.
_BLOCK = 512


class PeepholeBLSTM(nn.Module):
    """One bidirectional layer of E networks.

    Args:
        networks: E of madmom's `BidirectionalLayer`.
    """

    def __init__(self, networks: list) -> None:
        super().__init__()
        directions = [[layer.fwd_layer, layer.bwd_layer] for layer in networks]
        self.register_buffer("inputs", _stack(directions, _input_weights))  # (2, E, D, 4 H)
        self.register_buffer(
            "biases", _stack(directions, lambda lstm: _gates(lstm, "bias"))
        )  # (2, E, 4 H)
        recurrent = _stack(directions, _recurrent_weights)  # (2, E, 2 H, 4 H)
        peephole = _stack(directions, lambda lstm: lstm.output_gate.peephole_weights)  # (2, E, H)
        self.register_buffer("recurrent", recurrent.flatten(0, 1))
        self.register_buffer("output_peephole", peephole.flatten(0, 1)[:, None])

    def forward(self, x: Tensor, backwards: Tensor) -> Tensor:
        """Run the layer.

        Args:
            x: (T, B, D) for all networks or (T, B, E, D), one input for each.
            backwards: (T, B) frame indices that reverse each song within its own length.

        Returns:
            (T, B, E, 50): forward, then backward units.
        """
        directions = (x, _reorder(x, backwards))
        frames, batch = x.shape[:2]
        state = x.new_zeros(len(self.recurrent), batch, 2 * _UNITS)
        hidden = x.new_empty(frames, len(self.recurrent), batch, _UNITS)
        for start in range(0, frames, _BLOCK):
            block = slice(start, start + _BLOCK)
            projected = torch.cat(
                [self._project(d, x[block]) for d, x in enumerate(directions)], dim=1
            )
            with _one_thread():
                states = self._recur(projected, state)
            hidden[block] = states[1:, ..., :_UNITS]
            state = states[-1]
        forward, backward = hidden.permute(0, 2, 1, 3).unflatten(2, (2, -1)).unbind(2)
        return torch.cat([forward, _reorder(backward, backwards)], dim=-1)

    def _project(self, direction: int, x: Tensor) -> Tensor:
        """(T, B, D) or (T, B, E, D) to the inputs of the gates, (T, E, B, 4 H)."""
        weights, biases = self.inputs[direction], self.biases[direction]
        if x.ndim == 3:
            networks, width, gates = weights.shape
            shared = weights.permute(1, 0, 2).reshape(width, networks * gates)
            projected = (x @ shared).unflatten(-1, (networks, gates)).transpose(1, 2)
        else:
            frames, batch = x.shape[:2]
            projected = torch.bmm(x.flatten(0, 1).transpose(0, 1), weights)  # (E, T * B, 4 H)
            projected = projected.unflatten(1, (frames, batch)).transpose(0, 1)
        return projected + biases[:, None]

    def _recur(self, projected: Tensor, state: Tensor) -> Tensor:
        """Take one step a frame.

        Args:
            projected: (T, G, B, 4 H) inputs of the input, forget, cell and output gates.
            state: (G, B, 2 H) output and cell before the first frame.

        Returns:
            (T + 1, G, B, 2 H), the states; the first is `state`.
        """
        states = torch.cat([state[None], state.new_empty(len(projected), *state.shape)])
        outputs, cells = (half.unbind(0) for half in states.split(_UNITS, dim=-1))
        gates = torch.empty_like(projected[0])
        input_gate, forget_gate, candidate, output_gate = gates.split(_UNITS, dim=-1)
        both = gates[..., : 2 * _UNITS]
        squashed = torch.empty_like(candidate, memory_format=torch.contiguous_format)
        steps = zip(
            projected.unbind(0), states.unbind(0), outputs[1:], cells, cells[1:], strict=False
        )
        for x, before, output, old, cell in steps:
            torch.baddbmm(x, before, self.recurrent, out=gates)
            both.sigmoid_()
            candidate.tanh_()
            torch.mul(forget_gate, old, out=cell)
            cell.addcmul_(input_gate, candidate)
            # Of the gates, only the output's peephole sees the state of this very frame.
            output_gate.addcmul_(cell, self.output_peephole).sigmoid_()
            torch.tanh(cell, out=squashed)
            torch.mul(output_gate, squashed, out=output)
        return states


class DownbeatNetworks(nn.Module):
    """The first `networks` of madmom's eight: features to embeddings and averaged activations."""

    def __init__(self, networks: int = NETWORKS) -> None:
        super().__init__()
        load_madmom()
        from madmom.ml.nn import NeuralNetwork
        from madmom.models import DOWNBEATS_BLSTM

        # Files of the installed package itself: nothing foreign is unpickled.
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
            Embeddings (B, T, E, 50), the last hidden layer of each network, and activations (B, T, 3),
            probabilities of none, beat, downbeat averaged over the networks. What lies beyond a song's
            length has no meaning.
        """
        x = features.transpose(0, 1)
        frames = torch.arange(len(x), device=x.device)[:, None]
        backwards = torch.where(frames < lengths, lengths - 1 - frames, frames)
        for layer in tqdm(self.layers, desc="beat networks", unit="layer", delay=4, leave=False):
            x = layer(x, backwards)
        logits = torch.einsum("tbeh,ehc->tbec", x, self.weights) + self.biases
        activations = logits.softmax(-1).mean(2)
        return x.transpose(0, 1), activations.transpose(0, 1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch use one thread: a step is too small to share.

    Handing each step to a second thread gains nothing on an idle machine, and takes three times as long on
    one that has other work.
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


def _stack(directions: list[list], read: Callable[[Any], np.ndarray]) -> Tensor:
    """(2, E, ...): what `read` makes of each network's forward and backward LSTM."""
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


def _input_weights(lstm: Any) -> np.ndarray:
    return _gates(lstm, "weights")


def _recurrent_weights(lstm: Any) -> np.ndarray:
    """(2 H, 4 H): of the output before, and below it the peepholes of the cell before as diagonals."""
    absent = np.zeros((_UNITS, _UNITS))
    input_peephole, forget_peephole = (
        np.diag(gate.peephole_weights) for gate in (lstm.input_gate, lstm.forget_gate)
    )
    peepholes = np.concatenate([input_peephole, forget_peephole, absent, absent], axis=1)
    return np.concatenate([_gates(lstm, "recurrent_weights"), peepholes])
