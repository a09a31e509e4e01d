"""The city's platform, to which states are pushed back (状态回推)."""
import http.server
import json
import threading

from ports import keep_a_port


class Platform:
    """Takes what is pushed; `refuse` is how many of the next ones are answered `strangely`, a whole answer, or 503. While `answers` is not set
    it takes and says nothing."""

    def __init__(self, port=0):
        self.taken, self.refuse, self.asked, self.strangely, self.paths = [], 0, 0, None, []
        self.answers = threading.Event()
        self.answers.set()
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                platform.asked += 1
                platform.paths.append(self.path)
                status = 200
                if platform.refuse:
                    platform.refuse -= 1
                    status = 503
                else:
                    platform.taken.append((dict(self.headers), body))
                platform.answers.wait(60)
                try:
                    if status == 503 and platform.strangely:
                        self.wfile.write(platform.strangely.replace(b"HERE", b"127.0.0.1:%d" % platform.port))
                        self.close_connection = True
                        return
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:  # whoever asked is dead
                    pass

            def log_message(self, *_):
                pass

        self.port = port or keep_a_port()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def words(self, number=None):
        found = [json.loads(body) for _, body in self.taken]
        return [w["word"] for w in found if number in (None, w["number"])]

    def close(self):
        self.answers.set()
        self.server.shutdown()
        self.server.server_close()
