"""Pages whose daemon or board dies, and people who are shut out: each test has a city and a board of its own."""
from board_town import number_in
from playwright.sync_api import expect
from ports import keep_a_port
from wire import wait_until

pytest_plugins = ["board_pages"]
WALL = {"width": 1920, "height": 1080}


def test_a_page_goes_on_when_the_daemon_was_killed(sign_in, city, hotline):
    page = sign_in(language="en", size=WALL)
    number = hotline.report(place="B-0417").number
    expect(page.get_by_role("link", name=number).first).to_be_attached()
    city.kill()
    expect(page.locator(".live.away")).to_be_visible()  # what is shown grows old, and says so
    city.start()
    with city.client() as again:
        later = again.report(place="B-0418").number
    expect(page.get_by_role("link", name=later).first).to_be_attached()
    expect(page.locator(".live.on")).to_be_visible()
    wait_until(lambda: number_in(page.locator("[data-tile=running] strong")) == page.locator(".river li").count())


def test_a_page_goes_on_when_the_board_was_restarted(sign_in, board, hotline):
    board.stop()
    board.config.write_text(board.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{keep_a_port()}"))
    board.start()
    page = sign_in(language="en", size=WALL)
    board.stop()
    expect(page.locator(".live.away")).to_be_visible()
    number = hotline.report(place="B-0417").number
    board.start()
    expect(page.get_by_role("link", name=number).first).to_be_attached()


def test_who_is_shut_out_is_out_at_once(sign_in, board):
    page = sign_in(language="en")
    board.user("disable", "chief")
    expect(page.get_by_text("Your session has ended").first).to_be_visible()
