"""Mel pictures (PNG) and sounds (MP3) as data URLs, to embed in a page."""

import base64
import io

import matplotlib as mpl
import numpy as np
import soundfile
import torch
from PIL import Image

from jukedrummer.audio.mel import log_mel
from jukedrummer.config import SAMPLE_RATE, MelConfig

FRAMES_A_PIXEL = 2  # the maximum of two frames keeps strokes sharp and halves the size
MEL_RANGE = 3.2  # decades below the maximum that are visible (64 dB)
# On libsndfile's scale: 75 kbit/s and 18 kHz bandwidth for drums (0.5: 56 kbit/s, 16 kHz).
MP3_COMPRESSION = 0.3
FADE_SECONDS = 0.02  # fade at the end of an excerpt, to avoid a click


def mel_picture(audio: np.ndarray, config: MelConfig) -> str:
    """The log-mel of (N,) as a PNG in a data URL: time to the right, low bands at the bottom."""
    mel = log_mel(torch.from_numpy(audio[None].astype(np.float32)), config)[0].numpy()
    frames = mel.shape[1] // FRAMES_A_PIXEL * FRAMES_A_PIXEL
    mel = mel[:, :frames].reshape(len(mel), -1, FRAMES_A_PIXEL).max(axis=2)
    level = (
        np.clip((mel - mel.max()) / MEL_RANGE + 1, 0, 1)
        if mel.max() > np.log10(config.floor)
        else 0 * mel
    )
    picture = Image.fromarray((level[::-1] * 255).astype(np.uint8), mode=None)
    picture.putpalette(
        (mpl.colormaps["magma"](np.arange(256))[:, :3] * 255).astype(np.uint8).tobytes()
    )
    png = io.BytesIO()
    picture.save(png, format="PNG", optimize=True)
    return data_address("image/png", png.getvalue())


def mp3(audio: np.ndarray) -> str:
    """(N,) as an MP3 in a data URL. Every browser plays MP3; older phones do not play Ogg."""
    faded = audio.astype(np.float32, copy=True)
    fade = min(len(faded), round(FADE_SECONDS * SAMPLE_RATE))
    faded[len(faded) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    file = io.BytesIO()
    soundfile.write(
        file,
        faded,
        SAMPLE_RATE,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="VARIABLE",
        compression_level=MP3_COMPRESSION,
    )
    return data_address("audio/mpeg", file.getvalue())


def data_address(kind: str, content: bytes) -> str:
    """A `data:` URL with the content."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
