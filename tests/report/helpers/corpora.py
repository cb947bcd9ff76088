"""Made-up shards of pairs and features, to inspect."""

from pathlib import Path
from typing import Any

import numpy as np

from jukedrummer.audio.io import write_audio
from jukedrummer.beats.annotations import regular_beats, write_beats
from jukedrummer.beats.clips import SongRow
from jukedrummer.config import SAMPLE_RATE
from jukedrummer.corpus.manifest import Song, stems_text
from jukedrummer.corpus.pairs import Pair
from jukedrummer.corpus.rejected import Rejected
from jukedrummer.corpus.song import Stem
from jukedrummer.report.inspection.gathering import InspectionInputs
from jukedrummer.storage.tables import write_table
from tests.tiny import pair, write_pairs_table

SONGS = 14
LOUD_FROM = 3  # seconds: where the drums of all songs become loud
SECONDS = 10


def write_corpus(folder: Path) -> InspectionInputs:
    """Two shards of seven songs with rising leakage, and four songs that are left out.

    Song k has a leakage of k / 20, k from 0, a tracked tempo of 120 and the artist k // 4. The last
    song has no artist, and no leakage is known of it. Songs 0 and 1 have annotated beats: 120 a
    minute in 3/4, and 60 in 4/4. Song 5 has a clip that was left out.
    """
    for name, beats in (("0", regular_beats(120, 3, 0, 10)), ("1", regular_beats(60, 4, 0, 10))):
        write_beats(folder / f"beats_{name}.tsv", beats)
    write_audio(folder / "stem.wav", np.zeros(100, np.float32), 32_000)
    songs = [_pair(folder, number) for number in range(SONGS)]
    for shard in range(2):
        _write_shard(folder, shard, songs[shard::2])
    rows = [
        _rejected("quiet", "silent", "drums.wav: is silent", value="1e-5", limit="1e-4"),
        _rejected("again", "duplicate", "is also in song_3", value="9.5", limit="6"),
        _rejected("odd & <new>", "unheard of", "a rule without words"),
        _rejected("listless", "metadata", "the metadata lacks it"),
    ]
    write_table(folder / "rejected.tsv", Rejected, rows)
    quiet = Song("quiet", "disk", "", songs[0].stems, artist="Mute", licence="CC0")
    listed = [Song(**{name: getattr(song, name) for name in vars(quiet)}) for song in songs]
    write_table(folder / "listed.tsv", Song, [*listed, quiet])
    shards = [folder / "pairs" / str(shard) for shard in range(2)]
    features = [folder / "features" / f"{shard}.tsv" for shard in range(2)]
    return InspectionInputs(shards, folder / "rejected.tsv", features, [folder / "listed.tsv"])


def _rejected(song: str, rule: str, reason: str, **others: Any) -> Rejected:
    return Rejected(song=song, source="disk", rule=rule, reason=reason, **others)


def _pair(folder: Path, number: int) -> Pair:
    values: dict[str, Any] = {"artist": f"Artist {number // 4}", "licence": "CC BY 4.0"}
    values["leakage"] = number / 20
    if number == SONGS - 1:
        values |= {"artist": "", "leakage": None, "warnings": "polarity is inverted"}
    if number < 2:
        values["beats"] = folder / f"beats_{number}.tsv"
    kind = "separated" if number % 3 == 2 else "true"
    stems = stems_text([Stem("drums", folder / "stem.wav"), Stem("other", folder / "stem.wav")])
    split = "test" if number in (0, 13) else "train"
    values |= {"kind": kind, "stems": stems, "source": "disk" if number % 2 else "web"}
    return pair(f"song_{number}", split, SECONDS, **values)


def _write_shard(folder: Path, shard: int, songs: list[Pair]) -> None:
    pairs = folder / "pairs" / str(shard)
    pairs.mkdir(parents=True)
    write_pairs_table(pairs, *songs)
    drums = np.full(SECONDS * SAMPLE_RATE, 0.01, np.float32)
    drums[LOUD_FROM * SAMPLE_RATE :] = 0.5
    for song in songs:
        for name in ("drums", "drumless"):
            write_audio(pairs / song.song / f"{name}.flac", drums)
    rows = [
        SongRow(song.song, song.split, SECONDS, 2, 20, 120.0, 0.5 + 0.01 * place, "")
        for place, song in enumerate(songs)
    ]
    table = folder / "features" / f"{shard}.tsv"
    write_table(table, SongRow, rows)
    clips = [
        _rejected(song.song, "few drums", "drums in 10 %", clip=4.0)
        for song in songs
        if song.song == "song_5"
    ]
    write_table(table.with_name(f"{shard}_rejected.tsv"), Rejected, clips)
