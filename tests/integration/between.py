"""Stands between a door and the daemon, so that a door can be killed when the daemon has answered and it has not."""
import threading

import zmq


class Between:
    """Stands between door and daemon; answers of the daemon can be held back."""

    def __init__(self, daemon_endpoint, folder):
        self.endpoint = f"ipc://{folder}/between"
        context = zmq.Context.instance()
        self.front, self.back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        self.front.linger = self.back.linger = 0
        self.front.bind(self.endpoint)
        self.back.connect(daemon_endpoint)
        self.hold, self.held, self.end = False, 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

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
                frames = self.back.recv_multipart()
                if self.hold:
                    self.held += 1
                else:
                    self.front.send_multipart([peer, *frames])
        self.front.close()
        self.back.close()

    def close(self):
        self.end = True
        self.thread.join()
