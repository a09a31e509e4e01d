"""The inbox of a property company on a phone: from signing in to done, with a code of the building, with photos, signed in a cellar."""
import pathlib

import pytest
from board import PASSWORD
from board_pages import ITS_OWN, accessible
from board_town import Town, foreign_words, place_of, rows
from hongxin.v1 import event_pb2, journal_pb2, wire_pb2
from pictures import exif, photo
from playwright.sync_api import expect
from wire import wait_until

pytest_plugins = ["board_town"]
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
FIRST_LOAD = 200 * 1024


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """With the time of this machine: phones have clocks of their own."""
    t = Town(tmp_path_factory.mktemp("town"), turned=False)
    yield t
    t.end()


@pytest.fixture
def pick_up(make_page, town):
    """pick_up() → the inbox on a phone whose owner has just signed in; `travelled` is what came over the air for it."""
    pages = []

    def go(language="en-GB"):
        page = make_page(**PHONE, locale=language)
        pages.append(page)
        cdp = page.context.new_cdp_session(page)
        page.travelled = []
        cdp.on("Network.loadingFinished", lambda e: page.travelled.append(e["encodedDataLength"]))
        cdp.send("Network.enable")
        page.goto(f"http://127.0.0.1:{town.board.port()}/inbox.html")
        page.locator("#sign-name").fill("li")
        page.locator("#sign-password").fill(PASSWORD)
        page.locator("button.go").tap()
        page.locator(".inbox").wait_for()
        return page

    yield go
    for page in pages:
        page.close()
        page.faults[:] = [f for f in page.faults if not ITS_OWN.search(f)]


def view(town, number):
    return town.hotline.case(int(number[3:])).view


def in_state(town, number, state):
    wait_until(lambda: view(town, number).state == state, timeout=60)


def entry(town, number, cause):
    """The entry with that cause, and its event."""
    history = [journal_pb2.Entry.FromString(b) for b in town.hotline.case(int(number[3:]), history=True).history]
    found = next(e for e in history if e.cause == cause)
    return found, event_pb2.Event.FromString(found.event)


def code_of(town, place):
    """What the display of the building shows now."""
    with town.registry.client(town.daemon, "chen") as operator:
        return operator.ask("onsite_code", onsite_code=wire_pb2.OnsiteCodeQuery(place=place)).code


def test_a_company_from_signing_in_to_done(pick_up, town, picture, tmp_path):
    place = place_of("P-07")
    town.report(place, **{"class": "SMALL"})
    page = pick_up()
    page.locator("article.job").first.wait_for()
    assert sum(page.travelled) <= FIRST_LOAD, "the first load, over the air"
    number = town.report(place, **{"class": "SERIOUS", "category": "lift", "text": "电梯停运"})  # it has half a minute to be taken
    job = page.locator(f"[data-case={number}]")
    job.get_by_role("button", name="I am coming").tap()
    in_state(town, number, "HELD")
    job.get_by_role("button", name="Arrived").tap()
    sheet = page.locator("form.sheet")
    sheet.locator("#onsite").fill(code_of(town, place))
    expect(sheet).to_contain_text("The code proves when you were there")
    accessible(page)
    picture(page, "code")
    sheet.get_by_role("button", name="Arrived").tap()
    in_state(town, number, "ONSITE")
    assert entry(town, number, "ARRIVED")[1].proof == event_pb2.ONSITE_CODE
    job.get_by_role("button", name="Done").tap()
    expect(sheet).to_contain_text("2 kinds of evidence are needed, a photo among them")
    done = sheet.get_by_role("button", name="Done")
    picture_file = tmp_path / "lift.jpg"
    picture_file.write_bytes(photo(2400, 1600, exif=exif(where=True)))
    sheet.locator("input[type=file]").set_input_files(picture_file)
    expect(sheet.locator("figure img")).to_be_visible()
    expect(done).to_be_disabled()
    sheet.get_by_label("The resident has signed").check()
    accessible(page)
    picture(page, "done")
    done.tap()
    in_state(town, number, "RESOLVED")
    evidence = list(entry(town, number, "RESOLVED")[1].data.evidence)
    assert "signature" in evidence and sum(e.startswith("photo:") for e in evidence) == 1
    kept = [p for p in pathlib.Path(town.folder / "photos").rglob("*") if p.is_file()]
    assert len(kept) == 1 and b"SecretMaker" not in kept[0].read_bytes() and b"Exif" not in kept[0].read_bytes()
    page.get_by_role("button", name="More").tap()
    page.get_by_role("button", name="Sign out").tap()
    expect(page.locator("#sign-name")).to_be_visible()


def test_what_is_no_picture_stays_on_the_phone(pick_up, town, tmp_path):
    number = town.report(place_of("P-07"), **{"class": "SMALL"})
    town.act("li", number, "acts", act="COMING")
    town.act("li", number, "acts", act="ARRIVED")
    page = pick_up()
    page.locator(f"[data-case={number}]").get_by_role("button", name="Done").tap()
    sheet = page.locator("form.sheet")
    (tmp_path / "raw.heic").write_bytes(b"\0\0\0\x18ftypheic SecretMaker")
    sheet.locator("input[type=file]").set_input_files(tmp_path / "raw.heic")
    expect(sheet.get_by_role("alert")).to_contain_text("This picture cannot be read")
    expect(sheet.locator("figure")).to_have_count(0)
    expect(sheet.get_by_role("button", name="Done")).to_be_disabled()


def test_what_a_registered_phone_did_in_a_cellar_counts_from_then(pick_up, town, picture):
    page = pick_up()
    page.get_by_role("button", name="More").tap()
    page.get_by_role("button", name="Register this phone").tap()
    line = page.locator(".device code")
    expect(line).to_contain_text(",P-07,")
    accessible(page)
    devices = town.folder / "devices.csv"
    devices.write_text(devices.read_text() + line.inner_text() + "\n")
    town.restart()  # the list of devices is read then
    page.get_by_role("button", name="It is registered").tap()
    picture(page, "registered")
    page.get_by_role("button", name="More").tap()
    number = town.report(place_of("P-07", 1), **{"class": "SMALL"})
    town.act("li", number, "acts", act="COMING")
    job = page.locator(f"[data-case={number}]")
    job.get_by_role("button", name="Arrived").wait_for()
    page.context.set_offline(True)
    job.get_by_role("button", name="Arrived").tap()
    page.locator("form.sheet").get_by_role("button", name="Arrived").tap()
    expect(page.get_by_text("1 waiting to be sent")).to_be_visible()
    assert view(town, number).state == "HELD"
    page.context.set_offline(False)
    in_state(town, number, "ONSITE")
    arrived, event = entry(town, number, "ARRIVED")
    assert event.proof == event_pb2.DEVICE_SIGNED and event.device and not arrived.proof_mark
    assert arrived.t_eff == event.t_occ < arrived.t_rcv


def test_a_company_without_work_is_called_by_its_name(make_page, town):
    name = next(r["name_en"] for r in rows("companies") if r["id"] == "P-40")
    town.registry.new("idle", "company", "P-40")
    town.board.user_seen("add", "idle", "--principal", "idle", "--person", "idle", "--title", "idle")
    town.board.user_seen("password", "idle", text=PASSWORD + "\n")
    town.restart()
    page = make_page(**PHONE, locale="en-GB")
    page.goto(f"http://127.0.0.1:{town.board.port()}/inbox.html")
    page.locator("#sign-name").fill("idle")
    page.locator("#sign-password").fill(PASSWORD)
    page.locator("button.go").tap()
    expect(page.get_by_text("Nothing to do")).to_be_visible()
    expect(page.locator("header p")).to_have_text(name)
    page.close()
    page.faults[:] = [f for f in page.faults if not ITS_OWN.search(f)]


def test_the_inbox_speaks_both_languages(pick_up, town):
    town.report(place_of("P-07", 2), **{"class": "SMALL", "category": "water", "text": "漏水"})
    page = pick_up("zh-CN")
    page.locator("article.job").first.wait_for()
    page.locator("article.job .face").first.tap()
    page.get_by_role("button", name="更多").tap()
    assert foreign_words(page, "zh") == []
    page.get_by_role("button", name="English").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert foreign_words(page, "en") == []
    accessible(page)


def test_a_case_is_given_back_for_a_reason_of_the_rules(pick_up, town):
    number = town.report(place_of("P-07"), **{"class": "SMALL"})
    page = pick_up()
    job = page.locator(f"[data-case={number}]")
    job.locator(".face").tap()
    job.get_by_role("button", name="Give back").tap()  # the first thing that he does
    sheet = page.locator("form.sheet")
    sheet.get_by_label("not our duty").check()
    sheet.get_by_role("button", name="Give back").tap()
    wait_until(lambda: any(r.reason == "DUTY" for r in view(town, number).returns), timeout=60)


def test_a_phone_fetches_what_its_reader_reads(pick_up):
    page = pick_up()

    def texts():
        names = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
        return {language for language in ("zh", "en") if any(f"phone-{language}-" in name for name in names)}

    assert texts() == {"en"}
    page.get_by_role("button", name="More").tap()
    page.get_by_role("button", name="中文").tap()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.reload()
    page.locator(".inbox").wait_for()
    expect(page.locator("h1")).to_contain_text("待办")
    assert texts() == {"zh"}
