"""The files of the page for people, and what a browser may do with them."""

import re
from html.parser import HTMLParser

import pytest

from pgpool_py.statistics import BOUNDS
from pgpool_py.web.dashboard import FILES, find

TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
}


def body(path: str, *, asks_token: bool = False) -> str:
    answer = find(path, asks_token=asks_token)
    assert answer is not None
    return answer.body.decode()


class Elements(HTMLParser):
    """Collects the attributes of all elements, and texts within scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []
        self.inline = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.lasttag in {"script", "style"}:
            self.inline += data.strip()


@pytest.mark.parametrize(("path", "name"), FILES.items())
def test_each_file_says_what_it_is_and_what_it_may_do(path: str, name: str) -> None:
    answer = find(path, asks_token=False)
    assert answer is not None
    assert answer.content_type == TYPES[name.rpartition(".")[2]]
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_nothing_else_stands_there() -> None:
    assert find("/dashboard/../pages.py", asks_token=False) is None
    assert find("/dashboard/", asks_token=False) is None


def test_the_page_has_no_code_of_its_own_and_loads_only_what_is_ours() -> None:
    page = Elements(body("/"))
    assert page.inline == ""
    assert not [n for n, _ in page.attributes if n.startswith("on") or n == "style"]
    loaded = {value for name, value in page.attributes if name in {"src", "href"}}
    assert loaded == {"data:,", "dashboard/style.css", "dashboard/dashboard.js"}


def test_all_modules_that_are_imported_are_there() -> None:
    scripts = [path for path in FILES if path.endswith(".js")]
    for path in scripts:
        for name in re.findall(r'from "\./(\w+\.js)"', body(path)):
            assert f"/dashboard/{name}" in FILES


def test_names_of_strangers_get_no_chance_to_be_markup() -> None:
    for path in FILES:
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"):
            assert way not in body(path)


def test_the_page_knows_the_bounds_and_whether_to_ask_for_a_token() -> None:
    page = dict(Elements(body("/")).attributes)
    assert page["data-bounds"] == str(list(BOUNDS))
    assert page["data-asks-token"] == ""
    guarded = dict(Elements(body("/", asks_token=True)).attributes)
    assert guarded["data-asks-token"] == "yes"
