"""Starts hongxin-hotline and speaks HTTP to it."""
import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

from wire import TIMEOUT_S, alive, wait_until

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]
TOKEN, KEY = "t" * 40, "k" * 40
CLIENTS = f"""clients:
  - {{name: city, source: hotline-12345, claims: [reporter, dispatcher, callback, street, holder], token: {TOKEN}}}
  - {{name: signer, source: hotline-signed, key: {KEY}}}
"""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:2000]!r}"


class Hotline:
    """One process on a free port. `log` holds its lines."""

    def __init__(self, folder, intake, feed, settings="", clients=CLIENTS):
        self.folder = folder
        self.clients = folder / "hotline.clients"
        self.clients.write_text(clients)
        self.clients.chmod(0o600)
        self.config = folder / "hotline.yaml"
        self.config.write_text(f"listen: 127.0.0.1:0\nclients: hotline.clients\nmapping: {SOURCE}/config/mappings/12345.yaml\n"
                               f"daemon: {{intake: '{intake}', feed: '{feed}'}}\n{settings}")
        self.process, self.log = None, []

    def start(self, ready=True):
        self.log = []
        self.process = subprocess.Popen([os.path.join(BIN, "hongxin-hotline"), "--config", str(self.config)],
                                        stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        wait_until(lambda: self.port() or not alive(self.process, self.reader))
        assert alive(self.process, self.reader), self.log
        if ready:
            wait_until(lambda: self.get("/healthz", token=None).status == 200)
        return self

    def _read(self, stream):
        for line in stream:
            self.log.append(line.rstrip("\n"))

    def port(self):
        found = [re.search(r"listen=127\.0\.0\.1:(\d+)", line) for line in self.log]
        return next((int(m[1]) for m in found if m), None)

    def request(self, method, path, body=None, token=TOKEN, key=None, headers=None, port=None):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port(), timeout=TIMEOUT_S)
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if key:
            headers["Idempotency-Key"] = key
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body.encode() if isinstance(body, str) else body, headers)
            r = connection.getresponse()
            return Answer(r.status, dict(r.getheaders()), r.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body, **more):
        return self.request("POST", path, body, **more)

    def signed(self, method, path, body=b"", key="", at=None, secret=KEY, name="signer"):
        at = str(int(time.time() if at is None else at))
        text = "\n".join([at, key, method, path, hashlib.sha256(body).hexdigest()])
        headers = {"X-Hongxin-Client": name, "X-Hongxin-Time": at,
                   "X-Hongxin-Signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}
        return self.request(method, path, body or None, token=None, key=key or None, headers=headers)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port()), timeout=TIMEOUT_S)

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
