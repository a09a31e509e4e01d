"""An evening of a whole city on the wall, sixty times as fast: what `hongxin demo` plays, in front of it a board of its own."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import types

import pytest
from board import PASSWORD, Board, add_user
from board_pages import ITS_OWN, PAGES
from board_town import number_in
from daemon import BIN, SOURCE
from playwright.sync_api import expect
from wire import wait_until

pytest_plugins = ["board_town"]


@pytest.fixture
def demo():
    """The evening's daemon, as the board knows one: by its doors."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hx-"))  # a short name, as sockets want it
    environment = {**os.environ, "TMPDIR": str(folder), "HONGXIN_CONFIG": f"{SOURCE}/config"}
    command = [os.path.join(BIN, "hongxin"), "demo", "--minutes", "10", "--rate", "12"]
    evening = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        door = lambda name: next((p for p in folder.glob(f"*/{name}") if p.is_socket()), None)  # noqa: E731
        wait_until(lambda: (door("intake") and door("feed")) or evening.poll() is not None, timeout=60)
        yield types.SimpleNamespace(doors={name: f"ipc://{door(name)}" for name in ("intake", "feed")})
    finally:
        evening.terminate()
        evening.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def wall(demo, make_page, tmp_path):
    folder = tmp_path / "board"
    folder.mkdir()
    add_user(folder / "board.users", "wang", "--role", "supervisor", "--area", "city")
    board = Board(folder, demo, settings=f"pages: {PAGES}\n").start()
    page = make_page(1920, 1080, locale="en-GB", color_scheme="dark")
    assert page.context.request.post(f"http://127.0.0.1:{board.port()}/api/v1/login", data={"name": "wang", "password": PASSWORD}).ok
    page.goto(f"http://127.0.0.1:{board.port()}/#/wall")
    yield page
    page.close()
    page.faults[:] = [f for f in page.faults if not ITS_OWN.search(f)]
    board.end()


def test_an_evening_passes_on_the_wall(wall, picture):
    expect(wall.locator(".live.on")).to_contain_text("Live")
    expect(wall.get_by_text("Demonstration: time runs 60 times faster")).to_be_visible()
    hour = lambda: wall.locator("header time").inner_text()  # noqa: E731
    began = hour()
    late = wall.locator("[data-tile=late] strong")
    expect(late).not_to_have_text("0")  # five minutes of the city after the first who did not come
    arrival = wall.locator(".today tbody tr", has_text="Arrival")
    expect(arrival.locator("a").nth(0)).not_to_have_text("0")
    expect(arrival.locator("a").nth(1)).not_to_have_text("0")
    expect(wall.locator(".where path.step-3, .where path.step-4").first).to_be_attached()
    assert hour() != began and re.search(r"1[89]:\d\d:\d\d|2\d:\d\d:\d\d", hour())
    picture(wall, "wall")
    times = wall.locator(".river li").evaluate_all("all => all.map(e => new Date(e.querySelector('time').dateTime).getTime())")
    assert times == sorted(times) and len(times) > 3
    n = number_in(late)
    assert n > 0
    late.click()
    expect(wall.locator("[data-total]")).not_to_have_text("0")
    expect(wall.locator(".view tbody tr.late").first).to_be_visible()
