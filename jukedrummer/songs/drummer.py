"""The finished system: from a recording without drums to a drum track (paper section 3)."""

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from jukedrummer.audio.io import peak_gain, resample
from jukedrummer.audio.mel import level_db
from jukedrummer.beats.annotations import check_beats
from jukedrummer.beats.factory import make_tracker
from jukedrummer.beats.given import as_tracked
from jukedrummer.beats.representations import CodeGrid, represent, representation
from jukedrummer.beats.tracker import Tracked, Tracker
from jukedrummer.config import SAMPLE_RATE, BeatsConfig, GenerateConfig, LMConfig
from jukedrummer.errors import UserError
from jukedrummer.model.build import load_model, load_weights
from jukedrummer.model.conditions import Conditions
from jukedrummer.model.language_model import LanguageModel
from jukedrummer.model.sampling import sample
from jukedrummer.model.vocoders import Vocoder
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.songs.bundle import MODELS, check_match, read_bundle
from jukedrummer.songs.codec import decode_codes
from jukedrummer.songs.recording import (
    check_recording,
    fill_empty_bands,
    gain_into,
    mel_of_codes,
)
from jukedrummer.storage.files import sha256
from jukedrummer.storage.weights import ModelInfo


@dataclass(frozen=True)
class EncodedRecording:
    """A recording as the models receive it.

    Attributes:
        conditions: conditions of the language model, B = 1.
        beats: (n, 2) seconds, bar position (1 = downbeat).
        confidence: confidence of the beat tracker, 0 to 1.
        tracker: its name; `given` if the beats were supplied.
        gain: factor that brought the recording to the level of the training data.
        samples: N, the number of samples at 44,100 Hz.
    """

    conditions: Conditions
    beats: np.ndarray
    confidence: float
    tracker: str
    gain: float
    samples: int


@dataclass(frozen=True)
class Accompaniment:
    """A drum track and what it was made from.

    Attributes:
        drums: (N,) float32, at the recording's sample rate.
        mix: (N, channels) float32, recording plus drums, turned down if it would clip.
        sample_rate: samples a second.
        beats: (n, 2) seconds, bar position (1 = downbeat).
        confidence: confidence of the beat tracker, 0 to 1.
        tracker: its name; `given` if the beats were supplied.
        codes: (L,) drum codes.
        settings: settings of the sampling.
        mix_gain: factor by which the mix was turned down.
    """

    drums: np.ndarray
    mix: np.ndarray
    sample_rate: int
    beats: np.ndarray
    confidence: float
    tracker: str
    codes: np.ndarray
    settings: GenerateConfig
    mix_gain: float


class Drummer:
    """Generates drums for recordings.

    Args:
        models: the networks named in `MODELS`, and "tracker" if it is not loaded from
            `beats.weights`.
        infos: their descriptions.
        beats: settings of the beat tracker.
        generate: default settings of the sampling.
        device: where all networks run, e.g. "cpu" or "cuda".
        model_sha256: hash of the weights, which identifies the models in the results.

    Raises:
        UserError: the models do not belong together.
    """

    def __init__(
        self,
        models: dict[str, nn.Module],
        infos: dict[str, ModelInfo],
        beats: BeatsConfig,
        generate: GenerateConfig,
        device: str = "cpu",
        model_sha256: str = "",
    ) -> None:
        check_match(infos)
        self.infos, self.beats, self.generate = infos, beats, generate
        self.model_sha256 = model_sha256
        self.device = torch.device(device)
        self.mel = infos["lm"].mel_config
        self.frames_per_code = infos["lm"].sizes["frames_per_code"]
        self.models = {name: model.to(self.device).eval() for name, model in models.items()}

    @classmethod
    def load(cls, path: Path | str, device: str = "cpu") -> "Drummer":
        """Load a bundle such as `results/lm_beat_high`.

        Raises:
            UserError: no such folder, or a file is missing, broken or not the bundle's own.
        """
        bundle = read_bundle(Path(path))
        models = {
            name: load_weights(bundle.files[name], info) for name, info in bundle.infos.items()
        }
        digest = sha256(*bundle.files.values())
        return cls(models, bundle.infos, bundle.beats, bundle.generate, device, digest)

    @classmethod
    def from_folders(
        cls,
        folders: dict[str, Path],
        beats: BeatsConfig,
        generate: GenerateConfig,
        device: str = "cpu",
    ) -> "Drummer":
        """Combine trained models.

        Args:
            folders: the folder of each model in `MODELS`.
            beats: settings of the beat tracker; `weights` names its folder if it is trained.
            generate: default settings of the sampling.
            device: where all networks run.

        Raises:
            UserError: a file is missing, broken or foreign, or the models do not belong together.
        """
        loaded = {name: load_model(folders[name], kind) for name, kind in MODELS.items()}
        models = {name: model for name, (model, _) in loaded.items()}
        infos = {name: info for name, (_, info) in loaded.items()}
        return cls(models, infos, beats, generate, device)

    @property
    def lm_config(self) -> LMConfig:
        """Settings of the language model, e.g. which conditions it receives."""
        config: LMConfig = self.infos["lm"].section
        return config

    @property
    def takes_beats(self) -> bool:
        """Whether the language model can use supplied beats."""
        beats = representation(self.lm_config.beats)
        return bool(beats.arrays) and not beats.needs_embedding

    @cached_property
    def tracker(self) -> Tracker:
        """The beat tracker. It is created when it is first used."""
        return self.tracker_with(self.beats)

    def tracker_with(self, beats: BeatsConfig) -> Tracker:
        """The bundle's own tracker with other settings.

        Raises:
            UserError: a network, a file or a package is missing.
        """
        network = None
        if "tracker" in self.models:
            network = (self.models["tracker"], self.infos["tracker"])
        return make_tracker(beats, str(self.device), network)

    def accompany(
        self,
        audio: np.ndarray,
        sample_rate: int,
        settings: GenerateConfig | None = None,
        progress: bool = False,
        beats: np.ndarray | None = None,
    ) -> Accompaniment:
        """Generate drums for a recording of at least one second.

        Args:
            audio: (N,) or (N, channels), in [-1, 1].
            sample_rate: samples a second.
            settings: seed, temperature, top-p, guidance; by default the bundle's own.
            progress: print progress on standard error, with a bar and the time left.
            beats: (n, 2) seconds and bar position (1 = downbeat), ascending, n >= 0. Without them,
                beats are tracked.

        Raises:
            UserError: the audio is silent, too short, not finite or has a wrong shape; or the beats
                are not as `read_beats` expects; or the language model cannot use them (`lm.beats`
                low).
        """
        settings = settings or self.generate
        channels = check_recording(audio, sample_rate)
        if beats is not None:
            beats = np.asarray(beats, dtype=np.float64)
            check_beats(beats, "beats", len(channels) / sample_rate)
        if progress:
            tqdm.write(f"analysing {len(channels) / sample_rate:.0f} s", file=sys.stderr)
        mono = resample(channels.mean(axis=1, dtype=np.float32), sample_rate, SAMPLE_RATE)
        recording = self.encode(mono, beats)
        codes = self.sample([recording], settings, [settings.seed], progress)[0]
        drums = resample(self.decode(codes, recording), SAMPLE_RATE, sample_rate)
        return _accompaniment(channels, sample_rate, drums, recording, codes, settings)

    @torch.no_grad()
    def encode(self, audio: np.ndarray, beats: np.ndarray | None = None) -> EncodedRecording:
        """Beats, mel and codes of a recording.

        A recording that is louder or quieter than all training data is scaled to the nearest level
        of the training data.

        Args:
            audio: (N,) mono at 44,100 Hz.
            beats: (n, 2) seconds and bar position. Without them, beats are tracked.

        Raises:
            UserError: the language model cannot use these beats.
        """
        audio = audio.astype(np.float32)
        drumless = cast(Autoencoder, self.models["drumless"])
        gain = gain_into(level_db(self._mel(audio)), self._levels())
        mean = drumless.standardise.mean.cpu()
        mel = fill_empty_bands(self._mel(audio * gain), mean, self.mel.floor)
        mel = mel[None].to(self.device)
        tracked = self._beats(audio, gain) if beats is None else as_tracked(beats)
        self._check_usable(tracked)
        length = mel.shape[-1] // self.frames_per_code
        arrays = represent(tracked, CodeGrid(0, length, self.mel.hop * self.frames_per_code))
        conditions = Conditions(
            mel,
            drumless.encode(mel),
            {name: torch.from_numpy(array)[None].to(self.device) for name, array in arrays.items()},
        )
        return EncodedRecording(
            conditions, tracked.beats, tracked.confidence, tracked.tracker, gain, len(audio)
        )

    def sample(
        self,
        recordings: list[EncodedRecording],
        settings: GenerateConfig,
        seeds: list[int],
        progress: bool = False,
    ) -> list[Tensor]:
        """Drum codes for several recordings at once.

        Args:
            recordings: from `encode`.
            settings: temperature, top-p, guidance.
            seeds: one for each recording.
            progress: show a bar with the time left.

        Returns:
            (L,) codes for each recording.
        """
        model = cast(LanguageModel, self.models["lm"])
        conditions = [recording.conditions for recording in recordings]
        return sample(model, conditions, settings, seeds, progress)

    def decode(self, codes: Tensor, recording: EncodedRecording) -> np.ndarray:
        """Drum codes (L,) to samples (N,) float32 of the recording's length and level."""
        drums = cast(Autoencoder, self.models["drums"])
        vocoder = cast(Vocoder, self.models["vocoder"])
        audio = decode_codes(codes, drums, vocoder, self.mel)
        samples: np.ndarray = (audio[: recording.samples] / recording.gain).astype(np.float32)
        return samples

    def _mel(self, audio: np.ndarray) -> Tensor:
        return mel_of_codes(audio, self.mel, self.frames_per_code)

    def _beats(self, audio: np.ndarray, gain: float) -> Tracked:
        return self.tracker.track(audio * np.float32(gain), SAMPLE_RATE)

    def _levels(self) -> tuple[float, float]:
        """Lowest and highest level of the training data in decibels."""
        levels = self.infos["lm"].level_db
        if levels is None:
            raise UserError("the language model has no level_db; was its model.json edited?")
        return levels

    def _check_usable(self, tracked: Tracked) -> None:
        name = self.lm_config.beats
        if representation(name).needs_embedding and tracked.embeddings is None:
            raise UserError(
                f"the language model was trained on a tracker's embedding (lm.beats {name}), which "
                f"{tracked.tracker} beats do not have; use a bundle of beats mid or high, or let "
                "this bundle's own tracker find the beats"
            )


def _accompaniment(
    channels: np.ndarray,
    sample_rate: int,
    drums: np.ndarray,
    recording: EncodedRecording,
    codes: Tensor,
    settings: GenerateConfig,
) -> Accompaniment:
    """Fit the drums to the recording's length and mix both."""
    drums = np.pad(drums, (0, max(0, len(channels) - len(drums))))[: len(channels)]
    drums = drums * peak_gain(drums)
    mix = channels + drums[:, None]
    mix_gain = peak_gain(mix)
    return Accompaniment(
        drums=drums,
        mix=mix * mix_gain,
        sample_rate=sample_rate,
        beats=recording.beats,
        confidence=recording.confidence,
        tracker=recording.tracker,
        codes=codes.cpu().numpy(),
        settings=settings,
        mix_gain=mix_gain,
    )
