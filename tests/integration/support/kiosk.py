"""Starts hongxin-kiosk and speaks HTTP to it."""
import http.client
import itertools
import json
import os
import re
import signal
import subprocess
import threading

from hotline import Answer
from wire import TIMEOUT_S, alive, wait_until

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]


class Kiosk:
    """One process on a free port. `log` holds its lines."""

    _keys = itertools.count(1)

    def __init__(self, folder, intake, feed, settings=""):
        self.folder, self.evidence = folder, folder / "evidence"
        if "evidence:" not in settings:
            settings += f"evidence: {{folder: '{self.evidence}'}}\n"
        self.config = folder / "kiosk.yaml"
        self.config.write_text(f"listen: 127.0.0.1:0\npage: {SOURCE}/workers/kiosk/page\ntexts: {SOURCE}/config/texts/kiosk.yaml\n"
                               f"daemon: {{intake: '{intake}', feed: '{feed}'}}\n{settings}")
        self.process, self.log = None, []

    def start(self, ready=True):
        self.log = []
        self.process = subprocess.Popen([os.path.join(BIN, "hongxin-kiosk"), "--config", str(self.config)], stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.log.extend, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        wait_until(lambda: self.port() or not alive(self.process, self.reader))
        assert alive(self.process, self.reader), self.log
        if ready:
            wait_until(lambda: self.get("/healthz").status == 200 and b"\nhongxin_kiosk_places 0\n" not in self.get("/metrics").body)
        return self

    def port(self):
        found = [re.search(r"listen=127\.0\.0\.1:(\d+)", line) for line in self.log]
        return next((int(m[1]) for m in found if m), None)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port()}/kiosk/"

    def request(self, method, path, body=None, headers=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port(), timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body, headers or {})
            r = connection.getresponse()
            return Answer(r.status, dict(r.getheaders()), r.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body, key=None, headers=None, **more):
        """`body` as JSON; under a key of its own when none is given."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or f"a-key-of-this-test-{next(self._keys)}", **(headers or {})}
        return self.request("POST", f"/kiosk/v1/{path}", body if isinstance(body, bytes) else json.dumps(body), headers, **more)

    def report(self, key=None, **fields):
        return self.post("reports", {"category": "water", "place": "B-0417", "text": "water leaks 漏水", **fields}, key)

    def form(self, *pictures, key=None, boundary="a-boundary-of-this-test", **fields):
        """A report as a browser's form sends it, with pictures (bytes each)."""
        fields = {"category": "water", "place": "B-0417", "text": "water leaks 漏水", **fields}
        parts = [(f'name="{name}"', value if isinstance(value, bytes) else value.encode()) for name, value in fields.items()]
        parts += [('name="picture"; filename="IMG_1.jpg"\r\nContent-Type: image/jpeg', picture) for picture in pictures]
        body = b"".join(b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (boundary.encode(), head.encode(), value) for head, value in parts)
        return self.post("reports", body + b"--" + boundary.encode() + b"--\r\n", key, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def kept(self):
        """The pictures in the folder, by their hash."""
        return {f.stem: f.read_bytes() for f in self.evidence.glob("*.jpg")}

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reader.join()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(TIMEOUT_S)
        self.reader.join()
        return code

    def end(self):
        if self.process and self.process.poll() is None:
            self.kill()
