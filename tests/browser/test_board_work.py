"""The board's pages for those who work with cases: dispatchers at a desk, companies on a phone, also where there is no network."""
import pytest
from board_pages import LANGUAGES, accessible
from playwright.sync_api import expect
from wire import wait_until

pytest_plugins = ["board_pages"]
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
WRITTEN = {"zh": {"ARRIVED": "已到场", "COMING": "我来处理", "DONE": "已办结", "signed": "住户已签字", "kept": "项操作待发送"},
           "en": {"ARRIVED": "Arrived", "COMING": "I am coming", "DONE": "Done", "signed": "The resident has signed", "kept": "waiting to be sent"}}


def unclassed(hotline, place="B-0417", text="漏水"):
    """A report that a dispatcher has to look at: nobody has said what it is."""
    return hotline.publish(hotline.event("REPORTED", by="reporter", data={"place": place, "category": "leak", "text": text}))[0].number


def view(hotline, number):
    return hotline.case(int(number[3:])).view


def test_a_dispatcher_needs_no_mouse(sign_in, hotline, picture):
    first, second = unclassed(hotline), unclassed(hotline, "B-0500", "The lift stands still")
    page = sign_in("desk", at="#/dispatch", language="en")
    expect(page.locator(".queue button")).to_have_count(2)
    expect(page.locator(".why")).to_contain_text("P-07")
    accessible(page)
    picture(page, "dispatch")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text=f"{first} is dispatched")).to_be_visible()
    expect(page.locator(".work h2")).to_contain_text(second)
    assert (view(hotline, first).state, getattr(view(hotline, first), "class")) == ("DISPATCHED", "SMALL")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator(".queue button")).to_have_count(0)
    assert getattr(view(hotline, second), "class") == "SERIOUS"


def test_a_dispatcher_names_a_holder_and_refuses_by_keyboard(sign_in, hotline):
    first, second = unclassed(hotline), unclassed(hotline, "B-0500", "The neighbours fight")
    page = sign_in("desk", at="#/dispatch", language="en")
    expect(page.locator(".work h2")).to_contain_text(first)
    for key in ("h", "P", "-", "0", "8", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".work input[list]")).not_to_be_focused()  # Enter ends what is typed there, Enter once more sends it
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text=f"{first} is dispatched")).to_be_visible()
    assert view(hotline, first).holder == "P-08"
    expect(page.locator(".work h2")).to_contain_text(second)
    page.keyboard.press("x")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("c")  # crime
    page.keyboard.press("Enter")  # ends the choice, in a list that is unfolded too …
    expect(page.locator(".reject button")).to_be_focused()
    assert view(hotline, second).state == "RECEIVED"
    page.keyboard.press("Enter")  # … and once more refuses: nothing brings that back
    expect(page.get_by_role("status").filter(has_text=f"{second} is not a matter of ours")).to_be_visible()
    assert view(hotline, second).state == "REJECTED"


def test_what_is_the_same_is_merged_into_what_was_there(sign_in, hotline, picture):
    there = hotline.publish(hotline.event("REPORTED", by="reporter", data={"class": "SMALL", "category": "leak", "place": "B-0417", "text": "三楼往下漏"}))[0].number
    new = unclassed(hotline)
    page = sign_in("desk", at="#/dispatch")
    expect(page.locator(".same article")).to_contain_text(there)
    expect(page.locator(".same article")).to_contain_text("三楼往下漏")  # both are read side by side
    picture(page, "duplicates")
    page.keyboard.press("m")
    expect(page.get_by_role("status").filter(has_text=f"{new} 已并入 {there}")).to_be_visible()
    assert view(hotline, new).state == "MERGED"


def test_a_return_that_the_table_sends_back_asks_for_another_holder(sign_in, hotline, picture):
    number = hotline.report(place="B-0417").number
    n = int(number[3:])
    hotline.publish(hotline.event("HELD", case_number=n, by="holder:P-07/li"))
    hotline.publish(hotline.event("RETURN_REQUESTED", case_number=n, by="holder:P-07/li", data={"reason": "DUTY"}))
    page = sign_in("desk", at="#/dispatch?queue=returns", language="en")
    expect(page.locator(".why")).to_contain_text("P-07")
    expect(page.locator(".circular")).to_contain_text("name another holder")
    accessible(page)
    picture(page, "return-circular")
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_have_text("Name another holder first")
    field = page.locator(".work input[list]")
    expect(field).to_be_focused()
    page.keyboard.type("P-08")
    page.keyboard.press("Enter")
    page.keyboard.press("a")
    expect(page.get_by_role("status").filter(has_text=f"The return of {number} is decided")).to_be_visible()
    assert (view(hotline, number).state, view(hotline, number).holder) == ("DISPATCHED", "P-08")


def test_of_two_who_decide_a_return_the_slower_is_told_who_was_faster(sign_in, hotline, picture):
    number = hotline.report(place="B-0417").number
    n = int(number[3:])
    hotline.publish(hotline.event("HELD", case_number=n, by="holder:P-07/li"))
    hotline.publish(hotline.event("RETURN_REQUESTED", case_number=n, by="holder:P-07/li", data={"reason": "DUTY"}))
    page = sign_in("desk", at="#/dispatch?queue=returns", language="en")
    expect(page.locator(".asked")).to_contain_text("not our duty")
    accessible(page)
    picture(page, "return")
    page.evaluate("window.EventSource = undefined")  # this one hears of nothing more
    page.route("**/api/v1/returns*", lambda r: r.abort())
    hotline.publish(hotline.event("RETURN_REFUSED", case_number=n, by="dispatcher/wu", data={"why": "it is"}))
    page.keyboard.press("n")
    expect(page.get_by_role("alert").first).to_be_visible()
    assert "RETURN_ASKED" not in view(hotline, number).flags


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_company_works_with_one_thumb(sign_in, hotline, picture, language):
    words = WRITTEN[language]
    page = sign_in("li", at="inbox.html", language=language, size=PHONE)
    number = hotline.report(place="B-0417").number  # it has half a minute to be taken
    job = page.locator(f"[data-case={number}]")
    job.get_by_role("button", name=words["COMING"]).click()
    accessible(page)
    picture(page, f"inbox-{language}")
    wait_until(lambda: view(hotline, number).state == "HELD", timeout=60)
    job.get_by_role("button", name=words["ARRIVED"]).click()
    sheet = page.locator("form.sheet")
    expect(sheet).to_be_visible()
    accessible(page)
    picture(page, f"arrived-{language}")
    sheet.get_by_role("button", name=words["ARRIVED"]).click()
    wait_until(lambda: view(hotline, number).state == "ONSITE", timeout=60)
    job.get_by_role("button", name=words["DONE"]).click()
    sheet.get_by_label(words["signed"]).check()
    picture(page, f"done-{language}")
    sheet.get_by_role("button", name=words["DONE"]).click()
    wait_until(lambda: view(hotline, number).state == "RESOLVED", timeout=60)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_in_a_cellar_nothing_is_lost(sign_in, hotline, picture):
    number = hotline.report(place="B-0417").number
    hotline.publish(hotline.event("HELD", case_number=int(number[3:]), by="holder:P-07/li"))
    page = sign_in("li", at="inbox.html", language="en", size=PHONE)
    page.evaluate("navigator.serviceWorker.ready")
    page.reload()
    job = page.locator(f"[data-case={number}]")
    expect(job).to_be_visible()
    wait_until(lambda: page.evaluate("caches.open('answers').then(c => c.keys()).then(k => k.some(r => r.url.endsWith('/inbox')) && k.some(r => r.url.endsWith('language=zh')))"))
    page.context.set_offline(True)
    page.reload()  # the page itself comes from the phone
    expect(job).to_be_visible()
    job.get_by_role("button", name="Arrived").click()
    page.locator("form.sheet").get_by_role("button", name="Arrived").click()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_text("1 waiting to be sent")).to_be_in_viewport()
    expect(page.get_by_text("Offline: shown as of")).to_be_in_viewport()
    picture(page, "offline")
    assert view(hotline, number).state == "HELD"
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="中文").click()  # the phone has brought the other language while it could
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(job).to_contain_text("已到场")
    page.get_by_role("button", name="English").click()
    page.context.set_offline(False)
    wait_until(lambda: view(hotline, number).state == "ONSITE", timeout=60)
    expect(page.get_by_text("waiting to be sent")).to_have_count(0)
