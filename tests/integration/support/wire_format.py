"""Protobuf's wire format by hand: for messages of which no schema knows, and for what no library would write."""


def varint(data, i):
    n = shift = 0
    while True:
        n |= (data[i] & 0x7f) << shift
        shift, i = shift + 7, i + 1
        if not data[i - 1] & 0x80:
            return n, i


def put_varint(n):
    out = b""
    while n > 0x7f:
        out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])


def fields(data):
    """[(number, wire type, value)]; a value is a number or bytes."""
    i, found = 0, []
    while i < len(data):
        tag, i = varint(data, i)
        if tag & 7 == 0:
            value, i = varint(data, i)
        else:
            size, i = varint(data, i) if tag & 7 == 2 else ({1: 8, 5: 4}[tag & 7], i)
            value, i = data[i:i + size], i + size
        found.append((tag >> 3, tag & 7, value))
    return found


def pack(found):
    return b"".join(put_varint(no << 3 | wire) + (put_varint(v) if wire == 0 else (put_varint(len(v)) if wire == 2 else b"") + v)
                    for no, wire, v in found)


def nested_event(event, levels):
    """Bytes of an event in the history of an event in the history …"""
    for _ in range(levels):
        for field in (52, 16):  # Data.history, Event.data
            event = put_varint(field << 3 | 2) + put_varint(len(event)) + event
    return event
