"""A training step of the paper's VQ-VAE: ours against the network as usually written with the codebook of
vector-quantize-pytorch.

    pip install --editable '.[bench]'
    python benchmarks/vqvae_training.py

prints one line: the ratio of the median times of forward, backward and Adam's step on a batch of eight clips
of 4,096 mel frames, with 1,024 codes learned by moving averages on both sides. The other side takes the batch
at once, by plain convolutions. Ours computes as many clips at once as `train_vqvae` does, one, and moves its
codebook when all have passed; its convolutions are Winograd's. The line also tells what the other side gains
when it takes single clips too, though its codebook then moves with each.
"""

import sys

import torch
from _turns import medians, parser, peer_library
from torch import Tensor, nn

from jukedrummer.config import VQVAEConfig
from jukedrummer.model.families import make_vqvae
from jukedrummer.model.quantizer import Quantized
from jukedrummer.training.loop import CACHE

CONFIG = VQVAEConfig(family="paper", width=512, codebook=1_024, decay=0.99, restart_below=1.0)
BANDS, FRAMES_PER_CODE, FRAMES = 80, 4, 4_096


class PeerQuantizer(nn.Module):
    """vector-quantize-pytorch behind the interface of ours."""

    def __init__(self) -> None:
        super().__init__()
        self.quantize = peer_library("vector_quantize_pytorch").VectorQuantize(
            dim=CONFIG.code_dim,
            codebook_size=CONFIG.codebook,
            decay=CONFIG.decay,
            commitment_weight=1.0,
            threshold_ema_dead_code=CONFIG.restart_below,
        )

    def forward(self, latents: Tensor) -> Quantized:
        """Quantize (B, D, L)."""
        vectors, codes, commitment = self.quantize(latents.transpose(1, 2))
        return Quantized(codes, vectors.transpose(1, 2), commitment)


class Training:
    """A network and its optimiser; called, it takes a step.

    Args:
        quantizer: in place of ours; the convolutions are then plain ones.
        at_once: clips of a batch that are computed together.
    """

    def __init__(self, quantizer: nn.Module | None, at_once: int) -> None:
        torch.manual_seed(0)
        self.network = make_vqvae(CONFIG, BANDS, FRAMES_PER_CODE).train()
        self.at_once = at_once
        self.plain = quantizer is not None
        if self.plain:
            self.network.quantizer = quantizer
            self.network.encoder.group_width = self.network.decoder.group_width = 0  # no phases
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
            self.network.quantizer.move()


def main() -> int:
    """Run the comparison; 0 where the claim holds."""
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
    found = medians(sides, arguments.turns, arguments.clock)
    ratio = found["peer"] / found["ours"]
    print(
        f"vqvae_training: {ratio:.2f} times faster than with vector-quantize-pytorch's codebook; a step of "
        f"{clips} clips takes {found['ours']:.2f} s against {found['peer']:.2f} s, "
        f"{found['peer by clips']:.2f} s where that takes clips one by one too; "
        f"{arguments.threads} threads, {arguments.clock} time"
    )
    return 0 if ratio >= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
