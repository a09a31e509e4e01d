"""A town for the tests of the board's pages: one daemon with keys whose clock the test turns, one board, people with their roles. It is
made once for each file of tests; a page of it costs a second, and nothing there has to be waited for but the page itself."""
import csv
import re
import shutil
import tempfile

import pytest
from board import PASSWORD, Board, add_user
from board_pages import DESK, ITS_OWN, LANGUAGES, PAGES
from clock import AWAY_MS, EVENING, Clock, run_to
from daemon import SOURCE, Daemon
from locks import Registry
from playwright.sync_api import expect
from wire import wait_until

PEOPLE = (("wang", "supervisor", "city"), ("zhou", "call_centre", "city"), ("li", "company", "P-07"), ("chen", "operator", "city"),
          ("gao", "auditor", "city"))


def rows(name):
    with open(f"{SOURCE}/config/city/{name}.csv", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def place_of(company, nth=0):
    """A building of an estate that the company keeps for good."""
    estates = [r["id"] for r in rows("estates") if r["company"] == company and not r["to"] and not r["from"]]
    return [r["id"] for r in rows("buildings") if r["estate"] in estates][nth]


class Town:
    def __init__(self, folder, turned=True):
        self.folder, self.doors = folder, tempfile.mkdtemp(prefix="hx-")
        self.clock = Clock(folder, EVENING) if turned else None
        self.registry = Registry(folder)
        self.registry.make()
        self.registry.new("hotline", "call_centre", "city")
        self.registry.new("board", "board", "city")
        for name, role, area in PEOPLE:
            self.registry.new(name, role, area)
            add_user(folder / "board.users", name, "--principal", name, "--person", name, "--title", name)
        (folder / "devices.csv").write_text("id,holder,public_key\n")
        settings = {"ingest": f"ipc://{self.doors}/i", "feed": f"ipc://{self.doors}/f", "keys": self.registry.keys, "absent_ms": AWAY_MS,
                    "evidence": {"devices_file": folder / "devices.csv", "onsite_key_file": folder / "onsite.key"}}
        self.daemon = Daemon(folder, settings=settings, env=self.clock.environment() if turned else None).start()
        self.board = Board(folder, self.daemon, key=self.registry.file("board"), settings=f"pages: {PAGES}\n").start()
        self.hotline = self.registry.client(self.daemon, "hotline")
        self.people = {}  # signed in
        self.well()

    def end(self):
        self.hotline.close()
        self.board.end()
        self.daemon.end()
        shutil.rmtree(self.doors)

    def well(self):
        """Returns when the board has its daemon and what the rules call things."""
        wang = self.board.browser("wang")
        wait_until(lambda: wang.get("health").json.get("status") == "ok" and wang.get("texts").status == 200, timeout=60)

    def restart(self):
        """The daemon, with what its files say now."""
        assert self.daemon.stop() == 0
        self.daemon.start()
        self.hotline.close()
        self.hotline = self.registry.client(self.daemon, "hotline")
        self.well()

    def run_to(self, instant):
        run_to(self.clock, self.hotline, instant)

    def say(self, type, number=None, by="", **data):
        """One event from the hotline, as of now, which has to be taken."""
        fields = {"case_number": int(number[3:])} if number else {}
        reply = self.hotline.publish(self.hotline.event(type, by=by, data=data or None, **fields))[0]
        assert not reply.code, reply
        return reply.number

    def report(self, place, **data):
        return self.say("REPORTED", by="reporter", place=place, **data)

    def act(self, person, number, path, **body):
        """What somebody does on the board, by its API: POST cases/CL-…/path."""
        if person not in self.people:
            self.people[person] = self.board.browser(person)
        answer = self.people[person].post(f"cases/{number}/{path}", body)
        assert answer.status == 200, answer


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    t = Town(tmp_path_factory.mktemp("town"))
    yield t
    t.end()


@pytest.fixture(scope="module")
def seat(browser, town):
    """seat("wang", "#/area", language=…, size=…) → a page at which that person sits already. It is kept for the whole file: the next
    one who asks for the same seat goes on there, which is how people use a desk."""
    kept, contexts = {}, []

    def go(name, at="", language="zh", size=DESK):
        key = (name, at.startswith("inbox"), language, tuple(size.items()))
        if key not in kept:
            context = browser.new_context(viewport={"width": size["width"], "height": size["height"]}, locale=LANGUAGES[language],
                                          **{k: v for k, v in size.items() if k not in ("width", "height")})
            contexts.append(context)
            base = f"http://127.0.0.1:{town.board.port()}"
            assert context.request.post(f"{base}/api/v1/login", data={"name": name, "password": PASSWORD}).ok
            page = kept[key] = context.new_page()
            page.set_default_timeout(120_000)
            page.faults = []
            page.on("pageerror", lambda error: page.faults.append(str(error)))
            page.on("console", lambda said: said.type == "error" and not ITS_OWN.search(said.text) and page.faults.append(said.text))
        kept[key].goto(f"http://127.0.0.1:{town.board.port()}/{at}")
        return kept[key]

    yield go
    faults = [f for page in kept.values() for f in page.faults]
    for context in contexts:
        context.close()
    assert not faults


def dress(page, language, theme):
    """The reader chooses a language and light or dark, by the buttons that every page of the desk has."""
    buttons = page.locator(".reader button")
    buttons.first.wait_for()
    if page.evaluate("document.documentElement.lang") != {"zh": "zh-CN", "en": "en"}[language]:
        buttons.nth(0).click()
    if page.evaluate("document.documentElement.classList.contains('dark')") != (theme == "dark"):
        buttons.nth(1).click()
    expect(page.locator("html")).to_have_attribute("lang", {"zh": "zh-CN", "en": "en"}[language])


# Ids and names that are the same in every language: what people are called, what sources and rules are called.
SAME = {"hongxin", "UTC", "CSV", "English", "hotline", "publish", "wang", "zhou", "chen", "GMT", "city", "complaint", "Enter"}
WORDS = """() => {
    const found = []
    const skip = '[translate=no], .written, bdi, script, style, option, datalist, code, kbd'
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walk.nextNode()) if (!walk.currentNode.parentElement.closest(skip)) found.push(walk.currentNode.data)
    for (const e of document.querySelectorAll('[aria-label], [title], [alt], [placeholder]'))
        for (const a of ['aria-label', 'title', 'alt', 'placeholder']) if (!e.closest(skip)) found.push(e.getAttribute(a) ?? '')
    return found.join('\\n')
}"""


def foreign_words(page, language):
    """What stands on a page in the other language, or is a word of a program."""
    text = page.evaluate(WORDS)
    if language == "en":
        return sorted(set(re.findall(r"[\u4e00-\u9fff]+", text.replace("中文", ""))) | set(re.findall(r"\b[A-Z]+_[A-Z_]+\b|\bundefined\b|\bNaN\b", text)))
    persons = {r["person"] for r in rows("duty")}
    words = set(re.findall(r"[A-Za-z_]{3,}\d*", text)) - SAME - persons
    return sorted(words)


def total(page):
    return int(re.sub(r"\D", "", page.locator("[data-total]").inner_text()))


def number_in(locator):
    return int(re.sub(r"\D", "", locator.inner_text()) or 0)
