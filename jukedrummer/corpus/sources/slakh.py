"""Slakh2100 and BabySlakh: MIDI files of the Lakh set, played by samplers stem by stem.

Layout: `train/Track00001/metadata.yaml`, `mix.flac`, `all_src.mid` and `stems/S00.flac`; likewise
`validation`, `test`, `omitted`. BabySlakh has no folders of splits, and wav files at 16 kHz.

The files decide which stems a song has. `audio_rendered` may be false although the file exists, and
an entry without a file is normal. All stems with `is_drum` are drums. The keys in the drums' MIDI
files follow the sampler's kit, so these files are not a score in General MIDI and are not used.

Known faults (issues of ethman/slakh-utils) are in the stems beside the drums, so the songs are
used: 17, some stems are noise, or have wrong or missing notes; 18, basses an octave off; 20, seven
songs lack S00; 21, Track01500 has a steady tone in S12 and S13; 25, folders in the metadata of
Track00616 are wrong (these are not used).
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from tqdm import tqdm

from jukedrummer.config import Archive, FilesConfig, key, require_folder
from jukedrummer.corpus.files import (
    entries,
    is_audio,
    subfolders,
    unusable,
    without_copies,
)
from jukedrummer.corpus.metadata import read_metadata
from jukedrummer.corpus.song import LeftOut, SourceSong, Stem, Unfit, Unusable, Work
from jukedrummer.errors import UserError

if TYPE_CHECKING:
    from jukedrummer.corpus.midi.beats import RecordedBeats

SLAKH_LICENCE = "CC BY 4.0"
SLAKH_SPLITS = {"train": "train", "validation": "valid", "test": "test", "omitted": ""}
"""Folder to split; songs of `omitted` have none of their own."""
TRACK = re.compile(r"Track\d+")


class SlakhConfig(FilesConfig):
    """The data sets Slakh2100 (all songs or redux) and BabySlakh."""

    ARCHIVES: ClassVar[Mapping[str, Archive]] = {
        "redux": Archive(
            "https://zenodo.org/records/4599666/files/slakh2100_flac_redux.tar.gz",
            checksum="md5:f4b71b6c45ac9b506f59788456b3f0c4",
            licence=SLAKH_LICENCE,
            title="Slakh2100-redux",
        ),
        "baby": Archive(
            "https://zenodo.org/records/4603870/files/babyslakh_16k.tar.gz",
            checksum="md5:311096dc2bde7d61c97e930edbfc7f78",
            licence=SLAKH_LICENCE,
            title="BabySlakh",
        ),
    }
    kind: Literal["slakh"] = "slakh"
    split: Literal["artist", "official", "away"] = key(
        "official",
        "official: the data set's own, as no artist is known; artist: draw the split; away: all "
        "songs are for evaluation",
    )
    omitted: bool = key(
        False, "whether redux's folder omitted is used: songs from a MIDI file of another song"
    )


def songs(config: SlakhConfig, work: Work) -> Iterator[SourceSong | Unusable]:
    """Find the songs, and read their beats from their MIDI files.

    Songs from the same MIDI file have one identity, so they are drawn for the same split. If their
    official splits differ, all have the strictest: test before validation before training.

    Raises:
        UserError: the folder has another layout, or the folder for the beats cannot be written.
    """
    from jukedrummer.corpus.making import run_jobs

    require_folder(config.path, f"path of the source {config.title}")
    tracks = _find_tracks(Path(config.path).absolute(), config.omitted)
    items = [_read_track(*track) for track in tqdm(tracks, desc=config.title, unit="song")]
    yield from (item for item in items if isinstance(item, Unusable))
    usable = _with_one_split([item for item in items if isinstance(item, SourceSong)])
    jobs = [(song.stems[0].path.parents[1] / "all_src.mid", work.folder) for song in usable]
    beats = run_jobs(_read_beats, jobs, work.workers)
    without = beats.count(None)
    if without:
        print(f"corpus: {config.title}: {without} of {len(usable)} MIDI files have no usable beats")
    for song, own in zip(usable, beats, strict=True):
        yield (
            replace(song, beats=own.path, check_beats=True, bar_lines=own.bar_lines)
            if own
            else song
        )


def _find_tracks(root: Path, omitted: bool) -> list[tuple[Path, str]]:
    """The songs' folders and their splits, sorted by split and name."""
    places = [root] if _is_base(root) else [path for path in subfolders(root) if _is_base(path)]
    if len(places) != 1:
        inside = ", ".join(place.name for place in places) or "neither"
        raise UserError(
            f"{root}: expected train/Track00001/metadata.yaml (Slakh2100) or "
            f"Track00001/metadata.yaml (BabySlakh), found {inside}; use the folder that has "
            "train, validation and test in it, or the folders Track..."
        )
    (base,) = places
    if not _has_splits(base):
        return [(path, SLAKH_SPLITS.get(base.name, "")) for path in _track_entries(base)]
    return [
        (path, split)
        for folder, split in SLAKH_SPLITS.items()
        if folder != "omitted" or omitted
        for path in _track_entries(base / folder)
    ]


def _track_entries(folder: Path) -> list[Path]:
    inside = entries(folder) if folder.is_dir() else []
    return [path for path in inside if TRACK.fullmatch(path.name)]


def _has_splits(folder: Path) -> bool:
    return any(_track_entries(folder / name) for name in SLAKH_SPLITS)


def _is_base(folder: Path) -> bool:
    return bool(_track_entries(folder)) or _has_splits(folder)


def _read_track(folder: Path, split: str) -> SourceSong | Unusable:
    try:
        inside = _audio_files(folder)
        return _song(folder, split, read_metadata(folder / "metadata.yaml"), inside)
    except Unfit as error:
        return unusable(folder.name, error)


def _song(folder: Path, split: str, metadata: dict[str, Any], inside: list[Path]) -> SourceSong:
    described = metadata.get("stems")
    if not isinstance(described, dict) or not all(
        isinstance(about, dict) and about.get("is_drum") in ("true", "false")
        for about in described.values()
    ):
        raise Unfit(
            "metadata", f"{folder / 'metadata.yaml'}: expected stems with is_drum: true or false"
        )
    drums = {name: about for name, about in described.items() if about["is_drum"] == "true"}
    if not drums:
        raise LeftOut("no drums", f"{folder / 'metadata.yaml'}: no stem has is_drum")
    files = {path.stem: path for path in _audio_files(folder / "stems")}
    if not drums.keys() & files.keys():
        raise Unfit(
            "missing stem", f"{folder / 'stems'}: has no file of the drums {', '.join(drums)}"
        )
    stems = [
        Stem("drums" if name in drums else "other", files[name])
        for name in sorted(described)
        if name in files
    ]
    stems += [Stem("mixture", path) for path in inside if path.stem == "mix"]
    kits = (str(about.get("plugin_name") or "") for about in drums.values())
    return SourceSong(
        name=folder.name,
        stems=tuple(stems),
        identity=_midi_file(metadata),
        split=split,
        kit=next(kits).removesuffix(".nkm"),
        licence=SLAKH_LICENCE,
    )


def _audio_files(folder: Path) -> list[Path]:
    # os.path: a file that cannot be looked at is not an error here.
    return without_copies(filter(os.path.isfile, filter(is_audio, entries(folder))))


def _midi_file(metadata: dict[str, Any]) -> str:
    """The name of a song's MIDI file in the Lakh set, a hash of its bytes; or ""."""
    name = str(metadata.get("lmd_midi_dir") or "").rpartition("/")[2]
    return name.removesuffix(".mid") or str(metadata.get("UUID") or "")


def _with_one_split(found: Sequence[SourceSong]) -> list[SourceSong]:
    from jukedrummer.corpus.split import STRICTEST

    strictest: dict[str, str] = {}
    for song in found:
        if song.split and song.identity:
            known = strictest.get(song.identity, song.split)
            strictest[song.identity] = min(song.split, known, key=STRICTEST.index)
    return [replace(song, split=strictest.get(song.identity, song.split)) for song in found]


def _read_beats(job: tuple[Path, Path]) -> "RecordedBeats | None":
    # This import loads the synthesiser, which the config does not need.
    from jukedrummer.corpus.midi.beats import write_recorded_beats

    return write_recorded_beats(*job)


Config = SlakhConfig
