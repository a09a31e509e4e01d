/* What a decoder that somebody has overcome could still do: nothing but say something wrong. */
#include "picture/confine.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* after those above */
#include <cmocka.h>

enum { MEGABYTES = 64 };

static const char *const tries[] = {"confine", "open",   "create",   "unlink", "truncate",
                                    "rename",  "link",   "chmod",    "socket", "pipe",
                                    "fork",    "signal", "set-limit"};

/* A letter for each of them: 'y' what was done. */
static void try_all(const char *path, char done[])
{
    const struct rlimit more = {64, 64};
    char other[256];
    int pair[2], n = 0;
    snprintf(other, sizeof other, "%s.other", path);
    done[n++] = picture_confine(60) ? 'y' : 'n';
    done[n++] = open(path, O_RDONLY) >= 0 ? 'y' : 'n';
    done[n++] = open(other, O_CREAT | O_WRONLY, 0600) >= 0 ? 'y' : 'n';
    done[n++] = unlink(path) == 0 ? 'y' : 'n';
    done[n++] = truncate(path, 0) == 0 ? 'y' : 'n';
    done[n++] = rename(path, other) == 0 ? 'y' : 'n';
    done[n++] = link(path, other) == 0 ? 'y' : 'n';
    done[n++] = chmod(path, 0777) == 0 ? 'y' : 'n';
    done[n++] = socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 'y' : 'n';
    done[n++] = pipe(pair) == 0 ? 'y' : 'n';
    done[n++] = fork() >= 0 ? 'y' : 'n';
    done[n++] = kill(getppid(), 0) == 0 ? 'y' : 'n';
    done[n++] = setrlimit(RLIMIT_NOFILE, &more) == 0 ? 'y' : 'n';
}

static void child(const char *path, int out)
{
    char done[sizeof tries / sizeof *tries];
    try_all(path, done);
    char *memory = malloc((size_t)MEGABYTES << 20); /* it may be had, and given back */
    if (memory)
        memset(memory, 1, (size_t)MEGABYTES << 20);
    free(memory);
    bool told = memory && write(out, done, sizeof done) == (ssize_t)sizeof done;
    /* _exit() would let a sanitizer tidy up first, with calls that are not let any more. */
    (void)syscall(SYS_exit_group, told ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void test_it_reads_writes_and_computes_and_nothing_else(void **state)
{
    (void)state;
    char path[] = "/tmp/hongxin-confine-XXXXXX", done[sizeof tries / sizeof *tries] = {0};
    int file = mkstemp(path), pair[2], status;
    struct stat st;
    assert_true(file >= 0 && write(file, "kept", 4) == 4 && pipe(pair) == 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(path, pair[1]);
    close(pair[1]);
    assert_int_equal(read(pair[0], done, sizeof done), sizeof done);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    assert_int_equal(done[0], 'y');
    for (size_t i = 1; i < sizeof tries / sizeof *tries; i++)
        if (done[i] != 'n')
            fail_msg("%s: it can", tries[i]);
    assert_true(stat(path, &st) == 0 && st.st_size == 4 && (st.st_mode & 0777) == 0600);
    close(pair[0]);
    close(file);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_reads_writes_and_computes_and_nothing_else),
    };
    return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
