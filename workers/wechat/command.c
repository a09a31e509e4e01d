#include "wechat/command.h"

#include "base/text.h"
#include "hongxin/number.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct word {
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

/* Where the text ends without the blanks and marks that people put there. */
static size_t without_tail(const char *text, size_t n)
{
    static const char *const marks[] = {"。", "！", "？", "～", "　", "，"};
    for (bool shorter = true; shorter;) {
        shorter = false;
        while (n > 0 && strchr(" \t\r\n.,!?~", text[n - 1]))
            n--;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            size_t size = strlen(marks[i]);
            if (n >= size && memcmp(text + n - size, marks[i], size) == 0) {
                n -= size;
                shorter = true;
            }
        }
    }
    return n;
}

static bool take_number_of(const char *p, size_t n, uint64_t *number)
{
    char text[HX_NUMBER_TEXT];
    if (n == 0 || n >= sizeof text)
        return false;
    memcpy(text, p, n);
    text[n] = '\0';
    return hx_number_parse(text, number) == HX_OK;
}

/* The number and nothing behind it. */
static bool take_number(const char *p, uint64_t *number)
{
    p = skip_blanks(p);
    return take_number_of(p, without_tail(p, strlen(p)), number);
}

/* A letter or two, a hyphen, two digits or more, by itself; CL-17 is a case. */
static size_t place_at(const char *p)
{
    size_t letters = 0, digits = 0;
    while (letters < 3 && isupper((unsigned char)p[letters]))
        letters++;
    if (letters == 0 || letters > 2 || p[letters] != '-' || strncmp(p, "CL-", 3) == 0)
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

/* ---- small talk ---- */

/* Nothing is wrong where somebody says only this; it would be a complaint about nothing. */
static bool is_small_talk(const char *text)
{
    static const char *const talk[] = {"帮助",   "help",   "你好",      "您好",   "hello",
                                       "hi",     "在吗",   "谢谢",      "谢谢你", "谢谢您",
                                       "多谢",   "好的",   "好",        "嗯",     "收到",
                                       "知道了", "thanks", "thank you", "ok",     "okay"};
    size_t n = without_tail(text, strlen(text));
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++)
        if (strlen(talk[i]) == n && strncasecmp(text, talk[i], n) == 0)
            return true;
    return n == 0;
}

/* ---- language ---- */

/* U+3000 to U+9FFF, and full-width forms: not the quotation marks and faces that an English text
 * has as well. */
static bool has_chinese(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if ((*p >= 0xe3 && *p <= 0xe9) || (*p == 0xef && (p[1] == 0xbc || p[1] == 0xbd)))
            return true;
    return false;
}

/* Three letters or more in a row, which no number of a case or building has. */
static bool has_english(const char *text)
{
    unsigned letters = 0;
    for (const char *p = text; *p && letters < 3; p++)
        letters = isalpha((unsigned char)*p) ? letters + 1 : 0;
    return letters >= 3 || strncasecmp(text, "hi", 2) == 0 || strncasecmp(text, "ok", 2) == 0;
}

/* ---- commands ---- */

/* The word, and how long it is; NULL: none begins here. */
static const struct word *word_at(const char *text)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncasecmp(text, words[i].word, strlen(words[i].word)) == 0)
            return &words[i];
    return NULL;
}

/* "满意", "满意 CL-17", "CL-17 满意", "CL-17", "CL-17 and what is to be added". False: something
 * else. */
static bool take_command(const char *text, struct wx_command *out)
{
    const struct word *w = word_at(text);
    const char *rest = w ? text + strlen(w->word) : text;
    size_t n = 3;
    if (w && (without_tail(rest, strlen(rest)) == 0 || take_number(rest, &out->case_number))) {
        out->kind = w->kind;
        out->word = w->word;
        return true;
    }
    if (strncasecmp(text, "CL-", n) != 0)
        return false;
    n += strspn(text + n, "0123456789-");
    if (!take_number_of(text, n, &out->case_number))
        return false;
    rest = skip_blanks(text + n);
    w = word_at(rest);
    out->kind = w ? w->kind : WX_STATUS;
    rest += w ? strlen(w->word) : 0;
    if (without_tail(rest, strlen(rest)) > 0)
        out->kind = WX_ADD;
    return true;
}

void wx_command_read(const char *text, struct wx_command *out)
{
    *out = (struct wx_command){.kind = WX_REPORT, .language = WX_ZH};
    if (!has_chinese(text) && has_english(text))
        out->language = WX_EN;
    text = skip_blanks(text);
    if (is_small_talk(text)) {
        out->kind = WX_HELP;
    } else if (!take_command(text, out)) {
        out->kind = WX_REPORT;
        find_place(text, out->place);
    }
}

/* ---- answers ---- */

/* A withdrawal may leave the case to others. */
static enum wx_text withdrawn_as(const char *code)
{
    static const struct {
        const char *code;
        enum wx_text text;
    } table[] = {{"OTHERS_LEFT", WX_left}, {"PRESSURE_CHECK", WX_checked}, {"SAFETY", WX_goes_on}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(code, table[i].code) == 0)
            return table[i].text;
    return WX_withdrawn;
}

enum wx_text wx_command_done(const struct wx_command *command, const char *code)
{
    switch (command->kind) {
    case WX_GOOD:
        return WX_thanks;
    case WX_PICTURE:
        return WX_picture;
    case WX_ADD:
        return WX_added;
    case WX_BAD:
        return WX_again;
    default:
        return withdrawn_as(code);
    }
}
