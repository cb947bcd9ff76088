"""MedleyDB 1 and 2: multitrack songs with a mixture and a labelled stem for each instrument.

Layout: `Audio/<Track>/<Track>_MIX.wav`, `<Track>_STEMS/<Track>_STEM_01.wav` and
`<Track>_METADATA.yaml`, where Track is Artist_Title. The archives often lack the metadata, which
are in medleydb/data/Metadata of github.com/marl/medleydb. The raw tracks are not used.

The label of a stem decides its role. A song needs a stem "drum set" or "drum machine". A kick or a
cymbal alone, or an orchestra's percussion, is not a kit. In a song with a kit, single pieces of a
kit are drums too. The key `percussion` decides the role of percussion without a pitch. Timpani,
vibraphones and the like are other stems. A song is left out ("hidden drums") if a stem may contain
drums and other instruments: the microphones of the whole ensemble, a sampler, a DJ's scratches, a
stem with labels of both roles. Bleed also brings drums into other stems, so songs with bleed are
left out unless `bleed` is keep. All songs with an ensemble's microphones have bleed too.

Known faults (ERRATA.md there): some stems have bleed that the metadata do not mark. These songs
are treated as songs with bleed. Other faults concern raw tracks. The stems are sums before the
mastering: they add up to the mixture only with the right gains. There is no official split. Each
piece of "Music Delta" has an artist of its own, as in the data set's index of artists.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from jukedrummer.config import FilesConfig, key, require_folder
from jukedrummer.corpus.files import (
    check_name,
    find_folders,
    subfolders,
    unusable,
    without_namesakes,
)
from jukedrummer.corpus.metadata import read_metadata
from jukedrummer.corpus.song import LeftOut, Role, SourceSong, Stem, Unfit, Unusable, Work
from jukedrummer.errors import UserError

MEDLEYDB_LICENCE = "CC BY-NC-SA"
METADATA_END = "_METADATA.yaml"
KITS = {"drum set", "drum machine"}
KIT_PIECES = {"kick drum", "snare drum", "toms", "cymbal", "high hat"}
HIDING_DRUMS = {"Main System", "sampler", "scratches", "Unlabeled"}
PERCUSSION = {
    *("auxiliary percussion", "bass drum", "beatboxing", "bongo", "cabasa", "castanet", "chimes"),
    *("claps", "conga", "cowbell", "darbuka", "doumbek", "gong", "gu", "guiro", "maracas"),
    *("rattle", "shaker", "sleigh bells", "snaps", "tabla", "tambourine", "triangle"),
}
UNMARKED_BLEED = {
    "BrandonWebster_DontHearAThing",
    "ClaraBerryAndWooldog_Boys",
    "LizNelson_ImComingHome",
    "Lushlife_ToynbeeSuite",
    "TheScarletBrand_LesFleursDuMal",
}
OWN_ARTISTS = "MusicDelta_"


class MedleydbConfig(FilesConfig):
    """MedleyDB 1 and 2, on request.

    `download` takes the link that you receive, or the archive file.
    """

    kind: Literal["medleydb"] = "medleydb"
    metadata: str | None = key(
        None,
        "folder of the files <Track>_METADATA.yaml, which are used before those in the tracks' "
        "folders; null: the tracks' folders have them",
    )
    percussion: Literal["other", "drums"] = key(
        "other", "role of percussion without a pitch in songs with a kit, e.g. shaker, congas"
    )
    bleed: Literal["drop", "keep"] = key(
        "drop", "use of songs with bleed, whose other stems may contain the drums"
    )

    def check_machine(self, where: str) -> None:
        """Check that the folders exist, and that `metadata` has metadata files."""
        super().check_machine(where)
        if self.metadata is None:
            return
        require_folder(self.metadata, f"{where}.metadata")
        if not any(Path(self.metadata).glob(f"*{METADATA_END}")):
            raise UserError(
                f"{where}.metadata is {self.metadata}: has no files <Track>{METADATA_END}; in the "
                "repository marl/medleydb they are in medleydb/data/Metadata"
            )


def songs(config: MedleydbConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Find the songs.

    Args:
        config: the folders, the role of percussion, and the use of songs with bleed.
        work: not used, because nothing is made.

    Raises:
        UserError: there are no tracks in this layout, or none has metadata.
    """
    root = Path(config.path).absolute()
    require_folder(config.path, f"path of the source {config.title}")
    found = list(without_namesakes(find_folders(root, _is_track), lambda track: track.name))
    tracks = [item for item in found if isinstance(item, Path)]
    if not tracks or tracks == [root]:
        raise _no_tracks(root)
    if not any(_metadata_file(track, config) for track in tracks):
        raise UserError(
            f"{root}: none of {len(tracks)} tracks has a file <Track>{METADATA_END} in its folder"
            f"{f' or in {config.metadata}' if config.metadata else ''}; get "
            "medleydb/data/Metadata of github.com/marl/medleydb, and set the key metadata to it"
        )
    for item in found:
        yield item if isinstance(item, Unusable) else _item(item, config)


def _is_track(folder: Path) -> bool:
    return any((folder / f"{folder.name}{end}").exists() for end in ("_STEMS", "_MIX.wav"))


def _no_tracks(root: Path) -> UserError:
    message = (
        f"{root}: expected Audio/<Track>/<Track>_MIX.wav and Audio/<Track>/<Track>_STEMS/, the "
        "folder Audio itself or the folder of the tracks"
    )
    if _is_track(root) or root.name.endswith(("_STEMS", "_RAW")):
        return UserError(f"{message}, but this is a track; use the folder above it")
    inside = ", ".join(path.name for path in subfolders(root)[:5]) or "no folders"
    return UserError(f"{message}; found {inside}")


def _metadata_file(track: Path, config: MedleydbConfig) -> Path | None:
    folders = [Path(config.metadata)] if config.metadata else []
    files = [folder / f"{track.name}{METADATA_END}" for folder in (*folders, track)]
    return next((file for file in files if file.is_file()), None)


def _item(track: Path, config: MedleydbConfig) -> SourceSong | Unusable:
    try:
        return _song(track, config)
    except Unfit as error:
        return unusable(track.name, error)
    except OSError as error:
        reason = f"{track}: cannot be read ({error.strerror or error})"
        return Unusable(track.name, "unreadable", reason)


def _song(track: Path, config: MedleydbConfig) -> SourceSong:
    check_name(track)
    file = _metadata_file(track, config)
    if file is None:
        raise Unfit("metadata", f"{track}: has no {track.name}{METADATA_END}; see the key metadata")
    about = read_metadata(file)
    labels = _stem_labels(file, about)
    roles = _roles(file, labels, config)
    if config.bleed == "drop":
        _check_bleed(track, file, about)
    folder, mixture = track / f"{track.name}_STEMS", track / f"{track.name}_MIX.wav"
    for name in labels:
        if not (folder / name).is_file():
            raise Unfit("missing stem", f"{folder / name}: no such file, but {file.name} names it")
    stems = [Stem(role, folder / name) for name, role in roles.items()]
    stems += [Stem("mixture", mixture)] if mixture.is_file() else []
    artist, _, title = track.name.partition("_")
    texts = {name: about[name] for name in ("artist", "title", "genre") if _is_text(about, name)}
    artist, title = texts.get("artist", artist), texts.get("title", title)
    return SourceSong(
        name=f"{artist} - {title}",
        stems=tuple(stems),
        identity=track.name,
        artist="" if track.name.startswith(OWN_ARTISTS) else artist,
        style=texts.get("genre", ""),
        licence=MEDLEYDB_LICENCE,
    )


def _is_text(about: Mapping[str, Any], name: str) -> bool:
    value = about.get(name)
    return isinstance(value, str) and bool(value.strip())


def _stem_labels(file: Path, about: Mapping[str, Any]) -> dict[str, set[str]]:
    """The labels of each stem, by its file name, in the order of the stems' numbers."""
    described = about.get("stems")
    if not isinstance(described, dict) or not described:
        raise Unfit("metadata", f"{file}: has no stems")
    result: dict[str, set[str]] = {}
    for number, stem in sorted(described.items()):
        name = stem.get("filename") if isinstance(stem, dict) else None
        instrument = stem.get("instrument") if isinstance(stem, dict) else None
        labels = [instrument] if isinstance(instrument, str) else instrument
        # The file name is part of a path. It must not lead out of the track's folder.
        if not isinstance(name, str) or not name.strip(".") or {"/", "\\", "\0"} & set(name):
            raise Unfit("metadata", f"{file}: the stem {number} has the filename {name!r}")
        if not isinstance(labels, list) or not all(isinstance(x, str) and x for x in labels):
            raise Unfit("metadata", f"{file}: the stem {number} has the instrument {instrument!r}")
        if name in result or not labels:
            what = "the file of another stem" if labels else "no instrument"
            raise Unfit("metadata", f"{file}: the stem {number} has {what}")
        result[name] = set(labels)
    return result


def _roles(file: Path, labels: Mapping[str, set[str]], config: MedleydbConfig) -> dict[str, Role]:
    drums = KITS | KIT_PIECES | (PERCUSSION if config.percussion == "drums" else set())
    if not any(of_stem & KITS for of_stem in labels.values()):
        raise LeftOut("no drums", f"{file}: no stem is a {' or a '.join(sorted(KITS))}")
    for name, of_stem in labels.items():
        if of_stem & HIDING_DRUMS or (of_stem & drums and of_stem - drums):
            shown = ", ".join(sorted(of_stem))
            reason = f"{file}: {name} ({shown}) may contain drums and other instruments"
            raise LeftOut("hidden drums", reason, shown)
    roles: dict[str, Role] = {
        name: "drums" if of_stem <= drums else "other" for name, of_stem in labels.items()
    }
    if set(roles.values()) == {"drums"}:
        raise LeftOut("only drums", f"{file}: all stems are drums")
    return roles


def _check_bleed(track: Path, file: Path, about: Mapping[str, Any]) -> None:
    if str(about.get("has_bleed")).lower() not in ("no", "false"):
        what = f"{file}: has_bleed is {about.get('has_bleed')!r}"
    elif track.name in UNMARKED_BLEED:
        what = f"{track}: a stem has bleed, by the data set's list of errata"
    else:
        return
    raise LeftOut("bleed", f"{what}; set bleed: keep to use such songs")


Config = MedleydbConfig
