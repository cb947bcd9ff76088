"""A web server on this machine that serves one file, and fails in every way that servers fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STALLED = 5.0  # seconds at most that a stalled server blocks its thread


@dataclass
class Served:
    """What the server does. Tests change it between requests.

    Attributes:
        data: the file.
        etag: its tag, or "".
        modified: Last-Modified, or "".
        ranges: whether the server sends ranges, or ignores them.
        if_range: whether it sends all if the file is not the one in If-Range, or ignores this.
        breaks: for each request, bytes of the body after which the connection breaks.
        statuses: for each request, a status instead of the file.
        extra_length: added to the Content-Length of the file.
        says_length: whether there is a Content-Length.
        stalls: whether it stops after half of the body, and sends nothing more.
        headers: more headers.
        requests: the Range of each request, or "".
    """

    data: bytes
    etag: str = '"one"'
    modified: str = ""
    ranges: bool = True
    if_range: bool = True
    breaks: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    extra_length: int = 0
    says_length: bool = True
    stalls: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    served: Served

    def do_GET(self) -> None:
        served, wanted = self.served, self.headers.get("Range", "")
        served.requests.append(wanted)
        if served.statuses:
            self.send_response(served.statuses.pop(0))
            self.send_header("Content-Length", "0")
            self._more()
            return
        start = int(wanted[len("bytes=") : -1]) if wanted and served.ranges else 0
        condition = self.headers.get("If-Range", "")
        if served.if_range and condition and condition not in (served.etag, served.modified):
            start, wanted = 0, ""
        total = len(served.data) + served.extra_length
        if start and start >= len(served.data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(served.data)}")
            self._more()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        if served.says_length:
            self.send_header("Content-Length", str(total - start))
        self._more()
        self._body(served.data[start:])

    def _more(self) -> None:
        served = self.served
        tags = {"ETag": served.etag, "Last-Modified": served.modified}
        for name, value in {**tags, **served.headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()

    def _body(self, body: bytes) -> None:
        served = self.served
        stop = served.breaks.pop(0) if served.breaks else len(body)
        if served.stalls:
            self.wfile.write(body[: len(body) // 2])
            served.released.wait(STALLED)
        else:
            self.wfile.write(body[:stop])

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@contextmanager
def serve(data: bytes, name: str = "songs.zip", **behaviour: object) -> Iterator[Served]:
    """Serve a file at `.url` while the block runs."""
    served = Served(data, **behaviour)
    handler = type("OneFile", (Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    served.url = f"http://127.0.0.1:{server.server_port}/{name}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
