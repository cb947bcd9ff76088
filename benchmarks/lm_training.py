"""A training step of the paper's language model, compared with x-transformers of the same size.

    pip install --editable '.[bench]'
    python benchmarks/lm_training.py

prints one line: the ratio of the median times of forward, backward and Adam's step on a batch of
two clips of 1,024 codes, with the paper's dropouts in both. `--precision bf16` uses bf16 on both
sides. `--curve N` also trains ours for N steps in fp32 and bf16 and prints both losses.
"""

import sys

import torch
from _turns import medians, parser, peer_library
from torch import Tensor, nn

from jukedrummer.audio.torchaudio_shim import load_torchaudio
from jukedrummer.model.build import make_lm
from jukedrummer.model.conditions import Conditions
from jukedrummer.model.paper.lm import PaperLMConfig

CONFIG = PaperLMConfig(
    beats="low",
    layers=20,
    width=512,
    heads=2,
    context=1_024,
    dropout=0.3,
    embed_dropout=0.2,
)
DRUMS, DRUMLESS, L = 32, 1_024, CONFIG.context


def batch(clips: int, seed: int = 0) -> tuple[Tensor, Conditions]:
    """Random drum codes (B, L) that depend on the drumless codes, and the conditions."""
    torch.manual_seed(seed)
    drumless = torch.randint(DRUMLESS, (clips, L))
    known = Conditions(
        drumless_mel=torch.zeros(clips, 80, 4 * L),
        drumless_codes=drumless,
        beats={"low": torch.randn(clips, L, 50)},
    )
    return drumless % DRUMS, known


class Ours(nn.Module):
    """The paper's network and its loss."""

    def __init__(self) -> None:
        super().__init__()
        self.model = make_lm(CONFIG, 80, 4, DRUMS, DRUMLESS)

    def forward(self, codes: Tensor, known: Conditions) -> Tensor:
        """Cross-entropy of the codes."""
        yes = torch.ones(len(codes), dtype=torch.bool)
        logits = self.model(codes, known, yes, yes)
        return nn.functional.cross_entropy(logits.flatten(0, 1).float(), codes.flatten())


class Peer(nn.Module):
    """x-transformers of the same depth and width: full, fused attention; no beats."""

    def __init__(self) -> None:
        super().__init__()
        load_torchaudio()  # x_transformers imports it
        sides = {
            "max_seq_len": L,
            "heads": CONFIG.heads,
            "attn_dim_head": 64,
            "ff_mult": 1,
            "attn_flash": True,
        }
        sides |= {"attn_dropout": CONFIG.dropout, "ff_dropout": CONFIG.dropout}
        self.model = peer_library("x_transformers").XTransformer(
            dim=CONFIG.width,
            **{f"enc_{name}": value for name, value in sides.items()},
            **{f"dec_{name}": value for name, value in sides.items()},
            enc_num_tokens=DRUMLESS,
            enc_depth=CONFIG.encoder_layers,
            dec_num_tokens=DRUMS,
            dec_depth=CONFIG.layers,
        )

    def forward(self, codes: Tensor, known: Conditions) -> Tensor:
        """Cross-entropy of the codes but the first."""
        return self.model(known.drumless_codes, codes)


class Training:
    """A network and its optimiser. A call takes a step and returns the loss."""

    def __init__(self, network: nn.Module, bf16: bool) -> None:
        self.network, self.bf16 = network, bf16
        self.adam = torch.optim.AdamW(network.parameters(), lr=3e-4, fused=True)

    def __call__(self, codes: Tensor, known: Conditions) -> float:
        """Forward, backward, step."""
        self.adam.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            loss = self.network(codes, known)
        loss.backward()
        self.adam.step()
        return loss.item()


def curve(steps: int) -> None:
    """The losses of the same training in fp32 and bf16."""
    losses: dict[bool, list[float]] = {}
    for bf16 in (False, True):
        torch.manual_seed(0)
        training = Training(Ours(), bf16)
        losses[bf16] = [training(*batch(2, step)) for step in range(steps)]
    for step in range(0, steps, max(1, steps // 10)):
        print(f"step {step}: fp32 {losses[False][step]:.3f}, bf16 {losses[True][step]:.3f}")


def main() -> int:
    """Run the comparison. Return 0 if the claim is true."""
    options = parser(__doc__, turns=5)
    options.add_argument("--clips", type=int, default=2, help="clips a step (default: 2)")
    options.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    options.add_argument(
        "--curve", type=int, default=0, metavar="N", help="steps of the two loss curves"
    )
    arguments = options.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    bf16 = arguments.precision == "bf16"
    trainings = {"ours": Training(Ours(), bf16), "x-transformers": Training(Peer(), bf16)}
    examples = batch(arguments.clips)
    sides = {
        name: lambda training=training: training(*examples) for name, training in trainings.items()
    }
    seconds = medians(sides, arguments.turns, arguments.clock)
    sizes = {
        name: sum(value.numel() for value in training.network.parameters()) / 1e6
        for name, training in trainings.items()
    }
    ratio = seconds["x-transformers"] / seconds["ours"]
    print(
        f"lm_training: {ratio:.2f} times faster than x-transformers; "
        f"a step of {arguments.clips} clips takes {seconds['ours']:.2f} s "
        f"against {seconds['x-transformers']:.2f} s; {sizes['ours']:.1f} and "
        f"{sizes['x-transformers']:.1f} million parameters, {arguments.precision}, "
        f"{arguments.threads} threads, {arguments.clock} time"
    )
    if arguments.curve:
        curve(arguments.curve)
    return 0 if ratio >= (2.5 if bf16 else 1.5) else 1


if __name__ == "__main__":
    sys.exit(main())
