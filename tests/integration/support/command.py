"""The hongxin command, as a person or a script runs it."""
import json
import os
import re
import signal
import subprocess
import threading

from wire import TIMEOUT_S, wait_until

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]
HONGXIN = os.path.join(BIN, "hongxin")


def environment(daemon):
    doors = {}
    if daemon:  # without an address of its own the feed is served by the one door there is
        doors["HONGXIN_ENDPOINT"] = daemon.doors["intake"]
        doors["HONGXIN_FEED"] = daemon.doors.get("feed") or daemon.doors["intake"]
    return {**os.environ, **doors, "HONGXIN_CONFIG": f"{SOURCE}/config"}


class Command:
    """hongxin(…) runs one command; .code, .out and .err are what came of it."""

    def __init__(self, daemon):
        self.env = environment(daemon)

    def __call__(self, *args, stdin=None, timeout=60):
        done = subprocess.run([HONGXIN, *map(str, args)], env=self.env, input=stdin, text=True, timeout=timeout,
                              stdin=None if stdin is not None else subprocess.DEVNULL, capture_output=True)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        return self

    def json(self, *args, **options):
        self(*args, "--json", **options)
        return [json.loads(line) for line in self.out.splitlines()]

    def ok(self, *args, **options):
        self(*args, **options)
        assert self.code == 0, self.out + self.err
        return self.out


class Watch:
    """hongxin watch in the background; a thread collects its lines."""

    def __init__(self, daemon, *args):
        self.lines = []
        self.process = subprocess.Popen([HONGXIN, "watch", *args], env=environment(daemon), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.readers = [threading.Thread(target=self._read, args=(s,), daemon=True)
                        for s in (self.process.stdout, self.process.stderr)]
        for r in self.readers:
            r.start()

    def _read(self, stream):
        for line in stream:
            self.lines.append(line.rstrip("\n"))

    def sees(self, pattern):
        wait_until(lambda: any(re.search(pattern, line) for line in self.lines))
        return self

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(TIMEOUT_S)
        for r in self.readers:
            r.join()
        return code
