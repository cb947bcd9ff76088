"""Which networks the families are: `listening` is ours, `paper` what the authors built."""

from jukedrummer.config import LMConfig, VQVAEConfig
from jukedrummer.model.lm import DrumLM
from jukedrummer.model.paper.lm import PaperLM
from jukedrummer.model.paper.vqvae import PaperVQVAE
from jukedrummer.model.vqvae import VQVAE, Autoencoder

LanguageModel = DrumLM | PaperLM


def make_vqvae(config: VQVAEConfig, bands: int, frames_per_code: int) -> Autoencoder:
    """The untrained VQ-VAE of the config's family; see there for the arguments."""
    family = {"listening": VQVAE, "paper": PaperVQVAE}[config.family]
    return family(config, bands, frames_per_code)


def make_lm(
    config: LMConfig, bands: int, frames_per_code: int, drums_codebook: int, drumless_codebook: int
) -> LanguageModel:
    """The untrained language model of the config's family; see there for the arguments."""
    family = {"listening": DrumLM, "paper": PaperLM}[config.family]
    return family(config, bands, frames_per_code, drums_codebook, drumless_codebook)
