"""Failures of a download: which of them are temporary, and errors with advice for the others."""

import socket
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit, urlunsplit

import requests

from jukedrummer.corpus.download.part import PartialFile
from jukedrummer.errors import UserError

# The server is busy or restarts.
PASSING_STATUS = (408, 425, 429, 500, 502, 503, 504)
ADVICE = {
    401: "the link needs a login: open it in a browser, download the archive and set `download` to "
    "the file",
    403: "the link has expired or needs a login; ask for a new one, or download the archive in a "
    "browser and set `download` to the file",
    404: "the link is mistyped or has expired; ask for a new one",
    410: "the archive was removed; ask for a new link",
}


class Broken(Exception):
    """An attempt failed, but a later one may succeed.

    Attributes:
        wait: seconds to wait, if the server states them, or 0.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def public_url(url: str) -> str:
    """The link without its password and query, which may be secret, for messages and records."""
    parts = split_url(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def split_url(url: str) -> SplitResult:
    """The parts of a link.

    Raises:
        UserError: it is not a link that can be split, e.g. `http://[::1`.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises an error for a port that is not a number up to 65,535)
    except ValueError as error:
        raise UserError(
            f"download is a link that cannot be read ({error}); is it mistyped?"
        ) from error
    return parts


def check_status(url: str, response: requests.Response) -> None:
    """Check that the response has the file, or the rest of it.

    Raises:
        Broken: the server is busy.
        UserError: the server does not have the file, or does not give it out.
    """
    status = response.status_code
    if status in (200, 206, 416):
        return
    reason = f"status {status} {response.reason or ''}".strip()
    if status in PASSING_STATUS:
        seconds = response.headers.get("Retry-After", "")
        raise Broken(reason, float(seconds) if seconds.isdecimal() else 0.0)
    advice = ADVICE.get(status, "open the link in a browser to see what it is")
    raise UserError(f"{public_url(url)}: the server answers with {reason}: {advice}")


def check_type(url: str, response: requests.Response) -> None:
    """Check that the response is not a web page.

    Raises:
        UserError: it is a web page.
    """
    kind = response.headers.get("Content-Type", "")
    if response.status_code == 200 and kind.lower().startswith("text/html"):
        raise UserError(
            f"{public_url(url)}: is a web page ({kind}), not an archive: the link leads to a page "
            "about the data set or to a login; copy the link of the file itself"
        )


def explain(url: str, error: requests.RequestException | ValueError) -> Exception:
    """The error to raise instead of one of requests: `Broken` if temporary, or `UserError`."""
    reason = _root(error)
    if isinstance(error, requests.TooManyRedirects):
        return UserError(
            f"{public_url(url)}: leads from link to link without an end; ask for a new link, or "
            "download the archive in a browser and set `download` to the file"
        )
    if isinstance(error, ValueError):
        return UserError(
            f"{public_url(url)}: cannot be downloaded, because it is not a valid link, or leads to "
            "one that is not; is it mistyped?"
        )
    if isinstance(error, requests.exceptions.SSLError):
        return UserError(
            f"{public_url(url)}: no secure connection ({reason}): the clock of the computer is "
            "wrong, a proxy replaces certificates (name its certificate in REQUESTS_CA_BUNDLE), or "
            "the server has no https"
        )
    passing = requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    if isinstance(error, passing):
        return Broken(reason)
    return UserError(f"{public_url(url)}: cannot be downloaded ({reason}); is the link mistyped?")


def gave_up(url: str, error: Broken, attempts: int, part: PartialFile) -> UserError:
    """The error after the last attempt."""
    kept = f"{part.size:,} bytes are kept in {part.path}" if part.size else "no byte was received"
    return UserError(
        f"{public_url(url)}: {attempts} attempts failed, the last with: {error}; is there a "
        "network connection, and does the link open in a browser? "
        f"{kept}; run again to continue"
    )


def _root(error: BaseException) -> str:
    """The innermost cause, because the texts of the outer errors contain the link's query."""
    chain = list(_causes(error))
    if any(isinstance(cause, TimeoutError) for cause in chain):
        return "the server does not answer in time"
    if any(isinstance(cause, socket.gaierror) for cause in chain):
        return "no network, or no such host"
    root = chain[-1]
    if isinstance(root, OSError) and root.strerror:
        return root.strerror
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    return type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
