"""MoisesDB: multitrack songs with 11 kinds of stems.

Layout: `moisesdb_v0.1/<song>/data.json` and `<song>/<stemName>/<track>.wav`, where song and track
are UUIDs. There is no mixture. In 50 songs the files differ in length. Short files are followed by
silence in the pair. A stemName may occur twice in `stems`; all its tracks are used. `extension` may
differ from the file's suffix, so the file is found by its id. A click track is not used.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from jukedrummer.config import FilesConfig, key, require_folder
from jukedrummer.corpus.files import (
    entries,
    is_audio,
    subfolders,
    unusable,
    without_copies,
)
from jukedrummer.corpus.song import LeftOut, Role, SourceSong, Stem, Unfit, Unusable, Work
from jukedrummer.errors import UserError
from jukedrummer.storage.files import read_json

MOISES_LICENCE = "CC BY-NC-SA 4.0"
STEM_NAMES = (
    "bass",
    "bowed_strings",
    "drums",
    "guitar",
    "other",
    "other_keys",
    "other_plucked",
    "percussion",
    "piano",
    "vocals",
    "wind",
)
CLICK = "click_track"
DRUM_TRACKS = (
    "kick_drum",
    "snare_drum",
    "toms",
    "hi_hat",
    "cymbals",
    "overheads",
    "full_acoustic_drumkit",
    "drum_machine",
)
"""Values of trackType that are drums in a stem of any name."""


class MoisesConfig(FilesConfig):
    """MoisesDB, on request.

    `download` takes the link that you receive, or the archive file.
    """

    kind: Literal["moisesdb"] = "moisesdb"
    percussion: Literal["other", "drums"] = key(
        "other", "role of the stem percussion; pitched percussion is always other"
    )
    bleed: Literal["drop", "keep"] = key(
        "drop", "use of songs in which a track is marked to contain other instruments"
    )


def songs(config: MoisesConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Find the songs.

    Raises:
        UserError: the folder has another layout.
    """
    require_folder(config.path, f"path of the source {config.title}")
    for folder in _find_songs(Path(config.path).absolute()):
        title = folder.name
        try:
            entries(folder)  # reports a folder that cannot be read
            about = read_json(folder / "data.json")
            title = _title(about) or title
            yield _song(folder, title, about, config)
        except Unfit as error:
            yield unusable(title, error)
        except (UserError, RecursionError) as error:  # RecursionError: JSON is nested too deep
            reason = (
                str(error) if isinstance(error, UserError) else f"{folder / 'data.json'}: {error}"
            )
            yield Unusable(title, "metadata", reason)


def _find_songs(root: Path) -> list[Path]:
    """The songs' folders: in the root, or in its folders such as moisesdb_v0.1."""
    places = [root] if _has_songs(root) else [path for path in subfolders(root) if _has_songs(path)]
    if not places:
        raise UserError(
            f"{root}: expected moisesdb_v0.1/<song>/data.json or <song>/data.json, found "
            f"{'data.json' if (root / 'data.json').exists() else 'neither'}; use the folder that "
            "has moisesdb_v0.1 in it"
        )
    return [path for place in places for path in entries(place) if _is_folder(path)]


def _has_songs(folder: Path) -> bool:
    # os.path: an unreadable folder is not an error here.
    return any(os.path.exists(path / "data.json") for path in subfolders(folder))


def _is_folder(path: Path) -> bool:
    return path.is_dir() or path.is_symlink()


def _title(about: Any) -> str:
    if not isinstance(about, dict):
        return ""
    return " - ".join(str(about[name]) for name in ("artist", "song") if about.get(name))


def _song(folder: Path, title: str, about: Any, config: MoisesConfig) -> SourceSong:
    tracks = list(_tracks(folder, about))
    if config.bleed == "drop":
        for track in tracks:
            if track.get("has_bleed") is True:
                raise LeftOut(
                    "bleed",
                    f"{folder}: the track {track['id']} is marked to contain other instruments; "
                    "set bleed: keep to use such songs",
                )
    stems = [
        Stem(_role(track, config), _file(folder / track["stemName"], track["id"]))
        for track in tracks
        if track.get("trackType") != CLICK
    ]
    if not any(stem.role == "drums" for stem in stems):
        raise LeftOut("no drums", f"{folder}: no track in data.json is drums")
    return SourceSong(
        name=title,
        stems=tuple(stems),
        identity=folder.name,
        artist=str(about.get("artist") or ""),
        style=str(about.get("genre") or ""),
        licence=MOISES_LICENCE,
    )


def _tracks(folder: Path, about: Any) -> Iterator[dict[str, Any]]:
    """The tracks in data.json, each with the stemName of its stem; checked."""
    where = folder / "data.json"
    try:
        tracks = [
            {**track, "stemName": stem["stemName"]}
            for stem in about["stems"]
            for track in stem["tracks"]
        ]
    except (KeyError, TypeError) as error:
        raise Unfit(
            "metadata", f"{where}: expected stems with stemName and tracks ({error!r})"
        ) from error
    for track in tracks:
        name, identity = track["stemName"], track.get("id")
        if name not in STEM_NAMES:
            raise Unfit("metadata", f"{where}: has a stemName {name!r}", str(name))
        # Both are parts of a path.
        if not isinstance(identity, str) or not identity.strip(".") or {"/", "\0"} & set(identity):
            raise Unfit("metadata", f"{where}: a track of {name} has the id {identity!r}")
        yield track


def _role(track: dict[str, Any], config: MoisesConfig) -> Role:
    kind = str(track.get("trackType") or "")
    if track["stemName"] == "drums" or kind in DRUM_TRACKS:
        return "drums"
    percussion = track["stemName"] == "percussion" and not kind.startswith("pitched")
    return "drums" if percussion and config.percussion == "drums" else "other"


def _file(folder: Path, identity: str) -> Path:
    inside = entries(folder) if folder.is_dir() else []
    paths = without_copies(path for path in inside if path.stem == identity and is_audio(path))
    if not paths:
        raise Unfit("missing stem", f"{folder / identity}: no audio file of this name")
    return paths[0]


Config = MoisesConfig
