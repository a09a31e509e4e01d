/* A picture is looked at by a process that has given up everything, or by none. */
#include "picture/remake.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* after those above */
#include <cmocka.h>

enum { MOST_MS = 60000 };

static void on_made(void *arg, int err, const uint8_t *bytes, size_t size)
{
    int *got = arg;
    (void)bytes;
    (void)size;
    *got = err;
}

/* What becomes of something that is no picture. */
static int remake_nonsense(void)
{
    static const uint8_t nonsense[] = "no picture";
    const struct picture_limits limits = {.pixels = 1000, .edge = 100};
    struct event_base *base = event_base_new();
    struct remaker *r = NULL;
    int err = HX_OK;
    if (!base || remaker_open(base, &limits, MOST_MS, &r) != HX_OK ||
        remaker_start(r, nonsense, sizeof nonsense, on_made, &err) != HX_OK)
        return HX_NOMEM;
    event_base_dispatch(
        base); /* until nothing is left to do, what is tried at the start included */
    remaker_close(r);
    event_base_free(base);
    return err;
}

/* From here on no process of ours can give up its rights, as on a kernel without seccomp. */
static bool forbid_confining(void)
{
    struct sock_filter calls[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof calls / sizeof *calls, calls};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void test_what_is_no_picture_is_told_so(void **state)
{
    (void)state;
    assert_int_equal(remake_nonsense(), HX_INVALID);
}

static void test_nothing_is_looked_at_where_it_cannot_be_confined(void **state)
{
    char log[4096] = "";
    size_t size = 0;
    ssize_t n;
    int pair[2], status;
    (void)state;
    assert_int_equal(pipe(pair), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool ready = dup2(pair[1], STDERR_FILENO) >= 0 && forbid_confining();
        _exit(ready && remake_nonsense() == HX_IO ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(pair[1]);
    while (size + 1 < sizeof log && (n = read(pair[0], log + size, sizeof log - 1 - size)) > 0)
        size += (size_t)n;
    close(pair[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    const char *first = strstr(log, "event=picture_not_confined errno=22");
    assert_non_null(first); /* of the start and of the picture: */
    assert_non_null(strstr(first + 1, "event=picture_not_confined"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_picture_is_told_so),
        cmocka_unit_test(test_nothing_is_looked_at_where_it_cannot_be_confined),
    };
    if (argc > 1 && strcmp(argv[1], "--remake") == 0)
        return remake_main(argc, argv); /* remake.c starts this program once more */
    return cmocka_run_group_tests_name("remake", tests, NULL, NULL);
}
