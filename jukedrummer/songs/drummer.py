"""The finished system: from a recording without drums to a drum track (paper section 3)."""

import sys
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from jukedrummer.audio.io import resample
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
from jukedrummer.model.score import ScoreNetwork
from jukedrummer.model.score_writer import ScoreWriter
from jukedrummer.model.vocoders import Vocoder
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.songs.accompaniment import (
    Accompaniment,
    EncodedRecording,
    WrittenScore,
    fit_accompaniment,
)
from jukedrummer.songs.bundle import MODELS, check_match, read_bundle
from jukedrummer.songs.codec import decode_codes
from jukedrummer.songs.reading import song_mono
from jukedrummer.songs.recording import (
    check_audible,
    check_recording,
    fill_empty_bands,
    gain_into,
    mel_of_codes,
)
from jukedrummer.storage.files import sha256
from jukedrummer.storage.weights import ModelInfo


class Drummer:
    """Generates drums for recordings.

    Args:
        models: the networks named in `MODELS`; "tracker" if it is not loaded from
            `beats.weights`; and "score" if there is a score model.
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
        channels, mono, note = _checked(audio, sample_rate)
        beats = _checked_beats(beats, len(channels) / sample_rate)
        if progress:
            tqdm.write(f"analysing {len(channels) / sample_rate:.0f} s", file=sys.stderr)
        recording = self.encode(resample(mono, sample_rate, SAMPLE_RATE), beats)
        codes = self.sample([recording], settings, [settings.seed], progress)[0]
        drums = resample(self.decode(codes, recording), SAMPLE_RATE, sample_rate)
        played = fit_accompaniment(channels, sample_rate, drums, recording, codes, settings)
        return replace(played, note=note)

    @property
    def writes_scores(self) -> bool:
        """Whether the bundle has a score model."""
        return "score" in self.models

    def write_score(
        self,
        audio: np.ndarray,
        sample_rate: int,
        seed: int | None = None,
        temperature: float | None = None,
        beats: np.ndarray | None = None,
    ) -> WrittenScore:
        """Write a drum score for a recording of at least one second.

        Args:
            audio, sample_rate, beats: as in `accompany`.
            seed: the same seed gives the same score; by default the bundle's.
            temperature: None writes the score that agrees best with many takes. A number draws one
                take; above 1 it is bolder, below 1 safer.

        Raises:
            UserError: as `accompany`, or the bundle has no score model.
        """
        if not self.writes_scores:
            raise UserError("this bundle has no score model; make it again, or use --route codes")
        seed = self.generate.seed if seed is None else seed
        channels, mono, note = _checked(audio, sample_rate)
        beats = _checked_beats(beats, len(channels) / sample_rate)
        song = resample(mono, sample_rate, SAMPLE_RATE).astype(np.float32)
        gain = gain_into(level_db(self._mel(song)), self._levels())
        tracked = self._beats(song, gain) if beats is None else as_tracked(beats)
        writer = ScoreWriter(cast(ScoreNetwork, self.models["score"]), str(self.device))
        strokes = (
            writer.write(song, tracked.beats, seed)
            if temperature is None
            else writer.takes(song, tracked.beats, seed, 1, temperature)[0]
        )
        return WrittenScore(strokes, tracked.beats, tracked.confidence, tracked.tracker, note)

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


def _checked(audio: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray, str]:
    """A recording as (N, channels) and mono (N,), and a note on the mono signal, or ""."""
    channels = check_recording(audio, sample_rate)
    mono, note = song_mono(channels)
    check_audible(mono)
    return channels, mono, note


def _checked_beats(beats: np.ndarray | None, seconds: float) -> np.ndarray | None:
    if beats is None:
        return None
    beats = np.asarray(beats, dtype=np.float64)
    check_beats(beats, "beats", seconds)
    return beats
