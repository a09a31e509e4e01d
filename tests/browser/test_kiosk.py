"""The page of kiosks and phones, as a resident uses it."""
import datetime
import io
import re

import pytest
import zbar
from daemon import Daemon
from hongxin.v1 import wire_pb2
from kiosk import Kiosk
from PIL import Image
from pictures import corners, exif, opened, photo
from playwright.sync_api import expect

KIOSK = {"width": 1080, "height": 1920, "has_touch": True}
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"width": 1280, "height": 800}
SIZES = [pytest.param(KIOSK, "kiosk", id="kiosk"), pytest.param(PHONE, "phone", id="phone")]
HERE = "荷阳花园3号楼"
SECRET = re.compile("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One for all of them: nobody here needs an empty city."""
    d = Daemon(tmp_path_factory.mktemp("city")).start()
    yield d
    d.end()


@pytest.fixture(scope="module")
def kiosk(daemon, tmp_path_factory):
    k = Kiosk(tmp_path_factory.mktemp("kiosk"), daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"]).start()
    yield k
    k.end()


def cases(client):
    return len(client.ask("list", list=wire_pb2.ListQuery(closed=True, limit=500)).cases)


@pytest.fixture
def open_page(make_page, kiosk):
    def open_it(size=KIOSK, at="kiosk&place=B-0417", **options):
        page = make_page(**size, **{"locale": "zh-CN", **options})
        page.goto(f"{kiosk.address}#{at}")
        page.locator("#to-report").filter(has_text=re.compile(".")).wait_for()
        return page

    return open_it


def tap(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def write(page, category="漏水、跑水", text="三楼走廊天花板漏水，已经滴到电表箱上", phone=""):
    tap(page, "我要反映问题")
    tap(page, category)
    page.get_by_label("具体情况").fill(text)
    page.get_by_label("联系电话").fill(phone)


def send(page):
    """Number and secret of what was written."""
    tap(page, "提交")
    page.get_by_text("已收到，马上安排").wait_for()
    number, secret = page.locator("#done-number").inner_text(), page.locator("#done-secret").inner_text()
    assert re.fullmatch(r"CL-\d+", number) and SECRET.fullmatch(secret)
    return number, secret


def fits(page):
    """Nothing stands beyond the right border of the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size, name", [*SIZES, pytest.param(DESK, "desk", id="desk")])
def test_from_the_start_to_a_number(open_page, client, picture, size, name):
    page = open_page(size)
    picture(page, f"{name}-start")
    tap(page, "我要反映问题")
    page.get_by_role("button", name="漏水、跑水").wait_for()
    picture(page, f"{name}-choose")
    assert fits(page)
    tap(page, "漏水、跑水")
    expect(page.locator("#place-id")).to_have_text("B-0417")  # where the kiosk stands
    assert page.get_by_label("哪栋楼").input_value() == HERE
    page.get_by_label("具体情况").fill("三楼走廊天花板漏水")
    page.get_by_label("联系电话").fill("13912345678")
    picture(page, f"{name}-describe")
    assert fits(page)
    number, _ = send(page)
    assert "到场时限" in page.locator("#done-promises").inner_text()
    picture(page, f"{name}-done")
    assert fits(page)
    view = client.case(int(number[3:])).view
    assert (view.category, view.where.building) == ("water", "B-0417") and view.callback_ref


@pytest.mark.parametrize("size, name", SIZES)
def test_number_and_secret_show_the_status(open_page, client, picture, size, name):
    page = open_page(size)
    write(page)
    number, secret = send(page)
    client.publish(client.event("HELD", by="holder:P-07/li", case_number=int(number[3:])))
    tap(page, "完成")
    tap(page, "查询办理进度")
    picture(page, f"{name}-ask")
    page.get_by_label("编号", exact=True).fill(number[3:])
    page.get_by_label("查询码").fill(secret.lower())
    tap(page, "查询")
    page.get_by_role("heading", name="已签收").wait_for()
    picture(page, f"{name}-case")
    assert fits(page)
    tap(page, "English")
    page.get_by_role("heading", name="Held").wait_for()
    picture(page, f"{name}-case-en")


def test_a_report_is_taken_back(open_page, client, picture):
    page = open_page()
    write(page)
    number, secret = send(page)
    tap(page, "完成")
    tap(page, "查询办理进度")
    page.get_by_label("编号", exact=True).fill(number)
    page.get_by_label("查询码").fill(secret)
    tap(page, "查询")
    tap(page, "撤回")
    picture(page, "sure")
    page.locator("#sure-yes").click()
    page.get_by_text("撤回申请已收到").wait_for()
    page.get_by_role("heading", name="已撤诉").wait_for()
    assert client.case(int(number[3:])).view.state == "WITHDRAWN"


def test_one_of_two_sees_where_his_case_went_and_leaves_alone(open_page, client, picture):
    page = open_page()
    numbers = []
    for _ in range(2):
        write(page)
        numbers.append(send(page))
        tap(page, "完成")
    (first, _), (number, secret) = numbers
    for type, case, data in (("MERGED_INTO", number, {"into": first}), ("SPLIT", first, {"cases": ["the-lamp"]})):
        client.publish(client.event(type, by="dispatcher:C-03/zhou", case_number=int(case[3:]), data=data))
    tap(page, "查询办理进度")
    page.get_by_label("编号", exact=True).fill(number)
    page.get_by_label("查询码").fill(secret)
    tap(page, "查询")
    expect(page.locator("#case-number")).to_have_text(number)
    expect(page.locator("#case-into")).to_have_text(f"与 {first} 是同一件事，合并办理，以上是它的进度；已有的超时记录保留。")
    expect(page.locator("#case-parts")).to_have_text(re.compile(r"^其中一部分另行办理：CL-\d+。查询码相同。$"))
    picture(page, "merged")
    assert fits(page)
    tap(page, "撤回")
    page.locator("#sure-yes").click()
    page.get_by_text("您已退出，不再回访您。还有别人反映这件事，会继续处理。").wait_for()
    expect(page.locator("#case-left")).to_have_text("您已退出，这件事继续为别人处理。")
    expect(page.locator("#withdraw")).to_be_hidden()
    tap(page, "English")
    expect(page.get_by_text("Others have reported this too, so it goes on for them.")).to_be_visible()
    assert [p.callback for p in client.case(int(first[3:])).view.callbacks] == ["OPEN", "GONE"]
    tap(page, "Done")
    assert traces(page, number, "the same matter", "dealt with apart") == []


def test_what_cannot_be_taken_back_any_more_says_why(open_page):
    page, other = open_page(), open_page()
    write(page)
    number, secret = send(page)
    tap(page, "完成")
    for p in (page, other):
        tap(p, "查询办理进度")
        p.get_by_label("编号", exact=True).fill(number)
        p.get_by_label("查询码").fill(secret)
        tap(p, "查询")
        p.locator("#withdraw").wait_for()
    for p, told in ((other, "撤回申请已收到"), (page, "这件事已经办结或撤回")):
        tap(p, "撤回")
        p.locator("#sure-yes").click()
        p.get_by_text(told).wait_for()
    page.faults[:] = [f for f in page.faults if "409" not in f]
    tap(page, "English")
    expect(page.get_by_text("This report is closed or taken back already")).to_be_visible()


def test_a_telephone_begins_in_its_owner_s_language_and_a_kiosk_in_chinese(open_page):
    owner = {"locale": "en-GB"}
    expect(open_page(PHONE, "place=B-0417", **owner).get_by_role("button", name="Report a problem")).to_be_visible()
    expect(open_page(KIOSK, **owner).get_by_role("button", name="我要反映问题")).to_be_visible()


def test_photos_travel_small_and_without_what_is_hidden(open_page, kiosk, client, picture):
    page, before = open_page(PHONE, "place=B-0417"), kiosk.kept()
    write(page)
    sent = photo(4000, 3000, exif=exif(6))
    page.locator("#picture").set_input_files([{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": sent},
                                              {"name": "2.png", "mimeType": "image/png", "buffer": photo(640, 480, "PNG")},
                                              {"name": "3.jpg", "mimeType": "image/jpeg", "buffer": photo(300, 300)}])
    page.locator("#thumbs figure").nth(2).wait_for()
    assert fits(page)
    page.locator("#thumbs figure").nth(2).get_by_role("button").click()
    assert page.locator("#thumbs figure").count() == 2
    picture(page, "phone-photos", full_page=True)
    send(page)
    kept = sorted((data for name, data in kiosk.kept().items() if name not in before), key=len)
    assert [opened(data).size for data in kept] == [(640, 480), (1536, 2048)] and corners(kept[1]) == ("red", "blue")
    assert all(len(data) < len(sent) and b"SecretMaker" not in data for data in kept)


def test_a_file_that_is_no_photo_is_named(open_page):
    page = open_page(PHONE, "place=B-0417")
    write(page)
    page.locator("#picture").set_input_files([{"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}])
    page.get_by_text("这张照片读不出来").wait_for()
    send(page)


def test_a_terminal_shows_the_code_of_its_building(make_page, make_daemon, tmp_path, picture, request):
    (tmp_path / "onsite.key").write_bytes(bytes(range(32)))
    (tmp_path / "onsite.key").chmod(0o600)
    d = make_daemon(settings={"evidence": {"onsite_key_file": tmp_path / "onsite.key"}})
    (tmp_path / "terminals").write_text(f"terminals:\n  - {{name: hall, place: B-0417, token: {'h' * 32}, may: [onsite]}}\n")
    (tmp_path / "terminals").chmod(0o600)
    k = Kiosk(tmp_path, d.doors["intake"], d.doors.get("feed") or d.doors["intake"], "terminals: terminals\n")
    request.addfinalizer(k.end)
    k.start()
    page = make_page(**KIOSK)
    page.goto(f"{k.address}#kiosk&place=B-0417&terminal={'h' * 32}")
    page.locator("#onsite").wait_for()
    picture(page, "terminal-start")
    image = Image.open(io.BytesIO(page.locator("#onsite").screenshot())).convert("L")
    seen = zbar.Image(image.width, image.height, "Y800", image.tobytes())
    zbar.ImageScanner().scan(seen)
    assert [symbol.data for symbol in seen] == [page.locator("#onsite-code").inner_text()]


def test_a_building_is_found_by_its_name(open_page, client, picture):
    page = open_page(PHONE, "")
    write(page)
    page.get_by_label("哪栋楼").fill("清林 2号")
    page.get_by_role("button", name="清林小区2号楼").wait_for()
    picture(page, "phone-found")
    page.get_by_role("button", name="清林小区2号楼").click()
    assert page.locator("#place-id").inner_text() == "B-0002" and page.locator("#found button").count() == 0
    tap(page, "English")
    assert page.get_by_label("Which building").input_value() == "Qinglin Estate Building 2"
    tap(page, "中文")
    number, _ = send(page)
    assert client.case(int(number[3:])).view.where.building == "B-0002"


def test_who_knows_no_name_says_where_he_is(open_page, client):
    page = open_page(PHONE, "", geolocation={"longitude": 114.454949, "latitude": 36.101757}, permissions=["geolocation"])
    write(page)
    tap(page, "用我现在的位置")
    page.get_by_text("已使用您现在的位置").wait_for()
    number, _ = send(page)
    view = client.case(int(number[3:])).view
    assert (view.where.grid, view.state) == ("G-041", "DISPATCHED")


def test_an_emergency_is_told_whom_to_call(open_page, client, picture):
    page, before = open_page(PHONE, "place=B-0417"), cases(client)
    tap(page, "我要反映问题")
    page.get_by_role("button", name="火灾").click()
    assert page.locator("#call-number").get_attribute("href") == "tel:119"
    picture(page, "phone-call")
    assert cases(client) == before


# ---- both languages ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("size, name", SIZES)
def test_everything_speaks_the_other_language(open_page, picture, size, name):
    page = open_page(size)
    tap(page, "English")
    page.get_by_role("heading", name="A problem where you live? Tell us").wait_for()
    picture(page, f"{name}-start-en")
    tap(page, "Report a problem")
    page.get_by_role("button", name="Water leak").wait_for()
    picture(page, f"{name}-choose-en")
    tap(page, "Water leak")
    page.get_by_label("What is wrong").fill("water leaks from the ceiling")
    picture(page, f"{name}-describe-en")
    assert fits(page)
    tap(page, "Send")
    page.get_by_text("Received. We are on it").wait_for()
    picture(page, f"{name}-done-en")
    assert fits(page)
    seen = page.evaluate("document.body.innerText").replace("中文", "")
    assert not re.search("[\u4e00-\u9fff]", seen), "not a Chinese word is left"
    tap(page, "中文")
    page.get_by_text("已收到，马上安排").wait_for()
    assert "到场时限" in page.locator("#done-promises").inner_text()


def test_every_word_of_the_page_stands_in_the_catalogue(page, kiosk):
    page.goto(kiosk.address)
    texts = kiosk.get("/kiosk/v1/texts").json["texts"]
    used = set(page.evaluate("[...document.querySelectorAll('[data-text],[data-hint]')].flatMap(e => Object.values({...e.dataset}))"))
    script = kiosk.get("/kiosk/kiosk.js").body.decode()
    used |= set(re.findall(r'(?:word|say|fail\(a,|"error_|busy\([^,]+,) ?\(?"([a-z_A-Z]+)"', script)) | set(re.findall(r'"(error_[A-Za-z_]+)"', script)) - {"error_"}
    assert used <= texts["zh"].keys(), used - texts["zh"].keys()


# ---- nothing is left --------------------------------------------------------------------------------------------

PRIVATE = {"category": "漏水、跑水", "text": "我家厨房在漏水", "phone": "13912345678"}


def traces(page, *words):
    """Whatever the page, its fields, its stores or its addresses still know of these."""
    left = page.evaluate("""async () => JSON.stringify([
        document.documentElement.outerHTML, [...document.querySelectorAll('input,textarea')].map(e => [e.value, e.checked, e.files?.length]),
        {...localStorage}, {...sessionStorage}, document.cookie, location.href, history.state, (await indexedDB.databases()),
        (await caches.keys().catch(() => [])), performance.getEntries().map(e => e.name)])""")
    left += str(page.context.storage_state()) + page.title()
    return [word for word in words if word and word in left]


def test_the_next_person_finds_nothing_of_the_last_one(open_page, picture):
    page = open_page()
    entries = page.evaluate("history.length")
    write(page, **PRIVATE)
    page.get_by_label("哪栋楼").fill("清林 2号")
    page.get_by_role("button", name="清林小区2号楼").click()
    page.get_by_label("不让物业知道我是谁").check()
    number, secret = send(page)
    told = PRIVATE["text"], PRIVATE["phone"], secret, f">{number}<", "清林小区", "B-0002", "%E6%B8%85%E6%9E%97"
    assert traces(page, secret), "it is seen while he stands there"
    tap(page, "完成")
    assert traces(page, *told) == [] and page.evaluate("history.length") == entries
    tap(page, "查询办理进度")
    page.get_by_label("编号", exact=True).fill(number)
    page.get_by_label("查询码").fill(secret)
    tap(page, "查询")
    page.get_by_role("heading", name="已派单").wait_for()
    tap(page, "完成")
    assert traces(page, *told) == [] and page.evaluate("history.length") == entries
    tap(page, "我要反映问题")
    tap(page, "噪声扰民")
    assert [page.get_by_label(name).input_value() for name in ("哪栋楼", "具体情况", "联系电话")] == [HERE, "", ""]
    assert not page.get_by_label("不让物业知道我是谁").is_checked()
    assert page.evaluate("[...document.querySelectorAll('input,textarea,form')].every(e => e.autocomplete === 'off' || e.type === 'file')")


def test_the_back_button_shows_nothing(open_page):
    page = open_page(PHONE, "place=B-0417")
    write(page, **PRIVATE)
    _, secret = send(page)
    page.goto("about:blank")
    page.go_back()
    page.get_by_role("heading", name="小区有问题，请告诉我们").wait_for()
    assert traces(page, PRIVATE["text"], PRIVATE["phone"], secret) == []


def test_it_returns_to_its_start_when_nobody_is_there(open_page, picture):
    page = open_page()
    page.clock.install()
    page.reload()
    tap(page, "English")
    tap(page, "Report a problem")
    tap(page, "Water leak")
    page.get_by_label("What is wrong").fill("water in the kitchen")
    # from here on time passes only as the test says; a slow machine may need seconds to say so
    page.clock.pause_at(datetime.datetime.fromtimestamp(page.evaluate("Date.now()") / 1000 + 10))
    page.clock.run_for(10_000)
    assert not page.locator("#still").is_visible()
    page.clock.run_for(30_000)
    page.get_by_text("Are you still there?").wait_for()
    picture(page, "still-there")
    tap(page, "I am here")
    page.clock.run_for(45_000)
    assert page.get_by_label("What is wrong").input_value() == "water in the kitchen", "who says so may go on"
    page.clock.run_for(20_000)
    page.get_by_role("heading", name="小区有问题，请告诉我们").wait_for()
    assert traces(page, "water in the kitchen") == []


def test_what_was_shown_is_gone_when_nobody_is_there(open_page):
    page = open_page()
    page.clock.install()
    page.reload()
    write(page, **PRIVATE)
    number, secret = send(page)
    page.clock.run_for(61_000)
    page.get_by_role("heading", name="小区有问题，请告诉我们").wait_for()
    assert traces(page, PRIVATE["text"], PRIVATE["phone"], secret) == []


# ---- when something fails ---------------------------------------------------------------------------------------

def test_an_answer_that_was_lost_is_asked_for_again_once_only(open_page, client, picture):
    page, before = open_page(), cases(client)
    lost = []

    def lose(route):
        lost.append(route.fetch())  # the daemon has it; the page does not know
        route.abort()

    page.route("**/v1/reports", lose, times=1)
    write(page)
    number, _ = send(page)
    assert lost[0].status == 201 and lost[0].json()["number"] == number
    assert cases(client) == before + 1
    page.faults.clear()  # the browser has named the lost answer


def test_without_a_connection_nothing_is_promised(open_page, picture):
    page = open_page(PHONE, "place=B-0417")  # a phone is not cleared while it tries again
    page.clock.install()
    page.reload()
    page.route("**/v1/reports", lambda route: route.abort())
    write(page)
    tap(page, "提交")
    for _ in range(200):  # it gives up after half a minute of its clock; each try takes some of ours
        page.clock.run_for(1_000)
        if page.get_by_text("您的问题还没有提交").is_visible():
            break
    assert page.get_by_text("您的问题还没有提交").is_visible()
    picture(page, "no-connection")
    assert page.get_by_label("具体情况").input_value(), "what he wrote is still there"
    page.unroute("**/v1/reports")
    send(page)
    page.faults.clear()


@pytest.mark.parametrize("place, phone, says", [("B-9999", "", "没有找到这栋楼"), ("", "", "请告诉我们是哪栋楼"), ("B-0417", "12", "电话号码不对")])
def test_what_is_wrong_is_said_where_it_is_and_can_be_mended(open_page, picture, place, phone, says):
    page = open_page()
    write(page, phone=phone)
    page.get_by_label("哪栋楼").fill(place)
    tap(page, "提交")
    page.get_by_text(says).wait_for()
    picture(page, f"error-{place or 'none'}")
    page.get_by_label("哪栋楼").fill("B-0417")
    page.get_by_label("联系电话").fill("")
    send(page)
    page.faults.clear()


def test_on_a_small_screen_what_is_wrong_comes_into_sight(open_page, picture):
    page = open_page(PHONE, "place=B-0417")
    write(page, phone="12")
    page.evaluate("scrollTo(0, 0)")  # he reads his words again, and presses the button that is always there
    tap(page, "提交")
    error = page.get_by_text("电话号码不对")
    expect(error).to_be_in_viewport(ratio=1)
    box, button = error.bounding_box(), page.get_by_role("button", name="提交").bounding_box()
    assert box["y"] + box["height"] <= button["y"] or box["y"] >= button["y"] + button["height"], "the button hides it"
    picture(page, "phone-error")
    page.faults.clear()


def test_kinds_that_cannot_be_fetched_are_no_empty_screen(open_page):
    page = open_page(PHONE, "place=B-0417")
    page.route("**/v1/categories", lambda route: route.abort())
    page.reload()
    tap(page, "我要反映问题")
    page.get_by_text("现在连接不上，请稍后再试").wait_for()
    page.unroute("**/v1/categories")
    tap(page, "返回")
    write(page)
    send(page)
    page.faults.clear()


def test_a_wrong_code_shows_nothing(open_page, client):
    page = open_page()
    write(page)
    number, secret = send(page)
    tap(page, "完成")
    tap(page, "查询办理进度")
    page.get_by_label("编号", exact=True).fill(number)
    page.get_by_label("查询码").fill("AAAAA-AAAAA")
    tap(page, "查询")
    page.get_by_text("编号和查询码不相符").wait_for()
    assert page.locator("#case").is_hidden()
    page.faults.clear()
