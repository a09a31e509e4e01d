/* Runs a fuzz target over kept inputs, as an ordinary test.
 *
 *   fuzz.NAME.seeds FOLDER [CORPUS]            replays the files of a folder and of a corpus
 *   fuzz.NAME.seeds --unpack CORPUS FOLDER     makes files of a corpus, for the fuzzers
 *
 * A corpus is what the fuzzers have found and `tests/fuzz/keep` has made small: one input behind
 * the other, each behind its size in four bytes, the highest first. */
#include "fuzz.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MAX = 1 << 20 };

static uint8_t input[INPUT_MAX];

static _Noreturn void die(const char *path)
{
    perror(path);
    exit(1);
}

/* Told each input of a corpus. */
typedef void input_fn(const char *folder, int number, size_t size);

static int each_of(const char *corpus, const char *folder, input_fn *fn)
{
    uint8_t head[4];
    int n = 0;
    FILE *f = fopen(corpus, "rb");
    if (!f)
        die(corpus);
    for (; fread(head, 1, sizeof head, f) == sizeof head; n++) {
        size_t size = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
        if (size > INPUT_MAX || fread(input, 1, size, f) != size)
            die(corpus);
        fn(folder, n, size);
    }
    fclose(f);
    return n;
}

/* A copy of its own, so that the address sanitizer sees its end. */
static void play(const char *folder, int number, size_t size)
{
    uint8_t *data = malloc(size ? size : 1);
    (void)folder;
    (void)number;
    if (!data)
        die("memory");
    memcpy(data, input, size);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

static void unpack(const char *folder, int number, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/kept-%d", folder, number);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(input, 1, size, f) != size || fclose(f) != 0)
        die(path);
}

static int replay(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        die(path);
    size_t n = fread(input, 1, INPUT_MAX, f);
    fclose(f);
    play(folder, 0, n);
    return 1;
}

static int replay_folder(const char *folder)
{
    DIR *d = opendir(folder);
    int n = 0;
    if (!d)
        die(folder);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.')
            n += replay(folder, e->d_name);
    closedir(d);
    return n;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--unpack") == 0) {
        printf("%d inputs\n", each_of(argv[2], argv[3], unpack));
        return 0;
    }
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: %s FOLDER [CORPUS] | --unpack CORPUS FOLDER\n", argv[0]);
        return 2;
    }
    int n = replay_folder(argv[1]);
    if (argc == 3)
        n += each_of(argv[2], NULL, play);
    printf("%d inputs replayed\n", n);
    return n > 0 ? 0 : 1;
}
