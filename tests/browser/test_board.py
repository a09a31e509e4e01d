"""The board's pages at a desk, as supervisors and dispatchers use them: over the real daemon and the real board."""
import re

import pytest
from board import PASSWORD
from board_pages import LANGUAGES, accessible
from board_shared import board, city, hotline  # noqa: F401 (fixtures)
from playwright.sync_api import expect
from wire import wait_until

pytest_plugins = ["board_pages"]
WALL = {"width": 1920, "height": 1080}
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>\u202egnp.exe\u0007 👨‍👩‍👧 " + "漏" * 3900


def figure(page, tile):
    return int(re.sub(r"\D", "", page.locator(f"[data-tile={tile}] strong").inner_text()))


def test_who_may_not_enter_is_told_so_and_who_may_is_at_the_wall(open_page, picture):
    page = open_page()
    page.locator("#sign-name").fill("chief")
    page.locator("#sign-password").fill("a guess of mine")
    accessible(page)
    picture(page, "sign-in")
    page.locator("button.go").click()
    expect(page.get_by_role("alert")).to_have_text("用户名或密码不正确")
    page.get_by_role("button", name="English").click()
    page.locator("#sign-password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What breaks next")).to_be_visible()


def test_an_address_that_was_printed_signs_in_once(open_page, board):
    printed = board.user("ticket", "chief", "--base", f"http://127.0.0.1:{board.port()}").stdout
    at = re.search(r"http://[^/]+/(\S+ticket=\S+)", printed)[1]
    page = open_page(at, language="en")
    page.locator(".live.on").wait_for()
    assert "ticket" not in page.url
    again = open_page(at, language="en")
    expect(again.get_by_role("alert")).to_contain_text("This one-time address has been used")


def leads_to_its_list(page):
    total = figure(page, "running")
    page.locator("[data-tile=running]").click()
    try:
        expect(page.locator("[data-total]")).to_have_text(f"{total:,}", timeout=5000)
        return True
    except AssertionError:
        page.go_back()
        page.locator("[data-tile=running]").wait_for()
        return False


@pytest.mark.parametrize("language, scheme", [("zh", "light"), ("en", "dark")])
def test_the_wall_lives_and_its_numbers_are_their_lists(sign_in, hotline, picture, language, scheme):
    taken = hotline.publish(*(hotline.event("REPORTED", by="reporter", data={"class": "SMALL", "place": f"B-{n:04}"}) for n in range(401, 425)))
    for n in (r.case_number for r in taken):  # else they are deemed so in half a minute, and there are fewer promises while somebody looks
        hotline.publish(hotline.event("HELD", case_number=n, by=f"holder:{hotline.case(n).view.holder}/li"))
    page = sign_in(language=language, size=WALL, color_scheme=scheme)
    expect(page.locator("[data-tile=running] strong")).not_to_have_text("0")
    before = figure(page, "running")
    number = hotline.report(place="B-0417").number
    hotline.publish(hotline.event("HELD", case_number=int(number[3:]), by="holder:P-07/li"))
    wait_until(lambda: figure(page, "running") > before, timeout=60)  # its row is further down, once the others are late
    accessible(page)
    picture(page, f"wall-{language}-{scheme}")
    wait_until(lambda: leads_to_its_list(page))  # promises begin and end meanwhile
    accessible(page)
    picture(page, f"running-{language}-{scheme}")


def test_what_somebody_wrote_is_text_wherever_it_stands(sign_in, hotline, picture):
    reply = hotline.publish(hotline.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417", "text": HOSTILE}))[0]
    page = sign_in(at=f"#/case/{reply.number}")
    quoted = page.locator("blockquote")
    expect(quoted).to_contain_text("<img src=x onerror=")
    expect(quoted).to_contain_text("gnp.exe\u2407")
    assert "\u202e" not in quoted.inner_text() and len(quoted.inner_text()) < 1000
    quoted.get_by_role("button", name="显示全部").click()
    assert len(quoted.inner_text()) > 3900
    assert page.title() != "taken" and page.locator("img[src=x]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "hostile-text")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_case_explains_itself_and_follows(sign_in, hotline, picture, language):
    reply = hotline.report(place="B-0417")
    number = int(reply.number[3:])
    page = sign_in(at=f"#/case/{reply.number}", language=language)
    hotline.publish(hotline.event("HELD", case_number=number, by="holder:P-07/li"))
    card = page.locator(".deadline", has_text={"zh": "到场时限", "en": "Arrival"}[language])
    expect(card).to_contain_text({"zh": "+ 5分", "en": "+ 5 min"}[language])
    expect(card).to_contain_text("UTC+8")
    expect(page.locator("ol.line")).to_contain_text({"zh": "签收", "en": "Held"}[language])
    accessible(page)
    picture(page, f"case-{language}", full_page=True)


def test_a_supervisor_gives_an_order_and_everybody_sees_it(sign_in, hotline, picture):
    reply = hotline.report(place="B-0417")
    page, other = sign_in(at=f"#/case/{reply.number}", language="en"), sign_in(at=f"#/case/{reply.number}", language="zh")
    page.get_by_role("button", name="Order", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="4 hours", exact=True).click()
    dialog.get_by_label("Why").fill("请今晚恢复供水")
    accessible(page)
    picture(page, "order")
    dialog.get_by_role("button", name="Send").click()
    expect(page.locator(".head .tag", has_text="Under an order")).to_be_visible()
    expect(other.locator(".head .tag", has_text="督办")).to_be_visible()
    expect(other.locator("ol.line")).to_contain_text("请今晚恢复供水")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_are_drawn_from_what_is_in_force(sign_in, picture, language):
    page = sign_in(at="#/rules", language=language)
    expect(page.locator("svg .box")).to_have_count(13)
    row = page.get_by_role("row", name={"zh": "解决时限 小问题", "en": "Solution Small problem"}[language])
    expect(row).to_contain_text({"zh": "1小时40分", "en": "1 h 40 min"}[language])
    accessible(page)
    picture(page, f"rules-{language}", full_page=True)
