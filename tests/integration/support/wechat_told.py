"""Where hongxin-wechat sends what residents are told without having asked."""
import contextlib
import http.server
import json
import threading
import urllib.parse

from wechat import KEY

TELLING = f"""accounts:
  - {{path: plain-0123456789abcdef, kind: official, id: wx-plain, token: tokenplain, source: wechat-plain, secret: appsecret}}
  - {{path: wecom-0123456789abcdef, kind: wecom, id: ww-corp, token: tokencom, key: {KEY}, source: wecom-city, secret: corpsecret, agent: 1000002}}
"""


class Residents:
    """The platform as it passes messages on to them: tokens that end, and messages under a good one only. `answers` are errcodes for the next
    messages; 0 = it is taken."""

    def __init__(self):
        self.texts, self.answers, self.tokens, self.asked, self.good, self.life = [], [], 0, 0, None, 7200
        self.forced, self.away, self.secret = 0, False, "appsecret"
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply(*platform.get(urllib.parse.urlsplit(self.path)))

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.reply(*platform.post(urllib.parse.urlsplit(self.path), body))

            def reply(self, status, answer):
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                with contextlib.suppress(OSError):  # whoever asked is dead
                    self.end_headers()
                    self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self):
        return f"tell: {{official: '{self.url}', wecom: '{self.url}', retry: 100ms, retry_most: 300ms, timeout: 30s}}\n"

    def new_token(self):
        self.tokens += 1
        self.good = f"token-{self.tokens}"
        return 200, {"access_token": self.good, "expires_in": self.life}

    def get(self, url):
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path != "/cgi-bin/gettoken" or (query.get("corpid"), query.get("corpsecret")) != ("ww-corp", "corpsecret"):
            return 200, {"errcode": 40001, "errmsg": "invalid credential"}
        return self.new_token()

    def post(self, url, body):
        told = json.loads(body)
        if self.away:
            return 502, {}
        if url.path == "/cgi-bin/stable_token":
            if (told["appid"], told["secret"], told["grant_type"]) != ("wx-plain", self.secret, "client_credential"):
                return 200, {"errcode": 40125, "errmsg": "invalid appsecret"}
            self.forced += told["force_refresh"]
            return self.new_token() if told["force_refresh"] or not self.good else (200, {"access_token": self.good, "expires_in": self.life})
        assert url.path in ("/cgi-bin/message/custom/send", "/cgi-bin/message/send")
        self.asked += 1
        if dict(urllib.parse.parse_qsl(url.query))["access_token"] != self.good:
            return 200, {"errcode": 42001, "errmsg": "access_token expired"}
        code = self.answers.pop(0) if self.answers else 0
        if code == 0:
            assert b"\\u" not in body, "the platform shows escapes as they are"
            self.texts.append((told["touser"], told["text"]["content"], told.get("agentid")))
        return 200, {"errcode": code, "errmsg": "x"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
