"""SIGHUP to a door: it reads its file of tokens and keys anew."""
import signal

from wire import wait_until


def reload(door, file, text, says="event=reloaded"):
    """`door` has a process and a log of lines."""
    def told():
        return [line for line in door.log if "event=reload" in line]

    file.write_text(text)
    before = len(told())
    door.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(told()) > before)
    assert says in told()[-1], told()[-1]
