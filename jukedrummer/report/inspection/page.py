"""The page of a corpus, `corpus.html`: one file that needs no network."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from jukedrummer.config import CorpusConfig
from jukedrummer.report.inspection.charts import histogram, spread
from jukedrummer.report.inspection.columns import FEATURES
from jukedrummer.report.inspection.excerpts import (
    RECORDINGS,
    SECONDS,
    Excerpt,
    chosen_songs,
    read_excerpt,
)
from jukedrummer.report.inspection.gathering import PROBED_SONGS, Inspected
from jukedrummer.report.inspection.measures import Measure, MeasureGroup, measure_groups
from jukedrummer.report.inspection.overview import used_splits
from jukedrummer.report.inspection.rules import rule_text
from jukedrummer.report.rendering import html_environment
from jukedrummer.report.table_view import view
from jukedrummer.report.tables import Table

MOST_TEXTS = 12  # distinct values of a column of texts that are shown
LONGEST_LIST = 20  # rows of a list on the page; the tables have all
KEY = re.compile(r"\b(?:beats|clip|corpus|lm|pairs)\.[a-z]+_[a-z_]+")
UNLISTED = ("song", "source", "split", "kind", "artist", "licence", "annotated", "annotation")
_Worst = Sequence[tuple[int, float]]  # rows of songs, and their values
WARNINGS = ("warnings", f"{FEATURES}warning")


def render_page(
    inspected: Inspected, tables: Sequence[Table], corpus: CorpusConfig, examples: int
) -> str:
    """The page's HTML.

    Args:
        inspected: the corpus.
        tables: from `overview_tables`.
        corpus: the config of the sources.
        examples: most songs with players.

    Raises:
        UserError: a recording is missing or damaged.
    """
    songs, groups = inspected.songs, measure_groups(inspected.columns)
    worst = {own.name: own.worst_songs(songs) for group in groups for own in group.measures}
    excerpts = {
        place: read_excerpt(inspected.folders[int(songs["folder"][place])] / songs["song"][place])
        for place in chosen_songs([[place for place, _ in own] for own in worst.values()], examples)
    }
    players = _Players(excerpts)
    return (
        html_environment()
        .get_template("inspection.html.j2")
        .render(
            headlines=_headlines(inspected),
            tables=[view(table) for table in tables],
            groups=[_group(group, songs, worst, players) for group in groups],
            texts=_texts(inspected),
            artists=_artists(songs),
            left_out=[_rule(inspected, rule) for rule in inspected.left_out.rules],
            warnings=_warnings(songs),
            official=[own.title for own in corpus.sources if own.split == "official"],
            away=[own.title for own in corpus.sources if own.is_away],
            compared=corpus.finds_duplicates,
            seconds=SECONDS,
            recordings=RECORDINGS,
            probed=PROBED_SONGS,
            longest=LONGEST_LIST,
        )
    )


def _with_keys(text: str) -> Markup:
    """A text as HTML. Keys of the config are code."""
    return Markup(KEY.sub(r"<code>\g<0></code>", str(escape(text))))


def _headlines(inspected: Inspected) -> list[dict[str, str]]:
    songs, left_out = inspected.songs, inspected.left_out
    clips = songs[f"{FEATURES}clips"]
    warned = _warned(songs).sum()
    known = songs.loc[songs["artist"] != "", "group"].nunique()
    purpose = f"{left_out.on_purpose:,} of them on purpose"
    annotated = (songs["annotated"] == "yes").sum()
    cards = [
        (f"{len(songs):,}", "songs", f"{songs['seconds'].sum() / 3_600:,.2f} hours"),
        (f"{left_out.songs.total():,}", "songs left out", purpose),
        (f"{known:,}", "artists", f"{(songs['artist'] == '').sum():,} songs without one"),
        (f"{annotated:,}", "songs with annotated beats", f"of {len(songs):,}"),
        (f"{warned:,}", "songs with warnings", "these songs are used"),
    ]
    if clips.notna().any():
        beside = f"{left_out.clips.total():,} left out"
        cards.append((f"{int(clips.sum()):,}", "clips", beside))
    return [dict(zip(("value", "title", "beside"), card, strict=True)) for card in cards]


class _Players:
    """The players of songs. Those of a song are on the page once; other lists link to them."""

    def __init__(self, excerpts: Mapping[int, Excerpt]) -> None:
        self._excerpts = excerpts
        self._shown: set[int] = set()

    def take(self, song: int) -> tuple[Excerpt | None, bool]:
        """The excerpt if it is shown at this place, and whether it was shown before."""
        before = song in self._shown
        if song not in self._excerpts or before:
            return None, before
        self._shown.add(song)
        return self._excerpts[song], False


def _group(
    group: MeasureGroup,
    songs: pd.DataFrame,
    worst: Mapping[str, _Worst],
    players: _Players,
) -> dict[str, Any]:
    measures = [_measure(own, songs, worst[own.name], players) for own in group.measures]
    if not any(own.advice for own in group.measures):  # the group of other columns
        measures = [own for own in measures if own["svg"]]
    return {"title": group.title, "measures": measures}


def _measure(
    measure: Measure, songs: pd.DataFrame, worst: _Worst, players: _Players
) -> dict[str, Any]:
    series = measure.series(songs)
    known = any(len(values) for values in series.values())
    ends = {"high": "highest", "low": "lowest", "abs": "largest", None: ""}
    return {
        "name": measure.name,
        "title": measure.title,
        "about": _with_keys(measure.about),
        "advice": _with_keys(measure.advice),
        "svg": histogram(measure, series) if known else "",
        "spread": spread(measure, series),
        "unknown": int(measure.values(songs).isna().all(axis=1).sum()),
        "end": "worst" if measure.words else ends[measure.worst],
        "worst": [
            _entry(measure, songs.iloc[place], place, value, players) for place, value in worst
        ],
    }


def _entry(
    measure: Measure, song: pd.Series, place: int, value: float, players: _Players
) -> dict[str, Any]:
    excerpt, before = players.take(place)
    unit = f" {measure.unit}" if measure.unit else ""
    return {
        "song": song["song"],
        "about": f"{song['source']}, {song['split']}, {song['kind']}",
        "value": f"{measure.text(value)}{unit}",
        "warning": song["warnings"],
        "excerpt": excerpt,
        "elsewhere": before,
    }


def _texts(inspected: Inspected) -> list[dict[str, Any]]:
    """The columns of texts with few values, and the number of songs with each value."""
    songs, result = inspected.songs, []
    for column in inspected.columns:
        hidden = column.name in (*UNLISTED, *WARNINGS) or column.name not in songs
        if hidden or column.kind is not str:
            continue
        counts = songs[column.name].value_counts()
        distinct = counts.drop("", errors="ignore")
        if not len(distinct) or len(distinct) > max(MOST_TEXTS, len(songs) / 2):
            continue
        shown = [(name or "(empty)", f"{n:,}") for name, n in counts.iloc[:MOST_TEXTS].items()]
        more = len(counts) - len(shown)
        result.append({"name": column.name, "doc": column.doc, "counts": shown, "more": more})
    return result


def _artists(songs: pd.DataFrame) -> dict[str, Any]:
    """The artists with the most songs, and those on more than one side of the split."""
    known = songs[songs["artist"] != ""]
    names = known.groupby("group")["artist"].first()
    counts = known.groupby(["group", "split"]).size().unstack(fill_value=0)
    splits = used_splits(songs)
    counts = counts.reindex(columns=splits, fill_value=0)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    divided = counts.index[(counts > 0).sum(axis=1) > 1]
    rows = [
        {"name": names[group], "counts": [f"{n:,}" if n else "" for n in counts.loc[group]]}
        for group in order[:LONGEST_LIST]
    ]
    return {
        "splits": splits,
        "rows": rows,
        "count": len(names),
        "divided": [names[group] for group in divided[:LONGEST_LIST]],
        "divided_count": len(divided),
        "unknown": int((songs["artist"] == "").sum()),
    }


def _rule(inspected: Inspected, rule: str) -> dict[str, Any]:
    left_out = inspected.left_out
    about, advice = rule_text(rule)
    songs, clips = (
        {source: n for (own, source), n in counts.items() if own == rule}
        for counts in (left_out.songs, left_out.clips)
    )
    total = sum(songs.values()) + sum(clips.values())
    return {
        "rule": rule,
        "about": _with_keys(about),
        "advice": _with_keys(advice),
        "songs": songs,
        "clips": clips,
        "examples": left_out.examples[rule],
        "more": total - len(left_out.examples[rule]),
        "on_purpose": left_out.examples[rule][0].on_purpose == "yes",
    }


def _warned(songs: pd.DataFrame) -> "pd.Series[bool]":
    result: pd.Series[bool] = (songs[list(WARNINGS)] != "").any(axis=1)
    return result


def _warnings(songs: pd.DataFrame) -> dict[str, Any]:
    """The first songs with warnings, with the text, and the number of the others."""
    warned = songs[_warned(songs)]
    rows = [
        (song, "; ".join(filter(None, texts)))
        for song, *texts in warned[["song", *WARNINGS]].iloc[:LONGEST_LIST].itertuples(index=False)
    ]
    return {"rows": rows, "more": len(warned) - len(rows)}
