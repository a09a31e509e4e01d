/* What has to outlive a cut of power, and how a disk says no. */
#include "base/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_all_bytes_are_written(void **state)
{
    char name[] = "/tmp/hongxin-disk-XXXXXX", got[16] = "";
    int fd = mkstemp(name);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(hx_disk_write(fd, "one ", 4), HX_OK);
    assert_int_equal(hx_disk_write_synced(fd, "two", 3), HX_OK);
    assert_int_equal(pread(fd, got, sizeof got, 0), 7);
    assert_string_equal(got, "one two");
    assert_int_equal(hx_disk_sync_parent(name), HX_OK);
    close(fd);
    unlink(name);
}

static void test_a_full_disk_is_told(void **state)
{
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(hx_disk_write(fd, "x", 1), HX_IO);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(hx_disk_write_synced(fd, "x", 1), HX_IO);
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void test_the_folder_of_a_path(void **state)
{
    char large[2048];
    (void)state;
    assert_int_equal(hx_disk_sync_parent("a-name-alone"), HX_OK);
    assert_int_equal(hx_disk_sync_parent("/a-name"), HX_OK);
    assert_int_equal(hx_disk_sync_parent("/no/such/folder/a-name"), HX_IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(hx_disk_sync_folder("/dev/full"), HX_IO);
    assert_int_equal(errno, ENOTDIR);
    memset(large, 'x', sizeof large);
    large[sizeof large - 1] = '\0';
    assert_int_equal(hx_disk_sync_parent(large), HX_TOOBIG);
}

/* What is open outlives its name; what was never made is not missed. */
static void assert_removed_while_open(char dir[HX_SCRATCH_MAX])
{
    static const char *const files[] = {"open", "not there", NULL};
    char path[HX_SCRATCH_MAX + 8], kept[HX_SCRATCH_MAX];
    snprintf(path, sizeof path, "%s/open", dir);
    strcpy(kept, dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    hx_disk_scratch_remove(dir, files);
    assert_string_equal(dir, "");
    assert_int_equal(access(kept, F_OK), -1);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    hx_disk_scratch_remove(dir, files);
}

/* A path is never cut: another folder would be meant. */
static void test_a_scratch_folder(void **state)
{
    char root[] = "/tmp/hongxin-scratch-XXXXXX", dir[HX_SCRATCH_MAX], deep[600];
    (void)state;
    assert_non_null(mkdtemp(root));
    const char *before = getenv("TMPDIR");
    char *kept = before ? strdup(before) : NULL;
    /* 200 characters and more are a folder like any other */
    memset(deep, 'd', sizeof deep);
    memcpy(deep, root, strlen(root));
    deep[strlen(root)] = '/';
    deep[240] = '\0';
    assert_int_equal(mkdir(deep, 0700), 0);
    setenv("TMPDIR", deep, 1);
    assert_int_equal(hx_disk_scratch("unit", dir), HX_OK);
    assert_int_equal(strncmp(dir, deep, strlen(deep)), 0);
    assert_removed_while_open(dir);
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(hx_disk_scratch("unit", dir), HX_IO);
    assert_string_equal(dir, "");
    char longest[HX_SCRATCH_MAX + 1];
    memset(longest, 'd', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    setenv("TMPDIR", longest, 1);
    assert_int_equal(hx_disk_scratch("unit", dir), HX_TOOBIG);
    assert_string_equal(dir, "");
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
    rmdir(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_bytes_are_written),
        cmocka_unit_test(test_a_full_disk_is_told),
        cmocka_unit_test(test_the_folder_of_a_path),
        cmocka_unit_test(test_a_scratch_folder),
    };
    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
