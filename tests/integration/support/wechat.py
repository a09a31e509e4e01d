"""Starts hongxin-wechat and is the platform to it: messages, plain and encrypted, and their signatures."""
import base64
import hashlib
import http.client
import os
import re
import subprocess
import time
import urllib.parse

from door import Door
from wire import TIMEOUT_S, wait_until

SOURCE = os.environ["HX_SOURCE"]
KEY, OLD_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "Z" * 43
ACCOUNTS = f"""accounts:
  - {{path: plain-0123456789abcdef, kind: official, id: wx-plain, token: tokenplain, source: wechat-plain}}
  - {{path: safe-0123456789abcdef, kind: official, id: wx-safe, token: tokensafe, key: {KEY}, previous_token: tokenold, previous_key: {OLD_KEY}, source: wechat-city}}
  - {{path: wecom-0123456789abcdef, kind: wecom, id: ww-corp, token: tokencom, key: {KEY}, source: wecom-city}}
"""


def aes(key, data, decrypt=False):
    raw = base64.b64decode(key + "=")
    return subprocess.run(["openssl", "enc", "-aes-256-cbc", "-nopad", "-K", raw.hex(), "-iv", raw[:16].hex()] + (["-d"] if decrypt else []),
                          input=data, capture_output=True, check=True).stdout


def encrypt(key, id, message):
    plain = os.urandom(16) + len(message.encode()).to_bytes(4, "big") + message.encode() + id.encode()
    pad = 32 - len(plain) % 32
    return base64.b64encode(aes(key, plain + bytes([pad] * pad))).decode()


def decrypt(key, id, text):
    plain = aes(key, base64.b64decode(text), decrypt=True)
    plain = plain[:-plain[-1]]
    n = int.from_bytes(plain[16:20], "big")
    assert plain[20 + n:].decode() == id
    return plain[20:20 + n].decode()


def sign(*parts):
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def message(type="text", person="o-li", id="1001", **fields):
    lines = {"ToUserName": "gh_city", "FromUserName": person, "CreateTime": str(int(time.time())), "MsgType": type,
             **({"MsgId": id} if id else {}), **fields}
    return "<xml>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in lines.items()) + "</xml>"


def content(xml):
    found = re.search(r"<Content><!\[CDATA\[(.*)\]\]></Content>", xml, re.S)
    return found and found[1]


class Wechat(Door):
    program = "hongxin-wechat"

    def __init__(self, folder, intake, feed):
        self.accounts = folder / "accounts"
        self.accounts.write_text(ACCOUNTS)
        self.accounts.chmod(0o600)
        super().__init__(folder / "wechat.yaml")
        self.config.write_text(f"listen: 127.0.0.1:0\naccounts: accounts\ntexts: {SOURCE}/config/texts/wechat.yaml\n"
                               f"daemon: {{intake: '{intake}', feed: '{feed}'}}\nlog: {{level: debug}}\n")

    def start(self):
        self.launch()
        wait_until(lambda: self.http("GET", "/healthz")[0] == 200)
        return self

    def http(self, method, target, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=TIMEOUT_S)
        c.request(method, target, body.encode() if body else None, {"Content-Type": "text/xml"})
        r = c.getresponse()
        return r.status, r.read().decode()

    def call(self, method, path, query, body=None):
        return self.http(method, f"/wechat/{path}?" + urllib.parse.urlencode(query), body)

    def plain(self, xml, at=None, token="tokenplain", nonce="77"):
        at = str(int(at or time.time()))
        return self.call("POST", "plain-0123456789abcdef", {"signature": sign(token, at, nonce), "timestamp": at, "nonce": nonce, "openid": "x"}, xml)

    def safe(self, xml, path="safe", token="tokensafe", key=KEY, id="wx-safe", nonce="78", change=lambda e: e):
        at, secret = str(int(time.time())), encrypt(key, id, xml)
        query = {"signature": sign(token, at, nonce), "timestamp": at, "nonce": nonce, "encrypt_type": "aes",
                 "msg_signature": sign(token, at, nonce, secret)}
        body = f"<xml><ToUserName><![CDATA[gh_city]]></ToUserName><Encrypt><![CDATA[{change(secret)}]]></Encrypt></xml>"
        status, text = self.call("POST", f"{path}-0123456789abcdef", query, body)
        inside = re.search(r"<Encrypt><!\[CDATA\[(.*?)\]\]></Encrypt><MsgSignature><!\[CDATA\[(.*?)\]\]></MsgSignature>"
                           r"<TimeStamp>(\d+)</TimeStamp><Nonce><!\[CDATA\[(.*?)\]\]></Nonce>", text)
        if inside:
            assert inside[2] == sign(token, inside[3], inside[4], inside[1])
            text = decrypt(key, id, inside[1])
        return status, text
