"""The items that a source yields: songs with explicit stems, and songs that cannot be used."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from jukedrummer.config import CorpusConfig
from jukedrummer.errors import UserError

Role = Literal["drums", "other", "mixture"]
ROLES: tuple[Role, ...] = ("drums", "other", "mixture")


@dataclass(frozen=True)
class Stem:
    """One recording of a song.

    Attributes:
        role: drums; other: a stem of the drumless recording; mixture: all stems together.
        path: the file.
        stream: index of the audio stream in a container of several, such as a `.stem.mp4`.
    """

    role: Role
    path: Path
    stream: int | None = None


@dataclass(frozen=True)
class SourceSong:
    """A song of a source.

    Attributes:
        name: any text; the song's id is made from it.
        stems: the stems of each role are summed. A song with a mixture only is separated.
        identity: text that decides the split if no artist is known. It must not depend on other
            songs; "": the name.
        artist: name as in the metadata, or "".
        split: the data set's own split: train, valid, test, or "".
        beats: file of annotated beats.
        score: file of the drum score.
        check_beats: whether the annotated beats may be wrong and are compared with a tracker.
        bar_lines: whether the score shows that the bar lines of `beats` are right: clear (as they
            were), moved (to where the score shows them), unclear, or "" where there is no score.
        style: genre, or "".
        kit: drum kit, or "".
        bpm: mean tempo, beats a minute.
        licence: licence of the recording, or "".
    """

    name: str
    stems: tuple[Stem, ...]
    identity: str = ""
    artist: str = ""
    split: str = ""
    beats: Path | None = None
    score: Path | None = None
    check_beats: bool = False
    bar_lines: Literal["", "clear", "moved", "unclear"] = ""
    style: str = ""
    kit: str = ""
    bpm: float | None = None
    licence: str = ""


@dataclass(frozen=True)
class Unusable:
    """A song that a source cannot use.

    Attributes:
        name: as in `SourceSong`.
        rule: the rule that it violates, in a word or two, e.g. "no drums".
        reason: the whole reason in one line, with the file.
        value: the value that violates the rule, or "".
        limit: its limit, or "".
        on_purpose: whether it is no fault of the data, e.g. a song without drums.
    """

    name: str
    rule: str
    reason: str
    value: str = ""
    limit: str = ""
    on_purpose: bool = False


class Unfit(UserError):
    """A song or a clip cannot be used; the others can.

    Attributes:
        rule: the rule that it violates, in a word or two, e.g. "silent".
        value: the value that violates the rule, or "".
        limit: its limit, or "".
        on_purpose: whether it is no fault of the data, see `LeftOut`.
    """

    on_purpose: ClassVar[bool] = False

    def __init__(self, rule: str, message: str, value: str = "", limit: str = "") -> None:
        super().__init__(message)
        self.rule, self.value, self.limit = rule, value, limit


class LeftOut(Unfit):
    """A song or a clip is left out on purpose. It does not count as a fault of the data."""

    on_purpose = True


@dataclass(frozen=True)
class Work:
    """The means of a source that makes its songs.

    Attributes:
        folder: folder of its songs. It does not exist before the first run.
        workers: processes; at least 1.
        corpus: the whole section, for the shares of the splits.
    """

    folder: Path
    workers: int
    corpus: CorpusConfig
