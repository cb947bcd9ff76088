"""The inspection of a corpus: the worst songs, the histograms, the tables, the page."""

import ast
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import jukedrummer
from jukedrummer.config import CorpusConfig, InspectConfig
from jukedrummer.corpus.pairs import Pair, read_pairs
from jukedrummer.corpus.rejected import Rejected, read_rejected
from jukedrummer.corpus.sources.folder import FolderConfig
from jukedrummer.errors import UserError
from jukedrummer.report.inspection import charts
from jukedrummer.report.inspection.columns import SongColumns
from jukedrummer.report.inspection.excerpts import chosen_songs, loudest
from jukedrummer.report.inspection.gathering import (
    GrowingTable,
    Inspected,
    InspectionInputs,
    gather,
)
from jukedrummer.report.inspection.measures import Measure, measure_groups
from jukedrummer.report.inspection.overview import overview_tables
from jukedrummer.report.inspection.page import render_page
from jukedrummer.report.inspection.rules import RULES
from jukedrummer.report.inspection.writing import FILES, write_inspection
from jukedrummer.storage.tables import cell, read_table, write_table
from tests.report.helpers.corpora import LOUD_FROM, SONGS, write_corpus
from tests.report.helpers.elements import Elements, elements_of

CORPUS = CorpusConfig(
    sources=(
        FolderConfig(path=".", name="disk"),
        FolderConfig(path=".", name="web", split="official"),
    ),
    duplicates=True,
)
EXAMPLES = 4


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> InspectionInputs:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def output(inputs: InspectionInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inspect")
    write_inspection(inputs, folder, CORPUS, InspectConfig(examples=EXAMPLES))
    return folder


@pytest.fixture(scope="module")
def html(output: Path) -> str:
    return (output / "corpus.html").read_text()


@pytest.fixture(scope="module")
def elements(html: str) -> Elements:
    return elements_of(html)


def gathered(
    folder: Path, inputs: InspectionInputs, columns: SongColumns | None = None
) -> Inspected:
    columns = columns or SongColumns()
    with (folder / "songs.tsv").open("w") as songs, (folder / "rejected.tsv").open("w") as rejected:
        return gather(
            inputs,
            columns,
            GrowingTable(songs, folder / "songs.tsv", columns.row),
            GrowingTable(rejected, folder / "rejected.tsv", Rejected),
        )


def songs_with(**columns: list[float]) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("worst", "best", "expected"),
    [
        ("high", 0.0, [(3, 9.0), (1, 5.0), (0, 1.0)]),
        ("low", 4.0, [(4, -20.0), (2, 0.0), (0, 1.0)]),
        ("abs", 6.0, [(4, -20.0), (3, 9.0)]),
        (None, 0.0, []),
    ],
)
def test_the_worst_songs_come_first_and_faultless_ones_not_at_all(worst, best, expected) -> None:
    songs = songs_with(value=[1.0, 5.0, 0.0, 9.0, -20.0, np.nan])
    measure = Measure("m", "M", {"": "value"}, "", worst=worst, best=best)
    assert measure.worst_songs(songs) == expected


def test_the_worse_of_two_recordings_counts_and_at_most_ten_are_listed() -> None:
    songs = songs_with(drums=[*range(12)], drumless=[20, *[0] * 11])
    measure = Measure(
        "m", "M", {"drums": "drums", "drumless": "drumless"}, "", factor=100, worst="high"
    )
    expected = [0, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    worst = measure.worst_songs(songs)
    assert [place for place, _ in worst] == expected
    assert worst[0] == (0, 2_000)


def test_words_are_ranked_and_written_as_words() -> None:
    songs = pd.DataFrame({"outcome": ["good", "bad", "", "fair"]})
    measure = Measure("m", "M", {"": "outcome"}, "", worst="high", words=("good", "fair", "bad"))
    worst = measure.worst_songs(songs)
    assert [(place, measure.text(value)) for place, value in worst] == [
        (1, "bad"),
        (3, "fair"),
    ]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_every_song_is_in_one_bin(logarithmic: bool) -> None:
    values = np.random.default_rng(0).lognormal(5, 2, 1_000)
    series = {"true": values[:700], "separated": values[700:]}
    edges = charts.bin_edges(series, logarithmic=logarithmic)
    counts = [np.histogram(own, edges)[0] for own in series.values()]
    assert [own.sum() for own in counts] == [700, 300]
    steps = np.diff(np.log(edges) if logarithmic else edges)
    np.testing.assert_allclose(steps, steps[0])
    assert counts[0][5] == np.sum((values[:700] >= edges[5]) & (values[:700] < edges[6]))


def test_equal_values_are_in_one_bin() -> None:
    edges = charts.bin_edges({"": np.full(9, 44_100.0)})
    assert np.histogram(np.full(9, 44_100.0), edges)[0].max() == 9


def test_discrete_values_are_counted_each() -> None:
    values = np.array([48_000, 44_100, 44_100, 22_050.0])
    assert charts.value_counts({"": values}) == {22_050: 1, 44_100: 2, 48_000: 1}
    measure = Measure("m", "Rate", {"": "rate"}, "", decimals=0, discrete=True)
    assert charts.spread(measure, {"": values}) == "22,050: 1, 44,100: 2, 48,000: 1"
    assert ">44,100<" in charts.histogram(measure, {"": values})


def test_every_rule_that_the_code_names_has_words() -> None:
    # The place of the rule in the arguments.
    raised = {"Unfit": 0, "LeftOut": 0, "UnusableSongError": 0, "Unusable": 1}
    calls = (
        node
        for path in Path(jukedrummer.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    rules = {
        argument.value
        for call in calls
        if call.func.id in raised
        for argument in call.args[raised[call.func.id] :][:1]
        if isinstance(argument, ast.Constant)
    }
    assert {"silent", "few drums", "duplicate"} <= rules <= set(RULES)


def test_players_go_to_the_worst_of_each_list_first() -> None:
    assert chosen_songs([[5, 1, 2], [], [5, 3], [4]], 4) == [5, 4, 1, 3]
    assert chosen_songs([[1]], 0) == []


def test_excerpts_start_where_the_drums_are_loudest(inputs: InspectionInputs) -> None:
    assert loudest(inputs.pairs[0] / "song_0" / "drums.flac") == LOUD_FROM


def test_the_table_of_songs_has_what_is_known(output: Path) -> None:
    rows = {row.song: row for row in read_table(output / "songs.tsv", SongColumns().row)}
    assert len(rows) == SONGS + 4
    first, second, last = rows["song_0"], rows["song_1"], rows["song_13"]
    assert (first.annotated, first.meter, first.tempo_error) == ("yes", 3, pytest.approx(0))
    assert (second.meter, second.annotated_bpm, second.tempo_error) == (4, 60.0, 1.0)
    assert (last.annotated, last.meter, last.leakage) == ("no", None, None)
    assert (first.rate, first.features_bpm, first.features_clips) == (32_000, 120.0, 2)
    assert (rows["song_5"].left_out_clips, first.left_out_clips) == (1, 0)
    quiet, listless = rows["quiet"], rows["listless"]
    assert (quiet.rule, quiet.limit, quiet.artist, quiet.licence) == (
        "silent",
        "1e-4",
        "Mute",
        "CC0",
    )
    assert (listless.source, listless.rule, listless.artist) == ("disk", "metadata", None)
    assert first.rule is None


def test_songs_and_clips_that_are_left_out_are_listed(output: Path, html: str) -> None:
    rows = read_rejected(output / "rejected.tsv")
    assert [(row.song, row.clip) for row in rows] == [
        ("quiet", None),
        ("again", None),
        ("odd & <new>", None),
        ("listless", None),
        ("song_5", 4.0),
    ]
    for text in ("drums.wav: is silent", "is also in song_3", "drums in 10 %", "clip at 4.0 s"):
        assert html.count(text) == 1
    assert "odd &amp; &lt;new&gt;" in html
    assert "<new>" not in html
    assert re.search(r"few drums <span[^>]*>\s*1 clip \(disk 1\)", html)


def test_the_page_loads_nothing_from_the_network(elements: Elements) -> None:
    addresses = [
        value
        for _, attributes in elements.found
        for name, value in attributes.items()
        if name in ("src", "href", "data", "poster", "srcset")
    ]
    assert all(address.startswith(("data:", "#")) for address in addresses)
    ids = {attributes["id"] for _, attributes in elements.found if "id" in attributes}
    targets = {address[1:] for address in addresses if address.startswith("#")}
    assert targets <= ids
    assert any(target.startswith("listen-") for target in targets)


def test_the_page_has_players_of_the_worst_songs_only(elements: Elements, html: str) -> None:
    assert len(elements.named("audio")) == 2 * EXAMPLES
    assert "The highest: 0.60, song_12, and 9 more" in html
    assert 'id="listen-song_12"' in html
    assert all(drawing.get("aria-label") for drawing in elements.named("svg"))


def test_the_page_names_split_artists_and_warnings(html: str) -> None:
    # The artist of songs 0 to 3 has a test song.
    assert "<strong>1 artist is on more than one side:</strong> Artist 0" in html
    assert "own split is used for web." in html
    assert html.count("polarity is inverted") >= 1
    assert "1 song without an artist" in html


def test_the_summary_counts_songs_and_sources(output: Path) -> None:
    lines = (output / "corpus.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert ["", "test", "true", "1", "0.00", "0", "0"] in cells  # of the source disk
    assert ["", "all", "", "14", "0.04", "4", "2"] in cells
    (disk,) = (row for row in cells if row[:2] == ["disk", "drawn, an artist on one side"])
    assert disk[2:] == ["CC BY 4.0", "7", "0.02", "3", "1", "4", "1"]


def test_away_songs_are_shown_where_there_are_some(
    inputs: InspectionInputs, html: str, tmp_path: Path
) -> None:
    assert ">away<" not in html
    assert "away songs" not in html
    for shard in inputs.pairs:
        rows = [
            replace(row, split="away") if row.source == "web" else row for row in read_pairs(shard)
        ]
        write_table(tmp_path / "pairs" / shard.name / "pairs.tsv", Pair, rows)
    moved = replace(inputs, pairs=[tmp_path / "pairs" / shard.name for shard in inputs.pairs])
    sources = (CORPUS.sources[0], FolderConfig(path=".", name="web", split="away"))
    corpus = CorpusConfig(sources=sources)
    write_inspection(moved, tmp_path / "out", corpus, InspectConfig(examples=0))
    page = (tmp_path / "out" / "corpus.html").read_text()
    assert "All songs of web are away songs" in page
    assert '<th scope="col" class="number">away</th>' in page
    cells = [line.split(" | ") for line in (tmp_path / "out" / "corpus.md").read_text().split("\n")]
    assert any(row[:2] == ["| web", "away, nothing is trained on them"] for row in cells)
    assert any("away" in row and "7" in row for row in cells)


def test_songs_that_have_no_features_yet_are_shown(
    inputs: InspectionInputs, tmp_path: Path
) -> None:
    bare = replace(inputs, features=(), listed=())
    write_inspection(bare, tmp_path, CORPUS, InspectConfig(examples=0))
    page = elements_of((tmp_path / "corpus.html").read_text())
    assert not page.named("audio")
    rows = read_table(tmp_path / "songs.tsv", SongColumns().row)
    assert {row.features_clips for row in rows} == {None}
    assert [row.artist for row in rows if row.song == "quiet"] == [None]


@dataclass(frozen=True, kw_only=True)
class WarmPair(Pair):
    warmth: float = cell("how warm the drums sound", unit="kelvin")
    mood: str = cell("mood of the song", default="")


def test_a_new_column_of_the_pairs_is_shown(inputs: InspectionInputs, tmp_path: Path) -> None:
    for place, shard in enumerate(inputs.pairs):
        (tmp_path / str(place)).mkdir()
        rows = [
            WarmPair(**vars(pair), warmth=300.0 + place, mood="glad") for pair in read_pairs(shard)
        ]
        write_table(tmp_path / str(place) / "pairs.tsv", WarmPair, rows)
    warm = replace(inputs, pairs=[tmp_path / "0", tmp_path / "1"])
    inspected = gathered(tmp_path, warm, SongColumns(WarmPair))
    (measure,) = (
        own
        for group in measure_groups(inspected.columns)
        for own in group.measures
        if own.name == "warmth"
    )
    assert measure.unit == "kelvin"
    assert sorted(measure.series(inspected.songs)[""]) == [300.0] * 7 + [301.0] * 7
    page = render_page(inspected, overview_tables(inspected, CORPUS), CORPUS, 0)
    assert "How warm the drums sound." in page
    assert re.search(r"mood<small>mood of the song</small>.*glad <span[^>]*>14<", page)


def test_a_damaged_table_leaves_no_file(inputs: InspectionInputs, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    text = (inputs.pairs[1] / "pairs.tsv").read_text()
    (bad / "pairs.tsv").write_text(text.replace("song_3\t", "song 3\t"))
    damaged = replace(inputs, pairs=[inputs.pairs[0], bad])
    with pytest.raises(UserError, match="song is 'song 3'"):
        write_inspection(damaged, tmp_path / "out", CORPUS, InspectConfig(examples=0))
    assert not [path for path in (tmp_path / "out").iterdir() if path.name in FILES]


def test_a_corpus_without_songs_has_a_page(inputs: InspectionInputs, tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    write_table(tmp_path / "0" / "pairs.tsv", Pair, [])
    empty = InspectionInputs([tmp_path / "0"], inputs.rejected)
    write_inspection(empty, tmp_path, CORPUS, InspectConfig())
    assert "drums.wav: is silent" in (tmp_path / "corpus.html").read_text()
