"""Every page of the desk in both languages, light and dark; and every number there leads to the list that it counts."""
import contextlib
import re

import pytest
from board_pages import accessible
from board_town import dress, foreign_words, number_in, place_of, rows, total
from clock import EVENING, MINUTE
from playwright.sync_api import expect

pytest_plugins = ["board_town"]
WALL = {"width": 1920, "height": 1080}
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
TABLET = {"width": 768, "height": 1024}
WIDER = """() => [...document.querySelectorAll('body, .scroll, .list, .view, table')].filter(e => e.scrollWidth > e.clientWidth + 1 && !e.querySelector(':scope > svg'))
    .map(e => `${e.className || e.tagName}: ${e.scrollWidth} > ${e.clientWidth}`)"""


@pytest.fixture(scope="module")
def evening(town):
    """Twenty minutes of the town: kept, broken, ordered, asked back, new."""
    cases = {}
    cases["late"] = town.report(place_of("P-07"), **{"class": "SMALL", "category": "water", "text": "水管漏水"})
    town.act("li", cases["late"], "acts", act="COMING")
    cases["kept"] = town.report(place_of("P-07", 1), **{"class": "SERIOUS", "category": "lift", "text": "电梯停运"})
    town.act("li", cases["kept"], "acts", act="COMING")
    town.act("li", cases["kept"], "acts", act="ARRIVED")
    town.act("wang", cases["kept"], "order", date="2026-10-13T12:00:00+08:00", why="请优先办理")
    town.run_to(EVENING + 17 * MINUTE)
    cases["returned"] = town.report(place_of("P-07", 2), **{"class": "SMALL", "category": "parking"})
    town.act("li", cases["returned"], "acts", act="COMING")
    town.act("li", cases["returned"], "acts", act="RETURN", reason="DUTY")
    cases["soon"] = town.report(place_of("P-08"), **{"class": "SMALL", "category": "noise", "text": "施工噪声"})
    cases["new"] = town.report(place_of("P-08", 1), category="light", text="楼道灯不亮")
    with town.registry.client(town.daemon, "wang") as c:
        silenced = c.event("SILENCED", by="city/wang", data={"clock": "K_ARRIVE", "level": "L3", "place": "S-02", "why": "道路封闭", "until": EVENING + 60 * MINUTE})
        reply = c.publish(silenced)[0]
        assert not reply.code, reply
    town.run_to(EVENING + 18 * MINUTE)
    return cases


PAGES = {"area": ("#/area", ".tiles strong"), "running": ("#/running", ".view tbody tr"), "breaches": ("#/breaches", ".list tbody tr"),
         "orders": ("#/orders", ".list tbody tr"), "figures": ("#/figures", "canvas"), "dispatch": ("#/dispatch", ".queue button"),
         "returns": ("#/dispatch?queue=returns", ".queue button"), "report": ("#/report", "textarea"), "rules": ("#/rules", "g.box"),
         "grids": ("#/city", "svg text"), "companies": ("#/city?tab=companies", "tbody tr"), "duty": ("#/city?tab=duty", "tbody tr"),
         "route": ("#/city?tab=route", "form.filters"), "case": ("#/case/{late}", ".deadline"), "wall": ("#/wall", ".river li")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_speaks_both_languages_and_to_everybody(seat, evening, picture, name):
    at, there = PAGES[name]
    page = seat("chen", at.format(**evening), size=WALL if name == "wall" else {"width": 1440, "height": 900})
    for language, theme in (("zh", "light"), ("en", "dark")):
        dress(page, language, theme)
        page.locator(there).first.wait_for()
        expect(page.locator(".live.on")).to_be_visible()
        picture(page, f"{name}-{language}-{theme}", full_page=name in ("case", "rules"))
        assert foreign_words(page, language) == []
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_on_a_phone_without_moving_it_sideways(seat, evening, picture, name):
    at, there = PAGES[name]
    for language, size in (("en", PHONE), ("zh", TABLET)):
        page = seat("chen", at.format(**evening), language=language, size=size)
        page.locator(there).first.wait_for()
        picture(page, f"{name}-{size['width']}", full_page=True)
        assert page.evaluate(WIDER) == []


def test_each_number_on_the_wall_is_its_list(seat, evening):
    page = seat("wang", "#/wall", language="en", size=WALL)
    page.locator(".river li").first.wait_for()
    tiles = {tile: number_in(page.locator(f"[data-tile={tile}] strong")) for tile in ("late", "soon", "running")}
    assert tiles["late"] and tiles["soon"] and tiles["running"] > tiles["late"] + tiles["soon"]
    for tile, n in tiles.items():
        page.locator(f"[data-tile={tile}]").click()
        expect(page.locator("[data-total]")).to_have_text(f"{n}")
        assert page.locator(".view tbody tr:not([aria-hidden])").count() == n
        page.go_back()
    page.locator(".today tbody tr").first.wait_for()
    clocks = page.locator(".today tbody tr").count()
    broken = 0
    for i in range(clocks):
        row = page.locator(".today tbody tr").nth(i)
        kept, lost = number_in(row.locator("a").nth(0)), number_in(row.locator("a").nth(1))
        broken += lost
        row.locator("a").nth(0).click()
        expect(page.locator("tfoot td").nth(0)).to_have_text(f"{kept}")
        expect(page.locator("tfoot td").nth(1)).to_have_text(f"{lost}")
        page.go_back()
        page.locator(".today tbody tr").nth(i).locator("a").nth(1).click()
        expect(page.locator("[data-total]")).to_have_text(f"{lost}")
        expect(page.locator(".list tbody tr .number a, .list tbody a.number")).to_have_count(lost)
        page.go_back()
        page.locator(".today tbody tr").first.wait_for()
    assert broken > 0


def test_the_map_of_the_wall_adds_up_too(seat, evening):
    page = seat("wang", "#/wall", language="en", size=WALL)
    page.locator("svg text").first.wait_for()
    said = [re.search(r": (\d+) running, (\d+) in their last fifth, (\d+) broken", e) for e in page.locator(".where svg a").evaluate_all("all => all.map(e => e.ariaLabel)")]
    assert len(said) == 138 and all(said)
    assert sum(int(m[1]) for m in said) == number_in(page.locator("[data-tile=running] strong"))
    assert sum(int(m[3]) for m in said) == number_in(page.locator("[data-tile=late] strong"))
    grid = next(i for i, m in enumerate(said) if int(m[3]))
    page.locator(".where svg a").nth(grid).locator("path").click()
    expect(page.locator("[data-total]")).to_have_text(said[grid][1])


def test_each_number_of_an_area_is_its_list(seat, evening):
    page = seat("wang", "#/area", language="en")
    page.locator("[data-press]").first.wait_for()
    for i in range(page.locator("tbody [data-press], tfoot [data-press]").count()):
        cell = page.locator("tbody [data-press], tfoot [data-press]").nth(i)
        n = number_in(cell)
        cell.click()
        expect(page.locator("[data-total]")).to_have_text(f"{n}")
        page.go_back()
        page.locator("[data-press]").first.wait_for()
    expect(page.locator(".tiles a").nth(3).locator("strong")).to_have_text("1")
    page.locator(".tiles a").nth(3).click()
    expect(page.locator(".list tbody a.number")).to_have_text(evening["kept"])


def test_a_breach_shows_the_sum_that_made_it(seat, evening):
    page = seat("wang", "#/breaches", language="en")
    row = page.get_by_role("row", name=evening["late"]).filter(has_text="Arrival")
    expect(row).to_contain_text("19:00:00 + 5 min = 19:05:00")
    row.get_by_role("link").click()
    card = page.locator(".deadline", has_text="Arrival")
    expect(card).to_contain_text("+ 5 min")
    expect(card.locator(".result")).to_contain_text("19:05:00 UTC+8")


def test_lists_are_taken_along_as_tables(seat, evening):
    page = seat("wang", "#/breaches", language="en")
    expect(page.locator("[data-total]")).not_to_have_text("0")
    for at in ("#/breaches", "#/running", "#/figures", "#/running?only=still", "#/running?only=fifth", "#/running?place=none"):
        page = seat("wang", at, language="en")
        with page.expect_download() as download:
            page.locator("a[download]").click()
        text = open(download.value.path(), encoding="utf-8-sig").read()
        if "?" in at:
            assert text.count("\n") == 1 + total(page)
        else:
            assert text.count("\n") > 1 and (evening["late"] in text or at == "#/figures")


def test_a_case_is_taken_to_a_meeting_on_paper(seat, evening, picture):
    page = seat("chen", "#/case/{late}".format(**evening), language="zh", size={"width": 1440, "height": 900})
    dress(page, "zh", "dark")
    page.locator(".deadline").first.wait_for()
    page.emulate_media(media="print")
    expect(page.locator(".menu")).to_be_hidden()
    expect(page.locator(".head h1")).to_be_visible()
    assert page.locator("button:visible").count() == 0
    ink = page.evaluate("getComputedStyle(document.querySelector('.head h1')).color")
    assert max(map(int, re.findall(r"\d+", ink)[:3])) < 96  # dark on the white of paper, whatever the screen was
    page.set_viewport_size({"width": 794, "height": 1123})
    picture(page, "case-print", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(media="screen")


def test_what_is_silent_is_told_until_when_by_whom_and_why(seat, evening):
    page = seat("wang", "#/area", language="en")
    silent = page.locator("section", has=page.get_by_role("heading", name="Silent now"))
    expect(silent).to_contain_text("Arrival")
    expect(silent).to_contain_text("20:00:00 UTC+8")
    expect(silent).to_contain_text("道路封闭")


def test_people_on_duty_have_names(seat, evening):
    page = seat("wang", "#/city?tab=duty", language="zh")
    persons = {r["person"] for r in rows("duty")}
    said = page.locator("tbody .stretch b").first
    expect(said).to_have_text(re.compile("[\u4e00-\u9fff]"))
    assert not persons & set(page.locator("tbody .stretch b").all_inner_texts())


def test_somebody_without_a_mouse_reaches_everything(seat, evening):
    page = seat("wang", "#/area", language="en")
    page.reload()  # where nobody has clicked yet
    page.locator("[data-press]").first.wait_for()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#content') !== null")


# What each page asks for as soon as its address is read, and the files that it brings beside the program (ahead.ts).
AHEAD = {"area": ("notices?open=true&limit=50", "orders"), "orders": ("orders",), "dispatch": ("triage", "returns"), "grids": ("city/grids.geojson", "CityPage-"),
         "wall": ("city/grids.geojson",), "case": ("cases/{late}",), "figures": ("Chart-",), "rules": ("RulesPage-",)}


@pytest.mark.parametrize("name", AHEAD)
def test_what_a_page_asks_first_is_asked_while_its_program_comes_and_once(seat, evening, name):
    at, there = PAGES[name]
    page = seat("chen", language="en", size={"width": 1280, "height": 801})
    address = page.url.partition("#")[0]
    page.goto("about:blank")
    marks = [re.compile(rf"/assets/{what}\w+\.js$" if what.endswith("-") else rf"/api/v1/{re.escape(what.format(**evening))}$") for what in AHEAD[name]]
    asked, held, streams = [], [], []
    program, events = re.compile(r"/assets/desk-[0-9a-z]{8}\.js$"), re.compile(r"/api/v1/events")

    def note(request):
        asked.append(request.url)

    page.on("request", note)
    page.route(program, lambda route: held.append(route))
    page.route(events, lambda route: streams.append(route))  # what happens meanwhile has lists asked for once more, and rightly
    with contextlib.ExitStack() as all_of_them:
        for mark in marks:
            all_of_them.enter_context(page.expect_request(mark))
        page.goto(f"{address}{at.format(**evening)}", wait_until="commit")
    assert held
    for route in held:
        route.continue_()
    page.locator(there).first.wait_for()
    page.remove_listener("request", note)
    assert [sum(bool(mark.search(url)) for url in asked) for mark in marks] == [1] * len(marks)
    for route in streams:
        route.continue_()
    page.unroute(program)
    page.unroute(events)
    expect(page.locator(".live.on")).to_be_visible()


def test_a_page_whose_file_has_another_name_by_now_is_loaded_anew(seat):
    """The board was brought up to date while somebody had it open."""
    page = seat("chen", "#/running", language="en", size={"width": 1440, "height": 900})
    missing = []

    def refuse_once(route):
        if missing:
            route.continue_()
        else:
            missing.append(route.request.url)
            route.fulfill(status=404)

    page.route(re.compile(r"/assets/RulesPage-\w+\.js$"), refuse_once)
    page.locator('a[href="#/rules"]').first.click()
    page.locator("g.box").first.wait_for()
    assert missing
    page.faults.clear()


def test_a_case_that_is_not_there_does_not_stand_under_another_ones_page(seat, evening):
    page = seat("chen", "#/case/{late}".format(**evening), language="en", size={"width": 1440, "height": 900})
    page.locator(".deadline").first.wait_for()
    page.evaluate("location.hash = '#/case/CL-999999'")
    expect(page.locator(".gone h1")).to_have_text("CL-999999")
    expect(page.locator(".gone .fault")).not_to_be_empty()
    expect(page.locator(".deadline")).to_have_count(0)
    page.faults.clear()
