"""A copy of MedleyDB: tracks with a mixture, stems, raw tracks and metadata in YAML."""

from pathlib import Path
from typing import Any

import yaml

from tests.layouts import music

FIRST_SEED = 400
GAINS = {"drums": 0.9, "bass": 0.7, "other": 0.8, "vocals": 1.0}  # of the stems in the mixture
Labels = list[tuple[str, str, float]]  # instrument, part of the music, level
BAND: Labels = [
    ("electric bass", "bass", 1.0),
    ("clean electric guitar", "other", 1.0),
    ("male singer", "vocals", 1.0),
]
TRACKS: list[tuple[str, str, str, Labels]] = [  # track, artist, has_bleed, stems
    ("MadeUps_FirstSong", "The Made Ups", "no", [("drum set", "drums", 1.0), *BAND]),
    (
        "MusicDelta_Polka",
        "Music Delta Multitracks",
        "no",
        [
            ("auxiliary percussion", "drums", 0.1),
            ("drum set", "drums", 0.5),
            *BAND,
            ("drum machine", "drums", 0.4),
            ("cymbal", "drums", 0.1),
            ("timpani", "bass", 0.1),
        ],
    ),
    ("MadeUps_SecondSong", "The Made Ups", "no", [*BAND, ("drum machine", "drums", 1.0)]),
    ("Nobody_Live", "Nobody", "yes", [("drum set", "drums", 1.0), *BAND]),
    ("Nobody_Stage", "Nobody", "no", [("drum set", "drums", 1.0), ("Main System", "other", 1.0)]),
    ("Orchestra_Overture", "An Orchestra", "no", [*BAND, ("cymbal", "drums", 1.0)]),
]


def make(root: Path, songs: int = len(TRACKS), seconds: float = 8.0) -> None:
    """Write the first tracks of `TRACKS`, with their metadata beside them."""
    for number in range(songs):
        make_track(root / "Audio", number, seconds)


def make_track(folder: Path, number: int, seconds: float = 3.0) -> Path:
    """Write one track of `TRACKS`, and return its folder."""
    name, artist, bleed, labels = TRACKS[number]
    track = folder / name
    parts = music.stems(FIRST_SEED + number, seconds)
    about: dict[str, Any] = {
        "album": "",
        "artist": artist,
        "composer": [],
        "excerpt": "yes",
        "genre": music.style(FIRST_SEED + number),
        "has_bleed": bleed,
        "mix_filename": f"{name}_MIX.wav",
        "raw_dir": f"{name}_RAW",
        "stem_dir": f"{name}_STEMS",
        "stems": {},
        "title": name.partition("_")[2].replace("Song", " Song"),
        "version": 1.2,  # a float there
        "website": [],
    }
    for place, (instrument, part, level) in enumerate(labels, 1):
        stem, raw = f"{name}_STEM_{place:02}.wav", f"{name}_RAW_{place:02}_01.wav"
        music.write(track / f"{name}_STEMS" / stem, parts[part] * level)
        music.write(track / f"{name}_RAW" / raw, parts[part].mean(axis=1) * level)
        about["stems"][f"S{place:02}"] = {
            "component": "",
            "filename": stem,
            "instrument": instrument,
            "raw": {"R01": {"filename": raw, "instrument": instrument}},
        }
    mixture = sum(GAINS[part] * level * parts[part] for _, part, level in labels)
    music.write(track / f"{name}_MIX.wav", mixture)
    (track / f"{name}_METADATA.yaml").write_text(yaml.safe_dump(about, default_flow_style=False))
    return track
