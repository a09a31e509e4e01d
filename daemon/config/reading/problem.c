#include "config/reading/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Makes a line that a terminal can show: no control characters, no half character at the cut. */
static void clean(char *text, size_t size)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    }
    if (n + 1 < size)
        return;
    while (n && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
        n--;
    if (n && (unsigned char)text[n - 1] >= 0xC0)
        n--;
    text[n] = '\0';
}

int hx_problem_set(struct hx_problem *problem, const char *fmt, ...)
{
    va_list ap;
    if (!problem)
        return HX_CONFIG;
    va_start(ap, fmt);
    vsnprintf(problem->text, sizeof problem->text, fmt, ap);
    va_end(ap);
    clean(problem->text, sizeof problem->text);
    return HX_CONFIG;
}
