"""The finished system: a recording without drums in, a drum track out (paper section 3, at inference)."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from jukedrummer.audio.io import SAMPLE_RATE, peak_gain, resample
from jukedrummer.audio.mel import check_same_mel, level_db, log_mel
from jukedrummer.beats.annotations import check_beats
from jukedrummer.beats.given import as_tracked
from jukedrummer.beats.representations import CodeGrid, represent
from jukedrummer.beats.tracker import Tracked, Tracker, make_tracker
from jukedrummer.config import BeatsConfig, GenerateConfig, MelConfig, parse
from jukedrummer.errors import UserError
from jukedrummer.model.chunks import in_blocks
from jukedrummer.model.lm import Conditions
from jukedrummer.model.sampling import sample
from jukedrummer.model.vqvae import Autoencoder
from jukedrummer.storage.files import read_json, sha256
from jukedrummer.storage.weights import (
    ModelInfo,
    default_device,
    info_from,
    load_model,
    load_weights,
)

# The four trained parts of every bundle: name of the part (and of its file) -> kind of network.
MODELS = {"drums": "vqvae", "drumless": "vqvae", "lm": "lm", "vocoder": "vocoder"}
FORMAT_VERSION = 1
LEAST_SECONDS = 1.0
SILENCE = 1e-4  # peak, -80 decibel
EMPTY_BAND = 1.0  # a mel band that hardly ever comes this far (log10) above the floor holds nothing
NARROW = 0.2  # share of empty bands that only a narrow-band recording has; a dull one has fewer


def parts_with(beats: BeatsConfig) -> dict[str, str]:
    """The trained parts of a bundle with such a tracker: `MODELS`, and the tracker where it was trained."""
    return {**MODELS, "tracker": "tracker"} if beats.tracker == "drum_aware" else MODELS


@dataclass(frozen=True)
class Heard:
    """What the drummer knows of a recording before it plays."""

    conditions: Conditions  # B = 1
    beats: np.ndarray  # (n, 2) seconds, bar position
    confidence: float  # of the beat tracker, 0 to 1
    tracker: str  # its name, or "given"
    gain: float  # that brought the recording to the level of the training data
    samples: int  # N at 44,100 Hz


@dataclass(frozen=True)
class Accompaniment:
    """A drum track and what it was made from."""

    drums: np.ndarray  # (N,) float32, at the input's sample rate
    mix: np.ndarray  # (N, channels) float32, input plus drums, turned down where it would clip
    sample_rate: int
    beats: np.ndarray  # (n, 2) seconds, bar position
    confidence: float
    tracker: str
    codes: np.ndarray  # (L,)
    settings: GenerateConfig
    mix_gain: float


class Drummer:
    """Plays drums along with recordings.

    Args:
        models: the networks named in `MODELS`; "tracker" too where it is not to come from `beats.weights`.
        infos: their descriptions.
        beats: the beat tracker's settings.
        generate: default settings of the sampling.
        device: of the networks and of the tracker's.
        model_sha256: of the weights, to name what played.

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
        self.infos, self.generate, self.model_sha256 = infos, generate, model_sha256
        self.device = torch.device(device)
        self.mel: MelConfig = infos["lm"].mel_config
        _check_match(infos, self.mel)
        self.models = {name: model.to(self.device).eval() for name, model in models.items()}
        self.frames_per_code = infos["lm"].sizes["frames_per_code"]
        self.beats = beats

    @classmethod
    def load(cls, path: Path | str, device: str = "cpu") -> "Drummer":
        """Load a bundle such as `results/lm_beat_high`.

        Raises:
            UserError: no such folder, or a file that is missing, broken, foreign or not the bundle's own.
        """
        path = Path(path)
        if not path.is_dir():
            raise UserError(
                f"{path}: no such folder, or a file; a bundle is a folder with drummer.json and its weights"
            )
        description = _read_description(path / "drummer.json")
        beats = parse(BeatsConfig, description["beats"], f"{path}: beats")
        names = _described(description, beats, path)
        infos = {name: info_from(description["models"][name], str(path)) for name in names}
        models = {}
        for name, info in infos.items():
            file = path / f"{name}.safetensors"
            if not file.is_file():
                raise UserError(f"{file}: is missing; copy the whole bundle")
            if sha256(file) != description["files"][file.name]:
                raise UserError(
                    f"{file}: is not the file that drummer.json lists; copy the whole bundle again"
                )
            models[name] = load_weights(file, info)
        return cls(
            models,
            infos,
            beats,
            parse(GenerateConfig, description["generate"], f"{path}: generate"),
            device,
            sha256(*(path / f"{name}.safetensors" for name in names)),
        )

    @classmethod
    def from_folders(
        cls,
        folders: dict[str, Path],
        beats: BeatsConfig,
        generate: GenerateConfig,
        device: str = "cpu",
    ) -> "Drummer":
        """Put together models that were just trained: `folders` names one for each of `MODELS`."""
        loaded = {name: load_model(folders[name], kind) for name, kind in MODELS.items()}
        models = {name: model for name, (model, _) in loaded.items()}
        infos = {name: info for name, (_, info) in loaded.items()}
        return cls(models, infos, beats, generate, device)

    @cached_property
    def tracker(self) -> Tracker:
        """Made when it is first needed: where the beats are given, it is not."""
        network = (
            (self.models["tracker"], self.infos["tracker"]) if "tracker" in self.models else None
        )
        return make_tracker(self.beats, str(self.device), network)

    def accompany(
        self,
        audio: np.ndarray,
        sample_rate: int,
        settings: GenerateConfig | None = None,
        progress: bool = False,
        beats: np.ndarray | None = None,
    ) -> Accompaniment:
        """Play along with a recording of any length from a second on.

        Args:
            audio: (N,) or (N, channels), in [-1, 1].
            sample_rate: samples a second.
            settings: seed, temperature, top-p, guidance; the bundle's own by default.
            progress: say on standard error what is done, with a bar and the time left.
            beats: (n, 2) seconds and bar position (1 = downbeat), ascending, where they are known; no
                tracker is run then. n may be 0.

        Returns:
            The drums, and their mix with the recording.

        Raises:
            UserError: silent, too short, NaN, or not of that shape; beats that break the rules of
                `read_beats`, or that the language model cannot use (`lm.beats` low).
        """
        settings = settings or self.generate
        channels = _check_audio(audio, sample_rate)
        if beats is not None:
            beats = np.asarray(beats, dtype=np.float64)
            check_beats(beats, "beats", len(channels) / sample_rate)
        if progress:
            tqdm.write(f"listening to {len(channels) / sample_rate:.0f} s", file=sys.stderr)
        mono = resample(channels.mean(axis=1, dtype=np.float32), sample_rate, SAMPLE_RATE)
        heard = self.listen(mono, beats)
        codes = self.play([heard], settings, [settings.seed], progress)[0]
        drums = resample(self.sound(codes, heard), SAMPLE_RATE, sample_rate)
        drums = np.pad(drums, (0, max(0, len(channels) - len(drums))))[: len(channels)]
        drums = drums * peak_gain(drums)
        mix = channels + drums[:, None]
        mix_gain = peak_gain(mix)
        return Accompaniment(
            drums=drums,
            mix=mix * mix_gain,
            sample_rate=sample_rate,
            beats=heard.beats,
            confidence=heard.confidence,
            tracker=heard.tracker,
            codes=codes.cpu().numpy(),
            settings=settings,
            mix_gain=mix_gain,
        )

    @torch.no_grad()
    def listen(self, audio: np.ndarray, beats: np.ndarray | None = None) -> Heard:
        """Beats, mel and codes of a recording, (N,) float32 mono at 44,100 Hz; beats (n, 2) where known.

        A recording much louder or quieter than the training data is brought to the nearest level there.
        """
        audio = audio.astype(np.float32)
        level = level_db(self._mel(audio))
        low, high = self.infos["lm"].level_db
        gain = 10 ** ((min(max(level, low), high) - level) / 20)
        mel = self._fill_empty_bands(self._mel(audio * gain))[None].to(self.device)
        tracked = (
            self.tracker.track(audio * np.float32(gain), SAMPLE_RATE)
            if beats is None
            else as_tracked(beats)
        )
        self._check_usable(tracked)
        length = mel.shape[-1] // self.frames_per_code
        features = represent(tracked, CodeGrid(0, length, self.mel.hop * self.frames_per_code))
        fields = [
            torch.from_numpy(value)[None].to(self.device) for value in asdict(features).values()
        ]
        codes = self.models["drumless"].encode(mel)
        conditions = Conditions(mel, codes, *fields)
        return Heard(
            conditions, tracked.beats, tracked.confidence, tracked.tracker, gain, len(audio)
        )

    def _check_usable(self, tracked: Tracked) -> None:
        if self.infos["lm"].config["beats"] == "low" and tracked.embeddings is None:
            raise UserError(
                "the language model was trained on a tracker's embedding (lm.beats low), which "
                f"{tracked.tracker} beats do not have; use a bundle of beats mid or high, or let "
                "this one's tracker find the beats"
            )

    def _mel(self, audio: np.ndarray) -> Tensor:
        """(F, M) of (N,), padded with silence to whole codes."""
        step = self.mel.hop * self.frames_per_code
        padded = np.pad(audio, (0, -len(audio) % step))
        return log_mel(torch.from_numpy(padded).float()[None], self.mel)[0]

    def _fill_empty_bands(self, mel: Tensor) -> Tensor:
        """Give a narrow-band recording's empty bands their mean in the training data: (F, M) to the same.

        A recording at 8 kHz, or one that went through a narrow codec, has nothing above 4 kHz. To the
        models, trained on whole spectra, that would be silence; the mean tells them nothing instead.
        """
        # Not the very highest: where a file starts and ends, resampling leaves a click in all bands.
        highest = mel.kthvalue(max(1, int(0.98 * mel.shape[1])), dim=1).values
        empty = highest < np.log10(self.mel.floor) + EMPTY_BAND
        if empty.float().mean() < NARROW:
            return mel
        mean = self.models["drumless"].standardise.mean.cpu()
        return torch.where(empty[:, None], mean, mel)

    def play(
        self, heard: list[Heard], settings: GenerateConfig, seeds: list[int], progress: bool = False
    ) -> list[Tensor]:
        """Drum codes for several recordings at once: for each (L,)."""
        return sample(
            self.models["lm"], [each.conditions for each in heard], settings, seeds, progress
        )

    @torch.no_grad()
    def sound(self, codes: Tensor, heard: Heard) -> np.ndarray:
        """Drum codes (L,) to a waveform of the recording's length and level: (N,) float32."""
        audio = sound_of_codes(codes, self.models["drums"], self.models["vocoder"], self.mel)
        return (audio[: heard.samples] / heard.gain).astype(np.float32)


def sound_of_codes(
    codes: Tensor, drums: Autoencoder, vocoder: nn.Module, mel: MelConfig
) -> np.ndarray:
    """Decode drum codes (L,) to (L * frames_per_code * hop,) samples."""
    return (
        in_blocks(vocoder, drums.decode(codes[None]), mel.hop, margin=vocoder.margin)[0]
        .cpu()
        .numpy()
    )


def load_codec(drums: Path, vocoder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """`codec_round_trip` with the models of two folders: (N,) to (N,)."""
    (drums_model, info), (vocoder_model, _) = (
        load_model(drums, "vqvae"),
        load_model(vocoder, "vocoder"),
    )
    models = {
        "drums": drums_model.to(default_device()),
        "vocoder": vocoder_model.to(default_device()),
    }
    return partial(codec_round_trip, **models, mel=info.mel_config)


@torch.no_grad()
def codec_round_trip(
    audio: np.ndarray, drums: Autoencoder, vocoder: nn.Module, mel: MelConfig
) -> np.ndarray:
    """Real drums (N,) through VQ-VAE and vocoder: the ceiling of what the language model can sound like."""
    padded = np.pad(audio, (0, -len(audio) % (mel.hop * drums.frames_per_code)))
    device = next(drums.parameters()).device
    codes = drums.encode(log_mel(torch.from_numpy(padded).float()[None].to(device), mel))[0]
    return sound_of_codes(codes, drums, vocoder, mel)[: len(audio)]


def _check_match(infos: dict[str, ModelInfo], mel: MelConfig) -> None:
    """Raise UserError unless the models were made for each other."""
    for name, info in ((name, infos[name]) for name in MODELS):
        check_same_mel(mel, info.mel, f"the model {name}")
    for part in ("drums", "drumless"):
        found, expected = infos[part].config["codebook"], infos["lm"].sizes[f"{part}_codebook"]
        if found != expected:
            raise UserError(
                f"the {part} VQ-VAE has {found} codes, the language model expects {expected}"
            )


def _read_description(path: Path) -> dict[str, Any]:
    description = read_json(path)
    if not isinstance(description, dict) or description.get("format_version") != FORMAT_VERSION:
        raise UserError(f"{path}: is not the description of a bundle of format {FORMAT_VERSION}")
    for key in ("models", "files", "beats", "generate"):
        if not isinstance(description.get(key), dict):
            raise UserError(f"{path}: has no {key!r}; was it edited or cut off?")
    return description


def _described(description: dict[str, Any], beats: BeatsConfig, path: Path) -> list[str]:
    """The names of the bundle's parts, or UserError where one is not described."""
    names = list(parts_with(beats))
    for name in names:
        if name not in description["models"] or f"{name}.safetensors" not in description["files"]:
            raise UserError(
                f"{path / 'drummer.json'}: does not describe the model {name!r}; was it edited?"
            )
    return names


def _check_audio(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """The audio as (N, channels) float32, or UserError."""
    audio = np.asarray(audio)
    if not np.issubdtype(audio.dtype, np.floating):
        raise UserError(
            f"the audio is of type {audio.dtype}; expected floats in [-1, 1]: divide by full scale"
        )
    if not (isinstance(sample_rate, int | np.integer) and 1_000 <= sample_rate <= 1_000_000):
        raise UserError(
            f"the sample rate is {sample_rate}; the limits are 1000 to 1000000 samples a second"
        )
    audio = audio.astype(np.float32)
    if audio.ndim not in (1, 2) or (audio.ndim == 2 and audio.shape[1] > 64):
        raise UserError(
            f"the audio has shape {audio.shape}; expected (samples,) or (samples, channels)"
        )
    channels = audio if audio.ndim == 2 else audio[:, None]
    seconds = len(channels) / sample_rate
    if seconds < LEAST_SECONDS:
        raise UserError(
            f"the audio lasts {seconds:.2f} s; at least {LEAST_SECONDS:g} s are needed to hear a beat"
        )
    if not np.isfinite(channels).all():
        raise UserError("the audio holds NaN or infinite samples; export it again")
    peak = float(np.abs(channels).max())
    if peak < SILENCE:
        raise UserError(
            f"the audio is silent (its peak is {peak:.1e}, the limit {SILENCE:g}); nothing to play to"
        )
    return channels
