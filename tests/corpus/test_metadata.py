"""Metadata in YAML: text only, in bounded time."""

import time

import pytest

from jukedrummer.corpus.metadata import DEEPEST_METADATA, LARGEST_METADATA, read_metadata
from jukedrummer.corpus.song import Unfit


def test_scalars_are_text(tmp_path):
    path = tmp_path / "song.yaml"
    path.write_text("a: 1.2\nb: no\nc: 'yes'\nd:\ne: 2020-99-99\nf: [1, {g: null}]\nh: ö\n")
    assert read_metadata(path) == {
        **{"a": "1.2", "b": "no", "c": "yes", "d": "", "e": "2020-99-99"},
        **{"f": ["1", {"g": "null"}], "h": "ö"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "k: " + "[" * DEEPEST_METADATA,
        "- " * (LARGEST_METADATA // 2),
        "{" * LARGEST_METADATA,
        "? " * (LARGEST_METADATA // 2),
        "[" + "a," * (LARGEST_METADATA // 2 - 1) + "]",
        "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)),
        "a: [&b x, *b]",
        "a: \0",
        "a" * (LARGEST_METADATA + 1),
    ],
)
def test_hostile_text_is_rejected_soon(tmp_path, text):
    path = tmp_path / "song.yaml"
    path.write_text(text)
    start = time.process_time()
    with pytest.raises(Unfit, match=r"song\.yaml: ") as error:
        read_metadata(path)
    assert error.value.rule == "metadata"
    assert time.process_time() - start < 5


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(Unfit, match=r"song\.yaml: cannot be read"):
        read_metadata(tmp_path / "song.yaml")
    (tmp_path / "song.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(Unfit, match=r"song\.yaml: is not YAML"):
        read_metadata(tmp_path / "song.yaml")
