"""Archives: the layout stays, and nothing is written outside the folder or beyond the limits."""

import tarfile
import zipfile

import pytest

from jukedrummer.corpus.download import BadArchive, Limits, unpack
from jukedrummer.errors import UserError
from tests.corpus.download.archives import FILES, noise, special, tarred, tree, zipped

TARS = ("w", "w:gz", "w:bz2", "w:xz")


@pytest.fixture
def unpacked(tmp_path):
    """Unpack bytes, and give the folder."""

    def unpack_bytes(data, **options):
        file, folder = tmp_path / "songs.archive", tmp_path / "inside" / "songs"
        file.write_bytes(data)
        folder.mkdir(parents=True)
        unpack(file, folder, **options)
        return folder

    return unpack_bytes


def outside(tmp_path):
    """Files that are not where they belong."""
    return [
        path.name
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name != "songs.archive" and "songs" not in path.parts
    ]


@pytest.mark.parametrize("data", [zipped(FILES), *(tarred(FILES, mode) for mode in TARS)])
def test_the_layout_and_odd_names_stay(unpacked, data):
    assert tree(unpacked(data)) == FILES


def test_empty_folders_and_names_with_a_dot_are_fine(unpacked):
    folder = unpacked(zipped({"./a/b.wav": b"1", "empty/": b""}))
    assert (folder / "empty").is_dir()
    assert tree(folder) == {"a/b.wav": b"1"}


def test_utf8_names_without_the_flag_are_read(unpacked):
    """Some programs write UTF-8 into zip files, and do not set the flag that says so."""
    data = zipped({"Zw\xf6lf.wav": b"1"})
    local, central = data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8
    plain = bytearray(data)
    plain[local : local + 2] = plain[central : central + 2] = b"\0\0"
    assert tree(unpacked(bytes(plain))) == {"Zw\xf6lf.wav": b"1"}


@pytest.mark.parametrize("name", ["../evil.wav", "a/../../evil.wav", "/evil.wav", ".."])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_outside_the_folder_are_rejected(unpacked, tmp_path, pack, name):
    with pytest.raises(BadArchive, match="is outside the folder"):
        unpacked(pack({name: b"evil"}))
    assert outside(tmp_path) == []


def test_symbolic_links_of_a_zip_are_left_out(unpacked, tmp_path, capsys):
    folder = unpacked(zipped({"a.wav": b"1"}, links={"out": str(tmp_path), "in.wav": "a.wav"}))
    assert tree(folder) == {"a.wav": b"1"}
    assert not (folder / "out").is_symlink()
    assert "left out 2 links or devices, e.g. 'out'" in capsys.readouterr().out


def test_links_and_devices_of_a_tar_are_left_out(unpacked, tmp_path, capsys):
    others = (
        special("link", tarfile.SYMTYPE, str(tmp_path)),
        special("pipe", tarfile.FIFOTYPE),
        special("disk", tarfile.BLKTYPE),
        special("null", tarfile.CHRTYPE),
    )
    folder = unpacked(tarred({"a.wav": b"1"}, "w", others))
    assert [path.name for path in folder.iterdir()] == ["a.wav"]
    assert "left out 4 links or devices" in capsys.readouterr().out


def test_a_file_below_a_link_lands_inside(unpacked, tmp_path):
    link = tarred({}, "w", (special("link", tarfile.SYMTYPE, str(tmp_path)),))[:512]
    folder = unpacked(link + tarred({"link/evil.wav": b"1"}, "w"))
    assert outside(tmp_path) == []
    assert tree(folder) == {"link/evil.wav": b"1"}


def test_a_hard_link_is_the_same_file(unpacked):
    again = special("train/again.wav", tarfile.LNKTYPE, "a.wav")
    assert tree(unpacked(tarred({"a.wav": b"1"}, "w", (again,)))) == {
        "a.wav": b"1",
        "train/again.wav": b"1",
    }


@pytest.mark.parametrize(
    ("target", "reason"),
    [("../secret", "is outside"), ("missing.wav", "not in the archive before it")],
)
def test_a_hard_link_to_elsewhere_is_rejected(unpacked, tmp_path, target, reason):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "secret").write_text("secret")
    with pytest.raises(BadArchive, match=reason):
        unpacked(tarred({"a.wav": b"1"}, "w", (special("b.wav", tarfile.LNKTYPE, target),)))


def test_a_hard_link_to_an_absolute_name_is_rejected(unpacked):
    with pytest.raises(BadArchive, match="is outside"):
        unpacked(tarred({}, "w", (special("b.wav", tarfile.LNKTYPE, "/etc/passwd"),)))


@pytest.mark.parametrize("files", [[("a.wav", b"1"), ("a.wav", b"2")], [("a", b"1"), ("a/b", b"")]])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_rejected(unpacked, tmp_path, files):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for name, data in files:
            archive.writestr(name, data)
    with pytest.raises(BadArchive, match="twice"):
        unpacked((tmp_path / "two.zip").read_bytes())


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_bomb_is_rejected_before_it_is_written(unpacked, tmp_path, pack):
    with pytest.raises(BadArchive, match=r"5\.0 MB or more, the limit is 100 times its length"):
        unpacked(pack({"bomb.wav": bytes(5_000_000)}))
    assert tree(tmp_path / "inside") == {}


def test_a_sparse_tar_that_declares_much_is_rejected(unpacked):
    info = tarfile.TarInfo("bomb.wav")
    info.size = 10**15
    with pytest.raises(BadArchive, match=r"1,000,000\.0 GB or more"):
        unpacked(tarred({}, "w", (info,)))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_too_many_files_are_rejected(unpacked, pack):
    files = {f"{number}.wav": b"" for number in range(6)}
    with pytest.raises(BadArchive, match="has 6 or more files, the limit is 5"):
        unpacked(pack(files), limits=Limits(members=5))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_disk_that_is_too_small_is_found_before_the_file_is_written(unpacked, tmp_path, pack):
    with pytest.raises(UserError, match=r"has 50\.0 kB free, .* needs 90\.0 kB") as caught:
        unpacked(pack({"a.wav": noise(90_000)}), free=lambda path: 50_000)
    assert not isinstance(caught.value, BadArchive)
    assert tree(tmp_path / "inside") == {}


@pytest.mark.parametrize("share", [0.5, 0.98])
@pytest.mark.parametrize("mode", ["zip", *TARS])
def test_a_truncated_archive_is_rejected(unpacked, mode, share):
    files = {name: noise(30_000, seed) for seed, name in enumerate(FILES)}
    data = zipped(files) if mode == "zip" else tarred(files, mode)
    # A plain tar ends with 10 kB of zeros.
    length = int(len(data) * share) if mode != "w" else int(90_000 * share)
    with pytest.raises(BadArchive, match="cut off"):
        unpacked(data[:length])


@pytest.mark.parametrize("mode", ["zip", *TARS[1:]])
def test_a_corrupt_byte_is_found(unpacked, mode):
    files = {"a.wav": noise(30_000)}
    data = bytearray(zipped(files) if mode == "zip" else tarred(files, mode))
    data[15_000] ^= 0xFF
    with pytest.raises(BadArchive):
        unpacked(bytes(data))


@pytest.mark.parametrize("data", [b"", b"no archive at all" * 100, b"PK\x03\x04 but nothing more"])
def test_other_files_are_no_archives(unpacked, data):
    with pytest.raises(BadArchive, match="neither a zip nor a tar"):
        unpacked(data)


def test_an_encrypted_zip_says_so(unpacked):
    data = bytearray(zipped({"a.wav": b"1"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    with pytest.raises(BadArchive, match="is encrypted"):
        unpacked(bytes(data))
