/* Files that hold secrets of a door: refused when others may read them, and nowhere once closed. */
#include "door/secret.h"
#include "unit/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Before the secret, so that what an allocator writes over the first bytes of freed memory does not
 * stand for wiping it. */
#define FILLER "12345678901234567890123456789012"

struct place {
    char folder[32], path[64];
    struct scan secret;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    assert_non_null(p);
    *state = p;
    for (size_t i = 0; i < SCAN_SIZE; i++)
        p->secret.inverted[i] = (uint8_t) ~(unsigned)('A' + randombytes_uniform(26));
    snprintf(p->folder, sizeof p->folder, "/tmp/hx-secret-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/clients.yaml", p->folder);
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    unlink(p->path);
    rmdir(p->folder);
    free(p);
    return 0;
}

/* The file is written without a copy of the secret in memory. */
static void write_file(const struct place *p, const char *before, const char *after, mode_t mode)
{
    int fd = open(p->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, before, strlen(before)), (ssize_t)strlen(before));
    for (size_t i = 0; i < SCAN_SIZE; i++) {
        const char c = (char)~p->secret.inverted[i];
        assert_int_equal(write(fd, &c, 1), 1);
    }
    assert_int_equal(write(fd, after, strlen(after)), (ssize_t)strlen(after));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void a_document_is_nowhere_once_it_is_closed(void **state)
{
    const struct place *p = *state;
    struct yaml_doc doc;
    struct hx_problem problem = {""};
    write_file(p, "clients:\n  - {name: kiosk, token: \"" FILLER, "\"}\n", 0600);
    assert_false(scan_finds(&p->secret));
    assert_int_equal(secret_doc_open(&doc, p->path, &problem), HX_OK);
    assert_true(scan_finds(&p->secret));
    secret_doc_close(&doc);
    assert_false(scan_finds(&p->secret));
}

static void a_line_is_nowhere_once_it_is_wiped(void **state)
{
    const struct place *p = *state;
    struct hx_problem problem = {""};
    char line[64];
    write_file(p, "", "\n", 0600);
    assert_int_equal(secret_line_read(p->path, line, sizeof line, &problem), HX_OK);
    assert_true(scan_finds(&p->secret));
    sodium_memzero(line, sizeof line);
    assert_false(scan_finds(&p->secret));
}

static void what_others_may_read_is_refused_unread(void **state)
{
    const struct place *p = *state;
    struct yaml_doc doc;
    struct hx_problem problem = {""};
    char line[64];
    write_file(p, "", "\n", 0640);
    assert_int_equal(secret_line_read(p->path, line, sizeof line, &problem), HX_DENIED);
    assert_int_equal(secret_doc_open(&doc, p->path, &problem), HX_DENIED);
    secret_doc_close(&doc);
    assert_non_null(strstr(problem.text, "0600"));
    assert_false(scan_finds(&p->secret));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_document_is_nowhere_once_it_is_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_line_is_nowhere_once_it_is_wiped, setup, teardown),
        cmocka_unit_test_setup_teardown(what_others_may_read_is_refused_unread, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
