"""A copy of the Mixing Secrets library: folders of raw tracks, mono and stereo, 16 and 24 bit."""

from pathlib import Path

from tests.layouts import music

FIRST_SEED = 500
Tracks = list[tuple[str, str, bool, float]]  # name, part of the music, stereo, level
BAND: Tracks = [
    ("BassDI", "bass", False, 0.9),
    ("ElecGtr1DT", "other", True, 0.6),
    ("LeadVoxRoom", "vocals", False, 0.8),
]
SONGS: list[tuple[str, Tracks]] = [
    (
        "MadeUps_FirstSong_Full",
        [
            ("KickIn", "drums", False, 0.3),
            ("SnareSample", "drums", False, 0.1),
            ("Overheads", "drums", True, 0.4),
            ("Room", "drums", True, 0.2),
            ("Shaker", "drums", False, 0.05),
            ("Click", "drums", False, 0.5),
            *BAND,
        ],
    ),
    ("MadeUps_SecondSong", [("DrumLoop 1", "drums", True, 0.9), *BAND]),
    ("MR0001_OtherBand_Full", [("Kick", "drums", True, 0.5), ("Tom1", "drums", True, 0.4), *BAND]),
    ("Duo_Quiet_Full", [("Tambourine", "drums", False, 0.5), *BAND]),
]


def make(root: Path, songs: int = len(SONGS), seconds: float = 8.0) -> None:
    """Write the first songs of `SONGS`. The first has a preview."""
    for number in range(songs):
        make_song(root, number, seconds)


def make_song(root: Path, number: int, seconds: float = 3.0) -> Path:
    """Write one song of `SONGS`, and return its folder."""
    name, tracks = SONGS[number]
    parts = music.stems(FIRST_SEED + number, seconds)
    for place, (track, part, stereo, level) in enumerate(tracks, 1):
        audio = parts[part] if stereo else parts[part].mean(axis=1)
        path = root / name / f"{place:02}_{track}.wav"
        music.write(path, audio * level, subtype="PCM_16" if number % 2 else "PCM_24")
    if number == 0:
        preview = music.mixture(FIRST_SEED, seconds) * 0.9
        music.write(root / name / f"{name}_Preview.mp3", preview)
    return root / name
