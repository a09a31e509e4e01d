"""hongxin-kafka in when something dies, is away, comes back or is not what it was."""
import signal

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from hongxin.v1 import event_pb2, wire_pb2
from kafka import PATIENCE
from kafka_in import (LIVES, PROTOBUF, STEPS, SESSION_MS, answers, broker, case_of, door, lives, make, nothing_was_lost_or_overtook,  # noqa: F401 (fixtures)
                      reported)
from wire import wait_until


@pytest.fixture
def lasting(make_daemon, tmp_path):
    """A daemon that comes back at the same address."""
    return make_daemon(settings={"ingest": f"ipc://{tmp_path}/intake", "feed": f"ipc://{tmp_path}/feed"})


# ---- kill -9


def test_a_worker_that_is_killed_goes_on_where_it_was(door, client):
    door.broker.send(door.topic, lives(client))
    for part in (1, 2, 3):
        wait_until(lambda: door.worker.figure("kafka_in_records_total") > 0, timeout=PATIENCE)
        door.worker.kill()
        door.worker.start()
    nothing_was_lost_or_overtook(door, client)


def test_a_daemon_that_is_killed_gets_again_what_it_had_not_kept(make, lasting):
    door = make(daemon=lasting)
    with lasting.client() as client:
        door.broker.send(door.topic, lives(client))
    for round in (1, 2, 3):
        before = answers(door.worker, "ACCEPTED")
        wait_until(lambda: answers(door.worker, "ACCEPTED") > before or door.broker.committed(door.group, door.topic) == LIVES * STEPS, timeout=PATIENCE)
        lasting.kill()
        lasting.start()
    with lasting.client() as client:
        nothing_was_lost_or_overtook(door, client)


def test_while_the_daemon_is_away_nothing_more_is_read_and_nothing_lost(make, lasting):
    door = make(daemon=lasting, settings="  batch: 50\n")
    lasting.kill()
    with lasting.client() as client:
        door.broker.send(door.topic, lives(client))
    wait_until(lambda: door.worker.figure("kafka_in_paused") == 3, timeout=PATIENCE)
    assert door.worker.figure("kafka_in_records_total") < LIVES * STEPS
    lasting.start()
    with lasting.client() as client:
        nothing_was_lost_or_overtook(door, client)
    assert door.worker.figure("kafka_in_paused") == 0


# ---- later


def with_reporter(client, ref):
    """A further reporter of a case that is not there yet cannot be kept aside: the identity would have no place."""
    event = client.event("PARTY_ADDED", id=f"{ref}-party", case_ref=ref, by="reporter", data={"party": "P2"})
    return wire_pb2.Item(event=event.SerializeToString(), reporter=event_pb2.Reporter(name="Li Wei"))


ITEM = [("content-type", b"application/protobuf; messageType=hongxin.v1.Item")]


YEAR_2100 = 4_102_444_800_000


def test_what_is_wanted_later_holds_its_partition_and_no_other(door, client):
    """Its writer's clock is far off besides: what a record's own time says moves nothing."""
    held = with_reporter(client, "W-l").SerializeToString()
    door.broker.send(door.topic, [{"value": held, "headers": ITEM, "partition": 0, "timestamp": YEAR_2100}])
    wait_until(lambda: door.worker.figure("kafka_in_held") >= 1, timeout=PATIENCE)
    assert door.worker.figure("kafka_in_oldest_milliseconds") == 0, "not younger than now"
    door.send(reported(client, "l-behind", "W-behind"), partition=0)
    door.send(reported(client, "l-other", "W-other"), partition=1)
    wait_until(lambda: answers(door.worker, "ACCEPTED") == 1, timeout=PATIENCE)
    assert case_of(client, "W-other").number and client.stats()["cases"] == 1, "what is behind it waits"
    door.send(reported(client, "l-first", "W-l"), partition=2)
    door.wait(4)
    assert client.stats()["cases"] == 3 and door.worker.figure("kafka_in_held") == 0
    assert door.worker.figure("kafka_in_later_total") > 0 and door.letters() == []


def test_what_is_held_has_a_bound(make, client):
    """However much lies behind it, and however long the others go on."""
    door = make(settings="  batch: 10\n")
    door.broker.send(door.topic, [{"value": with_reporter(client, "W-b").SerializeToString(), "headers": ITEM, "partition": 0}] + [
        {"value": reported(client, f"b-{p}-{n}", f"W-b-{p}-{n}").SerializeToString(), "headers": PROTOBUF, "partition": p} for n in range(400) for p in (0, 1)])
    wait_until(lambda: answers(door.worker, "ACCEPTED") >= 400, timeout=PATIENCE)
    held = door.worker.figure("kafka_in_held")
    assert 1 <= held <= 91, "eight batches that were read, one that came back, and one record"
    door.send(reported(client, "b-first", "W-b"), partition=2)
    door.wait(802)
    assert client.stats()["cases"] == 801 and door.letters() == []


def test_held_records_survive_a_kill(door, client):
    door.send(with_reporter(client, "W-k"), headers=ITEM)
    door.send(reported(client, "k-behind", "W-k2"))
    wait_until(lambda: door.worker.figure("kafka_in_held") >= 1, timeout=PATIENCE)
    door.worker.kill()
    door.worker.start()
    door.send(reported(client, "k-first", "W-k"), partition=2)
    door.wait(3)
    assert client.stats()["cases"] == 2


def test_a_case_that_never_comes_is_not_waited_for_without_end(make, client):
    door = make(settings="  patience: 1s\n")
    door.send(with_reporter(client, "W-never"), headers=ITEM)
    door.send(reported(client, "n-behind", "W-n"))
    door.wait(2)
    assert [r["headers"]["dead-letter-reason"] for r in door.dead_letters(1)] == ["CASE_UNKNOWN"]
    assert client.stats()["cases"] == 1


# ---- the group


def test_partitions_move_between_members_without_loss_or_overtaking(door, client, tmp_path):
    door.broker.send(door.topic, lives(client, LIVES // 2))
    second = door.member(tmp_path, name="second").start()
    try:
        wait_until(lambda: second.figure("kafka_in_partitions") > 0, timeout=PATIENCE)
        door.broker.send(door.topic, list(lives(client))[LIVES // 2 * STEPS:])
        wait_until(lambda: second.figure("kafka_in_records_total") > 0, timeout=PATIENCE)
        second.kill()
        nothing_was_lost_or_overtook(door, client)
        assert door.worker.figure("kafka_in_partitions") == 3
    finally:
        second.end()


def test_a_restart_within_the_session_moves_no_partition(door, client, tmp_path):
    door.worker.stop()
    for member in (door.worker, second := door.member(tmp_path, name="second")):  # the usual session, which a slow machine does not pass
        member.config.write_text(member.config.read_text().replace(f"session.timeout.ms: {SESSION_MS}", "session.timeout.ms: 45000"))
        member.start()
    try:
        wait_until(lambda: second.figure("kafka_in_partitions") + door.worker.figure("kafka_in_partitions") == 3 and
                   second.figure("kafka_in_partitions") > 0, timeout=PATIENCE)
        before = second.figure("kafka_in_rebalances_total")
        assert door.worker.stop() == 0
        door.worker.start()
        wait_until(lambda: door.worker.figure("kafka_in_partitions") > 0, timeout=PATIENCE)
        assert second.figure("kafka_in_rebalances_total") == before
    finally:
        second.end()


def test_of_two_with_one_name_the_older_ends_and_says_why(door, client, tmp_path):
    wait_until(lambda: door.worker.figure("kafka_in_partitions") == 3, timeout=PATIENCE)
    twin = door.member(tmp_path, name="twin")
    twin.config.write_text(twin.config.read_text().replace("instance: twin", "instance: in"))
    twin.start()
    try:
        assert door.worker.wait() == 3
        assert door.worker.said("event=failed") and door.worker.said("FENCED: another instance with the same id has taken over")
        door.send(reported(client, "f-1", "W-f"))
        door.wait(1)
        assert client.stats()["cases"] == 1
    finally:
        twin.end()


def test_a_member_that_was_stopped_past_its_session_does_no_harm(door, client, tmp_path):
    wait_until(lambda: door.worker.figure("kafka_in_partitions") == 3, timeout=PATIENCE)
    door.broker.send(door.topic, lives(client))
    wait_until(lambda: door.worker.figure("kafka_in_records_total") > 0, timeout=PATIENCE)
    door.worker.process.send_signal(signal.SIGSTOP)
    second = door.member(tmp_path, name="second").start()
    try:
        wait_until(lambda: second.figure("kafka_in_partitions") == 3, timeout=PATIENCE)
        door.wait(LIVES * STEPS)
        door.worker.process.send_signal(signal.SIGCONT)
        wait_until(lambda: door.worker.process.poll() is not None or
                   0 < door.worker.figure("kafka_in_partitions") < 3 > second.figure("kafka_in_partitions") > 0, timeout=PATIENCE)
        nothing_was_lost_or_overtook(door, client)
    finally:
        second.end()


# ---- topics


def test_a_topic_that_comes_later_is_read(make, client):
    """By a member that had another one a moment before: its partitions are not taken over."""
    door = make()
    wait_until(lambda: door.worker.figure("kafka_in_partitions") == 3, timeout=PATIENCE)
    door.worker.stop()
    late = door.broker.name("late")
    door.worker.config.write_text(door.worker.config.read_text().replace(f"{{topic: {door.topic}}}", f"{{topic: {late}}}"))
    door.worker.start()
    wait_until(lambda: door.worker.figure("kafka_errors_total", 'role="in",class="topic"') > 0, timeout=PATIENCE)
    door.topic = door.broker.make_topic(late, 3)
    door.send(reported(client, "t-1", "W-t"))
    door.wait(1)


def test_a_topic_that_is_deleted_and_made_anew_is_read_from_its_beginning(door, client):
    door.send(reported(client, "d-1", "W-d1"), reported(client, "d-2", "W-d2"))
    door.wait(2)
    door.send(with_reporter(client, "W-d4"), headers=ITEM)  # held at an offset that the new one will not have
    wait_until(lambda: door.worker.figure("kafka_in_held") >= 1, timeout=PATIENCE)
    door.broker.delete_topic(door.topic)
    wait_until(lambda: door.worker.figure("kafka_in_partitions") == 0 or door.worker.figure("kafka_errors_total", 'role="in",class="topic"') > 0,
               timeout=PATIENCE)
    wait_until(lambda: door.broker.try_make_topic(door.topic, 2), timeout=PATIENCE)
    door.send(reported(client, "d-3", "W-d3"))
    client.publish(reported(client, "d-4", "W-d4"))  # what is held, if it still is, can go on
    wait_until(lambda: client.stats()["cases"] == 4, timeout=PATIENCE)
    door.wait(1)
    assert door.worker.stop() == 0
    assert door.broker.committed(door.group, door.topic) == 1, "offsets of the old one count nothing in the new one"


def test_what_was_held_goes_on_when_its_partition_is_given_anew(door, client):
    """It is paused while it is held; librdkafka keeps that over an assignment."""
    door.send(with_reporter(client, "W-h"), headers=ITEM, partition=0)
    wait_until(lambda: door.worker.figure("kafka_in_held") >= 1, timeout=PATIENCE)
    door.broker.add_partitions(door.topic, 4)
    wait_until(lambda: door.worker.figure("kafka_in_partitions") == 4, timeout=PATIENCE)
    client.publish(reported(client, "h-1", "W-h"))
    door.wait(1)
    assert client.stats()["cases"] == 1 and door.letters() == []


def test_partitions_that_are_added_are_read(door, client):
    door.send(reported(client, "p-1", "W-p1"))
    door.wait(1)
    door.broker.add_partitions(door.topic, 5)
    wait_until(lambda: door.worker.figure("kafka_in_partitions") == 5, timeout=PATIENCE)
    door.send(reported(client, "p-2", "W-p2"), partition=4)
    door.wait(2)
    assert client.stats()["cases"] == 2


def test_records_that_were_deleted_unread_are_told_and_counted(door, client):
    door.send(reported(client, "m-1", "W-m1"))
    door.wait(1)
    door.worker.stop()
    other = Consumer(door.broker.client(group_id=door.group))
    wait_until(lambda: set_offset(other, door.topic, 1000), timeout=PATIENCE)
    other.close()
    door.worker.start()
    wait_until(lambda: door.worker.figure("kafka_in_gaps_total") == 1, timeout=PATIENCE)
    wait_until(lambda: door.worker.said("event=records_missing"), timeout=PATIENCE)
    door.send(reported(client, "m-2", "W-m2"))
    wait_until(lambda: client.stats()["cases"] == 2, timeout=PATIENCE)


def test_records_that_retention_took_unread_are_counted(make, client):
    """What is left is read; of what is not it is said where it stood and how many it was."""
    door = make(partitions=1)
    door.send(reported(client, "l-1", "W-l1"))
    door.wait(1)
    assert door.worker.stop() == 0
    door.send(*(reported(client, f"l-{n}", f"W-l{n}") for n in range(2, 8)))
    door.broker.delete_records(door.topic, 0, before=5)
    door.worker.start()
    door.wait(7)
    assert client.stats()["cases"] == 3
    assert case_of(client, "W-l6").number and case_of(client, "W-l7").number
    assert (door.worker.figure("kafka_in_gaps_total"), door.worker.figure("kafka_in_lost_total")) == (1, 4)
    wait_until(lambda: door.worker.said(f"event=records_lost topic={door.topic} partition=0 wanted=1 oldest=5 lost=4"))


def set_offset(consumer, topic, offset):
    """True when the group has no member any more, and takes it."""
    try:
        consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
        return True
    except KafkaException:
        return False


def test_what_the_daemon_does_not_know_of_is_told_in_health(door, daemon):
    wait_until(lambda: door.worker.get("/healthz")[0] == 200, timeout=PATIENCE)
    daemon.stop()
    wait_until(lambda: door.worker.unwell("the daemon cannot be reached"), timeout=PATIENCE)
