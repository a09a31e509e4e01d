"""What `hongxin-kafka in` and `out` have in common: their configuration, their start, a broker that is away."""
import os
import subprocess

import pytest
from kafka import BIN, PATIENCE, SOURCE, Broker, Worker, endpoints
from wire import wait_until

PARTS = ["in", "out"]


@pytest.fixture(scope="module")
def broker():
    return Broker(os.environ["HX_KAFKA"])


@pytest.fixture
def start(tmp_path):
    started = []

    def make(part, settings):
        started.append(Worker(tmp_path, part, f"{part}: {{listen: '127.0.0.1:0'}}\n{settings}"))
        return started[-1].start()

    yield make
    for w in started:
        w.end()


def check(tmp_path, text, part="in"):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    done = subprocess.run([f"{BIN}/hongxin-kafka", part, "--config", str(path), "--check-config"], capture_output=True, text=True)
    return done.returncode, done.stderr


def test_the_shipped_configuration_is_right():
    for part in PARTS:
        done = subprocess.run([f"{BIN}/hongxin-kafka", part, "--config", f"{SOURCE}/config/kafka.yaml", "--check-config"])
        assert done.returncode == 0


@pytest.mark.parametrize("text, says", [
    ("cluster:\n  brokers: b:9092\n  colour: red\n", ":3: "),
    ("cluster:\n  properties:\n    no.such.property: 1\n", ":3: no.such.property: No such configuration property"),
    ("cluster:\n  properties: {fetch.wait.max.ms: soon}\n", ":2: fetch.wait.max.ms: Invalid value"),
    ("cluster:\n  properties:\n    enable.auto.commit: true\n", ":3: enable.auto.commit is set by this program"),
    ("cluster:\n  properties: {sasl.password: geheim}\n", ":2: sasl.password is set by this program"),
    ("cluster:\n  sasl: {user: u, mechanism: MAGIC, password_file: p}\n", ":2: mechanism is "),
    ("cluster:\n  sasl: {user: u, mechanism: PLAIN, password_file: p}\n", "without tls would show the secret"),
    ("cluster:\n  sasl: {user: u}\n", ":2: password_file is missing"),
    ("cluster:\n  tls: {certificate_file: c.pem}\n", ":2: certificate_file and key_file belong together"),
    ("in: {listen: '0.0.0.0:54336'}\n", ":1: 0.0.0.0:54336 can be reached from other machines"),
])
def test_a_wrong_configuration_is_refused_with_its_line(tmp_path, text, says):
    code, told = check(tmp_path, text)
    assert code == 1 and says in told


def test_a_secret_that_others_may_read_is_refused(tmp_path):
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    secret.chmod(0o644)
    text = "cluster:\n  tls: {}\n  sasl: {user: u, mechanism: PLAIN, password_file: password}\n"
    code, told = check(tmp_path, text)
    assert code == 1 and "others may read it" in told and "sesame" not in told
    secret.chmod(0o600)
    assert check(tmp_path, text)[0] == 0


def test_a_wrong_command_is_told():
    assert subprocess.run([f"{BIN}/hongxin-kafka"], capture_output=True).returncode == 2
    assert subprocess.run([f"{BIN}/hongxin-kafka", "sideways"], capture_output=True).returncode == 2


@pytest.mark.parametrize("part", PARTS)
def test_a_broker_that_is_away_at_the_start_is_waited_for(start, daemon, part):
    worker = start(part, endpoints(daemon) + "cluster: {brokers: '127.0.0.1:1'}\n")
    wait_until(lambda: worker.unwell("no broker can be reached"), timeout=PATIENCE)
    wait_until(lambda: worker.figure("kafka_errors_total", 'class="transport"') > 0, timeout=PATIENCE)
    assert worker.stop() == 0


@pytest.mark.parametrize("part", PARTS)
def test_with_broker_and_daemon_all_is_well(start, daemon, broker, part):
    worker = start(part, endpoints(daemon) + f"cluster: {{brokers: '{broker.address}'}}\n")
    wait_until(lambda: worker.get("/healthz")[0] == 200, timeout=PATIENCE)
    assert worker.stop() == 0
