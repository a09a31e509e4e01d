/* Frames of telephone systems: whatever comes is framed within its bytes, and what is read of it
 * can be read to its end. */
#include "fuzz.h"
#include "hotline/frames.h"

#include <stdlib.h>
#include <string.h>

static void walk(const struct frame *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += strlen(f->fields[i].name) + strlen(f->fields[i].value);
    if (n > 2 * FRAME_BYTES_MAX)
        abort();
}

static void read_all(const uint8_t *data, size_t size, long read(char *, size_t, struct frame *))
{
    static struct frame f, event;
    char *bytes = malloc(size + 1);
    size_t at = 0;
    long n = 1;
    if (!bytes)
        return;
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    while (at < size && (n = read(bytes + at, size - at, &f)) > 0) {
        if ((size_t)n > size - at)
            abort();
        char next = bytes[at + (size_t)n];
        walk(&f);
        if (f.body && esl_event(&event, f.body, f.body_size))
            walk(&event);
        at += (size_t)n;
        bytes[at] = next;
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(data, size, esl_frame);
    read_all(data, size, ami_packet);
    return 0;
}
