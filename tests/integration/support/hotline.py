"""Starts hongxin-hotline and speaks HTTP to it."""
import hashlib
import hmac
import http.client
import json
import os
import socket
import time

from door import Answer, Door
from wire import TIMEOUT_S, wait_until

SOURCE = os.environ["HX_SOURCE"]
TOKEN, KEY = "t" * 40, "k" * 40
CLIENTS = f"""clients:
  - {{name: city, source: hotline-12345, claims: [reporter, dispatcher, callback, street, holder], token: {TOKEN}}}
  - {{name: signer, source: hotline-signed, key: {KEY}}}
"""


class Hotline(Door):
    program = "hongxin-hotline"

    def __init__(self, folder, intake, feed, settings="", clients=CLIENTS):
        self.folder = folder
        self.clients = folder / "hotline.clients"
        self.clients.write_text(clients)
        self.clients.chmod(0o600)
        super().__init__(folder / "hotline.yaml")
        self.config.write_text(f"listen: 127.0.0.1:0\nclients: hotline.clients\nmapping: {SOURCE}/config/mappings/12345.yaml\n"
                               f"daemon: {{intake: '{intake}', feed: '{feed}'}}\n{settings}")

    def start(self, ready=True):
        self.launch()
        if ready:
            wait_until(lambda: self.get("/healthz", token=None).status == 200)
        return self

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
