"""hongxin-kafka at a broker that asks who comes: TLS, SCRAM, OAUTHBEARER, rights."""
import base64
import http.server
import json
import threading
import time
import urllib.parse

import pytest
from confluent_kafka import Producer
from kafka import PATIENCE, Broker, Worker, endpoints
from kafka_in import PROTOBUF, reported
from wire import wait_until

PASSWORD, CLIENT_SECRET = "geheim-7", "client-secret-9"


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("secure"))
    broker.start("--user", f"hongxin:{PASSWORD}", "--user", f"newcomer:{PASSWORD}")
    prefixed = ("--add", "--allow-principal", "User:hongxin", "--resource-pattern-type", "prefixed")
    broker.acls(*prefixed, "--consumer", "--topic", "in.", "--group", "group.")
    broker.acls(*prefixed, "--producer", "--topic", "dead.")
    yield broker
    broker.kill()


class Tokens(http.server.BaseHTTPRequestHandler):
    """An OAuth 2.0 token service; its tokens are not signed, which the broker of the tests accepts."""

    asked = []

    def do_POST(self):
        body = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        told = base64.b64decode(self.headers["Authorization"].split()[1]).decode()
        self.asked.append((told, body))
        good = told == f"hongxin:{CLIENT_SECRET}"
        self.send_response(200 if good else 401)
        self.end_headers()
        if good:
            self.wfile.write(json.dumps({"access_token": token("hongxin"), "expires_in": 3600}).encode())

    def log_message(self, *_):
        pass


def token(subject):
    now = int(time.time())
    parts = [{"alg": "none"}, {"sub": subject, "iat": now - 5, "exp": now + 3600}]
    return ".".join(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts) + "."


@pytest.fixture
def tokens():
    Tokens.asked = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/token"
    server.shutdown()
    server.server_close()


class Door:
    """A topic at the secure broker, filled through its open door, and a worker that reads it through the other one."""

    def __init__(self, folder, daemon, broker):
        self.folder, self.daemon, self.broker = folder, daemon, broker
        self.topic, self.group, self.dead = broker.make_topic(broker.name("in"), 1), broker.name("group"), broker.make_topic(broker.name("dead"), 1)

    def allow(self, *what):
        """Rights of the newcomer; hongxin has all that it needs."""
        self.broker.acls("--add", "--allow-principal", "User:newcomer", *what)

    def start(self, sasl="mechanism: SCRAM-SHA-512", password=PASSWORD, tls="{ca_file: %s/ca.pem}", user="hongxin"):
        secret = self.folder / "secret"
        secret.write_text(password + "\n")
        secret.chmod(0o600)
        cluster = f"brokers: '{(self.broker.folder / 'secure').read_text().strip()}', tls: {tls % self.broker.folder}"
        if sasl:
            cluster += f", sasl: {{user: {user}, password_file: {secret}, {sasl}}}"
        self.worker = Worker(self.folder, "in", f"""{endpoints(self.daemon)}
cluster: {{{cluster}}}
in: {{listen: '127.0.0.1:0', group: {self.group}, topics: [{{topic: {self.topic}}}], dead_letters: {self.dead}}}
""").start()
        return self.worker

    def send(self, event):
        self.broker.send(self.topic, [{"value": event.SerializeToString(), "headers": PROTOBUF}])


@pytest.fixture
def door(tmp_path, daemon, secure):
    d = Door(tmp_path, daemon, secure)
    d.worker = None
    yield d
    if d.worker:
        d.worker.end()


def errors(worker, kind):
    return worker.figure("kafka_errors_total", f'role="in",class="{kind}"')


def test_with_tls_and_scram_events_come_in(door, client):
    door.start()
    door.send(reported(client, "s-1", "W-s"))
    wait_until(lambda: client.stats()["cases"] == 1, timeout=PATIENCE)


def test_with_tokens_events_come_in(door, client, tokens):
    worker = door.start(f"mechanism: OAUTHBEARER, token_url: '{tokens}', scope: kafka city", password=CLIENT_SECRET)
    door.send(reported(client, "o-1", "W-o"))
    wait_until(lambda: client.stats()["cases"] == 1, timeout=PATIENCE)
    assert Tokens.asked[0] == (f"hongxin:{CLIENT_SECRET}", {"grant_type": ["client_credentials"], "scope": ["kafka city"]})
    assert worker.stop() == 0 and CLIENT_SECRET not in "\n".join(worker.log)


def test_a_token_service_that_refuses_is_told(door, tokens):
    worker = door.start(f"mechanism: OAUTHBEARER, token_url: '{tokens}'", password="wrong")
    wait_until(lambda: worker.said("event=no_token"), timeout=PATIENCE)
    assert worker.get("/healthz")[0] == 503, "without a token it never was well"
    assert worker.stop() == 0 and "wrong" not in "\n".join(worker.log)


def test_a_wrong_password_is_told_and_not_shown(door):
    worker = door.start(password="not-the-password")
    wait_until(lambda: errors(worker, "authentication") > 0, timeout=PATIENCE)
    assert worker.stop() == 0
    assert worker.said("class=authentication") and not worker.said("not-the-password")


def test_a_broker_that_we_do_not_trust_gets_nothing(door):
    worker = door.start(tls="{}%.0s")
    wait_until(lambda: errors(worker, "authentication") > 0, timeout=PATIENCE)
    wait_until(lambda: worker.said("class=authentication"), timeout=PATIENCE)


def test_without_rights_it_says_so_and_goes_on_when_they_come(door, client):
    worker = door.start(user="newcomer")
    door.send(reported(client, "r-1", "W-r"))
    wait_until(lambda: errors(worker, "authorization") > 0, timeout=PATIENCE)
    assert client.stats()["cases"] == 0
    door.allow("--consumer", "--topic", door.topic, "--group", door.group)
    wait_until(lambda: client.stats()["cases"] == 1, timeout=PATIENCE)


def test_dead_letters_without_the_right_to_write_hold_their_partition(door, client):
    door.allow("--consumer", "--topic", door.topic, "--group", door.group)
    worker = door.start(user="newcomer")
    producer = Producer(door.broker.client())
    producer.produce(door.topic, b"\x0f Wang Fang", headers=PROTOBUF)
    producer.flush(PATIENCE)
    wait_until(lambda: worker.said("event=dead_letter_not_kept"), timeout=PATIENCE)
    assert not worker.said("Wang Fang"), "what a resident wrote stands in no log"
    assert door.broker.committed(door.group, door.topic) == 0
    door.allow("--producer", "--topic", door.dead)
    wait_until(lambda: door.broker.committed(door.group, door.topic) == 1, timeout=PATIENCE)
    assert [r["headers"]["dead-letter-reason"] for r in door.broker.read(door.dead)] == ["UNDECODABLE"]
    assert client.stats()["quarantined"] == 1, "it is judged once"
