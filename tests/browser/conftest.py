"""Fixtures of the browser tests: Debian's Chromium over real programs, and pictures of what a person would see.

The daemon and its clients are those of tests/integration. Pictures are written to the build folder (screenshots/);
no test compares them: they are there to be looked at.
"""
import os
import pathlib

import pytest
from playwright.sync_api import expect, sync_playwright

pytest_plugins = ["daemon_fixtures", "kiosk_fixtures"]

# Only pages of our own are opened: without a sandbox the browser also starts as root and in containers.
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage"]
PATIENCE_MS = 60_000  # against hanging on a slow machine; nothing waits for it to pass
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Pages are closed before the programs behind them end: what they still ask for then is no fault."""
    for context in getattr(item, "browser_contexts", []):
        context.close()


@pytest.fixture
def make_page(browser, request):
    """make_page(width, height, **options of new_context) → a page in a browser that remembers nothing of another test.
    A script error or a message of the browser about a broken rule (CSP) fails the test."""
    contexts, faults = [], []
    request.node.browser_contexts = contexts

    def make(width=1280, height=800, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        page.faults = faults  # a test that provokes an error clears it
        return page

    yield make
    assert not faults


@pytest.fixture
def page(make_page):
    return make_page()


@pytest.fixture
def picture(request):
    """picture(page, name, **options of screenshot): keeps what the page looks like now."""
    folder = pathlib.Path(os.environ["HX_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)

    def take(page, name, **options):
        page.screenshot(path=str(folder / f"{request.module.__name__.removeprefix('test_')}-{name}.png"), **options)

    return take
