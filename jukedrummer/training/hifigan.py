"""Training of HiFi-GAN: a generator against discriminators (arXiv 2010.05646, section 2.3).

The arguments of the losses are outputs of `Discriminators`: for each discriminator, the outputs of
its layers, with the score last.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from jukedrummer.config import MelConfig
from jukedrummer.model.discriminators import Discriminators
from jukedrummer.model.vocoders.hifigan import HiFiGAN, HiFiGANConfig
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.model.weight_norm import plain_weights, with_weight_norm
from jukedrummer.training.recordings import Recording
from jukedrummer.training.task import OptimizerStep, add_up
from jukedrummer.training.vocoder_task import VocoderTask

MEL_WEIGHT = 45 * math.log(10)  # the paper has 45, for natural logarithms
FEATURE_WEIGHT = 2

Outputs = list[list[Tensor]]


def discriminator_loss(real: Outputs, generated: Outputs) -> Tensor:
    """Least squares (arXiv 1611.04076): scores should be 1 for real audio, 0 for generated."""
    return add_up(
        (1 - x[-1].float()).square().mean() + y[-1].float().square().mean()
        for x, y in zip(real, generated, strict=True)
    )


def generator_loss(generated: Outputs) -> Tensor:
    """Least squares: the score of generated audio should be 1."""
    return add_up((1 - outputs[-1].float()).square().mean() for outputs in generated)


def feature_distance(real: Outputs, generated: Outputs) -> Tensor:
    """Sum over all layers of the mean absolute difference of their outputs."""
    return add_up(
        l1_loss(y.float(), x.float())
        for real_layers, generated_layers in zip(real, generated, strict=True)
        for x, y in zip(real_layers, generated_layers, strict=True)
    )


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Compute no gradients for the weights of a network; gradients still pass through it."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


class HiFiGANTask(VocoderTask):
    """A step of the discriminators, then a step of the generator.

    Losses, their weights and Adam's betas are the paper's. The paper's learning rate is multiplied
    by 0.999 in each epoch and falls to a tenth in 2,300 epochs. The loop's cosine also ends at a
    tenth of the peak.

    Args:
        model: the generator, with plain weights.
        config, mel, tracks, valid, drums: as in `VocoderTask`.
    """

    betas = (0.8, 0.99)
    config: HiFiGANConfig

    def __init__(
        self,
        model: nn.Module,
        config: HiFiGANConfig,
        mel: MelConfig,
        tracks: list[Recording],
        valid: list[Recording],
        drums: Autoencoder | None = None,
    ) -> None:
        super().__init__(with_weight_norm(model), config, mel, tracks, valid, drums)
        self.discriminators = Discriminators(config.discriminator_width)

    def optimizer_steps(self) -> list[OptimizerStep]:
        """The discriminators' step, then the generator's."""
        return [
            OptimizerStep(self.discriminators, "discriminate", "discriminator_loss"),
            OptimizerStep(self.model),
        ]

    def exported(self) -> nn.Module:
        """The generator, with plain weights."""
        plain = HiFiGAN(self.config, self.mel)
        plain.load_state_dict(plain_weights(self.model))
        return plain

    def discriminate(self, real: Tensor) -> dict[str, Tensor]:
        """The discriminators' loss for (B, N) stretches and audio generated from their mels."""
        mel, target = self.input_and_target(real)
        with torch.no_grad():
            generated = self.model(mel)
        loss = discriminator_loss(self.discriminators(target), self.discriminators(generated))
        return {"discriminator_loss": loss}

    def forward(self, real: Tensor) -> dict[str, Tensor]:
        """The generator's losses for (B, N) stretches.

        In evaluation mode only distances are returned. Scores of different steps cannot be
        compared, because the discriminators change.
        """
        mel, target = self.input_and_target(real)
        generated = self.model(mel)
        if not self.training:
            distances = self.distances(generated, target)
            return {"loss": distances["mel"], **distances}
        with frozen(self.discriminators):
            with torch.no_grad():
                real_outputs = self.discriminators(target)
            outputs = self.discriminators(generated)
        distance, score = self.mel_distance(generated, target), generator_loss(outputs)
        features = feature_distance(real_outputs, outputs)
        loss = MEL_WEIGHT * distance + FEATURE_WEIGHT * features + score
        return {"loss": loss, "mel": distance, "features": features, "generator_loss": score}
