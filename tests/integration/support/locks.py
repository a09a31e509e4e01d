"""Keys for tests: a registry of principals made by the `hongxin key` command, and clients that hold its keys."""
import os
import subprocess

from daemon import BIN, SOURCE
from wire import Client, wait_until

ROLES = f"{SOURCE}/config/roles.yaml"


def hongxin(*args, check=True, env=None):
    p = subprocess.run([os.path.join(BIN, "hongxin"), *map(str, args)], text=True, capture_output=True, timeout=60,
                       env={**os.environ, **(env or {})})
    assert not check or p.returncode == 0, p.stderr
    return p


class Registry:
    """A folder with a server key and principals.csv; `keys` for write_config()."""

    def __init__(self, folder, roles=ROLES):
        self.folder = folder
        self.path = folder / "principals.csv"
        self.daemon = None  # set: changes wait until it has taken them over
        self.server = folder / "server.key"
        self.keys = {"principals": self.path, "roles": roles, "server": self.server}

    def make(self):
        hongxin("key", "server", "--registry", self.path, "--out", self.server)

    def file(self, name):
        return self.folder / f"{name}.key"

    def new(self, name, role, *areas, sources=(), tenant=None):
        options = [x for a in areas for x in ("--area", a)] + [x for s in sources for x in ("--source", s)]
        options += ["--tenant", tenant] if tenant else []
        self.change("new", name, "--role", role, *options, "--out", self.file(name))
        return self.key(name)

    def rotate(self, name, file):
        self.change("rotate", name, "--out", self.file(file))
        return self.key(file)

    def change(self, *args):
        before = self.loads()
        hongxin("key", *args, "--registry", self.path)
        if self.daemon:
            wait_until(lambda: self.loads() > before)

    def loads(self):
        return sum("event=access_changed" in line for line in self.daemon.log) if self.daemon else 0

    def revoke(self, name, *key):
        hongxin("key", "revoke", name, *key, "--registry", self.path)

    def hex(self, name):
        """Public keys of a principal, oldest first."""
        rows = [line.split(",") for line in self.path.read_text().splitlines()]
        return [r[5] for r in rows if r[0] == name]

    def key(self, name):
        words = dict(line.split() for line in self.file(name).read_text().splitlines() if not line.startswith("#"))
        return tuple(words[w].encode() for w in ("public", "secret", "server"))

    def client(self, daemon, name, door="intake", **options):
        return Client(daemon.doors.get(door) or daemon.doors["intake"], source=name, key=self.key(name), **options)
