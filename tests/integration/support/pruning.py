"""A daemon that keeps its journal for a month, and cases that come to their end."""
from clock import MINUTE
from daemon import write_config
from hongxin.v1 import event_pb2
from wire import RESULT

DAY = 1440 * MINUTE
NOON = 1_792_987_200_000  # 2026-10-26 12:00 in China


def config(folder, **settings):
    path = write_config(folder, {"resend_ms": 0, **settings})
    path.write_text(path.read_text().replace("store:\n", "store:\n  journal_keep_days: 31\n"))
    return path


def close(c, number):
    for type, fields in (("HELD", {}), ("ARRIVED", {"proof": event_pb2.ONSITE_CODE}), ("RESOLVED", {"data": {"evidence": ["photo"]}})):
        assert c.publish(c.event(type, by="holder:P-07/li", case_number=number, **fields))[0].result == RESULT.ACCEPTED
    assert c.publish(c.event("CALLBACK_OK", by="callback/zhao", case_number=number))[0].result == RESULT.ACCEPTED
