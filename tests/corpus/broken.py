"""One small corpus of several sources with everything that is broken in real ones."""

import json
import os
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.config import SourceConfig
from jukedrummer.corpus.sources.folder import FolderConfig
from jukedrummer.corpus.sources.midi import MidiConfig
from jukedrummer.corpus.sources.moisesdb import MoisesConfig
from jukedrummer.corpus.sources.musdb import MusdbConfig
from jukedrummer.corpus.sources.slakh import SlakhConfig
from tests.corpus.midi_files import band, drums, song_file, with_division, write_midi
from tests.layouts import moisesdb, music, slakh

SECONDS = 1.5
SEED = 1
COMMAND = "$(touch pwned)"
MODES = "unreadable folder"  # needs modes of files that hold


@dataclass(frozen=True)
class Broken:
    """What is expected of a broken song: its row in `rejected.tsv`.

    Attributes:
        song: its id there.
        rule: the rule.
        reason: a part of the reason.
    """

    song: str
    rule: str
    reason: str


@dataclass(frozen=True)
class BrokenCorpus:
    """The corpus, and what is expected.

    Attributes:
        sources: the section `corpus.sources`.
        rejected: the rows, by what is broken.
        good: ids of the songs that have a pair, by what is special about them.
        vanished: files that are removed once the songs are listed.
        locked: folders that cannot be read.
    """

    sources: list[SourceConfig]
    rejected: dict[str, Broken]
    good: dict[str, str]
    vanished: list[Path]
    locked: list[Path]


def build(root: Path) -> BrokenCorpus:
    """Write the corpus to a folder."""
    corpus = BrokenCorpus([], {}, {}, [], [])
    for add in (_stems, _names, _musdb, _slakh, _moisesdb, _midi):
        add(root, corpus)
    return corpus


def _write(folder: Path, **changes: np.ndarray | None) -> Path:
    # A song of four wav files; changes are other recordings by name, or None to leave one out.
    parts = {**music.stems(SEED, SECONDS), **changes}
    for name, audio in parts.items():
        if audio is not None:
            music.write(folder / f"{name}.wav", audio, subtype="FLOAT")
    return folder


def _stems(root: Path, corpus: BrokenCorpus) -> None:
    stems, parts = root / "stems", music.stems(SEED, SECONDS)
    hole = parts["bass"].copy()
    hole[44_100] = np.nan
    writers: dict[str, tuple[Callable[[Path], object], str, str]] = {
        "zero-byte wav": (_written("drums.wav", b""), "unreadable", "(0 bytes)"),
        "text called wav": (_written("bass.wav", b"lyrics"), "unreadable", "is not audio"),
        "cut wav": (_cut("bass.wav"), "unreadable", "bass.wav: its header states 1.50 s"),
        "NaN": (_other(bass=hole), "unreadable", "NaN or infinite sample at 1.000 s"),
        "length": (_other(bass=parts["bass"][:40_000]), "lengths", "bass.wav: ends at 0.91 s"),
        "no drums": (_other(drums=None), "no drums", "no file has the name of a drum stem"),
        "only drums": (_other(bass=None, other=None, vocals=None), "missing stem", "beside"),
        "silent drums": (_other(drums=parts["drums"] * 1e-6), "silent", "drums is silent"),
        "gone": (_other(), "missing stem", "was the data set moved or deleted?"),
        MODES: (_other(), "unreadable", "cannot be read"),
    }
    for name, (write, rule, reason) in writers.items():
        write(stems / name)
        corpus.rejected[name] = Broken(name.replace(" ", "_"), rule, reason)
    corpus.vanished.append(stems / "gone" / "vocals.wav")
    corpus.locked.append(stems / MODES)

    mixed = _write(stems / "rates", bass=None)
    music.write(mixed / "bass.wav", parts["bass"], 48_000)
    music.write(mixed / "room.wav", np.repeat(parts["other"], 3, axis=1))
    music.write(_write(stems / "mono") / "drums.wav", parts["drums"].mean(axis=1))
    music.write(_write(stems / "mp3", bass=None) / "bass.mp3", parts["bass"])
    (stems / "mp3" / "bass.mp3").rename(stems / "mp3" / "bass.wav")
    corpus.good.update({"rates and channels": "rates", "mono": "mono", "mp3 called wav": "mp3"})
    corpus.sources.append(FolderConfig(path=str(stems), name="stems"))


def _names(root: Path, corpus: BrokenCorpus) -> None:
    stems = root / 'it\'s my "data" $(touch pwned)'
    names = {
        "unicode": ("Бетховен - Für Elise 🥁", "Fur_Elise"),
        "only unicode": ("日本", "song"),
        "200 characters": ("x" * 200, ""),
        "spaces and quotes": ("a  \"b\" 'c' ", "a_b_c"),
        "a command": (COMMAND, "touch_pwned"),
        "an option": ("-rf", "rf"),
        "same name": ("a_b_c", ""),
        "name in two sources": ("Track00001", ""),
        "circle of links": ("circle", "circle"),
        "read-only folder": ("read-only", "read-only"),
    }
    for what, (name, song) in names.items():
        _write(stems / name)
        corpus.good[what] = song
    (stems / "circle" / "again").symlink_to(stems / "circle")
    (stems / "circle" / "itself").symlink_to(stems / "circle" / "itself")
    for file in (stems / "read-only").iterdir():
        file.chmod(0o444)
    (stems / "read-only").chmod(0o555)
    os.rename(_write(root / "moved"), os.fsencode(stems) + b"/caf\xe9")
    corpus.good["folder that is not UTF-8"] = "caf"
    os.rename(_write(stems / "file") / "bass.wav", os.fsencode(stems) + b"/file/b\xe4ss.wav")
    corpus.good["file that is not UTF-8"] = "file"
    (_write(stems / "lines") / "bass.wav").rename(stems / "lines" / "ba\tss\n.wav")
    corpus.good["file with a tab and a line break"] = "lines"
    corpus.sources.append(FolderConfig(path=str(stems), name="names"))


def _musdb(root: Path, corpus: BrokenCorpus) -> None:
    parts = [music.mixture(SEED, SECONDS), *music.stems(SEED, SECONDS).values()]
    good = root / "musdb" / "train" / f'{COMMAND} - It\'s "fine".stem.mp4'
    music.write_streams(good, parts)
    corpus.good["a command as mp4"] = "touch_pwned_-_It_s_fine"
    content = good.read_bytes()
    (good.parent / "cut.stem.mp4").write_bytes(content[: len(content) // 2])
    corpus.rejected["truncated mp4"] = Broken("cut", "unreadable", "cut.stem.mp4: is not audio")
    early = good.parent / "early.stem.mp4"  # it begins with its table of contents
    command = ["ffmpeg", "-v", "error", "-i", f"file:{good}", "-map", "0", "-c", "copy"]
    subprocess.run([*command, "-movflags", "+faststart", early], check=True)
    content = early.read_bytes()
    early.write_bytes(content[: len(content) // 2])
    corpus.rejected["truncated mp4 that can be opened"] = Broken(
        "early", "unreadable", "early.stem.mp4: ends too early"
    )
    (good.parent / "zero.stem.mp4").touch()
    corpus.rejected["zero-byte mp4"] = Broken("zero", "unreadable", "(0 bytes)")
    music.write_streams(good.parent / "one.stem.mp4", parts[:1])
    corpus.rejected["mp4 with one stream"] = Broken("one", "unreadable", "one.stem.mp4: ")
    corpus.sources.append(MusdbConfig(path=str(root / "musdb")))


def _slakh(root: Path, corpus: BrokenCorpus) -> None:
    base = root / "slakh" / "train"
    seconds = (8.0, 2.0, 2.0, 2.0, 2.0, 8.0)
    tracks = [
        slakh.make_track(base, number, length, midi=1) for number, length in enumerate(seconds, 1)
    ]
    corpus.good["its name in two sources"] = "Track00001"
    (tracks[1] / "metadata.yaml").write_text("stems: {S00: [")
    corpus.rejected["invalid YAML"] = Broken("Track00002", "metadata", "is not YAML")
    (tracks[2] / "metadata.yaml").write_bytes(b"UUID: \xff\xfe")
    corpus.rejected["YAML that is not UTF-8"] = Broken("Track00003", "metadata", "is not YAML")
    bomb = "a: &a [1, 1]\nb: &b [*a, *a]\nstems: *b\n"
    (tracks[3] / "metadata.yaml").write_text(bomb)
    corpus.rejected["YAML with aliases"] = Broken("Track00004", "metadata", "alias *a")
    (tracks[4] / "stems" / "S01.flac").unlink()
    corpus.rejected["missing drum stem"] = Broken("Track00005", "missing stem", "no file of the")
    _million_events(tracks[5] / "all_src.mid")
    corpus.good["beats in a MIDI file with a million events"] = "Track00006"
    (base / "Track00009").symlink_to("Track00009")
    corpus.rejected["link to itself"] = Broken("Track00009", "unreadable", "symbolic links")
    corpus.sources.append(SlakhConfig(path=str(root / "slakh")))


def _moisesdb(root: Path, corpus: BrokenCorpus) -> None:
    base = root / "moisesdb"
    songs = [moisesdb.make_song(base, number, SECONDS) for number in (0, 3, 6, 9)]
    for song in songs[:2]:
        _edit(song, song="Same", artist="Nobody")
    corpus.good.update({"one of two alike": "Nobody_-_Same", "the other of two alike": ""})
    (songs[2] / "data.json").write_text('{"song": "Half", "artist')
    corpus.rejected["invalid JSON"] = Broken(songs[2].name, "metadata", "is not valid JSON")
    about = json.loads((songs[3] / "data.json").read_text())
    about["stems"][0]["tracks"][0]["id"] = "../../../etc/passwd"
    _edit(songs[3], song="Path", artist="Wrong", stems=about["stems"])
    corpus.rejected["path in metadata"] = Broken("Wrong_-_Path", "metadata", "../etc/passwd'")
    corpus.sources.append(MoisesConfig(path=str(base)))


def _midi(root: Path, corpus: BrokenCorpus) -> None:
    base = root / "midi"
    base.mkdir()
    _million_events(base / "million.mid")
    corpus.rejected["a million events"] = Broken("million_mid", "too large", "the limit of a MIDI")
    with_division(song_file(base / "ticks.mid"), 0)
    corpus.rejected["0 ticks"] = Broken("ticks_mid", "damaged", "has 0 ticks a beat")
    write_midi(base / "no tempo.mid", drums(16), band(16), tempi=())
    corpus.good["no tempo"] = ""
    corpus.sources.append(MidiConfig(path=str(base)))


def _written(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (_write(folder) / name).write_bytes(content)


def _cut(name: str) -> Callable[[Path], object]:
    def cut(folder: Path) -> None:
        content = (_write(folder) / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return cut


def _other(**changes: np.ndarray | None) -> Callable[[Path], object]:
    return lambda folder: _write(folder, **changes)


def _edit(folder: Path, **changes: Any) -> None:
    about = json.loads((folder / "data.json").read_text())
    (folder / "data.json").write_text(json.dumps(about | changes))


def _million_events(path: Path) -> None:
    # Notes with a running status: 3 bytes each.
    events = b"\x00\x99\x24\x40" + b"\x00\x24\x40" * 1_000_000 + b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    path.write_bytes(header + b"MTrk" + struct.pack(">I", len(events)) + events)
