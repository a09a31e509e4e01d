"""subscriber.py ENDPOINT FILE: writes every entry's number, case and state to FILE and acknowledges what it has written."""
import json
import os
import sys

from hongxin.v1 import journal_pb2, wire_pb2
from wire import Client


def last_seen(path):
    """What is written counts, not what was acknowledged: the kill may have come in between."""
    with open(path, "rb") as f:
        rows = [row for row in f.read().split(b"\n") if row.startswith(b"{") and row.endswith(b"}")]
    return max((json.loads(row)["lsn"] for row in rows), default=0)


def main():
    seen = last_seen(sys.argv[2])
    out = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)
    os.write(out, b"\n")  # ends a line that a kill has cut
    with Client(sys.argv[1]) as feed:
        feed.hello("supervisor", credit=64, from_lsn=seen + 1, **{"from": wire_pb2.Hello.LSN})
        while True:
            message = feed.receive(60)
            if message is None or message.WhichOneof("answer") != "entries":
                continue
            for raw in message.entries.entries:
                e = journal_pb2.Entry.FromString(raw)
                os.write(out, json.dumps({"lsn": e.lsn, "case": e.case_number, "state": e.state}).encode() + b"\n")
            feed.ack(message.entries.upto_lsn)
            feed.credit(1)


if __name__ == "__main__":
    main()
