"""The demo corpus: the same bytes every time, exact stems, annotations that fit the audio."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from jukedrummer.config import SAMPLE_RATE, CorpusConfig, changed
from jukedrummer.corpus.demo.band import play_band
from jukedrummer.corpus.demo.drums import DrumPlayer
from jukedrummer.corpus.demo.harmony import PROGRESSIONS, parse_progression
from jukedrummer.corpus.demo.plan import is_reserved, make_plan
from jukedrummer.corpus.demo.render import KITS, STEMS, Band
from jukedrummer.corpus.demo.styles import FILLS, LEAD_RHYTHMS, STYLES
from jukedrummer.corpus.manifest import Song, read_songs, shard_table
from jukedrummer.corpus.render import default_soundfont
from jukedrummer.corpus.score import KIT_PITCHES, read_line
from jukedrummer.corpus.sources.demo import FINGERPRINT, DemoConfig, splits
from jukedrummer.errors import UserError
from jukedrummer.stages.corpus import corpus
from jukedrummer.storage.files import read_json
from tests.corpus.helpers import hashes, list_source, near, song_folder

CONFIG = DemoConfig(songs=5, seconds=8.0, seed=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus."""
    folder = tmp_path_factory.mktemp("demo")
    list_source(folder, CONFIG)
    return folder


@pytest.fixture(scope="module")
def songs(made: Path) -> list[Song]:
    """Its songs."""
    return read_songs(shard_table(made / "corpus", 0))


def test_bytes_depend_on_neither_the_workers_nor_the_number_of_songs(
    made: Path, tmp_path: Path
) -> None:
    list_source(tmp_path, changed(CONFIG, songs=4), workers=2)
    assert hashes(tmp_path / "rendered").items() <= hashes(made / "rendered").items()


def test_the_layout_is_that_of_musdb(made: Path, songs: list[Song]) -> None:
    assert {song.official for song in songs} == {"train", "valid", "test"}
    for song in songs:
        assert song_folder(song).parent == made / "rendered" / "demo" / (
            "test" if song.official == "test" else "train"
        )
        names = {"mixture", *STEMS}
        assert {path.stem for path in song_folder(song).glob("*.wav")} == names
        roles = {part.path.stem: part.role for part in song.parts}
        assert roles == dict.fromkeys(STEMS, "other") | {"drums": "drums", "mixture": "mixture"}
        info = [soundfile.info(song_folder(song) / f"{name}.wav") for name in names]
        assert {(i.samplerate, i.channels, i.subtype) for i in info} == {(SAMPLE_RATE, 1, "PCM_16")}
        assert len({i.frames for i in info}) == 1


def test_the_mixture_is_the_exact_sum_of_stems_that_do_not_clip(songs: list[Song]) -> None:
    for song in songs:
        mixture, *stems = (
            soundfile.read(song_folder(song) / f"{name}.wav", dtype="int16")[0].astype(int)
            for name in ("mixture", *STEMS)
        )
        np.testing.assert_array_equal(mixture, sum(stems))
        assert max(np.abs(wave).max() for wave in (mixture, *stems)) < 0.9 * 32_768
        drums, rest = (
            10 * np.log10(np.mean(np.square(wave))) for wave in (stems[0], sum(stems[1:]))
        )
        assert abs(drums - rest) < 6


def test_annotations_ascend_lie_in_the_song_and_cycle(songs: list[Song]) -> None:
    for song in songs:
        about = read_json(song_folder(song) / "song.json")
        seconds = soundfile.info(song_folder(song) / "mixture.wav").duration
        beats, hits, tempo = (
            np.loadtxt(song_folder(song) / f"{name}.tsv", ndmin=2)
            for name in ("beats", "drums", "tempo")
        )
        for times in (beats[:, 0], hits[:, 0], tempo[:, 0]):
            assert (np.diff(times) >= 0).all()
            assert times[0] >= 0
            assert times[-1] < seconds
        assert (np.diff(beats[:, 0]) > 0).all()
        assert beats[0, 0] > 0.2
        assert (np.diff(beats[:, 1]) % about["meter"] == 1).all()
        assert beats[-1, 1] == 1
        assert len(beats) == about["bars"] * about["meter"] + about["pickup_beats"] + 1
        assert song.bpm == pytest.approx(60 / np.diff(beats[:, 0]).mean(), abs=0.01)
        assert set(hits[:, 1]) <= set(KIT_PITCHES.values())
        assert hits[:, 2].min() >= 1
        assert hits[:, 2].max() <= 127
        assert seconds >= CONFIG.seconds


def test_kicks_and_snares_sound_where_they_are_annotated(songs: list[Song]) -> None:
    for song in songs:
        wave = soundfile.read(song_folder(song) / "drums.wav")[0]
        hits = np.loadtxt(song_folder(song) / "drums.tsv", ndmin=2)
        loud = hits[np.isin(hits[:, 1], (36, 38)) & (hits[:, 2] > 85)]
        at = np.rint(loud[:, 0] * SAMPLE_RATE).astype(int)
        # Power of the 20 ms after, compared with that of the 10 ms before.
        rises = [
            np.mean(wave[k : k + 882] ** 2) > 2 * np.mean(wave[k - 441 : k - 41] ** 2) for k in at
        ]
        assert np.mean(rises) > 0.95


def test_every_song_of_the_default_size_is_planned_well() -> None:
    for index in range(2 * len(STYLES)):
        plan = make_plan(1, index, index % 5 == 0, 26.0)
        assert 26.0 <= plan.seconds <= 26.0 * 1.2
        assert 60 <= plan.bpm <= 180
        assert is_reserved(plan.bpm) == (index % 5 == 0)
        tempo = 60 / np.diff(plan.timeline.times)
        assert np.abs(tempo / plan.bpm - 1).max() <= 0.03
        assert np.abs(np.diff(tempo) / plan.bpm).max() < 0.01


def test_drums_lie_on_the_grid() -> None:
    for index in range(len(STYLES)):
        plan = make_plan(1, index, False, 26.0)
        steps = plan.style.steps_per_beat
        grid = [
            plan.timeline.of_beat(k / steps)
            for k in range(-2 * steps, (len(plan.bars) * 4 + 1) * steps)
        ]
        hits = [hit.start for hit in DrumPlayer(plan).play()]
        distance = np.abs(np.subtract.outer(hits, grid)).min(1)
        assert np.mean(distance < 0.03) > 0.98, plan.style.name
        assert distance.std() > 0 or plan.style.loose == 0


def test_the_bass_plays_with_the_kick_and_the_band_on_the_downbeats() -> None:
    for index in range(len(STYLES)):
        plan = make_plan(1, index, False, 26.0)
        parts = {
            part.name: np.array([note.start for note in part.notes]) for part in play_band(plan)
        }
        downbeats = [plan.timeline.of_beat(bar.index * plan.style.meter) for bar in plan.bars]
        assert near(downbeats, parts["bass"]).mean() > 0.9
        assert near(downbeats, parts["chords"]).mean() > 0.9
        kicks = [
            hit.start
            for hit in DrumPlayer(plan).play()
            if hit.piece == "kick" and hit.velocity > 90
        ]
        assert near(kicks, np.concatenate([parts["bass"], parts["chords"]])).mean() > 0.75, (
            plan.style.name
        )


def test_styles_cover_what_was_asked() -> None:
    assert len({style.name for style in STYLES}) >= 10
    assert {style.meter for style in STYLES} == {3, 4}
    assert {style.grid for style in STYLES} == {"16th", "triplet"}
    assert min(style.bpm[0] for style in STYLES) < 80
    assert max(style.bpm[1] for style in STYLES) >= 170
    for style in STYLES:
        for feel in style.feels:
            assert {"hat", "ride", "open", "shaker"} & {*feel.verse, *feel.chorus}
    first = {make_plan(9, index, False, 8.0).style.name for index in range(len(STYLES))}
    assert first == {style.name for style in STYLES}


def test_text_grids_are_whole_bars() -> None:
    for style in STYLES:
        assert set(style.kits) <= set(KITS)
        for feel in style.feels:
            lines = [
                *feel.kick,
                *feel.snare,
                *feel.verse.values(),
                *feel.chorus.values(),
                feel.chords,
            ]
            lines += [feel.chords_chorus, *(line for line in feel.bass if line != "kick")]
            played = [
                [*read_line(line, 0, style.steps), *read_line(line, 1, style.steps)]
                for line in lines
            ]
            assert all(played), style.name
        fills, rhythms = FILLS[style.meter, style.grid], LEAD_RHYTHMS[style.meter, style.grid]
        assert {len(line) for line in (*fills.small, *fills.big, *rhythms)} == {style.steps}


def test_only_the_test_split_has_its_tempi_and_progressions(songs: list[Song]) -> None:
    for family in PROGRESSIONS.values():
        assert not set(family.training) & set(family.reserved)
        assert all(
            len(parse_progression(text, 0)) == 4 for text in (*family.training, *family.reserved)
        )
    for song in songs:
        about = read_json(song_folder(song) / "song.json")
        assert is_reserved(about["bpm"]) == (song.official == "test")
        reserved = {text for family in PROGRESSIONS.values() for text in family.reserved}
        assert (set(about["progressions"].values()) <= reserved) == (song.official == "test")


@pytest.mark.parametrize("count", [4, 29, 144])
def test_shares_of_the_splits(count: int) -> None:
    config = CorpusConfig()
    chosen = splits(count, config)
    assert chosen == splits(200, config)[:count]
    assert chosen.count("test") == pytest.approx(max(1, count * config.test_share), abs=1)
    assert chosen.count("valid") == pytest.approx(max(1, count * config.valid_share), abs=1)


def test_the_midi_file_plays_at_the_annotated_times(songs: list[Song]) -> None:
    song = songs[0]
    now, notes = 0.0, []
    for message in mido.MidiFile(song_folder(song) / "song.mid"):
        now += message.time
        if message.type == "note_on" and message.channel == 9:
            notes.append((now, message.note))
    hits = np.loadtxt(song_folder(song) / "drums.tsv", ndmin=2)
    assert len(notes) == len(hits)
    np.testing.assert_allclose(sorted(time for time, _ in notes), hits[:, 0], atol=0.003)


def test_every_kit_has_each_piece_as_loud_as_it_should_be() -> None:
    band = Band(default_soundfont())
    for name, kit in KITS.items():
        for piece in ("kick", "snare", "hat", "open", "crash", "ride"):
            band.set_up(0, kit, piece)
            band.synth.noteon(0, KIT_PITCHES[piece], 100)
            sound = np.empty(SAMPLE_RATE // 4, np.float32)
            band.generate(sound)
            band.synth.sounds_off()
            band.generate(np.empty(SAMPLE_RATE, np.float32))
            assert np.abs(sound).max() > 0.05, (name, piece)


def test_a_second_run_makes_nothing_and_other_settings_start_afresh(tmp_path: Path) -> None:
    config = changed(CONFIG, songs=4)
    first = list_source(tmp_path, config)
    train = tmp_path / "rendered" / "demo" / "train"
    kept, stale = train / "song_0000" / "mixture.wav", train / "song_0099"
    stale.mkdir()
    before = kept.stat().st_mtime_ns
    assert list_source(tmp_path, config) == first
    assert kept.stat().st_mtime_ns == before
    assert not stale.exists()
    list_source(tmp_path, changed(config, seed=8))
    assert kept.stat().st_mtime_ns != before


def test_songs_of_another_origin_are_not_deleted(tmp_path: Path) -> None:
    mine = tmp_path / "rendered" / "demo" / "train" / "mine"
    mine.mkdir(parents=True)
    with pytest.raises(UserError, match=f"has songs but no {FINGERPRINT}"):
        list_source(tmp_path, CONFIG)
    assert mine.exists()


def test_a_killed_run_continues_to_the_same_bytes(made: Path, tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, tests.corpus.helpers as helpers\n"
        "from jukedrummer.corpus.sources.demo import DemoConfig\n"
        "config = DemoConfig(songs=5, seconds=8.0, seed=3)\n"
        "helpers.list_source(pathlib.Path(sys.argv[1]), config)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("rendered/demo/*/song_*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = list(tmp_path.glob("rendered/demo/*/song_*/mixture.wav"))
    assert 1 <= len(done) < 5
    assert not (tmp_path / "corpus").exists()
    before = {path: path.stat().st_mtime_ns for path in done}
    list_source(tmp_path, CONFIG)
    assert {path: path.stat().st_mtime_ns for path in done} == before
    assert hashes(tmp_path / "rendered") == hashes(made / "rendered")


@pytest.mark.parametrize("content", [None, b"", b"RIFF\x04\x00\x00\x00WAVE", b"x" * 1000])
def test_a_bad_soundfont_is_one_clear_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "font.sf2"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        UserError, match=r"corpus.*soundfont .*font.sf2: (no such file|is not a soundfont)"
    ):
        list_source(tmp_path, changed(CONFIG, soundfont=str(path)))
    assert not (tmp_path / "corpus").exists()
    assert not (tmp_path / "rendered").exists()


def test_no_workers_is_an_error(tmp_path: Path) -> None:
    settings = CorpusConfig(sources=(CONFIG,))
    with pytest.raises(UserError, match="workers is 0"):
        corpus(tmp_path / "corpus", making=tmp_path / "rendered", workers=0, settings=settings)
