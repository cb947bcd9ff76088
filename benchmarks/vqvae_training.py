"""A training step of the paper's VQ-VAE, compared with vector-quantize-pytorch's codebook.

    pip install --editable '.[bench]'
    python benchmarks/vqvae_training.py

prints one line: the ratio of the median times of forward, backward and Adam's step on a batch of
eight clips of 4,096 mel frames. Both sides train 1,024 codes by moving averages. The other side
computes the whole batch together, with plain convolutions. Our side computes one clip at a time, as
in training, and updates its codebook after the batch. Its convolutions are Winograd's. The line
also has the time of the other side with single clips. There its codebook changes with each clip.
"""

import sys

import torch
from _turns import medians, parser, peer_library
from torch import Tensor, nn

from jukedrummer.model.build import make_vqvae
from jukedrummer.model.paper.vqvae import PaperVQVAE, PaperVQVAEConfig
from jukedrummer.model.quantizer import Quantized
from jukedrummer.training.loop import CACHE

CONFIG = PaperVQVAEConfig(width=512, codebook_size=1_024, decay=0.99, dead_code_threshold=1.0)
BANDS, FRAMES_PER_CODE, FRAMES = 80, 4, 4_096


class PeerQuantizer(nn.Module):
    """vector-quantize-pytorch with the interface of our quantizer."""

    def __init__(self) -> None:
        super().__init__()
        self.quantize = peer_library("vector_quantize_pytorch").VectorQuantize(
            dim=CONFIG.code_dim,
            codebook_size=CONFIG.codebook_size,
            decay=CONFIG.decay,
            commitment_weight=1.0,
            threshold_ema_dead_code=CONFIG.dead_code_threshold,
        )

    def forward(self, latents: Tensor) -> Quantized:
        """Quantize (B, D, L)."""
        vectors, codes, commitment = self.quantize(latents.transpose(1, 2))
        return Quantized(codes, vectors.transpose(1, 2), commitment)


class Training:
    """A network and its optimiser. A call takes a step.

    Args:
        quantizer: replaces our quantizer. The convolutions are then plain.
        at_once: number of clips that are computed together.
    """

    def __init__(self, quantizer: nn.Module | None, at_once: int) -> None:
        torch.manual_seed(0)
        self.at_once = at_once
        self.plain = quantizer is not None
        if self.plain:
            self.network = PaperVQVAE(CONFIG, BANDS, FRAMES_PER_CODE).train()
            self.network.quantizer = quantizer
        else:
            self.network = make_vqvae(CONFIG, BANDS, FRAMES_PER_CODE).train()
        self.adam = torch.optim.AdamW(self.network.parameters(), lr=3e-4, fused=True)

    def __call__(self, mel: Tensor) -> None:
        """Forward, backward, step."""
        self.adam.zero_grad()
        for part in mel.split(self.at_once):
            result = self.network(part)
            loss = (
                nn.functional.mse_loss(result.mel, result.target)
                + CONFIG.commitment * result.commitment
            )
            (loss * len(part) / len(mel)).backward()
        self.adam.step()
        if not self.plain:
            self.network.quantizer.update_codebook()


def main() -> int:
    """Run the comparison. Return 0 if the claim is true."""
    options = parser(__doc__, turns=3)
    options.add_argument("--clips", type=int, default=8, help="clips a step (default: 8)")
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    clips = arguments.clips
    at_once = max(1, CACHE // (4 * CONFIG.width * FRAMES))
    trainings = {
        "ours": Training(None, at_once),
        "peer": Training(PeerQuantizer(), clips),
        "peer by clips": Training(PeerQuantizer(), at_once),
    }
    mel = torch.randn(clips, BANDS, FRAMES, generator=torch.Generator().manual_seed(0))
    sides = {name: lambda training=training: training(mel) for name, training in trainings.items()}
    seconds = medians(sides, arguments.turns, arguments.clock)
    ratio = seconds["peer"] / seconds["ours"]
    print(
        f"vqvae_training: {ratio:.2f} times faster than with vector-quantize-pytorch's codebook; "
        f"a step of {clips} clips takes {seconds['ours']:.2f} s against {seconds['peer']:.2f} s, "
        f"{seconds['peer by clips']:.2f} s if that also computes single clips; "
        f"{arguments.threads} threads, {arguments.clock} time"
    )
    return 0 if ratio >= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
