/* What is wrong with a configuration file, as one line for the person who wrote it:
 * "grids.csv:139: G-041 is in C-03 here, but in C-04 at line 42".
 *
 * Every loader of this folder takes a struct hx_problem, fills it when it fails, and leaves it
 * alone when it succeeds. The text names the file and, where there is one, the line; where two
 * lines contradict each other it names both. */
#ifndef CONFIG_PROBLEM_H
#define CONFIG_PROBLEM_H

#include "hongxin/error.h"

#include <stddef.h>

struct hx_problem {
    char text[512]; /* UTF-8, cut at a character's end when it is longer */
};

/* Whoever wants to know more than the first fault of a file: `say` is called for each, `most` times
 * at the most. What follows from a fault that was told is not told. A reader that was given one
 * (NULL = the first fault ends it) returns the error of its last fault. */
struct hx_problems {
    void (*say)(void *ctx, const struct hx_problem *problem);
    void *ctx;
    size_t most;
};

/* Writes the text; control characters (from a broken file) become '?'. Always returns HX_CONFIG, so
 * that a loader can end with `return hx_problem_set(…)`. `problem` may be NULL. */
int hx_problem_set(struct hx_problem *problem, const char *fmt, ...) HX_PRINTF(2, 3);

#endif
