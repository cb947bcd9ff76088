"""The Mixing Secrets library (Cambridge Music Technology): raw multitrack recordings.

Layout: one zip file for each song, unpacked to its folder `Artist_Title_Full` (or `Artist_Title`
for an excerpt). The files are `NN_Name.wav`, mono and stereo side by side, in this folder or in one
inside it (`Artist_Title_Full/Audio`). There are no metadata.
The table in `corpus/track_names.py` gives the role of a track by its name. Phrases of the keys
`drums` and `other` are used before the table, those with more words first. `MR0903_Moosmusic` has a
number of the series Mix Rescue in place of the artist. The artist comes second.

Samples, triggers, overheads and room microphones are drums like the close microphones. The key
`percussion` decides the role of percussion such as shakers and claps. Percussion alone is not a kit
("no drums"). Loops, breaks, beats and fills without an instrument in their name are drums, which is
doubtful. A click track is not used. A song is left out ("track name") if the name of a track has no
words.

The tracks are raw. Their levels are not those of a mixture, so their sum does not sound like the
song. Bleed between microphones is not marked. A file of the mixture or a preview is only compared
with the sum. There is no official split.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from jukedrummer.config import FilesConfig, Names, key, require_folder
from jukedrummer.corpus.files import (
    check_name,
    entries,
    find_folders,
    is_audio,
    unusable,
    without_copies,
    without_namesakes,
)
from jukedrummer.corpus.song import LeftOut, Role, SourceSong, Stem, Unfit, Unusable, Work
from jukedrummer.corpus.track_names import NameRole, NameRule, name_role, words_of
from jukedrummer.errors import UserError

WHOLE_SONG = "_Full"
MIXING_SECRETS_LICENCE = "terms of the Mixing Secrets library"
_ROLES: dict[NameRole, Role] = {
    "drums": "drums",
    "room": "drums",
    "other": "other",
    "mixture": "mixture",
}


class MixingSecretsConfig(FilesConfig):
    """Songs of the Mixing Secrets library, a folder for each unpacked zip file."""

    kind: Literal["mixing_secrets"] = "mixing_secrets"
    percussion: Literal["other", "drums"] = key(
        "other", "role of percussion without a pitch in songs with a kit, e.g. shaker, claps"
    )
    drums: Names = key((), "words or phrases in the names of tracks that are drums, e.g. [my tom]")
    other: Names = key((), "words or phrases in the names of tracks that are not drums")

    @model_validator(mode="after")
    def _check_phrases(self) -> "MixingSecretsConfig":
        for name, phrases in (("drums", self.drums), ("other", self.other)):
            for phrase in phrases:
                if not words_of(phrase):
                    raise UserError(
                        f"{name} of the source {self.title} has {phrase!r}, which has no letters"
                    )
        both = {words_of(phrase) for phrase in self.drums} & set(map(words_of, self.other))
        if both:
            raise UserError(
                f"{' '.join(min(both))!r} is in both drums and other of the source {self.title}"
            )
        return self


def songs(config: MixingSecretsConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Find the songs.

    Args:
        config: the folder, and the roles of the names of tracks.
        work: not used, because nothing is made.

    Raises:
        UserError: there are no songs in this layout, or no song is unpacked.
    """
    require_folder(config.path, f"path of the source {config.title}")
    root = Path(config.path).absolute()
    found = list(find_folders(root, lambda folder: bool(_audio_files(folder))))
    archives = [path for path in entries(root) if path.suffix.lower() == ".zip"]
    names = _names([item for item in found if isinstance(item, Path)], root)
    if not names or found == [root]:
        raise _no_songs(root, archives)
    rules = _own_rules(config)
    for item in without_namesakes(found, names.__getitem__):
        yield item if isinstance(item, Unusable) else _item(item, names, rules, config)
    for path in archives:
        if path.stem not in names.values():
            reason = f"{path}: is not unpacked; unzip it into a folder of its own"
            yield Unusable(path.stem, "packed", reason)


def _names(folders: Sequence[Path], root: Path) -> dict[Path, str]:
    """The song of each folder of tracks: the name of the folder, or of one around it.

    The nearest folder below the root whose name ends in _Full is the song's; else the nearest with
    an underscore, as in Artist_Title. The name of a folder with the tracks of several songs, such
    as "Audio", is not a song's.
    """
    shared = Counter(folder.name for folder in folders)
    names = {}
    for folder in folders:
        around = [folder.name, *folder.relative_to(root).parts[-2::-1]]
        own = [name for name in around if shared[name] < 2]
        whole = [name for name in around if name.endswith(WHOLE_SONG)]
        names[folder] = (*whole, *(name for name in own if "_" in name), *own, folder.name)[0]
    return names


def _own_rules(config: MixingSecretsConfig) -> list[NameRule]:
    rules = [
        *(NameRule("drums", phrase, "from the config") for phrase in config.drums),
        *(NameRule("other", phrase, "from the config") for phrase in config.other),
    ]
    return sorted(rules, key=lambda rule: -len(words_of(rule.phrases)))


def _no_songs(root: Path, archives: Sequence[Path]) -> UserError:
    message = f"{root}: expected a folder for each song, Artist_Title_Full/01_Kick.wav"
    if _audio_files(root):
        return UserError(
            f"{message}, but found tracks in it; use the folder above the songs, and unzip each "
            "song into a folder of its own"
        )
    if archives:
        return UserError(
            f"{message}; found {len(archives)} zip files that are not unpacked. Unzip them there: "
            'for z in *.zip; do unzip -n "$z" -d "${z%.zip}"; done'
        )
    found = ", ".join(path.name for path in entries(root)[:5]) or "nothing"
    return UserError(f"{message}; found {found}")


def _audio_files(folder: Path) -> list[Path]:
    return without_copies(path for path in entries(folder) if is_audio(path) and path.is_file())


def _item(
    folder: Path, names: Mapping[Path, str], rules: Sequence[NameRule], config: MixingSecretsConfig
) -> SourceSong | Unusable:
    name = names[folder]
    if name + WHOLE_SONG in names.values():
        reason = f"{folder}: the whole song is in {name}{WHOLE_SONG}"
        return Unusable(name, "excerpt", reason, on_purpose=True)
    try:
        check_name(folder)
        return _song(folder, name.removesuffix(WHOLE_SONG), rules, config)
    except Unfit as error:
        return unusable(name, error)


def _song(
    folder: Path, own_name: str, rules: Sequence[NameRule], config: MixingSecretsConfig
) -> SourceSong:
    roles: dict[Path, NameRole] = {}
    for path in _audio_files(folder):
        check_name(path)
        name = path.stem.removeprefix(own_name).removeprefix(WHOLE_SONG)
        if not words_of(name):
            raise Unfit("track name", f"{path}: the name has no words; rename it")
        roles[path] = name_role(name, rules)
    meanings = {**_ROLES, "percussion": config.percussion}
    stems = [Stem(meanings[role], path) for path, role in roles.items() if role in meanings]
    _check_roles(folder, roles, stems)
    mixes = [stem for stem in stems if stem.role == "mixture"]
    artist, title = artist_and_title(own_name)
    return SourceSong(
        name=f"{artist} - {title}" if artist else title,
        stems=tuple(stem for stem in stems if stem not in mixes[1:]),
        identity=own_name,
        artist=artist,
        licence=MIXING_SECRETS_LICENCE,
    )


def _check_roles(folder: Path, roles: dict[Path, NameRole], stems: Sequence[Stem]) -> None:
    if "drums" not in roles.values():
        beside = [path.name for path, role in roles.items() if role == "percussion"]
        only = f"only percussion: {', '.join(beside[:3])}" if beside else "see the key drums"
        raise LeftOut("no drums", f"{folder}: no track has the name of a drum ({only})")
    if not any(stem.role == "other" for stem in stems):
        raise LeftOut("only drums", f"{folder}: all tracks are drums")


def artist_and_title(name: str) -> tuple[str, str]:
    """The artist, or "", and the title in the name of a song's folder without _Full."""
    artist, underscore, title = name.partition("_")
    if not underscore:
        return "", name
    return (title, artist) if re.fullmatch(r"MR\d+", artist) else (artist, title)


Config = MixingSecretsConfig
