"""One story for each role at a desk, from signing in to signing out, each with the rights of that role: operator, dispatcher, supervisor,
company, auditor. The town is empty when they begin; what one does the next one finds."""
import pytest
from board import PASSWORD
from board_pages import DESK, ITS_OWN
from board_town import number_in, place_of, total
from clock import EVENING, MINUTE
from playwright.sync_api import expect

pytest_plugins = ["board_town"]


@pytest.fixture
def sit_down(make_page, town):
    """sit_down("wang") → a page where she has just signed in."""
    pages = []

    def go(name, language="en-GB", **size):
        page = make_page(**(size or DESK), locale=language)
        pages.append(page)
        page.goto(f"http://127.0.0.1:{town.board.port()}/")
        page.locator("#sign-name").fill(name)
        page.locator("#sign-password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator(".live.on").wait_for()
        return page

    yield go
    for page in pages:
        page.close()
        page.faults[:] = [f for f in page.faults if not ITS_OWN.search(f)]


def menu(page, name):
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()


def leave(page):
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#sign-name")).to_be_visible()


def test_an_operator_finds_an_empty_city_in_order(sit_down, picture):
    page = sit_down("chen")
    start = page.locator(".start")
    expect(start).to_contain_text("138 grids")
    expect(start).to_contain_text("A call centre reports it")  # his role takes none down
    picture(page, "empty")
    page.get_by_role("link", name="My area").click()
    expect(page.locator(".start")).to_be_visible()
    menu(page, "City")
    page.get_by_label("Find").fill("G-031")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Companies").click()
    page.get_by_label("Find").fill("P-07")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Duty").click()
    expect(page.locator("thead")).to_contain_text("14 Oct")
    page.get_by_role("button", name="Who would get it").click()
    page.locator("form.filters input").fill(place_of("P-07"))
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".why .who")).to_contain_text("P-07")
    menu(page, "Rules")
    page.get_by_role("button", name="On site", exact=True).click()
    expect(page.locator(".ways")).to_contain_text("Held → On site")
    leave(page)


def test_a_dispatcher_takes_down_the_first_complaint(sit_down, town, picture):
    page = sit_down("zhou")
    page.locator(".start").get_by_role("link", name="Report one here").click()
    estate = page.get_by_label("Estate")
    estate.fill(page.locator("datalist#estates option").first.get_attribute("value"))
    page.get_by_label("Building").select_option(index=1)
    page.get_by_label("Kind of matter").select_option("door")
    page.get_by_label("What it is about").fill("The door does not close")
    picture(page, "report")
    page.get_by_role("button", name="Report", exact=True).click()
    taken = page.locator(".taken a").first
    expect(taken).to_have_text("CL-1")
    expect(page.locator(".taken code")).to_be_visible()  # the secret, for the reporter
    menu(page, "Dispatch")
    expect(page.locator(".queue button")).to_have_count(1)
    expect(page.locator(".work .big")).to_contain_text("left")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="CL-1 is dispatched")).to_be_visible()
    expect(page.locator(".queue button")).to_have_count(0)
    assert town.hotline.case(1).view.state == "DISPATCHED"
    menu(page, "Wall")
    expect(page.get_by_role("link", name="CL-1").first).to_be_attached()
    leave(page)


def test_a_supervisor_follows_what_broke_to_who_answers_for_it(sit_down, town, picture):
    number = town.report(place_of("P-07"), **{"class": "SMALL", "category": "water", "text": "水管漏水"})
    town.act("li", number, "acts", act="COMING")
    page = sit_down("wang")
    page.get_by_role("link", name="My area").click()
    menu(page, "Breaches")
    expect(page.get_by_text("Nothing broke in this time")).to_be_visible()
    town.run_to(EVENING + 17 * MINUTE)  # broken at 5 minutes; the street hears of it at 15
    expect(page.locator(".list tbody tr").first).to_be_visible()  # it comes by itself
    menu(page, "Wall")
    broken = page.locator("[data-tile=late]")
    expect(broken.locator("strong")).not_to_have_text("0")
    n = number_in(broken.locator("strong"))
    broken.click()
    expect(page.locator("[data-total]")).to_have_text(f"{n}")
    page.get_by_role("link", name=number).first.click()
    card = page.locator(".deadline", has_text="Arrival")
    expect(card).to_contain_text("+ 5 min")
    expect(card.locator(".result")).to_contain_text("19:05:00 UTC+8")
    picture(page, "broken")
    menu(page, "My area")
    notice = page.locator(".notices li", has_text=number).filter(has=page.get_by_role("button", name="Acknowledge")).first
    notice.get_by_role("button", name="Acknowledge").click()
    page.goto(f"http://127.0.0.1:{town.board.port()}/#/case/{number}")
    expect(page.locator(".notices")).to_contain_text("acknowledged by")
    page.get_by_role("button", name="Order", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="4 hours", exact=True).click()
    dialog.get_by_label("Why").fill("Tonight, please")
    dialog.get_by_role("button", name="Send").click()
    expect(page.locator(".head .tag", has_text="Under an order")).to_be_visible()
    menu(page, "Orders")
    expect(page.locator(".list tbody a.number")).to_have_text(number)
    menu(page, "Figures")
    expect(page.locator("tfoot td").nth(1)).not_to_have_text("0")
    leave(page)


def test_a_company_at_a_desk_sees_its_own_and_no_more(sit_down, town, picture):
    mine = town.report(place_of("P-07"), **{"class": "SMALL", "text": "mine"})
    foreign = town.report(place_of("P-08"), **{"class": "SMALL", "text": "not mine"})
    page = sit_down("li")
    expect(page.get_by_role("link", name=mine).first).to_be_attached()
    page.get_by_role("link", name="My area").click()
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(["Wall", "My area", "Running", "Breaches", "Figures", "City", "Rules"])
    menu(page, "Running")
    expect(page.locator("[data-total]")).not_to_have_text("0")
    assert page.get_by_role("link", name=foreign).count() == 0 and total(page) == page.locator(".view tbody tr:not([aria-hidden])").count()
    page.get_by_role("link", name=mine).first.click()
    expect(page.locator(".head blockquote")).to_have_text("mine")
    picture(page, "company")
    assert page.get_by_role("button", name="Order", exact=True).count() == 0
    page.goto(f"http://127.0.0.1:{town.board.port()}/#/case/{foreign}")
    expect(page.get_by_role("alert")).to_contain_text("you may not see it")
    leave(page)


def test_an_auditor_proves_a_breach_and_changes_nothing(sit_down, picture):
    """The one whose sum the supervisor has followed: which rules were in force, what was known when, all of it to take along."""
    page = sit_down("gao")
    page.get_by_role("link", name="My area").click()
    menu(page, "Breaches")
    expect(page.locator("[data-total]")).not_to_have_text("0")
    row = page.get_by_role("row").filter(has_text="Arrival").filter(has_text="19:00:00 + 5 min = 19:05:00").first
    with page.expect_download() as download:
        page.locator("a[download]").click()
    assert open(download.value.path(), encoding="utf-8-sig").read().count("\n") == 1 + total(page)
    number = row.get_by_role("link").first.inner_text()
    row.get_by_role("link").first.click()
    card = page.locator(".deadline", has_text="Arrival")
    expect(card.locator(".result")).to_contain_text("19:05:00 UTC+8")
    expect(page.locator(".head .tag", has_text="Under an order")).to_be_visible()
    for act in ("Order", "Acknowledge"):
        assert page.get_by_role("button", name=act, exact=True).count() == 0
    page.locator("input[type=datetime-local]").fill("2026-10-12T19:02")  # before it broke, and before anybody ordered
    expect(page.locator(".head .tag", has_text="Under an order")).to_have_count(0)
    expect(page.locator("ol.line")).not_to_contain_text("Tonight, please")
    picture(page, "auditor")
    menu(page, "Rules")
    expect(page.locator("svg .box").first).to_be_visible()
    assert page.evaluate("""async number => (await fetch(`/api/v1/cases/${number}/acts`, {method: 'POST', headers: {
        'Content-Type': 'application/json', 'X-CSRF-Token': (await (await fetch('/api/v1/session')).json()).csrf},
        body: JSON.stringify({id: 'a-1', act: 'COMING'})})).status""", number) == 403
    leave(page)
