"""The elements of a page."""

from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br"}


class Elements(HTMLParser):
    """Collects elements. It fails if a tag is closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.found if name == tag]


def elements_of(html: str) -> Elements:
    """The elements of a whole page. It fails if one stays open."""
    parser = Elements()
    parser.feed(html)
    assert not parser.open
    return parser
