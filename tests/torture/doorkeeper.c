/* Loaded in front of ZeroMQ (LD_PRELOAD): the doorkeeper's thread comes to its end when the test
 * wants it.
 *
 * While the file named by HX_DOORKEEPER exists, its word says how: `deaf` = the thread cannot read
 * its questions any more, `gone` = it is ended from outside. Of the daemon's threads it alone waits
 * for messages; the doors never do. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wanted(const char *how)
{
    char word[8] = "";
    const char *path = getenv("HX_DOORKEEPER");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t n = read(fd, word, sizeof word - 1);
    close(fd);
    word[n > 0 ? n : 0] = '\0';
    return strcmp(word, how) == 0;
}

int zmq_msg_recv(void *message, void *socket, int flags);
int zmq_msg_recv(void *message, void *socket, int flags)
{
    __typeof__(&zmq_msg_recv) real = (__typeof__(&zmq_msg_recv))dlsym(RTLD_NEXT, "zmq_msg_recv");
    if (flags == 0 && wanted("gone"))
        pthread_exit(NULL);
    if (flags == 0 && wanted("deaf")) {
        errno = EFAULT;
        return -1;
    }
    return real(message, socket, flags);
}
