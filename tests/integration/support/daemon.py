"""Starts, watches and ends the real hongxind."""
import contextlib
import os
import re
import signal
import subprocess
import threading

from wire import TIMEOUT_S, Client, alive, wait_until

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]
LISTENING = re.compile(r"event=listening door=(\w+) endpoint=(\S+)")


class Daemon:
    """One process. Its log is read by a thread, so that it never blocks; `log` holds the lines."""

    def __init__(self, folder, name="store", scale=None, config=None, settings=None, data=None, env=None):
        self.folder = folder
        self.data = data or folder / name
        self.scale = scale
        self.config = config or write_config(folder, settings or {})
        self.env = {**os.environ, **env} if env else None
        self.process = None
        self.log = []
        self.doors = {}

    def command(self):
        args = [os.path.join(BIN, "hongxind"), "--config", str(self.config), "--data", str(self.data)]
        return args + (["--scale", str(self.scale)] if self.scale else [])

    def launch(self):
        self.log, self.doors = [], {}
        self.process = subprocess.Popen(self.command(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                        env=self.env)
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        return self

    def start(self):
        self.launch()
        wait_until(lambda: self.said("event=ready") or not alive(self.process, self.reader))
        assert alive(self.process, self.reader), self.text()
        return self

    def _read(self, stream):
        for line in stream:
            self.log.append(line.rstrip("\n"))
            m = LISTENING.search(line)
            if m:
                self.doors[m.group(1)] = m.group(2)

    def said(self, text):
        return any(text in line for line in self.log)

    def text(self):
        return "\n".join(self.log)

    def client(self, door="intake", **options):
        return Client(self.doors.get(door) or self.doors["intake"], **options)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reader.join()

    def stop(self, number=signal.SIGTERM):
        """Asks the daemon to end; returns its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, timeout=TIMEOUT_S):
        code = self.process.wait(timeout)
        self.reader.join()
        return code

    def end(self):
        """Killed, unless somebody counts what it has done (deploy/coverage): only who ends by himself writes that down."""
        if not self.process or self.process.poll() is not None:
            return
        if "HX_ORDERLY" in os.environ:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(TIMEOUT_S)
        self.kill()


def write_config(folder, settings):
    """A configuration with the sample city, free ports and what a test changes: doors by name (ingest, feed,
    pub), sections by name (evidence), everything else a limit."""
    doors = {d: settings.get(d, "tcp://127.0.0.1:*") for d in ("ingest", "feed", "pub")}
    sections = {"identity": {"key_file": f"{folder}/identity.key", **settings.get("identity", {})},
                "rules": {"life_cycle": f"{SOURCE}/config/life-cycles/complaint.yaml", "city": f"{SOURCE}/config/city"},
                **{k: v for k, v in settings.items() if isinstance(v, dict) and k != "identity"}}
    limits = {k: v for k, v in settings.items() if k not in doors and k not in sections}
    lines = ["listen:", *(f"  {k}: '{v}'" for k, v in doors.items()),
             "store:", "  map_size: 1 GiB", "  reserve: 1 MiB"]
    for section, values in sections.items():
        lines += [f"{section}:", *(f"  {k}: '{v}'" for k, v in values.items())]
    if limits:
        lines += ["limits:", *(f"  {k}: {v}" for k, v in limits.items())]
    path = folder / "hongxin.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path
