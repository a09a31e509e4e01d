#include "folder.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void folder_make(struct folder *f)
{
    snprintf(f->path, sizeof f->path, "/tmp/hongxin-config-XXXXXX");
    assert_non_null(mkdtemp(f->path));
}

void folder_remove(struct folder *f)
{
    DIR *dir = opendir(f->path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            assert_int_equal(unlinkat(dirfd(dir), e->d_name, 0), 0);
    }
    closedir(dir);
    assert_int_equal(rmdir(f->path), 0);
}

int folder_setup(void **state)
{
    struct folder *f = malloc(sizeof *f);
    assert_non_null(f);
    folder_make(f);
    *state = f;
    return 0;
}

int folder_teardown(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

void folder_fill(struct folder *f, const struct folder_text *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)folder_write(f, texts[i].name, texts[i].text);
}

const char *folder_text(const struct folder_text *texts, const char *name)
{
    while (strcmp(texts->name, name) != 0)
        texts++;
    return texts->text;
}

const char *folder_path(struct folder *f, const char *name)
{
    snprintf(f->file, sizeof f->file, "%s/%s", f->path, name);
    return f->file;
}

const char *folder_write_bytes(struct folder *f, const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(folder_path(f, name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return f->file;
}

const char *folder_write(struct folder *f, const char *name, const char *text)
{
    return folder_write_bytes(f, name, text, strlen(text));
}
