"""The page of kiosks and phones, as a resident uses it."""
import re

import pytest
from hongxin.v1 import wire_pb2

KIOSK = {"width": 1080, "height": 1920, "has_touch": True}
PHONE = {"width": 360, "height": 740, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SIZES = [pytest.param(KIOSK, "kiosk", id="kiosk"), pytest.param(PHONE, "phone", id="phone")]
SECRET = re.compile("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")


@pytest.fixture
def open_page(make_page, kiosk):
    def open_it(size=KIOSK, at="kiosk&place=B-0417", **options):
        page = make_page(**size, **options)
        page.goto(f"{kiosk.address}#{at}")
        page.get_by_text("我要反映问题").wait_for()
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


@pytest.mark.parametrize("size, name", SIZES)
def test_from_the_start_to_a_number(open_page, client, picture, size, name):
    page = open_page(size)
    picture(page, f"{name}-start")
    tap(page, "我要反映问题")
    page.get_by_role("button", name="漏水、跑水").wait_for()
    picture(page, f"{name}-choose")
    assert fits(page)
    tap(page, "漏水、跑水")
    assert page.get_by_label("楼栋编号").input_value() == "B-0417", "where the kiosk stands"
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
