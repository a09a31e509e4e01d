"""A machine that has nothing left for one process, for a while: limits of the kernel, set from outside while it runs."""
import contextlib
import os
import resource


@contextlib.contextmanager
def limited(pid, what, most):
    before = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (most, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, what, before)


def no_descriptors(pid, but=0):
    """It gets about `but` more (what it closes meanwhile it may have again), and none beyond; with 0 none at all."""
    used = {int(n) for n in os.listdir(f"/proc/{pid}/fd")}
    free = [n for n in range(len(used) + but + 1) if n not in used]
    return limited(pid, resource.RLIMIT_NOFILE, free[but] if but else 3)


def no_room(pid, but=0):
    """No file grows beyond `but` bytes; to whoever ignores SIGXFSZ this is a disk that is full."""
    return limited(pid, resource.RLIMIT_FSIZE, but)
