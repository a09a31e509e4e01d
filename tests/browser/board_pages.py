"""The board with its pages in front of a real daemon without keys, and browsers before it: fixtures of the tests of its pages."""
import os
import pathlib
import re
import shutil
import tempfile

import pytest
from board import PASSWORD, Board, add_user
from playwright.sync_api import expect

expect.set_options(timeout=60_000)  # against hanging; nothing waits for it to pass
PAGES = pathlib.Path(os.environ["HX_BIN"]).parent / "web"
AXE = pathlib.Path(os.environ["HX_SOURCE"]) / "workers/board/web/node_modules/axe-core/axe.min.js"
DESK = {"width": 1440, "height": 900}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
PEOPLE = (("chief", "supervisor", "city"), ("desk", "call_centre", "city"), ("li", "company", "P-07"))
# The browser itself writes a line for every answer that is not 2xx, and for every connection that breaks.
ITS_OWN = re.compile("Failed to load resource|ERR_")


@pytest.fixture
def doors():
    """Addresses that are the same after a restart."""
    folder = tempfile.mkdtemp(prefix="hx-")
    yield {"ingest": f"ipc://{folder}/i", "feed": f"ipc://{folder}/f"}
    shutil.rmtree(folder)


@pytest.fixture
def city(make_daemon, doors):
    return make_daemon(settings=doors)


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """The file of users, made once: passwords are slow to hash on purpose."""
    file = tmp_path_factory.mktemp("people") / "board.users"
    for name, role, area in PEOPLE:
        add_user(file, name, "--principal", "", "--role", role, "--area", area, "--title", name)
    return file


@pytest.fixture
def board(city, people, tmp_path):
    shutil.copy(people, tmp_path)
    b = Board(tmp_path, city, settings=f"pages: {PAGES}\n").start()
    yield b
    b.end()


@pytest.fixture
def hotline(city):
    with city.client() as c:
        yield c


@pytest.fixture
def open_page(make_page, board):
    """open_page(at="#/case/CL-1", language="en", …): as make_page, at the board's door."""
    pages = []

    def go(at="", language="zh", size=DESK, **options):
        page = make_page(**size, locale=LANGUAGES[language], **options)
        pages.append(page)
        page.goto(f"http://127.0.0.1:{board.port()}/{at}")
        return page

    yield go
    for page in pages:
        page.close()
        page.faults[:] = [f for f in page.faults if not ITS_OWN.search(f)]


@pytest.fixture
def sign_in(open_page):
    """sign_in("chief", at=…, language=…): … and somebody has signed in."""
    def go(name="chief", **options):
        page = open_page(**options)
        page.locator("#sign-name").fill(name)
        page.locator("#sign-password").fill(PASSWORD)
        page.locator("button.go").click()
        page.locator(".live.on, .inbox").first.wait_for()
        return page

    return go


def accessible(page):
    """Nothing that axe finds against WCAG 2.2 AA."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())
    found = page.evaluate("""async () => (await axe.run({
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'], preload: false,
        })).violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.target).join(', ')}`)""")
    assert found == []
