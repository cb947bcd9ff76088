import resource

import h5py
import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.storage.shards import Clips, Shard, write_shard


def clip(number, split="train"):
    rng = np.random.default_rng(number)
    return {
        "drums_mel": rng.random((80, 64)).astype(np.float16),
        "high": rng.integers(0, 3, 16).astype(np.uint8),
        "song": f"song_{number}",
        "split": split,
        "start": number * 256,
    }


def make_shard(path, numbers, split="train"):
    with write_shard(path, "features", {"mel": {"hop": 256}}) as shard:
        for number in numbers:
            shard.append(clip(number, split))
    return path


def test_written_rows_are_read_back(tmp_path):
    shard = Shard(make_shard(tmp_path / "new" / "0.h5", range(5)), "features")
    assert len(shard) == 5
    assert shard.attribute("mel") == {"hop": 256}
    assert shard.strings("song") == [f"song_{number}" for number in range(5)]
    for number in range(5):
        for name, value in clip(number).items():
            read = shard.file[name][number]
            assert (read.decode() if isinstance(read, bytes) else read.tolist()) == (
                value.tolist() if isinstance(value, np.ndarray) else value
            )
    assert shard.file["drums_mel"].dtype == np.float16
    assert shard.file["drums_mel"].chunks == (1, 80, 64)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["0.h5"]


def test_the_same_clips_give_the_same_bytes(tmp_path):
    first, second = (make_shard(tmp_path / name, range(3)) for name in ("a.h5", "b.h5"))
    assert first.read_bytes() == second.read_bytes()


def test_a_shard_without_clips_is_a_shard(tmp_path):
    shard = Shard(make_shard(tmp_path / "0.h5", []), "features")
    assert len(shard) == 0
    assert shard.strings("split") == []


def test_a_clip_of_another_shape_is_rejected(tmp_path):
    odd = clip(1) | {"drums_mel": np.zeros((80, 65), dtype=np.float16)}

    def append():
        with write_shard(tmp_path / "0.h5", "features", {}) as shard:
            shard.append(clip(0))
            shard.append(odd)

    with pytest.raises((TypeError, ValueError)):
        append()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, UserError, ValueError])
def test_after_an_error_there_is_no_shard(tmp_path, error):
    def fail():
        with write_shard(tmp_path / "0.h5", "features", {}) as shard:
            shard.append(clip(0))
            raise error

    with pytest.raises(error):
        fail()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("clips", [8, 50])
def test_a_full_disk_is_an_error_and_not_a_crash(tmp_path, clips):
    # As on a full disk, a write fails in the middle; with 8 clips only when the file is closed.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(UserError, match=r"0\.h5: cannot be written"):
            make_shard(tmp_path / "0.h5", range(clips))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())


def test_foreign_and_damaged_files_are_errors(tmp_path):
    path = make_shard(tmp_path / "0.h5", range(5))
    whole = path.read_bytes()
    with pytest.raises(UserError, match="not a complete shard of codes"):
        len(Shard(path, "codes"))
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"0\.h5"):
            len(Shard(path, "features"))
    path.write_text("text")
    with pytest.raises(UserError, match="make it again"):
        len(Shard(path, "features"))
    with pytest.raises(UserError, match="no such file"):
        len(Shard(tmp_path / "missing.h5", "features"))


def test_another_format_version_is_an_error(tmp_path):
    path = make_shard(tmp_path / "0.h5", range(1))
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = 99
    with pytest.raises(UserError, match="format 99"):
        len(Shard(path, "features"))


def test_clips_of_a_split_over_several_shards(tmp_path):
    paths = [
        make_shard(tmp_path / "0.h5", [0, 1]),
        make_shard(tmp_path / "1.h5", []),
        make_shard(tmp_path / "2.h5", [2, 3], split="valid"),
        make_shard(tmp_path / "3.h5", [4]),
    ]
    clips = Clips(paths, "features", "train")
    assert [clips.text(index, "song") for index in range(len(clips))] == [
        "song_0",
        "song_1",
        "song_4",
    ]
    np.testing.assert_array_equal(clips.read(2, "drums_mel"), clip(4)["drums_mel"])
    where = slice(3, 9)
    np.testing.assert_array_equal(clips.read(1, "drums_mel", where), clip(1)["drums_mel"][:, where])
    np.testing.assert_array_equal(clips.read(1, "high", where), clip(1)["high"][where])
    assert len(Clips(paths, "features", None)) == 5
    with pytest.raises(UserError, match="no clips of split 'test' in 4 shard"):
        Clips(paths, "features", "test")


def test_numbers_of_all_clips(tmp_path):
    train = make_shard(tmp_path / "0.h5", range(3))
    valid = make_shard(tmp_path / "1.h5", range(3, 5), split="valid")
    empty = make_shard(tmp_path / "2.h5", [])
    paths = [train, empty, valid]
    assert Clips(paths, "features", None).numbers("start").tolist() == [
        256 * number for number in range(5)
    ]
    assert Clips(paths, "features", "valid").numbers("start").tolist() == [768, 1024]
    with pytest.raises(UserError, match=r"0.h5: lacks the dataset separated; .* Make it again"):
        Clips(paths, "features", "valid").numbers("separated")


def test_clips_of_another_length_than_the_config_states_are_an_error(tmp_path):
    clips = Clips([make_shard(tmp_path / "0.h5", range(2))], "features", "train")
    clips.check_length("drums_mel", 64, "clip.frames")
    clips.check_length("high", 16, "codes of a clip")
    with pytest.raises(UserError, match=r"drums_mel have length 64, but clip\.frames is 32"):
        clips.check_length("drums_mel", 32, "clip.frames")
