"""Stands between a door and the daemon, so that a door can be killed, or told something, when the daemon has answered and it has not."""
import collections
import threading

import zmq
from wire import VERSION


class Between:
    """Answers of the daemon are held back while `hold`, or from the first for which holds_from(its bytes) holds; release() lets them go. What
    changes(a request) returns goes to the daemon instead of it; requests in `more` are put behind the last that was changed."""

    def __init__(self, daemon_endpoint, folder, holds_from=None, changes=None):
        self.endpoint, self.daemon_endpoint = f"ipc://{folder}/between", daemon_endpoint
        self.front, self.poller = self.socket(zmq.ROUTER), zmq.Poller()
        self.front.bind(self.endpoint)
        self.poller.register(self.front, zmq.POLLIN)
        self.backs, self.changed = {}, None  # of each peer a connection of its own
        self.hold, self.kept, self.end = False, [], False
        self.holds_from = holds_from
        self.changes, self.more = changes, collections.deque()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @staticmethod
    def socket(kind):
        s = zmq.Context.instance().socket(kind)
        s.linger = 0
        return s

    @property
    def held(self):
        return len(self.kept)

    def release(self):
        self.hold = False

    def back_of(self, peer):
        if peer not in self.backs:
            self.backs[peer] = self.socket(zmq.DEALER)
            self.backs[peer].connect(self.daemon_endpoint)
            self.poller.register(self.backs[peer], zmq.POLLIN)
        return self.backs[peer]

    def pass_on(self, peer, *frames):
        request = self.changes(frames[-1]) if self.changes else frames[-1]
        if request != frames[-1]:
            self.changed = peer
        self.back_of(peer).send_multipart([*frames[:-1], request])

    def run(self):
        while not self.end:
            ready = dict(self.poller.poll(20))
            if self.front in ready:
                self.pass_on(*self.front.recv_multipart())
            while self.more:
                self.back_of(self.changed).send_multipart([VERSION, self.more.popleft()])
            for peer, back in self.backs.items():
                if back in ready:
                    self.kept.append([peer, *back.recv_multipart()])
                    self.hold = self.hold or bool(self.holds_from and self.holds_from(self.kept[-1][-1]))
            while self.kept and not self.hold:
                self.front.send_multipart(self.kept.pop(0))  # to a door that was killed: nowhere
        for s in (self.front, *self.backs.values()):
            s.close()

    def close(self):
        self.end = True
        self.thread.join()
