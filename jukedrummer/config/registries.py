"""The registries of all kinds, and constants that the config needs."""

from typing import Literal

from jukedrummer.registry import Registry

SAMPLE_RATE = 44_100  # samples a second, of all audio inside the package
EMBEDDING_WIDTH = 50  # values of a tracker's embedding (paper: low)

Part = Literal["drums", "drumless"]
ModelKind = Literal["vqvae", "lm", "vocoder", "tracker", "transcriber", "score"]
PARTS: tuple[Part, ...] = ("drums", "drumless")

SOURCES = Registry("corpus source", "jukedrummer.corpus.sources", first=("demo", "folder"))
TRACKERS = Registry(
    "tracker", "jukedrummer.beats.trackers", first=("madmom", "drum_aware", "beat_this")
)
REPRESENTATIONS = Registry(
    "beat representation",
    "jukedrummer.beats.representations",
    first=("none", "low", "mid", "high"),
)
VQVAES = Registry(
    "VQ-VAE family",
    first=("listening", "paper"),
    listening="jukedrummer.model.vqvae",
    paper="jukedrummer.model.paper.fast.vqvae",
)
LANGUAGE_MODELS = Registry(
    "language model family",
    first=("listening", "paper"),
    listening="jukedrummer.model.lm",
    paper="jukedrummer.model.paper.fast.lm",
)
VOCODERS = Registry(
    "vocoder", "jukedrummer.model.vocoders", first=("istft", "hifigan", "griffin_lim")
)
