"""The shipped configurations of nginx and HAProxy, with TLS, in front of the doors and of the board."""
import http.client
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess

import pytest
import yaml
from board import Board, Browser, add_user
from hongxin.v1 import wire_pb2
from hotline import SOURCE, TOKEN, Hotline
from pictures import photo
from ports import keep_a_port
from wire import TIMEOUT_S, wait_until

REPORT = {"class": "SMALL", "place": "B-0417", "text": "water leaks"}


def certificate(folder):
    key, crt = folder / "hotline.key", folder / "hotline.crt"  # the board's is the same one
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=hotline.example", "-keyout", key, "-out", crt], check=True, capture_output=True)
    (folder / "hotline.pem").write_text(crt.read_text() + key.read_text())
    shutil.copy(key, folder / "board.key")
    shutil.copy(crt, folder / "board.crt")


def shipped(name, folder, port, door):
    """The configuration as it is shipped, with this test's addresses and files."""
    text = pathlib.Path(SOURCE, "deploy", name).read_text()
    text = re.sub(r"127\.0\.0\.1:5433\d", f"127.0.0.1:{door}", text.replace("/etc/hongxin/tls", str(folder)))
    text, n = re.subn(r"(listen |bind :)443", lambda m: ("bind 127.0.0.1:" if m[1] == "bind :" else "listen 127.0.0.1:") + str(port), text)
    assert n == 1
    return text


def nginx(folder, port, door, file="hotline.conf"):
    (folder / "hotline.conf").write_text(shipped(f"nginx/{file}", folder, port, door))
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors.log;\nevents {{}}\n"
                                       f"http {{ access_log {folder}/requests.log; {temporary} include {folder}/hotline.conf; }}\n")
    return [shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-c", str(folder / "nginx.conf"), "-p", str(folder)]


def haproxy(folder, port, door, file=None):
    (folder / "haproxy.cfg").write_text(shipped("haproxy/hotline.cfg", folder, port, door))
    return [shutil.which("haproxy", path="/usr/sbin:/usr/bin"), "-f", str(folder / "haproxy.cfg"), "-db"]


@pytest.fixture(params=[nginx, haproxy])
def proxy(request, daemon, tmp_path):
    certificate(tmp_path)
    door = Hotline(tmp_path, daemon.doors["intake"], daemon.doors.get("feed") or daemon.doors["intake"],
                   "proxied: true\nlimits: {failures_per_minute: 1}\n").start()
    port = keep_a_port()
    process = subprocess.Popen(request.param(tmp_path, port, door.port()), stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: is_open(port) or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
        yield port
    finally:
        process.kill()
        process.wait()
        door.end()


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def context():
    c = ssl.create_default_context()
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    return c


def ask(port, method, path, body=None, headers=None):
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=TIMEOUT_S, context=context())
    connection.request(method, path, json.dumps(body) if body else None,
                       {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", **(headers or {})})
    r = connection.getresponse()
    text = r.read()
    connection.close()
    return r.status, text


def raw(port, text):
    with context().wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)) as s:
        s.sendall(text)
        answer = b""
        try:
            while piece := s.recv(65536):
                answer += piece
        except (ssl.SSLError, ConnectionError):
            pass
        return answer


def test_in_front_of_the_door(proxy, client):
    status, text = ask(proxy, "POST", "/v1/complaints", {**REPORT, "ref": "WO-1"})
    assert (status, json.loads(text)["number"]) == (201, "CL-1")
    assert ask(proxy, "GET", "/v1/complaints/ref:WO-1?history=true")[0] == 200
    assert json.loads(ask(proxy, "GET", "/wechat/x")[1])["code"] == "NO_SUCH_PATH", "passed on: it is the door that does not know it"
    assert json.loads(ask(proxy, "GET", "/kiosk/x")[1])["code"] == "NO_SUCH_PATH"
    large = raw(proxy, b"POST /v1/complaints HTTP/1.1\r\nHost: hotline.example\r\nConnection: close\r\nContent-Length: 2097152\r\n\r\n" + bytes(20000))
    assert b" 413 " in large, "a photo: for the kiosk only"
    assert ask(proxy, "GET", "/metrics")[0] == 404 and ask(proxy, "GET", "/healthz")[0] == 404
    body = json.dumps(REPORT).encode()
    head = b"POST /v1/complaints HTTP/1.1\r\nHost: hotline.example\r\nAuthorization: Bearer " + TOKEN.encode()
    for smuggled in (b"\r\nContent-Length: %d\r\nContent-Length: 5\r\n\r\n" % len(body),
                     b"\r\nContent-Length : %d\r\n\r\n" % len(body),
                     b"\r\nContent-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n"):
        answer = raw(proxy, head + b"\r\nContent-Type: application/json\r\nIdempotency-Key: s\r\nConnection: close" + smuggled + body)
        assert not re.search(rb"HTTP/1.1 2\d\d", answer), answer
    assert len(client.ask("list", list=wire_pb2.ListQuery()).cases) == 1
    # Who guesses tokens cannot hide behind a header of his own.
    guess = [ask(proxy, "GET", "/v1/complaints", headers={"Authorization": "Bearer x", "X-Forwarded-For": f"192.0.2.{i}"})[0] for i in range(2)]
    assert guess == [401, 429]


def waits_s(text, block, setting):
    """How long a proxy waits for the answer of a door: what its own block says, else what stands before it."""
    own = text[text.index(block) + len(block):].split("    }" if "{" in block else "\n\n")[0]
    return int((re.search(setting + r" (\d+)s", own) or re.search(setting + r" (\d+)s", text))[1])


@pytest.mark.parametrize("door,prefix", [("hotline", "/v1/"), ("wechat", "/wechat/"), ("kiosk", "/kiosk/")])
def test_the_door_gives_up_first(door, prefix):
    """Else the resident reads the proxy's error and not whether his report was taken."""
    limits = yaml.safe_load(pathlib.Path(SOURCE, "config", f"{door}.yaml").read_text())["limits"]
    deploy = pathlib.Path(SOURCE, "deploy")
    assert waits_s((deploy / "nginx/hotline.conf").read_text(), f"location {prefix} {{", "proxy_read_timeout") * 1000 > limits["answer_ms"]
    assert waits_s((deploy / "haproxy/hotline.cfg").read_text(), f"\nbackend {door}\n", "timeout server") * 1000 > limits["answer_ms"]


@pytest.mark.parametrize("in_front", [nginx, haproxy])
def test_who_writes_by_wechat_is_in_no_log_of_the_proxy(in_front, tmp_path):
    """The platform puts openid and signature into the query; here nobody is behind the proxy, which says so in its log."""
    certificate(tmp_path)
    port = keep_a_port()
    process = subprocess.Popen(in_front(tmp_path, port, keep_a_port()), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until(lambda: is_open(port) or process.poll() is not None)
        assert ask(port, "POST", "/wechat/0123456789abcdef?openid=o9AgO5Kd5ggOC&signature=6c5c811b55cc85e0", {})[0] in (502, 503)
        assert ask(port, "GET", "/v1/complaints/ref:seen-in-the-log")[0] in (502, 503)
    finally:
        process.terminate()
        said = process.communicate()[0]
    logs = [p.read_text() for p in tmp_path.glob("*.log")]
    assert not logs or any("seen-in-the-log" in text for text in logs), "the test sees what is logged"
    for text in [said, *logs]:
        assert "o9AgO5Kd5ggOC" not in text and "6c5c811b55cc85e0" not in text and "0123456789abcdef" not in text


@pytest.mark.parametrize("in_front", [nginx, haproxy])
def test_a_photo_passes_to_the_kiosk(in_front, make_kiosk, tmp_path):
    certificate(tmp_path)
    kiosk = make_kiosk("proxied: true\n")
    port = keep_a_port()
    process = subprocess.Popen(in_front(tmp_path, port, kiosk.port()), stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: is_open(port) or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
        # What nobody looks at behind the end of a picture makes it as large as one from a telephone.
        body = b"".join(b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % part
                        for part in ((b"category", b"water"), (b"place", b"B-0417"), (b"picture", photo() + bytes(3 << 20)))) + b"--b--\r\n"
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=TIMEOUT_S, context=context())
        connection.request("POST", "/kiosk/v1/reports", body, {"Content-Type": "multipart/form-data; boundary=b", "Idempotency-Key": "a-photo-through-a-proxy"})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["number"]) == (201, "CL-1")
        connection.close()
        assert len(kiosk.kept()) == 1 and ask(port, "GET", "/kiosk/")[0] == 200
    finally:
        process.kill()
        process.wait()


class Tls(Browser):
    """A browser at the proxy: the cookie that only TLS gets, and the board's own name."""

    def __init__(self, board, port):
        super().__init__(board)
        self.port = port

    def connect(self):
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=TIMEOUT_S, context=context())

    def headers(self, method, extra):
        cookie = {"Cookie": f"__Host-hongxin_session={self.cookie}"} if self.cookie else {}
        own = f"board.example:{self.port}"
        return {"Host": own, "Origin": f"https://{own}", **super().headers(method, extra), **cookie}


@pytest.mark.parametrize("in_front", [nginx, haproxy])
def test_the_board_behind_it(in_front, daemon, client, tmp_path):
    certificate(tmp_path)
    add_user(tmp_path / "board.users", "chief", "--role", "supervisor", "--area", "city")
    board = Board(tmp_path, daemon, settings="proxied: true\n").start()
    port = keep_a_port()
    process = subprocess.Popen(in_front(tmp_path, port, board.port(), "board.conf"), stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: is_open(port) or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
        b = Tls(board, port)
        answer = b.login("chief")
        assert answer.status == 200, answer
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-hongxin_session=") and "; Secure" in cookie and answer.headers["Strict-Transport-Security"]
        b.cookie = cookie.partition("=")[2].partition(";")[0]
        assert b.get("session").json["user"] == "chief"
        assert b.post("logout", headers={"Origin": "https://board.example.evil"}).code == "FOREIGN_ORIGIN"
        with b.stream() as s:  # an entry that waited in a buffer would not come before the next ones
            s.live()
            for _ in range(3):
                assert s.entry("REPORTED", client.report().number)
        number = client.report().number
        large = photo() + bytes(3 << 20)
        assert b.post(f"cases/{number}/photos", large, type="image/jpeg").status == 201
        assert b.get("/healthz").status == b.get("/metrics").status == 404
        assert b.post("logout").status == 204 and b.get("session").status == 401
        guess = Tls(board, port)
        wrong = [guess.login("chief", "wrong password", ) for _ in range(6)]
        assert (wrong[0].code, wrong[5].code) == ("WRONG_CREDENTIALS", "LOCKED")
        wait_until(lambda: sum("client=127.0.0.1" in line for line in board.log) >= 5)  # the address is what the proxy has seen
    finally:
        process.kill()
        process.wait()
        board.end()
