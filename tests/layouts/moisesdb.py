"""A copy of MoisesDB: songs of UUIDs with data.json and the tracks of each stem."""

import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from tests.layouts import music

SHORT_SAMPLES = 9_000  # that one file of the second song lacks at its end
Tracks = list[tuple[str, str, np.ndarray]]  # stemName, trackType, audio


def make(root: Path, songs: int = 4, seconds: float = 10.0) -> None:
    """Write the songs. Songs 0 and 3 are of one artist."""
    for number in range(songs):
        make_song(root / "moisesdb_v0.1", number, seconds)


def make_song(folder: Path, number: int, seconds: float = 3.0) -> Path:
    """Write one song, and return its folder."""
    song = folder / _uuid(f"song {number}")
    stems = music.stems(600 + number, seconds)
    half = len(stems["drums"]) // 2
    kick, rest = stems["drums"].copy(), stems["drums"].copy()
    kick[half:], rest[:half] = 0, 0
    guitar = stems["other"][: -SHORT_SAMPLES if number == 1 else None]
    tracks: Tracks = [
        ("drums", "kick_drum", kick),
        ("bass", "bass_guitar", stems["bass"].mean(axis=1)),
        ("guitar", "clean_electric_guitar", guitar),
        ("percussion", "a-tonal_percussion_(claps,_shakers,_congas,_cowbell_etc)", rest * 0.1),
        ("percussion", "pitched_percussion_(mallets,_glockenspiel,_...)", stems["other"] * 0.1),
        ("vocals", "lead_female_singer", stems["vocals"]),
        ("other", "click_track", rest * 0.5),
        ("drums", "drum_machine", rest),  # a stem of a name that occurred before
    ]
    described = [_write(song, *track, number) for track in tracks]
    about = {
        "song": f"Made Up {number}",
        "artist": f"Nobody {number % 3}",
        "genre": music.style(600 + number),
        "stems": described,
    }
    (song / "data.json").write_text(json.dumps(about, indent=1))
    return song


def _write(song: Path, stem: str, kind: str, audio: np.ndarray, number: int) -> dict[str, Any]:
    name = _uuid(f"{song.name} {stem} {kind}")
    music.write(song / stem / f"{name}.wav", audio, subtype="PCM_24" if number == 2 else "PCM_16")
    track = {
        "id": name,
        "trackType": kind,
        "type": "audio/x-wav",
        # In the second song it differs from the file's suffix.
        "extension": "mp3" if number == 1 and stem == "bass" else "wav",
        "has_bleed": {0: False, 1: None, 2: stem == "drums"}.get(number, False),
    }
    return {"id": _uuid(f"{name} stem"), "stemName": stem, "tracks": [track]}


def _uuid(text: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, text))
