"""The page: self-contained, complete, well-formed, with correct bold print and text."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from jukedrummer.errors import UserError
from jukedrummer.evaluation.metrics import all_metrics
from jukedrummer.evaluation.rungs import RUNGS
from jukedrummer.report import figures, page
from jukedrummer.report.inputs import ReportInputs
from tests.report.helpers.elements import Elements, elements_of
from tests.report.helpers.inputs import BUILT_IN, STYLE_NAMES, with_away_songs


@pytest.fixture(scope="module")
def html(inputs: ReportInputs) -> str:
    return page.render(inputs)


@pytest.fixture(scope="module")
def elements(html: str) -> Elements:
    return elements_of(html)


def test_the_page_loads_nothing_from_the_network(elements: Elements) -> None:
    addresses = [
        value
        for _, attributes in elements.found
        for name, value in attributes.items()
        if name in ("src", "href", "data", "poster", "srcset")
    ]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)


def test_screen_readers_get_a_name_for_everything(elements: Elements) -> None:
    assert all(image["alt"] for image in elements.named("img"))
    assert all(drawing.get("aria-label") for drawing in elements.named("svg"))
    html = dict(elements.found)["html"]
    assert html["lang"] == "en"


def test_every_clip_has_its_players_pictures_and_grid(
    elements: Elements, inputs: ReportInputs
) -> None:
    assert len(elements.named("audio")) == 4 * len(inputs.clips)
    assert len(elements.named("img")) == 2 * len(inputs.clips)
    lines = elements.named("i")
    beats = inputs.clips[0].beats
    # Two mel pictures and two piano rolls have lines.
    assert len(lines) == 4 * len(beats)
    assert sum(line.get("class") == "bar" for line in lines) == 4 * (beats[:, 1] == 1).sum()


def test_piano_rolls_are_below_the_pictures_the_generated_drums_first(
    html: str, inputs: ReportInputs
) -> None:
    pictures, first, second = (
        html.index(text)
        for text in (
            'class="mel"',
            "<h4>Generated strokes (transcribed)</h4>",
            "<h4>Real strokes (transcribed)</h4>",
        )
    )
    assert pictures < first < second
    without = dataclasses.replace(inputs.clips[0], strokes={})
    page_without = page.render(dataclasses.replace(inputs, clips=(without,)))
    assert " strokes (transcribed)" not in page_without
    assert 'class="pieces' not in page_without


def test_the_page_has_the_trackers_share_and_the_style(html: str) -> None:
    assert "all, 16 songs" in html
    for text in ("Style distance", "Prompt adherence", "a drum machine on the tracked beats and"):
        assert text in html, text


def test_the_page_shows_all_that_it_must(html: str, inputs: ReportInputs) -> None:
    shown = [metric.title for metric in all_metrics()] + [model.title for model in inputs.models]
    shown += [*inputs.settings, *inputs.commands, "codebook usage", "another song&#39;s recording"]
    for text in shown:
        assert text in html, text
    assert "Code &amp; weights" in html  # text is escaped


def test_charts_where_less_is_better_say_so(inputs: ReportInputs) -> None:
    charts = {name: page.metric_chart(name, inputs.metrics) for name in BUILT_IN}
    saying = {name for name, chart in charts.items() if chart["about"].endswith("; less is better")}
    assert saying == {"stft_distance", "mel_distance"}


def test_charts_take_the_pages_colours(html: str) -> None:
    assert "var(--accent)" in html
    svgs = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert not [colour for colour in figures.VARIABLES if colour in svgs]


def test_an_unknown_number_is_a_dash_and_no_bar(inputs: ReportInputs) -> None:
    nothing = {"mean": None, "low": None, "high": None, "n": 0}
    rungs = {**inputs.metrics["rungs"]}
    rungs["generated"] = dict.fromkeys(rungs["generated"], nothing)
    html = page.render(dataclasses.replace(inputs, metrics={**inputs.metrics, "rungs": rungs}))
    assert "–<small>n = 0</small>" in html


def test_a_rung_is_a_column_and_the_models_stands_out(html: str, inputs: ReportInputs) -> None:
    (table,) = re.findall(r'<table class="metrics".*?</table>', html, re.DOTALL)
    assert re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", table) == [
        "Metric",
        *(RUNGS[name].title.replace("'", "&#39;") for name in inputs.metrics["rungs"]),
    ]
    assert table.count('class="own"') == 1 + len(all_metrics()) + len(STYLE_NAMES)
    assert '<th scope="col" class="own">This model</th>' in table


def test_the_page_reports_that_a_model_does_not_use_its_input(inputs: ReportInputs) -> None:
    listening = {
        **inputs.metrics["listening"],
        "listens_to_drumless": False,
        "listens_to_beats": None,
    }
    html = page.render(
        dataclasses.replace(inputs, metrics={**inputs.metrics, "listening": listening})
    )
    assert '<li class="no">does not use the recording</li>' in html
    reason = "at least one of its costs below does not differ from chance"
    assert f"<p>The model does not use the recording: {reason}.</p>" in html
    assert "does not receive the beats" in html
    listening |= {"listens_to_drumless": None, "listens_to_beats": True}
    html = page.render(
        dataclasses.replace(inputs, metrics={**inputs.metrics, "listening": listening})
    )
    assert "It receives nothing of the recording itself, by design, and" in html
    assert "does not receive the recording, by design" in html


def test_a_song_without_beats_has_no_grid(inputs: ReportInputs) -> None:
    clip = dataclasses.replace(inputs.clips[0], beats=np.zeros((0, 2)))
    html = page.render(dataclasses.replace(inputs, clips=(clip,)))
    assert "<i" not in re.sub(r"<img", "", html)


def test_long_songs_are_cut(inputs: ReportInputs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "EXCERPT_SECONDS", 1.0)
    html = page.render(inputs)
    assert 'data-seconds="1.0"' in html


def test_a_missing_file_leaves_no_page(inputs: ReportInputs, tmp_path: Path) -> None:
    clip = dataclasses.replace(inputs.clips[0], real=tmp_path / "gone.flac")
    with pytest.raises(UserError, match=r"gone\.flac"):
        page.write_report(tmp_path / "report.html", dataclasses.replace(inputs, clips=(clip,)))
    assert list(tmp_path.iterdir()) == []


def test_away_songs_have_a_section_of_their_own(inputs: ReportInputs) -> None:
    html = page.render(with_away_songs(inputs))
    elements_of(html)
    home, away = html.index(">Home songs<"), html.index(">Away songs<")
    assert home < html.index('aria-label="song_0"') < away < html.index('aria-label="abroad"')
    section = html[html.index('<section aria-labelledby="away">') :]
    section = section[: section.index("</section>")]
    assert re.findall(r"<h[23][^>]*>(.*?)</h", section) == [
        "Away songs",
        "Away songs: band",
        "Away songs: folk",
    ]
    assert section.count('<table class="metrics"') == 3
    assert section.count("<svg") == len(page.CHARTS)
    assert "n = 7 songs" in section
    assert "n = 3 songs" in section
    assert "16 home songs and 7 away songs (4 of band, 3 of folk)" in html
    assert "annotations in 18 of them, and in 5 with the beats tracked on the full mix" in html
    f1 = inputs.metrics["rungs"]["generated"]["beat_f1"]["mean"]
    assert f"on away songs {f1 / 2:.2f}" in html


def test_without_away_songs_the_page_does_not_name_them(html: str) -> None:
    text = re.sub(r"<details><summary>.*?</details>|<script.*?</script>", "", html, flags=re.DOTALL)
    assert "away" not in text.lower()
    assert "home songs" not in text.lower()
