"""A door of the city, or the board, as a process of its own: started on a free port, its lines read, ended."""
import json
import os
import re
import signal
import subprocess
import threading

from wire import TIMEOUT_S, alive, wait_until

BIN = os.environ["HX_BIN"]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")

    def __repr__(self):
        return f"{self.status} {self.body[:2000]!r}"


class Door:
    """One process of the program that a subclass names; `config` is its file, `log` holds its lines."""

    program = None

    def __init__(self, config):
        self.config, self.process, self.log = config, None, []

    def spawn(self):
        """Returns at once; what it says is read. As Python it ignores SIGXFSZ: a file that may not grow is an error to it, as on a full disk."""
        self.log = []
        self.process = subprocess.Popen([os.path.join(BIN, self.program), "--config", str(self.config)], stderr=subprocess.PIPE, text=True,
                                        restore_signals=False)
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self.reader.start()

    def launch(self):
        """Returns when it listens, which is not yet that the daemon has answered it."""
        self.spawn()
        wait_until(lambda: self.port() or not alive(self.process, self.reader))
        assert alive(self.process, self.reader), self.log

    def _read(self, stream):
        for line in stream:
            self.log.append(line.rstrip("\n"))

    def port(self):
        found = [re.search(r"listen=127\.0\.0\.1:(\d+)", line) for line in list(self.log)]
        return next((int(m[1]) for m in found if m), None)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reader.join()

    def stop(self):
        """Asks it to end; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(TIMEOUT_S)
        self.reader.join()
        return code

    def end(self):
        if self.process and self.process.poll() is None:
            self.kill()
