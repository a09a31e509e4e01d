#include "wechat/command.h"

#include "base/text.h"
#include "hongxin/number.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *word;
    int kind;
} words[] = {{"查询", WX_STATUS},      {"进度", WX_STATUS},   {"status", WX_STATUS},
             {"不满意", WX_BAD},       {"满意", WX_GOOD},     {"good", WX_GOOD},
             {"bad", WX_BAD},          {"撤诉", WX_WITHDRAW}, {"撤销", WX_WITHDRAW},
             {"withdraw", WX_WITHDRAW}};

static const char *skip_blanks(const char *p)
{
    for (;;) {
        if (*p && strchr(" \t\r\n:,", *p))
            p++;
        else if (strncmp(p, "\xef\xbc\x9a", 3) == 0 || strncmp(p, "\xe3\x80\x80", 3) == 0)
            p += 3; /* a full-width colon or blank */
        else
            return p;
    }
}

/* The number and nothing behind it. */
static bool take_number(const char *p, uint64_t *number)
{
    char text[HX_NUMBER_TEXT];
    p = skip_blanks(p);
    size_t n = strcspn(p, " \t\r\n");
    if (n == 0 || n >= sizeof text || *skip_blanks(p + n))
        return false;
    memcpy(text, p, n);
    text[n] = '\0';
    return hx_number_parse(text, number) == HX_OK;
}

/* A letter or two, a hyphen, two digits or more, by itself. */
static size_t place_at(const char *p)
{
    size_t letters = 0, digits = 0;
    while (letters < 3 && isupper((unsigned char)p[letters]))
        letters++;
    if (letters == 0 || letters > 2 || p[letters] != '-')
        return 0;
    while (isdigit((unsigned char)p[letters + 1 + digits]))
        digits++;
    return digits >= 2 && letters + 1 + digits < WX_PLACE_MAX ? letters + 1 + digits : 0;
}

static void find_place(const char *text, char out[WX_PLACE_MAX])
{
    out[0] = '\0';
    for (const char *p = text; *p; p++) {
        bool begins = p == text || !isalnum((unsigned char)p[-1]);
        size_t n = begins ? place_at(p) : 0;
        if (n && !isalnum((unsigned char)p[n])) {
            hx_text_put(out, n + 1, p);
            return;
        }
    }
}

static bool is_help(const char *text)
{
    static const char *const help[] = {"帮助", "help", "?", "\xef\xbc\x9f", "你好", "hello"};
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]))
        n--;
    for (size_t i = 0; i < sizeof help / sizeof *help; i++)
        if (strlen(help[i]) == n && strncasecmp(text, help[i], n) == 0)
            return true;
    return n == 0;
}

void wx_command_read(const char *text, struct wx_command *out)
{
    *out = (struct wx_command){.kind = WX_REPORT, .language = WX_EN};
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p >= 0x80)
            out->language = WX_ZH;
    text = skip_blanks(text);
    if (is_help(text)) {
        out->kind = WX_HELP;
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);
        if (strncasecmp(text, words[i].word, n) != 0)
            continue;
        bool alone = words[i].kind == WX_STATUS && !*skip_blanks(text + n);
        if (alone || take_number(text + n, &out->case_number)) {
            out->kind = words[i].kind;
            return;
        }
    }
    if (strncasecmp(text, "CL-", 3) == 0 && take_number(text, &out->case_number))
        out->kind = WX_STATUS;
    else
        find_place(text, out->place);
}
