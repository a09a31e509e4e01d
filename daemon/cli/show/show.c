/* Pieces of lines: colours, words, times. */
#include "cli/show/show.h"

#include "base/utf8.h"
#include "hongxin/number.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

void show_init(struct show *s, const struct cli *cli, FILE *out)
{
    *s = (struct show){
        .out = out, .zh = cli->zh, .colour = cli->colour, .utc_offset = cli->utc_offset};
}

static const char *escape(const struct show *s, enum show_colour colour)
{
    static const char *const codes[] = {"",         "\033[2m",  "\033[1m", "\033[1;31m",
                                        "\033[32m", "\033[33m", "\033[36m"};

    return s->colour ? codes[colour] : "";
}

void show_paint(const struct show *s, enum show_colour colour, const char *fmt, ...)
{
    const char *begin = escape(s, colour);
    va_list ap;
    va_start(ap, fmt);
    fputs(begin, s->out);
    vfprintf(s->out, fmt, ap);
    fputs(*begin ? "\033[0m" : "", s->out);
    va_end(ap);
}

void show_code(const struct show *s, enum words_kind kind, const char *code)
{
    const struct words *w = words_find(kind, code);

    if (!w)
        fprintf(s->out, "%s", code);
    else if (s->zh)
        fprintf(s->out, "%s %s", w->zh, code);
    else
        fprintf(s->out, "%s %s", code, w->zh);
}

void show_clock(const struct show *s, const char *clock)
{
    fprintf(s->out, "%s %s", clock, words_text(WORDS_CLOCK, clock, s->zh));
}

const char *show_label(const struct show *s, const char *label)
{
    return words_text(WORDS_LABEL, label, s->zh);
}

void show_foreign(const struct show *s, const char *text)
{
    for (const char *p = text; *p;) {
        size_t n = hx_utf8_control(p);
        fputc(n ? '?' : *p, s->out);
        p += n ? n : 1;
    }
}

int show_width(const char *text)
{
    int columns = 0;

    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        if ((*p & 0xC0) != 0x80)
            columns += *p >= 0xE3 ? 2 : 1; /* from U+3000 on: wide */
    return columns;
}

static int64_t local_day(const struct show *s, int64_t ms)
{
    return (ms + s->utc_offset * HX_MINUTE) / HX_DAY;
}

static char *put_text(char text[HX_INSTANT_TEXT], const char *from)
{
    snprintf(text, HX_INSTANT_TEXT, "%s", from);
    return text;
}

char *show_time(const struct show *s, int64_t ms, int64_t near, char text[HX_INSTANT_TEXT])
{
    char full[HX_INSTANT_TEXT];

    if (!ms)
        return put_text(text, "-");
    hx_instant_format(ms, s->utc_offset, full);
    full[10] = ' ';  /* 2026-10-12T19:05:20.000+08:00 */
    full[19] = '\0'; /* seconds are enough for people; `hongxin explain` is exact */
    return put_text(text, near && local_day(s, ms) == local_day(s, near) ? full + 11 : full);
}

char *show_span(const struct show *s, int64_t ms, char text[HX_INSTANT_TEXT])
{
    static const struct {
        int64_t ms;
        const char *en, *zh;
    } units[] = {{HX_DAY, "d", "天"},
                 {HX_HOUR, "h", "小时"},
                 {HX_MINUTE, "min", "分钟"},
                 {HX_SECOND, "s", "秒"},
                 {1, "ms", "毫秒"}};
    size_t n = 0, used = 0;

    if (!ms)
        return put_text(text, s->zh ? "0 秒" : "0 s");
    *text = '\0';
    for (size_t i = 0; i < 5 && used < 2; i++) {
        if (ms < units[i].ms && !used)
            continue;
        used++;
        if (ms / units[i].ms && (i < 4 || used == 1))
            n += (size_t)snprintf(text + n, HX_INSTANT_TEXT - n, "%s%" PRId64 " %s", n ? " " : "",
                                  ms / units[i].ms, s->zh ? units[i].zh : units[i].en);
        ms %= units[i].ms;
    }
    return text;
}

const char *show_receiver(const char *to)
{
    static const char *const roles[] = {"community:", "grid:", "street:"};

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (!strncmp(to, roles[i], strlen(roles[i])))
            return to + strlen(roles[i]);
    return to;
}

const char *show_number(uint64_t case_number, char text[32])
{
    return case_number ? hx_number_format(case_number, text) : "-";
}

void show_case_line(struct show *s, const hxp_case_view *v, int64_t now)
{
    char due[HX_INSTANT_TEXT], span[HX_INSTANT_TEXT];
    const struct words *state = words_find(WORDS_STATE, v->state);

    show_paint(s, SHOW_BOLD, "%-8s", v->number);
    if (v->drill)
        show_paint(s, SHOW_YELLOW, " %s", show_label(s, "DRILL"));
    fprintf(s->out, " %-10s %s  %-9s %-7s", v->state, state ? state->zh : "", v->class_, v->holder);
    if (v->where)
        fprintf(s->out, " %-7s", *v->where->building ? v->where->building : v->where->estate);
    if (v->cycle > 1)
        fprintf(s->out, " %s %u", show_label(s, "cycle"), v->cycle);
    if (*v->level)
        show_paint(s, *v->level > '1' || v->level[1] > '1' ? SHOW_RED : SHOW_YELLOW, " %s",
                   v->level);
    if (v->next_deadline) {
        int64_t left = v->next_deadline - now;
        fprintf(s->out, "  %s %s", v->next_clock, show_time(s, v->next_deadline, now, due));
        show_paint(s, left < 0 ? SHOW_RED : SHOW_PLAIN, " (%s %s)",
                   show_span(s, left < 0 ? -left : left, span),
                   show_label(s, left < 0 ? "late" : "left"));
    }
    fputc('\n', s->out);
}
