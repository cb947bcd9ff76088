"""A copy of Slakh2100-redux: tracks with stems, a mixture, MIDI files and metadata."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tests.corpus.midi_files import band, drums, write_midi
from tests.layouts import music

PAUSE_SECONDS = 0.4  # before the music
FOLDERS = ("train", "train", "train", "validation", "test", "test", "omitted")
STEMS = {"S00": "other", "S01": "drums", "S03": "bass", "S04": "vocals"}  # with a gap, as there
CLASSES = {
    "drums": ("Drums", 128, "session_kit_full.nkm"),
    "bass": ("Bass", 33, "scarbee_rickenbacker_bass_palm_muted.nkm"),
    "other": ("Guitar", 30, "elektrik_guitar.nkm"),
    "vocals": ("Strings (continued)", 52, "choir_o.nkm"),
}


def make(root: Path, songs: int = 7, seconds: float = 8.0) -> None:
    """Write the songs in flac, with the folders of the splits. The last repeats a MIDI file."""
    for number in range(songs):
        split = FOLDERS[number % len(FOLDERS)]
        same = 0 if split == "omitted" else number
        make_track(root / "slakh2100_flac_redux" / split, number + 1, seconds, same)


def make_baby(root: Path, songs: int = 2, seconds: float = 8.0) -> None:
    """Write the songs as BabySlakh has them: no splits, wav files at 16 kHz."""
    for number in range(songs):
        make_track(root / "babyslakh_16k", number + 1, seconds, number, suffix="wav", rate=16_000)


def make_track(
    folder: Path,
    number: int,
    seconds: float = 8.0,
    midi: int = 0,
    suffix: str = "flac",
    rate: int = 44_100,
) -> Path:
    """Write one song, and return its folder.

    Args:
        folder: the folder of its split.
        number: of the song.
        seconds: length.
        midi: number of the MIDI file that it is from.
        suffix: flac or wav.
        rate: samples a second.
    """
    track = folder / f"Track{number:05d}"
    seed = 200 + midi
    pause = np.zeros(round(PAUSE_SECONDS * 44_100), np.float32)
    played = music.stems(seed, seconds - PAUSE_SECONDS)
    audio = {name: np.concatenate([pause, part.mean(axis=1)]) for name, part in played.items()}
    for stem, part in STEMS.items():
        music.write(track / "stems" / f"{stem}.{suffix}", audio[part], rate)
    total = np.sum(list(audio.values()), axis=0)
    music.write(track / f"mix.{suffix}", total, rate)
    source = _write_source(track / "all_src.mid", seed, seconds, program=midi)
    digest = hashlib.md5(source.read_bytes()).hexdigest()
    (track / "metadata.yaml").write_text(yaml.safe_dump(_describe(digest, number)))
    return track


def _write_source(path: Path, seed: int, seconds: float, program: int) -> Path:
    """Write the MIDI file of a song: the beats of the music, after a bar of one beat."""
    beats = music.beats(seed, seconds - PAUSE_SECONDS)
    times = [0.0] + [PAUSE_SECONDS + time for time, _ in beats]
    tempi = [(beat, round(1e6 * gap)) for beat, gap in enumerate(np.diff(times))]
    meter = max(position for _, position in beats)
    strokes = [(at + 1, pitch) for at, pitch in drums(len(beats) - 1, meter)]
    notes = [(c, program, at + 1, n, k) for c, _, at, n, k in band(len(beats) - 1, meter)]
    return write_midi(
        path, strokes, notes, tempi=tempi, signatures=((0, 1, 4), (1, meter, 4)), kind=0
    )


def _describe(digest: str, number: int) -> dict[str, Any]:
    stems: dict[str, dict[str, Any]] = {}
    for stem, part in STEMS.items():
        name, program, plugin = CLASSES[part]
        stems[stem] = {
            "audio_rendered": number % 2 == 0,  # it may be false where the file exists
            "inst_class": name,
            "integrated_loudness": -12.8,
            "is_drum": part == "drums",
            "midi_program_name": name,
            "midi_saved": number % 2 == 0,
            "plugin_name": plugin,
            "program_num": program,
        }
    stems["S02"] = {  # an effect that the sampler does not have: no file
        "audio_rendered": False,
        "inst_class": "Sound Effects",
        "is_drum": False,
        "midi_program_name": "FX 8 (sci-fi)",
        "midi_saved": False,
        "plugin_name": "None",
        "program_num": 103,
    }
    return {
        "UUID": digest,
        "audio_dir": "Volumes/data/Track00001/stems",  # wrong in one song
        "lmd_midi_dir": f"lmd_matched/O/O/H/TROOHTB128F931F9DF/{digest}.mid",
        "midi_dir": "MIDI",
        "normalization_factor": -13.0,
        "normalized": True,
        "overall_gain": 0.18,
        "stems": stems,
        "target_peak": -1.0,
    }
