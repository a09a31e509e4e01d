"""A clock that the test turns, for a real daemon (tests/clock/clock.c)."""
import mmap
import os

MS, SECOND, MINUTE = 1, 1000, 60_000
TURNING, HELD, WALL, BOOT, SYNCHRONISED, HANDS = range(6)  # of struct clock_face
EVENING = 1791802800000  # 2026-10-12T19:00:00+08:00
AWAY_MS = 60 * SECOND  # limits.absent_ms of these daemons: steps below it are time that passes for a daemon that is awake


class Clock:
    """Stands still until it is turned. Instants are milliseconds of the wall clock."""

    def __init__(self, folder, now):
        self.path = folder / "clock"
        self.path.write_bytes(bytes(8 * HANDS))
        with open(self.path, "r+b") as f:
            self.face = memoryview(mmap.mmap(f.fileno(), 8 * HANDS)).cast("q")
        self.wall_ns, self.boot_ns, self.synchronised = now * 1_000_000, 1_000_000_000_000, 1
        self._show()

    def environment(self):
        return {"LD_PRELOAD": os.environ["HX_TEST_CLOCK"], "HX_CLOCK_FILE": str(self.path)}

    def daemon(self, **settings):
        """make_daemon(**…) of a daemon that lives by it. Its doors are files: a client finds it again after a restart."""
        folder = self.path.parent
        doors = {"ingest": f"ipc://{folder}/in", "feed": f"ipc://{folder}/out", "pub": ""}
        return {"settings": {"resend_ms": 50, "absent_ms": AWAY_MS, **doors, **settings}, "env": self.environment()}

    def _show(self):
        self.face[TURNING] += 1
        self.face[HELD], self.face[WALL], self.face[BOOT] = 1, self.wall_ns, self.boot_ns
        self.face[SYNCHRONISED] = self.synchronised
        self.face[TURNING] += 1

    @property
    def now(self):
        return self.wall_ns // 1_000_000

    def pass_ns(self, ns):
        """Time passes: both clocks move."""
        self.wall_ns += ns
        self.boot_ns += ns
        self._show()

    def step(self, ms):
        """Somebody sets the wall clock; no time has passed."""
        self.wall_ns += ms * 1_000_000
        self._show()

    def synchronise(self, on):
        """What the kernel says of the wall clock."""
        self.synchronised = int(on)
        self._show()


def turn(client):
    """Returns when the daemon has judged what is due by now. An answer to a publication follows the commit of the turn that read
    it, and with it all deadlines that this turn has judged; one that cannot be decoded leaves nothing in the journal."""
    assert client.publish(b"\xff")[0].code == "UNDECODABLE"


def run_to(clock, client, instant, step=AWAY_MS - SECOND):
    """Time passes up to an instant, for a daemon that is awake."""
    while clock.now < instant:
        clock.pass_ns(min(step, instant - clock.now) * 1_000_000)
        turn(client)
