"""Ports for programs that have to be told theirs, or that come back to the same one."""
import socket

KEPT = []


def keep_a_port():
    """A port of this machine's own that nobody else is given while this process lives. Whoever is told it may listen there, also after
    another one who did: between the two nobody answers."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as whoever listens says: neither is in the other's way
    KEPT.append(s)
    return s.getsockname()[1]
