"""Starts hongxin-kiosk and speaks HTTP to it."""
import http.client
import itertools
import json
import os

from door import Answer, Door
from wire import TIMEOUT_S, wait_until

SOURCE = os.environ["HX_SOURCE"]


class Kiosk(Door):
    program = "hongxin-kiosk"

    _keys = itertools.count(1)

    def __init__(self, folder, intake, feed, settings=""):
        self.folder, self.evidence = folder, folder / "evidence"
        if "evidence:" not in settings:
            settings += f"evidence: {{folder: '{self.evidence}'}}\n"
        super().__init__(folder / "kiosk.yaml")
        self.config.write_text(f"listen: 127.0.0.1:0\npage: {SOURCE}/workers/kiosk/page\ntexts: {SOURCE}/config/texts/kiosk.yaml\n"
                               f"daemon: {{intake: '{intake}', feed: '{feed}'}}\n{settings}")

    def start(self, ready=True):
        self.launch()
        if ready:
            wait_until(lambda: self.get("/healthz").status == 200 and b"\nhongxin_kiosk_places 0\n" not in self.get("/metrics").body)
        return self

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
