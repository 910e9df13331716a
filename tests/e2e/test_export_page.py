"""The html export in a real browser: columns and cards, and hostile text as text."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kaizen_tui.core.states import STATUS_TITLES
from kaizen_tui.export.collect import collect
from kaizen_tui.export.formats import render
from tests.e2e.chromium import Chromium
from tests.e2e.devtools import open_page
from tests.tui.boards import NOW, Place

TITLES = (
    "<script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "</summary></details></section><h1>out</h1>",
    "&lt;b&gt; \"quoted\" 'so'",
    "<style>*{display:none}</style>",
)


class Page(HTMLParser):
    """The parts of the page that the test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.columns: list[str] = []
        self.cards: list[str] = []
        self.title = ""
        self._into: list[str] | None = None
        self._depth = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        kind = dict(attrs).get("class")
        if tag == "h2" or (tag == "div" and kind == "title"):
            self._into = self.columns if tag == "h2" else self.cards
            self._into.append("")
        self._depth = tag

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "div"):
            self._into = None
        self._depth = ""

    def handle_data(self, data: str) -> None:
        if self._depth == "title":
            self.title += data
        if self._into is not None:
            self._into[-1] += data


@pytest.mark.e2e
def test_the_page_in_a_browser(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    browser = Chromium(require_program("chromium"), tmp_path)
    place = Place(tmp_path / "ws")
    for number, status in enumerate(STATUS_TITLES, 1):
        place.ticket(number, status)
    for number, title in enumerate(TITLES, 11):
        place.ticket(number, title=title, severity="low")
    page = tmp_path / "board.html"
    page.write_bytes(b"".join(render(collect(place.workspace, int(NOW.timestamp())), place.workspace, "html")))

    dom = browser.dom(page.as_uri())
    seen = Page(dom)
    assert seen.title == "ws - Kaizen"
    assert seen.columns == [f"{title} {6 if title == 'Draft' else 1}" for title in STATUS_TITLES.values()]
    assert [card for card in seen.cards if not card.startswith("Ticket number")] == list(TITLES)
    assert seen.tags.count("details") == 12
    assert not {"script", "img", "iframe", "link", "object"} & set(seen.tags)
    assert seen.tags.count("style") == 1
    assert seen.tags.count("h1") == 1

    wide = browser.picture(page.as_uri(), tmp_path / "wide.png")
    assert wide.startswith(b"\x89PNG")


@pytest.mark.e2e
async def test_all_columns_fit_a_small_laptop(tmp_path: Path, require_program: Callable[[str], str]) -> None:
    program = require_program("chromium")
    place = Place(tmp_path / "ws")
    for number, status in enumerate(STATUS_TITLES, 1):
        place.ticket(number, status, title="Incomprehensibilities " * 4)
    page = tmp_path / "board.html"
    page.write_bytes(b"".join(render(collect(place.workspace, int(NOW.timestamp())), place.workspace, "html")))
    async with open_page(program, tmp_path / "browser", page.as_uri(), size=(1280, 800)) as tab:
        await tab.until("document.readyState == 'complete' && document.querySelector('.board') !== null")
        board = "document.querySelector('.board')"
        assert await tab.value(f"{board}.scrollWidth <= {board}.clientWidth")
        assert await tab.value("document.querySelectorAll('.column').length") == len(STATUS_TITLES)
