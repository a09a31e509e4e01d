"""A store that is not as it was left: cut off, overwritten, of another program, of another version. The daemon and the doctor refuse it
and say what to do, or find what is wrong; neither dies of it."""
import os
import random
import signal
import struct
import subprocess

import pytest
from facts import note
from field import BIN, SOURCE, Field
from wire import wait_until

PAGE = 4096
SPOILT = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS)
PAGES = int(os.environ.get("HX_PAGES", "12"))


class Whole:
    """A store with some cases, as an orderly end has left it: its bytes, its journal, the folder of its key."""

    def __init__(self, field):
        self.folder, self.data, self.journal = field.folder, (field.store / "data.mdb").read_bytes(), field.export()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    field = Field(tmp_path_factory.mktemp("whole"))
    with field.daemon.start().client() as c:
        for _ in range(20):
            c.publish(*[c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}) for _ in range(25)])
        field.drain()
    assert field.daemon.stop() == 0
    return Whole(field)


@pytest.fixture
def damaged(whole, tmp_path):
    """damaged(bytes) → a Field over a store of these bytes."""
    made = []

    def make(data):
        folder = tmp_path / str(len(made))
        (folder / "store").mkdir(parents=True)
        (folder / "store/data.mdb").write_bytes(data)
        (folder / "identity.key").write_bytes((whole.folder / "identity.key").read_bytes())
        (folder / "identity.key").chmod(0o600)
        made.append(Field(folder))
        return made[-1]

    yield make
    for f in made:
        f.end()


def doctor(field):
    return subprocess.run([BIN / "hongxin", "doctor", "--store", field.store, "--config", SOURCE / "config",
                           "--key", field.folder / "identity.key"], capture_output=True, text=True)


def assert_refused(field, *words):
    """The daemon does not start; it names the store and what to do."""
    field.daemon.launch()
    assert field.daemon.wait() == 1, field.daemon.text()
    assert field.daemon.said("event=start_refused") or field.daemon.said("event=store_damaged"), field.daemon.text()
    for word in words:
        assert field.daemon.said(word), field.daemon.text()


def lose_root(path, table):
    """Each record of the table in the list of tables points to a page far behind the end."""
    node = struct.pack("<HHHH", 48, 0, 2, len(table)) + table  # size, a table, size of the key
    with open(path, "r+b") as f:
        data, at = f.read(), -1
        while (at := data.find(node, at + 1)) >= 0:
            f.seek(at + len(node) + 40)  # where the record says its root
            f.write(struct.pack("<Q", 1 << 40))


def test_deadlines_that_cannot_be_read_any_more_are_not_taken_for_none(make_field):
    """Before, the daemon went on as if all were well, and judged no deadline any more."""
    field = make_field(scale=60)
    d = field.daemon.start()
    with d.client() as c:
        c.publish(c.event("REPORTED", by="reporter", data={"class": "SMALL", "place": "B-0417"}))
    lose_root(field.store / "data.mdb", b"due")
    wait_until(lambda: d.said("event=store_failed"))


def assert_whole_or_wrong(field, journal):
    """Either the doctor says what is wrong, or everything is there: damage never passes in silence. Returns its exit code."""
    done = doctor(field)
    assert done.returncode in (0, 1, 2), done.stderr
    if done.returncode == 0:
        assert field.export() == journal
    return done.returncode


def assert_refused_or_served(field):
    """The daemon ends by itself, with its reason, or serves."""
    d = field.daemon.launch()
    wait_until(lambda: d.said("event=ready") or d.process.poll() is not None)
    if d.process.poll() is None:
        with d.client() as c:
            c.send(stats={})
            wait_until(lambda: c.receive(timeout=0) or d.process.poll() is not None)
    if d.process.poll() is None:
        d.kill()
        return
    code = d.wait()  # LMDB may also have spoilt memory of ZeroMQ's threads, which can do nothing about that: then the line is there already
    assert code == 1 or (code in SPOILT and d.said("event=store_damaged")), (code, d.text())
    assert any(d.said(f"event={said}") for said in ("start_refused", "store_damaged", "end")), d.text()


@pytest.mark.parametrize("left", [0.9, 0.5, 0.05])
def test_a_store_that_was_cut_off(whole, damaged, left):
    data = whole.data
    used = len(data.rstrip(b"\0"))
    field = damaged(data[:int(used * left) // PAGE * PAGE])
    assert_refused(field, str(field.store), "put a copy in its place")
    done = doctor(field)
    assert done.returncode in (1, 2) and "put a copy in its place" in done.stderr


def test_wherever_it_was_cut_off(whole, damaged):
    """It is refused, or nothing is missing: the pages at its end were free, or never used."""
    chance = random.Random(int(os.environ.get("HX_SEED", "54321")))
    used = len(whole.data.rstrip(b"\0"))
    at_the_end = [-(-used // PAGE) * PAGE, used - 1, used, used + 1, *(used // PAGE * PAGE - n * PAGE for n in range(3))]
    found = set()
    for size in [*at_the_end, *(chance.randrange(2 * PAGE, used) for _ in range(4))]:
        field = damaged(whole.data[:size])
        found.add(assert_whole_or_wrong(field, whole.journal))
        assert_refused_or_served(field)
    assert 0 in found and found > {0}, "some of either kind"


@pytest.mark.parametrize("size", [1, 100, PAGE + 1])
def test_a_store_of_some_bytes(whole, damaged, size):
    field = damaged(whole.data[:size])
    assert_refused(field, str(field.store))
    assert doctor(field).returncode == 2


def test_a_file_of_something_else(damaged):
    field = damaged(b"%PDF-1.4 a letter to the city\n" * 1000)
    assert_refused(field, "not an LMDB file")


def roots(field):
    """The two pages that LMDB begins from in turns, and the transaction of each."""
    with open(field.store / "data.mdb", "rb") as f:
        pages = [f.read(PAGE), f.read(PAGE)]
    return pages, [struct.unpack_from("<Q", page, 144)[0] for page in pages]  # behind the page's head and the two tables of a root


def lose_newest_root(field):
    """It is again as it was before the last commit, after some reports; returns the journal of before that, and of after it."""
    d = field.daemon.start()
    before = []
    with d.client() as c:
        for _ in range(4):
            c.report()
            before.append(roots(field))
    d.kill()
    entries = field.journal()
    _, numbers = roots(field)
    newest = numbers.index(max(numbers))
    with open(field.store / "data.mdb", "r+b") as f:
        f.seek(newest * PAGE)
        f.write(next(pages[newest] for pages, of in reversed(before) if of[newest] < numbers[newest]))
    return entries, field.journal()


def test_a_root_that_the_disk_has_never_written(make_field):
    """A limit, told in docs/operations.md: a disk that says it has written the newest root, and has not, leaves a store that is whole
    as of the commit before. Nobody can see that in the file; an export of before shows it."""
    field = make_field(scale=None)
    for _ in range(20):
        entries, left = lose_newest_root(field)
        field.prove()
        assert all(entries[lsn] == e for lsn, e in left.items()), "its end is missing, and nothing else"
        if len(left) < len(entries):
            return
    raise AssertionError("the last commit was never one of a report")


def test_a_store_of_another_version(whole, damaged):
    data = bytearray(whole.data)
    at = data.find(b"format" + bytes(7) + b"\1")
    assert at > 0
    while at > 0:  # every copy: old pages are still in the file
        data[at + 13] = 9
        at = data.find(b"format" + bytes(7) + b"\1", at + 1)
    assert_refused(damaged(data), "format", "9")


def test_pages_that_were_overwritten(whole, damaged):
    """Whatever page it is, the two roots among them: a reason and an end, or the daemon serves and the doctor says what is wrong with what
    it can read. Where it finds nothing the page was of no use to anybody, and the journal is what it was."""
    chance = random.Random(int(os.environ.get("HX_SEED", "54321")))
    used = len(whole.data.rstrip(b"\0")) // PAGE
    pages = [0, 1, *sorted(chance.sample(range(2, used), min(PAGES, used - 2)))]
    for page in pages:
        data = bytearray(whole.data)
        data[page * PAGE:(page + 1) * PAGE] = chance.randbytes(PAGE)
        print(f"page {page}")
        field = damaged(data)
        assert_whole_or_wrong(field, whole.journal)
        assert_refused_or_served(field)
    note(pages=len(pages))
