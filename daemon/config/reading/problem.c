#include "config/reading/problem.h"

#include "base/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int hx_problem_set(struct hx_problem *problem, const char *fmt, ...)
{
    va_list ap;
    if (!problem)
        return HX_CONFIG;
    va_start(ap, fmt);
    vsnprintf(problem->text, sizeof problem->text, fmt, ap);
    va_end(ap);
    problem->text[hx_utf8_line(problem->text, strlen(problem->text))] = '\0';
    return HX_CONFIG;
}
