import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from jukedrummer.audio.io import SAMPLE_RATE, read_audio
from jukedrummer.audio.separation import load_separator
from jukedrummer.config import PairsConfig
from jukedrummer.corpus.manifest import Song, write_manifest
from jukedrummer.corpus.pairs import make_pair, pairs, read_pairs, rejected
from jukedrummer.errors import UserError

CONFIG = PairsConfig()
NAMES = ("bass", "drums", "other", "vocals")


def noise(seed, seconds=1.5, peak=0.2, rate=SAMPLE_RATE, channels=2):
    shape = (int(seconds * rate), channels)
    return np.random.default_rng(seed).uniform(-peak, peak, shape).astype(np.float32)


def write_stems(folder, names=NAMES, **options):
    folder.mkdir(parents=True)
    stems = {name: noise(number, **options) for number, name in enumerate(names)}
    for name, audio in stems.items():
        soundfile.write(
            folder / f"{name}.wav", audio, options.get("rate", SAMPLE_RATE), subtype="FLOAT"
        )
    return stems


def make_manifest(tmp_path, **songs):
    """Songs by name: a folder of stems, or the file of a mix."""
    rows = [
        Song(name, "train", "stems" if path.is_dir() or path.suffix == ".mp4" else "mix", path)
        for name, path in songs.items()
    ]
    write_manifest(tmp_path / "manifest.tsv", rows)
    return tmp_path / "manifest.tsv"


def reasons(folder):
    header, *lines = (folder / "rejected.tsv").read_text().splitlines()
    assert header == "song\treason"
    return dict(line.split("\t") for line in lines)


def test_drumless_is_the_sum_of_all_other_stems(tmp_path):
    stems = write_stems(tmp_path / "song")
    soundfile.write(tmp_path / "song" / "mixture.wav", noise(9), SAMPLE_RATE)
    (tmp_path / "song" / "._drums.wav").write_bytes(b"left by a file manager")
    (tmp_path / "song" / "beats.tsv").write_text("0.5\t1\n")
    pairs(make_manifest(tmp_path, song=tmp_path / "song"), 0, 1, tmp_path / "out", CONFIG)
    (row,) = read_pairs(tmp_path / "out")
    assert (row.song, row.split, row.samples, row.seconds, row.gain) == (
        "song",
        "train",
        66_150,
        1.5,
        1.0,
    )
    drumless, drums = (
        read_audio(tmp_path / "out" / "song" / f"{x}.flac") for x in ("drumless", "drums")
    )
    np.testing.assert_allclose(drums, stems["drums"].mean(axis=1), atol=2**-22)
    others = sum(audio for name, audio in stems.items() if name != "drums").mean(axis=1)
    np.testing.assert_allclose(drumless, others, atol=2**-22)
    info = soundfile.info(tmp_path / "out" / "song" / "drums.flac")
    assert (info.samplerate, info.channels, info.subtype) == (SAMPLE_RATE, 1, "PCM_24")
    assert reasons(tmp_path / "out") == {}


def test_one_gain_keeps_both_below_full_scale(tmp_path):
    stems = write_stems(tmp_path / "song", peak=0.9, channels=1)
    pairs(make_manifest(tmp_path, song=tmp_path / "song"), 0, 1, tmp_path / "out", CONFIG)
    (row,) = read_pairs(tmp_path / "out")
    assert 0.3 < row.gain < 0.5
    drumless, drums = (
        read_audio(tmp_path / "out" / "song" / f"{x}.flac") for x in ("drumless", "drums")
    )
    assert np.abs(drumless).max() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(drums, stems["drums"][:, 0] * row.gain, atol=1e-6)


def test_other_rates_are_resampled(tmp_path):
    write_stems(tmp_path / "song", rate=48_000, seconds=2)
    pairs(make_manifest(tmp_path, song=tmp_path / "song"), 0, 1, tmp_path / "out", CONFIG)
    assert read_pairs(tmp_path / "out")[0].samples == 2 * SAMPLE_RATE


def bad_songs(root):
    """A folder or file for each fault, and a part of the reason that is expected."""

    def changed(name, change):
        write_stems(root / name)
        change(root / name)
        return root / name

    def written(name, audio, rate=SAMPLE_RATE):
        return lambda folder: soundfile.write(folder / f"{name}.wav", audio, rate, subtype="FLOAT")

    def without(*names):
        return lambda folder: [(folder / f"{name}.wav").unlink() for name in names]

    hole = noise(0)
    hole[44_100] = np.nan
    mix = root / "mix.wav"
    root.mkdir()
    soundfile.write(mix, noise(0), SAMPLE_RATE)
    short = root / "short"
    write_stems(short, seconds=0.2)
    return {
        "not_audio": (
            changed("a", lambda f: (f / "bass.wav").write_text("x")),
            "bass.wav: is not audio",
        ),
        "empty": (changed("b", lambda f: (f / "drums.wav").write_bytes(b"")), "0 bytes"),
        "length": (
            changed("c", written("bass", noise(1, 1))),
            "bass has 44100 samples, drums 66150",
        ),
        "rate": (
            changed("d", written("bass", noise(1), 48_000)),
            "bass has 48000 Hz, drums 44100 Hz",
        ),
        "no_drums": (
            changed("e", without("drums")),
            "has no drum stem (drums.wav); found bass, other",
        ),
        "only_drums": (changed("f", without("bass", "other", "vocals")), "has only a drum stem"),
        "silent_drums": (changed("g", written("drums", noise(1, peak=1e-6))), "drums is silent"),
        "silent_rest": (
            changed(
                "h", lambda f: [written(n, noise(1) * 0)(f) for n in ("bass", "other", "vocals")]
            ),
            "drumless is silent",
        ),
        "nan": (changed("i", written("other", hole)), "NaN or infinite sample at 1.000 s"),
        "short": (short, "lasts 0.20 s, shorter than pairs.min_seconds 1.0"),
        "no_stems": (changed("j", without(*NAMES)), "found no stems"),
        "mix": (mix, "set pairs.separator"),
        "gone": (root / "gone", "does not exist; was the data set moved or deleted?"),
    }


def test_a_song_that_cannot_be_used_is_left_out_with_the_reason(tmp_path):
    bad = bad_songs(tmp_path / "bad")
    write_stems(tmp_path / "good")
    manifest = make_manifest(
        tmp_path, **{name: path for name, (path, _) in bad.items()}, good=tmp_path / "good"
    )
    pairs(manifest, 0, 1, tmp_path / "out", CONFIG)
    assert [row.song for row in read_pairs(tmp_path / "out")] == ["good"]
    found = reasons(tmp_path / "out")
    assert list(found) == list(bad)
    for name, (path, reason) in bad.items():
        assert reason in found[name]
        assert str(path) in found[name]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "good",
        "pairs.tsv",
        "rejected.tsv",
    }


def test_stems_in_a_file_that_holds_none_are_left_out(tmp_path):
    file = tmp_path / "drums.wav"
    soundfile.write(file, noise(0), SAMPLE_RATE)
    write_manifest(tmp_path / "manifest.tsv", [Song("song", "train", "stems", file)])
    pairs(tmp_path / "manifest.tsv", 0, 1, tmp_path / "out", CONFIG)
    assert reasons(tmp_path / "out") == {"song": f"{file}: is not a folder of stems"}


def test_songs_are_dealt_to_shards(tmp_path):
    for number in range(5):
        write_stems(tmp_path / str(number))
    manifest = make_manifest(
        tmp_path, **{f"song_{number}": tmp_path / str(number) for number in range(5)}
    )
    for shard in range(2):
        pairs(manifest, shard, 2, tmp_path / "out" / str(shard), CONFIG)
    assert [row.song for row in read_pairs(tmp_path / "out" / "0")] == [
        "song_0",
        "song_2",
        "song_4",
    ]
    assert [row.song for row in read_pairs(tmp_path / "out" / "1")] == ["song_1", "song_3"]


def test_the_same_stems_give_the_same_bytes(tmp_path):
    write_stems(tmp_path / "song")
    manifest = make_manifest(tmp_path, song=tmp_path / "song")
    for name in ("first", "second"):
        pairs(manifest, 0, 1, tmp_path / name, CONFIG)
    for name in ("pairs.tsv", "song/drums.flac", "song/drumless.flac"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_ctrl_c_leaves_nothing_and_pairs_of_before_are_not_written_over(tmp_path, monkeypatch):
    write_stems(tmp_path / "song")
    manifest = make_manifest(tmp_path, song=tmp_path / "song")
    pairs(manifest, 0, 1, tmp_path / "out" / "0", CONFIG)
    with pytest.raises(UserError, match="is there and not empty"):
        pairs(manifest, 0, 1, tmp_path / "out" / "0", CONFIG)
    monkeypatch.setattr(
        "jukedrummer.corpus.pairs.write_audio", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        pairs(manifest, 0, 1, tmp_path / "out" / "1", CONFIG)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0"]
    assert len(read_pairs(tmp_path / "out" / "0")) == 1


def test_a_disk_that_cannot_be_written_is_no_reason_to_reject(tmp_path):
    write_stems(tmp_path / "song")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        pairs(
            make_manifest(tmp_path, song=tmp_path / "song"), 0, 1, tmp_path / "file" / "0", CONFIG
        )


def test_damaged_tables_are_errors(tmp_path):
    with pytest.raises(UserError, match=r"pairs\.tsv: cannot be read"):
        read_pairs(tmp_path)
    good = "song\tsplit\tsamples\tseconds\tgain\n"
    for text in ("", "song\tsplit\n", good + "a\ttrain\n", good + "a\ttrain\tmany\t1.0\t1.0\n"):
        (tmp_path / "pairs.tsv").write_text(text)
        with pytest.raises(UserError, match=r"pairs\.tsv: is damaged"):
            read_pairs(tmp_path)


def make_shard(folder, good, bad):
    folder.mkdir()
    rows = "".join(f"good_{folder.name}_{n}\ttrain\t44100\t1.0\t1.0\n" for n in range(good))
    (folder / "pairs.tsv").write_text("song\tsplit\tsamples\tseconds\tgain\n" + rows)
    rows = "".join(f"bad_{folder.name}_{n}\tit is bad\n" for n in range(bad))
    (folder / "rejected.tsv").write_text("song\treason\n" + rows)
    return folder


def test_rejected_songs_are_gathered(tmp_path):
    shards = [make_shard(tmp_path / "0", 10, 1), make_shard(tmp_path / "1", 8, 1)]
    rejected(shards, tmp_path / "rejected.tsv", CONFIG)
    assert reasons(tmp_path) == {"bad_0_0": "it is bad", "bad_1_0": "it is bad"}


def test_too_many_rejected_songs_fail_the_run(tmp_path):
    shards = [make_shard(tmp_path / "0", 9, 1), make_shard(tmp_path / "1", 8, 1)]
    with pytest.raises(
        UserError, match=r"2 of 19 songs .*max_rejected_share 0\.1\. .*bad_0_0: it is bad"
    ):
        rejected(shards, tmp_path / "rejected.tsv", CONFIG)
    assert len(reasons(tmp_path)) == 2
    rejected(shards, tmp_path / "rejected.tsv", PairsConfig(max_rejected_share=0.2))
    rejected([], tmp_path / "rejected.tsv", CONFIG)
    assert reasons(tmp_path) == {}


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_musdb_compressed_songs(tmp_path):
    path = tmp_path / "song.stem.mp4"
    inputs, maps = [], []
    for number, hertz in enumerate(
        (100, 440, 880, 1_760, 3_520)
    ):  # mixture, drums, bass, other, vocals
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=44100:duration=2"]
        maps += ["-map", f"{number}:a"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *maps, "-c:a", "aac", path], check=True)
    drumless, drums = make_pair(Song("song", "train", "stems", path), None, CONFIG)
    # AAC pads the end.
    assert 2 * SAMPLE_RATE <= len(drums) == len(drumless) <= 2.1 * SAMPLE_RATE
    assert peaks(drums) == {440}
    assert peaks(drumless) == {880, 1_760, 3_520}
    (tmp_path / "other.stem.mp4").write_text("not audio")
    with pytest.raises(UserError, match="is not audio"):
        make_pair(Song("song", "train", "stems", tmp_path / "other.stem.mp4"), None, CONFIG)


def peaks(audio):
    """Frequencies in hertz, of those that the test uses, with more than a hundredth of the strongest."""
    spectrum = np.abs(np.fft.rfft(audio[:SAMPLE_RATE] * np.hanning(SAMPLE_RATE)))
    candidates = (100, 440, 880, 1_760, 3_520)
    return {hertz for hertz in candidates if spectrum[hertz] > 0.01 * spectrum.max()}


@pytest.fixture(scope="module")
def tiny_demucs(tmp_path_factory):
    """A folder with a random HTDemucs of 0.3 M parameters under the name `tiny`."""
    from demucs.htdemucs import HTDemucs
    from demucs.states import get_state, save_with_checksum

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # ten times faster for so small a model where the cores are busy
    torch.manual_seed(0)
    options = {
        "sources": ["bass", "drums", "other"],
        "channels": 8,
        "depth": 4,
        "t_layers": 1,
        "segment": 2,
    }
    model = HTDemucs(**options)
    folder = tmp_path_factory.mktemp("demucs")
    content = {"klass": HTDemucs, "args": (), "kwargs": options, "training_args": {}}
    save_with_checksum(content | {"state": get_state(model, None)}, folder / "tiny.th")
    (folder / "bag.yaml").write_text("models: [tiny]\n")
    (folder / "lost.yaml").write_text("models: [gone]\n")
    yield folder
    torch.set_num_threads(threads)


def test_a_mix_is_separated(tmp_path, tiny_demucs):
    from demucs.apply import apply_model
    from demucs.pretrained import get_model

    mix = noise(0, seconds=3)
    soundfile.write(tmp_path / "mix.wav", mix, SAMPLE_RATE, subtype="FLOAT")
    config = PairsConfig(separator="bag", separator_repository=str(tiny_demucs))
    pairs(make_manifest(tmp_path, song=tmp_path / "mix.wav"), 0, 1, tmp_path / "out", config)
    (row,) = read_pairs(tmp_path / "out")
    assert row.samples == len(mix)
    drumless, drums = (
        read_audio(tmp_path / "out" / "song" / f"{x}.flac") for x in ("drumless", "drums")
    )
    # demucs' own way of calling it, on one model and not the bag.
    wave = torch.from_numpy(mix.T)
    mono = wave.mean(0)
    sources = apply_model(
        get_model("tiny", repo=tiny_demucs), ((wave - mono.mean()) / mono.std())[None], shifts=0
    )[0]
    sources = (sources * mono.std()).mean(1).numpy()
    np.testing.assert_allclose(drums / row.gain, sources[1], atol=1e-4)
    np.testing.assert_allclose(drumless / row.gain, sources[0] + sources[2], atol=1e-4)


def test_separation_repeats_and_takes_any_channels_and_rate(tiny_demucs):
    separator = load_separator(PairsConfig(separator="tiny", separator_repository=str(tiny_demucs)))
    mono = noise(0, seconds=1, channels=1, rate=22_050)
    first, again = (separator.separate(mono, 22_050) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    six = np.repeat(mono, 6, axis=1)
    np.testing.assert_allclose(separator.separate(six, 22_050), first, atol=1e-5)
    assert [part.shape for part in first] == [(SAMPLE_RATE,)] * 2


def test_a_silent_mix_is_rejected(tmp_path, tiny_demucs):
    soundfile.write(tmp_path / "mix.wav", np.zeros((SAMPLE_RATE, 2)), SAMPLE_RATE)
    config = PairsConfig(separator="tiny", separator_repository=str(tiny_demucs))
    pairs(make_manifest(tmp_path, song=tmp_path / "mix.wav"), 0, 1, tmp_path / "out", config)
    assert "the mix is silent" in reasons(tmp_path / "out")["song"]


def test_weights_that_cannot_be_had_fail_the_run(tmp_path, tiny_demucs):
    soundfile.write(tmp_path / "mix.wav", noise(0), SAMPLE_RATE)
    manifest = make_manifest(tmp_path, song=tmp_path / "mix.wav")

    def separate(name, repository):
        config = PairsConfig(separator=name, separator_repository=str(repository))
        pairs(manifest, 0, 1, tmp_path / "out", config)

    with pytest.raises(UserError, match=r"pairs\.separator_repository /missing: no such folder"):
        separate("tiny", "/missing")
    for name in ("other", "lost"):
        with pytest.raises(UserError, match=rf"pairs\.separator {name}: cannot be loaded"):
            separate(name, tiny_demucs)
    broken = tmp_path / "broken"
    shutil.copytree(tiny_demucs, broken)
    weights = next(broken.glob("*.th"))
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(UserError, match="Invalid checksum"):
        separate("tiny", broken)
    assert not (tmp_path / "out").exists()


def test_without_a_network_the_message_names_the_way_out(monkeypatch, tmp_path):
    def refuse(*_args, **_options):
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"cannot be loaded .* from the hub .*separator_repository"):
        load_separator(PairsConfig(separator="htdemucs"))


def test_torch_and_demucs_are_imported_only_when_asked_for():
    code = "import sys, jukedrummer.corpus.pairs; assert not {'torch', 'demucs'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
