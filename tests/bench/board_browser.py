"""The pages of the board in a real browser: what a slow phone or computer waits for, frames of the wall, memory of the wall. Prints JSON.

    B=build/land; HX_BIN=$B/bin HX_SOURCE=$PWD PYTHONPATH=tests/integration/support:$B/tests/integration/schema \\
        build/browser/bin/python tests/bench/board_browser.py load | frames [PROMISES] [SECONDS] | memory [HOURS]

load    each page with an empty cache, a CPU slowed 4 times and the fast 3G of Chromium's own tools (1.44 Mbit/s, 562 ms): first paint,
        what the page is for (`shown`), bytes as they travel, requests. The wall and the lists have 500 running promises.
frames  the wall at 1920×1080 with PROMISES running promises (10,000) and ten new entries a second: frames per second, the longest gap
        between two, the longest task of the page's thread (a frame is lost to one above 16.7 ms) and what that thread did in each
        second (ms: script, style, layout, all; most of the rest is drawing the frames that nothing but this count asks for).
memory  a wall left open for HOURS simulated hours (24) at 720-fold speed with a complaint each city minute and lives that end: heap and
        nodes after each two hours, garbage collected before.
"""
import contextlib
import json
import pathlib
import sys
import tempfile
import time

from board import PASSWORD, Board, add_user
from daemon import Daemon
from playwright.sync_api import sync_playwright

PAGES = pathlib.Path(__import__("os").environ["HX_BIN"]).parent / "web"
FAST_3G = {"offline": False, "latency": 562.5, "downloadThroughput": 1_440_000 / 8, "uploadThroughput": 675_000 / 8}
# What each page is for: it is shown when this can be seen (the form for signing in: when it works).
SHOWN = {"": "button.plain[title]", "#/wall": ".river li", "#/running": ".view tbody tr", "#/area": "tbody tr", "#/breaches": "[data-total]",
         "#/orders": "table", "#/figures": "canvas", "#/dispatch": ".queue", "#/city": "path.step-0, path.step-1", "#/rules": "g.box",
         "#/report": "textarea", "#/case/CL-1": ".deadline", "inbox.html": "article.job"}
WATCH = """selector => {
    window.shownAt = 0
    window.largest = 0
    new PerformanceObserver(l => l.getEntries().forEach(e => window.largest = e.startTime)).observe({type: 'largest-contentful-paint', buffered: true})
    const look = () => {
        const e = document.querySelector(selector)
        if (!window.shownAt && e && e.getClientRects().length) window.shownAt = performance.now()
    }
    new MutationObserver(look).observe(document, {subtree: true, childList: true, attributes: true})
}"""


@contextlib.contextmanager
def city(scale=None):
    """A daemon, a board with its pages, a browser."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        folder = pathlib.Path(folder)
        daemon = Daemon(folder, scale=scale).start()
        for name, role, area in (("chief", "supervisor", "city"), ("li", "company", "P-07")):
            add_user(folder / "board.users", name, "--principal", "", "--role", role, "--area", area)
        board = Board(folder, daemon, settings=f"pages: {PAGES}\n").start()
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield daemon, board, browser
        finally:
            browser.close()
            board.end()
            daemon.end()


def report(client, n, batch=200):
    """n complaints all over the city; each runs two promises at the least."""
    for first in range(0, n, batch):
        client.publish(*(client.event("REPORTED", by="reporter", data={"class": ("SMALL", "SERIOUS", "COMPLEX")[i % 3], "place": f"B-{401 + i % 90:04}"})
                         for i in range(first, min(n, first + batch))))


def signed_in(browser, board, name, **options):
    """A context with a session: a page of it is signed in, its cache is empty."""
    context = browser.new_context(**options)
    answer = context.request.post(f"http://127.0.0.1:{board.port()}/api/v1/login", data={"name": name, "password": PASSWORD})
    assert answer.ok, answer.text()
    return context


def settle(page, browser):
    """A new window of Chromium loads pages of its own (chrome://…) for some seconds: that is over before ours is opened."""
    cdp, seen = browser.new_browser_cdp_session(), []
    while len(seen) < 4 or seen[-1] - seen[-4] > 0.06:
        page.wait_for_timeout(300)
        seen.append(sum(p["cpuTime"] for p in cdp.send("SystemInfo.getProcessInfo")["processInfo"]))
    cdp.detach()


def one_load(browser, context, board, at):
    page = context.new_page()
    settle(page, browser)
    cdp = context.new_cdp_session(page)
    bytes_, requests = [], []
    cdp.on("Network.loadingFinished", lambda e: bytes_.append(e["encodedDataLength"]))
    cdp.on("Network.requestWillBeSent", lambda e: requests.append(e["request"]["url"]))
    cdp.send("Network.enable")
    cdp.send("Network.setBypassServiceWorker", {"bypass": True})
    cdp.send("Network.emulateNetworkConditions", FAST_3G)
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.add_init_script(f"({WATCH})({json.dumps(SHOWN[at])})")
    page.goto(f"http://127.0.0.1:{board.port()}/{at}", wait_until="commit")
    while not page.evaluate("window.shownAt"):  # the page's rules forbid wait_for_function
        page.wait_for_timeout(100)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    shown = page.evaluate("window.shownAt")
    page.close()
    return {"page": at or "sign-in", "first_paint_ms": round(paint), "shown_ms": round(shown), "kbytes": round(sum(bytes_) / 1024, 1), "requests": len(requests)}


def load():
    with city() as (daemon, board, browser), daemon.client() as client:
        report(client, 250)
        number = client.publish(client.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}))[0].case_number
        client.publish(*(client.event(type, case_number=number, by="holder:P-07/li") for type in ("HELD", "ARRIVED")))  # else there is no chart
        client.publish(client.event("REPORTED", by="reporter", data={"place": "B-0417", "text": "?"}))
        for at in SHOWN:
            phone = at == "inbox.html"
            size = {"viewport": {"width": 360, "height": 740}} if phone else {"viewport": {"width": 1440, "height": 900}}
            context = browser.new_context(**size) if not at else signed_in(browser, board, "li" if phone else "chief", **size)
            print(json.dumps({"bench": "board load", **one_load(browser, context, board, at)}), flush=True)
            context.close()


def metrics(cdp):
    return {m["name"]: m["value"] for m in cdp.send("Performance.getMetrics")["metrics"]}


FRAMES = """() => {
    window.frames_ = {n: 0, longest: 0, last: performance.now(), late: 0}
    const f = t => {
        const x = window.frames_
        const gap = t - x.last
        if (x.n) { x.longest = Math.max(x.longest, gap); if (gap > 25) x.late++ }
        x.n++; x.last = t
        requestAnimationFrame(f)
    }
    requestAnimationFrame(f)
}"""


class Trace:
    """What the threads of a browser did meanwhile; `longest` ms of one task on the page's own thread."""

    def __init__(self, browser):
        self.cdp, self.events, self.over = browser.new_browser_cdp_session(), [], False
        self.cdp.on("Tracing.dataCollected", lambda e: self.events.extend(e["value"]))
        self.cdp.on("Tracing.tracingComplete", lambda _: setattr(self, "over", True))
        self.cdp.send("Tracing.start", {"traceConfig": {"includedCategories": ["toplevel", "devtools.timeline"]}, "transferMode": "ReportEvents"})

    def longest(self, page):
        self.cdp.send("Tracing.end")
        while not self.over:
            page.wait_for_timeout(50)
        main = {(e["pid"], e["tid"]) for e in self.events if e["name"] == "Paint"}
        return max(e.get("dur", 0) for e in self.events if (e["pid"], e["tid"]) in main and e["name"].endswith("RunTask")) / 1000


def frames(promises=10_000, seconds=20):
    with city() as (daemon, board, browser), daemon.client() as client:
        report(client, promises)
        context = signed_in(browser, board, "chief", viewport={"width": 1920, "height": 1080})
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        page.goto(f"http://127.0.0.1:{board.port()}/#/wall")
        page.locator(".river li").first.wait_for()
        cdp.send("Performance.enable")
        page.wait_for_timeout(3000)
        page.evaluate(FRAMES)
        trace, before = Trace(browser), metrics(cdp)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            report(client, 1)
            page.wait_for_timeout(100)
        f, after = page.evaluate("window.frames_"), metrics(cdp)
        spent = {k: round(1000 * (after[name] - before[name]) / seconds, 1) for k, name in
                 (("script", "ScriptDuration"), ("style", "RecalcStyleDuration"), ("layout", "LayoutDuration"), ("all", "TaskDuration"))}
        print(json.dumps({"bench": "board frames", "promises": page.locator("[data-tile=running] strong").inner_text(),
                          "frames_per_second": round(f["n"] / seconds, 1), "longest_gap_ms": round(f["longest"], 1),
                          "gaps_over_25_ms": f["late"], "longest_task_ms": round(trace.longest(page), 1), "thread_ms_per_s": spent}))


def solve(client, number):
    by = {"case_number": number, "by": "holder:P-07/li"}
    replies = client.publish(client.event("HELD", **by), client.event("ARRIVED", **by), client.event("RESOLVED", data={"evidence": ["photo"]}, **by),
                             client.event("CALLBACK_OK", case_number=number, by="callback/wu", data={"rating": 5}))
    assert not replies[-1].code, replies


def memory(hours=24, scale=720):
    with city(scale=scale) as (daemon, board, browser), daemon.client() as client:
        context = signed_in(browser, board, "chief", viewport={"width": 1920, "height": 1080})
        page = context.new_page()
        cdp = context.new_cdp_session(page)
        page.goto(f"http://127.0.0.1:{board.port()}/#/wall")
        page.locator(".live.on").wait_for()
        cdp.send("Performance.enable")
        began, cases = time.monotonic(), []
        for hour in range(1, hours + 1):
            for minute in range(60):  # a complaint each minute of the city; what is an hour old is solved
                cases.append(client.report().case_number)
                if len(cases) > 60:
                    solve(client, cases.pop(0))
                page.wait_for_timeout(max(0, 1000 * (began + (hour - 1 + (minute + 1) / 60) * 3600 / scale - time.monotonic())))
            if hour % 2 == 0:
                cdp.send("HeapProfiler.collectGarbage")
                m = metrics(cdp)
                print(json.dumps({"bench": "board memory", "hour": hour, "heap_kib": round(m["JSHeapUsedSize"] / 1024), "nodes": int(m["Nodes"]),
                                  "listeners": int(m["JSEventListeners"]), "running": page.locator("[data-tile=running] strong").inner_text()}), flush=True)


if __name__ == "__main__":
    {"load": load, "frames": frames, "memory": memory}[sys.argv[1]](*(int(a) for a in sys.argv[2:]))
