#include "cli/show/why.h"
#include "base/text.h"
#include "hongxin/code.h"
#include <stdio.h>
#include <string.h>

/* What stands behind `key` in the message, up to one of `ends`; with `before` in front. */
static char *add_part(char *at, const char *end, const char *part[4])
{
    const char *found = strstr(part[0], part[1]);
    char text[256];

    if (!found)
        return at;
    found += strlen(part[1]);
    snprintf(text, sizeof text, "%s%.*s", part[3], (int)strcspn(found, part[2]), found);
    return hx_text_add(at, end, text);
}

static void in_chinese(const struct hx_code *words, const char *message, char *out, size_t size)
{
    const char *end = out + size;
    char *at = out;

    at = hx_text_add(at, end, words->name);
    at = hx_text_add(at, end, " ");
    at = hx_text_add(at, end, words->zh);
    at = add_part(at, end, (const char *[4]){message, ": field ", ":;", "："});
    add_part(at, end, (const char *[4]){message, "; one of ", "", "；应为 "});
}

char *why_text(const struct cli *cli, const char *code, const char *message, char *out, size_t size)
{
    const struct hx_code *words = hx_code_find(code);

    code = code ? code : "";
    message = message ? message : "";
    if (cli->zh && words)
        in_chinese(words, message, out, size);
    else if (words && (!*message || !strcmp(message, code)))
        snprintf(out, size, "%s: %s", code, words->en);
    else if (*code && strstr(message, code))
        hx_text_put(out, size, message);
    else
        snprintf(out, size, "%s%s%s", code, *code && *message ? ": " : "", message);
    return out;
}

const char *why_problem(const struct cli *cli, const char *problem, char *out, size_t size)
{
    char code[64];

    snprintf(code, sizeof code, "%.*s", (int)strcspn(problem, ":"), problem);
    return cli->zh && hx_code_find(code) ? why_text(cli, code, problem, out, size) : problem;
}
