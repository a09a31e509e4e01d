"""What somebody wrote is text wherever it is shown: HTML, marks that turn the direction, emoji, controls, 4,000 characters."""
import re

import pytest
from board_town import place_of
from playwright.sync_api import expect

pytest_plugins = ["board_town"]
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
FAMILY = "👨‍👩‍👧‍👦"
HTML = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>{{ 1+1 }}"
TURNED = "\u202egnp.exe\u202c \u2066abc\u2069 \u200fعربي\u200e \ufeff\u200b"
HOSTILE = f"{HTML}{TURNED}\u0007\u001b[31m {FAMILY} " + "漏" * (3900 - len(HTML))
SHORT = f"<b>x</b>\u202e{FAMILY}"  # what a category may be long
DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u200b]")


@pytest.fixture(scope="module")
def written(town):
    """One case with such words in every place where words are kept, and one that waits for its class."""
    town.say("REPORTED", by="reporter", place=place_of("P-07"), category=SHORT, text=HOSTILE)
    new = town.say("REPORTED", by="reporter", place=place_of("P-07"), category=SHORT, text=HOSTILE)
    number = town.say("REPORTED", by="reporter", place=place_of("P-07"), category=SHORT, text=HOSTILE, **{"class": "SMALL"})
    town.act("li", number, "acts", act="COMING")
    town.act("wang", number, "order", date="2026-10-13T12:00:00+08:00", why=HOSTILE)
    town.act("wang", number, "events", type="COMMENT", data={"text": HOSTILE})
    town.act("li", number, "acts", act="PROGRESS", text=HOSTILE)
    return {"case": number, "new": new}


def harmless(page):
    assert page.title() != "taken" and page.locator("img[src=x]").count() == 0
    text = page.evaluate("document.body.innerText")
    assert not DIRECTION.search(text) and not re.search("[\x00-\x08\x0b-\x1f]", text)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("at, there", [("#/case/{case}", "ol.line"), ("#/dispatch", ".queue button"), ("#/orders", ".list tbody tr"), ("#/area", ".orders li"),
                                       ("#/running", ".view tbody tr"), ("#/wall", ".river li")])
def test_at_a_desk(seat, written, picture, at, there):
    page = seat("wang" if "dispatch" not in at else "zhou", at.format(**written))
    page.locator(there).first.wait_for()
    harmless(page)
    picture(page, re.sub(r"\W|CL.*", "", at))


def test_on_the_page_of_the_case_it_is_whole(seat, written):
    page = seat("wang", f"#/case/{written['case']}")
    quoted = page.locator(".head blockquote")
    expect(quoted).to_contain_text("<img src=x onerror=")
    expect(quoted).to_contain_text("\u2407\u241b[31m")  # controls are shown as their pictures
    expect(page.locator("ol.line .written", has_text="<script>")).to_have_count(4)  # report, order, comment, progress
    assert len(quoted.inner_text()) < 1000
    quoted.get_by_role("button", name="显示全部").click()
    assert len(quoted.inner_text()) > 3800 and FAMILY in quoted.inner_text()
    harmless(page)


def test_on_a_phone(seat, written, picture):
    page = seat("li", "inbox.html", size=PHONE)
    job = page.locator(f"[data-case={written['case']}]")
    job.locator(".face").click()
    expect(job.locator(".open .written")).to_contain_text("<img src=x onerror=")
    harmless(page)
    picture(page, "phone")


def test_a_nul_is_refused_by_its_name(town):
    answer = town.board.browser("wang").post("reports", {"place": place_of("P-07"), "class": "SMALL", "text": "a\0b"})
    assert (answer.status, answer.code) == (422, "NUL_IN_TEXT")
