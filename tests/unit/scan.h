/* Whether bytes stand anywhere in this process's own memory: proof that a secret was wiped, and not
 * only the one copy that a test knows of. What is looked for is kept inverted, so that it does not
 * find itself. */
#ifndef TEST_UNIT_SCAN_H
#define TEST_UNIT_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SCAN_SIZE = 32 };

struct scan {
    uint8_t inverted[SCAN_SIZE];
};

static inline struct scan scan_for(const void *secret)
{
    struct scan s;
    for (size_t i = 0; i < SCAN_SIZE; i++)
        s.inverted[i] = (uint8_t) ~((const uint8_t *)secret)[i];
    return s;
}

/* Memory is read where it lies: a copy would be found in its turn. */
__attribute__((no_sanitize("address", "thread"))) static inline bool
scan_range(const struct scan *s, const volatile uint8_t *p, size_t n)
{
    const uint8_t first = (uint8_t)~s->inverted[0];
    for (size_t at = 0; at + SCAN_SIZE <= n; at++) {
        size_t i = 0;
        if (p[at] != first)
            continue;
        while (i < SCAN_SIZE && (p[at + i] ^ s->inverted[i]) == UINT8_MAX)
            i++;
        if (i == SCAN_SIZE)
            return true;
    }
    return false;
}

/* All that can be read and written; not what a sanitizer has reserved for itself. */
static inline bool scan_finds(const struct scan *s)
{
    char line[512], mode[5];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        return true; /* nothing is proven */
    setvbuf(maps, NULL, _IONBF, 0);
    while (!found && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) == 3 && mode[0] == 'r' &&
            mode[1] == 'w' && mode[3] == 'p' && to - from < (1ul << 30))
            found = scan_range(s, (const volatile uint8_t *)from, to - from);
    }
    fclose(maps);
    return found;
}

#endif
