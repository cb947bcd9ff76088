"""A training step of the paper's VQ-VAE: our codebook against vector-quantize-pytorch's in the same network.

    pip install --editable '.[bench]'
    python benchmarks/vqvae_training.py

prints one line: the ratio of the median times of forward, backward and Adam's step on a batch of eight clips
of 4,096 mel frames, with 1,024 codes learned by moving averages on both sides.
"""

import sys

import torch
from _turns import medians, parser
from torch import Tensor, nn

from jukedrummer.config import VQVAEConfig
from jukedrummer.model.families import make_vqvae
from jukedrummer.model.vq import Quantized

CONFIG = VQVAEConfig(family="paper", width=512, codebook=1_024, decay=0.99, restart_below=1.0)
BANDS, FRAMES_PER_CODE, FRAMES = 80, 4, 4_096


class PeerQuantizer(nn.Module):
    """vector-quantize-pytorch behind the interface of ours."""

    def __init__(self) -> None:
        super().__init__()
        from vector_quantize_pytorch import VectorQuantize

        self.quantize = VectorQuantize(
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
    """A network and its optimiser; called, it takes a step."""

    def __init__(self, quantizer: nn.Module | None) -> None:
        torch.manual_seed(0)
        self.network = make_vqvae(CONFIG, BANDS, FRAMES_PER_CODE).train()
        if quantizer is not None:
            self.network.quantizer = quantizer
        self.adam = torch.optim.AdamW(self.network.parameters(), lr=3e-4, fused=True)

    def __call__(self, mel: Tensor) -> None:
        """Forward, backward, step."""
        self.adam.zero_grad()
        result = self.network(mel)
        loss = nn.functional.mse_loss(result.mel, result.target) + CONFIG.commitment * result.commitment
        loss.backward()
        self.adam.step()


def main() -> int:
    """Run the comparison; 0 where the claim holds."""
    options = parser(__doc__, turns=3)
    options.add_argument("--clips", type=int, default=8, help="clips a step (default: 8)")
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    trainings = {"ours": Training(None), "vector-quantize-pytorch": Training(PeerQuantizer())}
    mel = torch.randn(arguments.clips, BANDS, FRAMES, generator=torch.Generator().manual_seed(0))
    sides = {name: lambda training=training: training(mel) for name, training in trainings.items()}
    found = medians(sides, arguments.turns, arguments.clock)
    ratio = found["vector-quantize-pytorch"] / found["ours"]
    print(
        f"vqvae_training: {ratio:.2f} times faster than with vector-quantize-pytorch's codebook; a step of "
        f"{arguments.clips} clips takes {found['ours']:.2f} s against "
        f"{found['vector-quantize-pytorch']:.2f} s; {arguments.threads} threads, {arguments.clock} time"
    )
    return 0 if ratio >= 1.5 else 1


if __name__ == "__main__":
    sys.exit(main())
