"""Stands between a door and the daemon, so that a door can be killed, or told something, when the daemon has answered and it has not."""
import threading

import zmq


class Between:
    """Answers of the daemon are held back while `hold`, or from the first for which holds_from(its bytes) holds; release() lets them go."""

    def __init__(self, daemon_endpoint, folder, holds_from=None):
        self.endpoint = f"ipc://{folder}/between"
        context = zmq.Context.instance()
        self.front, self.back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        self.front.linger = self.back.linger = 0
        self.front.bind(self.endpoint)
        self.back.connect(daemon_endpoint)
        self.hold, self.kept, self.end = False, [], False
        self.holds_from = holds_from
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def held(self):
        return len(self.kept)

    def release(self):
        self.hold = False

    def run(self):
        peer, poller = None, zmq.Poller()
        poller.register(self.front, zmq.POLLIN)
        poller.register(self.back, zmq.POLLIN)
        while not self.end:
            ready = dict(poller.poll(20))
            if self.front in ready:
                peer, *frames = self.front.recv_multipart()
                self.back.send_multipart(frames)
            if self.back in ready:
                self.kept.append([peer, *self.back.recv_multipart()])
                self.hold = self.hold or bool(self.holds_from and self.holds_from(self.kept[-1][-1]))
            while self.kept and not self.hold:
                self.front.send_multipart(self.kept.pop(0))  # to a door that was killed: nowhere
        self.front.close()
        self.back.close()

    def close(self):
        self.end = True
        self.thread.join()
