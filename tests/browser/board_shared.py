"""One daemon and one board for a whole file of tests, for those that mind nothing that others leave there: import the fixtures by name."""
import shutil

import pytest
from board import Board
from board_pages import PAGES
from daemon import Daemon


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    d = Daemon(tmp_path_factory.mktemp("city")).start()
    yield d
    d.end()


@pytest.fixture(scope="module")
def board(city, people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    shutil.copy(people, folder)
    b = Board(folder, city, settings=f"pages: {PAGES}\n").start()
    yield b
    b.end()


@pytest.fixture(scope="module")
def hotline(city):
    with city.client() as c:
        yield c
