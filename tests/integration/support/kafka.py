"""A real broker, its topics, and hongxin-kafka beside it. Confluent's Python client makes and fills topics; kcat reads them."""
import http.client
import itertools
import json
import os
import pathlib
import re
import resource
import secrets
import signal
import socket
import struct
import subprocess
import threading

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic
from wire import alive, wait_until

BIN = os.environ["HX_BIN"]
SOURCE = os.environ["HX_SOURCE"]
ENDING = (OSError, http.client.HTTPException)  # what asking a process meets that ends at this moment
MOVING = (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS)
RUN = secrets.token_hex(4)
PATIENCE = 120  # a broker on a loaded machine may take its time


class Broker:
    """The broker in a folder of tests/kafka/broker; a test that kills one has its own folder."""

    def __init__(self, folder):
        self.folder, self.options = pathlib.Path(folder), ()

    def run(self, command, *options, check=True):
        return subprocess.run([f"{SOURCE}/tests/kafka/broker", command, "--dir", str(self.folder), *options], check=check,
                              capture_output=True, text=True)

    def start(self, *options):
        """The options hold for later starts too."""
        self.options = options or self.options
        self.run("start", *self.options)
        return self

    def acls(self, *arguments):
        self.run("acl", "--", *arguments)

    def kill(self):
        self.run("kill")

    def stop(self):
        self.run("stop", check=False)

    def runs(self):
        return self.run("status", check=False).returncode == 0

    def fill_disk(self):
        """From now on no write of the first node succeeds: no file may become larger."""
        pid = int((self.folder / "1" / "pid").read_text().split()[0])
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, 1))

    def leader(self, topic):
        """The node that leads its first partition."""
        return AdminClient(self.client()).list_topics(topic, PATIENCE).topics[topic].partitions[0].leader

    @property
    def address(self):
        return (self.folder / "bootstrap").read_text().strip()

    def client(self, **more):
        return {"bootstrap.servers": self.address, **{k.replace("_", "."): v for k, v in more.items()}}

    # -- topics ------------------------------------------------------------------------------
    _names = itertools.count(1)

    def name(self, what="topic"):
        """A name that no other test uses, in this run or one before: the broker keeps what it has, and numbers of processes come again."""
        return f"{what}.{RUN}.{next(self._names)}"

    def make_topic(self, name, partitions=3, copies=1, **config):
        config = {k.replace("_", "."): str(v) for k, v in config.items()}
        admin = AdminClient(self.client())
        for made in admin.create_topics([NewTopic(name, partitions, copies, config=config)], operation_timeout=PATIENCE).values():
            made.result(PATIENCE)
        return name

    def try_make_topic(self, name, partitions):
        """False while the old one of this name is being deleted."""
        try:
            return bool(self.make_topic(name, partitions))
        except KafkaException:
            return False

    def add_partitions(self, name, n):
        """There are `n` then."""
        admin = AdminClient(self.client())  # lives until the answer is there
        for done in admin.create_partitions([NewPartitions(name, n)], operation_timeout=PATIENCE).values():
            done.result(PATIENCE)

    def delete_topic(self, name):
        admin = AdminClient(self.client())
        for done in admin.delete_topics([name], operation_timeout=PATIENCE).values():
            done.result(PATIENCE)

    def delete_records(self, topic, partition, before):
        """Those of lower offsets, as retention does. No client here knows the request (DeleteRecords, version 0)."""
        name = topic.encode()
        body = struct.pack(">hhihiH", 21, 0, 1, -1, 1, len(name)) + name + struct.pack(">iiqi", 1, partition, before, PATIENCE * 1000)
        host, port = self.address.split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as s, s.makefile("rwb") as f:
            f.write(struct.pack(">i", len(body)) + body)
            f.flush()
            answer = f.read(struct.unpack(">i", f.read(4))[0])
        lowest, error = struct.unpack(">qh", answer[-10:])
        assert (lowest, error) == (before, 0)

    def committed(self, group, topic):
        """Records that the group is done with, over all partitions. Whoever keeps the group's position may just be changing."""
        consumer = Consumer(self.client(group_id=group))
        partitions = [TopicPartition(topic, i) for i in consumer.list_topics(topic, PATIENCE).topics[topic].partitions]

        def positions():
            try:
                return consumer.committed(partitions, PATIENCE)
            except KafkaException as e:
                if e.args[0].code() not in MOVING:
                    raise
                return None
        try:
            return sum(max(0, p.offset) for p in wait_until(positions, timeout=PATIENCE))
        finally:
            consumer.close()

    def send(self, topic, records):
        """Each record a dict of produce()'s arguments: value, key, headers, partition, timestamp."""
        wrong = []
        producer = Producer(self.client(linger_ms=5, enable_idempotence=True, message_max_bytes=20_000_000))
        for record in records:
            while True:
                try:
                    producer.produce(topic, on_delivery=lambda err, _: err and wrong.append(err), **record)
                    break
                except BufferError:
                    producer.poll(0.1)
            producer.poll(0)
        assert producer.flush(PATIENCE) == 0 and not wrong, wrong[:3]

    def read(self, topic, isolation="read_committed"):
        """All that is there now, as kcat sees it: dicts of topic, partition, offset, key, payload, headers. The broker tells the end of a topic when it
        has waited for more: 10 ms, not its half second."""
        out = subprocess.run(["kcat", "-b", self.address, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J", "-X",
                              f"isolation.level={isolation}", "-X", "fetch.wait.max.ms=10"], capture_output=True, check=True, timeout=PATIENCE).stdout
        # a payload may hold what Unicode counts as the end of a line
        records = [json.loads(line) for line in out.decode(errors="replace").split("\n") if line]
        for r in records:
            names = r.get("headers") or []
            r["headers"] = dict(zip(names[::2], names[1::2]))
        return records


def tutorial(section):
    """The commands of kcat in the first example of a chapter of docs/kafka.md, each as one line for the shell."""
    with open(f"{SOURCE}/docs/kafka.md", encoding="utf-8") as f:
        example = f.read().split(f"\n## {section}\n")[1].split("\n### A complete example\n")[1].split("\n### ")[0]
    code = "\n".join(line[4:] for line in example.split("\n") if line.startswith("    "))
    return [re.sub(r"  +# .*", "", line) for line in code.replace("|\n", "|").split("\n") if "kcat -b" in line]


def shell(line, address):
    return subprocess.run(["bash", "-c", line], env={**os.environ, "B": address}, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


def endpoints(daemon, key=None):
    """The section `daemon` of the configuration."""
    feed = daemon.doors.get("feed") or daemon.doors["intake"]
    return f"daemon: {{intake: '{daemon.doors['intake']}', feed: '{feed}'" + (f", key_file: '{key}'" if key else "") + "}\n"


class Worker:
    """One process of hongxin-kafka, `in` or `out`. `log` holds its lines."""

    def __init__(self, folder, part, settings, env=None):
        self.part = part
        self.config = folder / f"kafka-{part}.yaml"
        self.config.write_text(settings)
        self.env = {**os.environ, **env} if env else None
        self.process, self.log = None, []

    def launch(self):
        self.log = []
        self.process = subprocess.Popen([os.path.join(BIN, "hongxin-kafka"), self.part, "--config", str(self.config)],
                                        stderr=subprocess.PIPE, text=True, env=self.env)
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr,), daemon=True)
        self.reader.start()
        return self

    def start(self):
        self.launch()
        wait_until(lambda: self.port() or not alive(self.process, self.reader), timeout=PATIENCE)
        assert alive(self.process, self.reader), self.log
        return self

    def _read(self, stream):
        for line in stream:
            self.log.append(line.rstrip("\n"))

    def port(self):
        found = [re.search(r"event=ready .*listen=127\.0\.0\.1:(\d+)", line) for line in list(self.log)]
        return next((int(m[1]) for m in found if m), None)

    def said(self, text):
        return any(text in line for line in list(self.log))

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def unwell(self, why):
        """Whether it says now that it cannot serve, and why; before the first poll of the cluster it says STARTING."""
        status, body = self.get("/healthz")
        return status == 503 and why in body

    def figure(self, name, labels=""):
        """The value of hongxin_NAME, of the line with these labels; 0 when there is none."""
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(f"hongxin_{name}") and labels in line and line[len(f"hongxin_{name}")] in " {":
                return float(line.rsplit(" ", 1)[1])
        return 0

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reader.join()

    def stop(self, number=signal.SIGTERM, timeout=PATIENCE):
        self.process.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout=PATIENCE):
        code = self.process.wait(timeout)
        self.reader.join()
        return code

    def end(self):
        if self.process and self.process.poll() is None:
            self.kill()
