/* A notice as a text: the catalogue's sentence with what this notice says. */
#include "base/utf8.h"
#include "config/notice/notice_texts_impl.h"
#include "hongxin/instant.h"
#include "hongxin/number.h"

#include <stdio.h>
#include <string.h>

const char *const notice_part_names[N_PARTS] = {
#define X(name) #name,
    PARTS(X)
#undef X
};

/* ---- what a text is filled with ---- */

/* A notice that is being told. */
struct telling {
    const struct hx_notice_texts *texts;
    const hxp_entry *entry;
    const hxp_notice_fact *notice;
    bool zh;
};

/* A text that grows up to its room; what does not fit is left out. */
struct sink {
    char *text;
    size_t n;
};

static void put_n(struct sink *s, const char *text, size_t n)
{
    size_t room = HX_NOTICE_TEXT - 1 - s->n;
    if (n > room)
        n = hx_utf8_span(text, room);
    memcpy(s->text + s->n, text, n);
    s->n += n;
    s->text[s->n] = '\0';
}

static void put(struct sink *s, const char *text)
{
    put_n(s, text, strlen(text));
}

static const char *title(const struct hx_title *t, bool zh)
{
    return zh ? t->zh : t->en;
}

static void put_list(struct sink *s, char *const *list, size_t n, bool zh)
{
    for (size_t i = 0; i < n; i++) {
        put(s, i == 0 ? "" : zh ? "、" : ", ");
        put(s, list[i]);
    }
}

const struct awaited *notice_awaited(const struct hx_notice_texts *t, const char *event)
{
    for (size_t i = 0; i < t->n_awaits; i++)
        if (strcmp(t->awaits[i].event, event) == 0)
            return &t->awaits[i];
    return NULL;
}

/* What the clock waits for, also when the notice expects nothing any more. */
static const struct awaited *missing(const struct telling *t)
{
    int kind = hx_rules_clock(t->texts->rules, t->notice->clock);
    const char *event = *t->notice->expects ? t->notice->expects
                        : kind > 0          ? t->texts->rules->clocks[kind].until
                                            : "";
    return notice_awaited(t->texts, event);
}

static void put_case(struct sink *s, const struct telling *t)
{
    char number[HX_NUMBER_TEXT];
    put(s, hx_number_format(t->entry->case_number, number));
}

static void put_place(struct sink *s, const struct telling *t)
{
    const hxp_where *w = t->entry->where;
    const char *const ids[] = {w ? w->building : "", w ? w->estate : "", w ? w->grid : "",
                               w ? w->street : "", t->zh ? "无地点" : "no place"};
    size_t i = 0;
    while (!*ids[i])
        i++;
    put(s, ids[i]);
}

static void put_clock(struct sink *s, const struct telling *t)
{
    int kind = hx_rules_clock(t->texts->rules, t->notice->clock);
    put(s, kind > 0 ? title(&t->texts->rules->clocks[kind].title, t->zh) : t->notice->clock);
}

static void put_deadline(struct sink *s, const struct telling *t)
{
    char time[HX_INSTANT_TEXT];
    int64_t at = t->notice->deadline;
    int minutes = hx_zone_offset(&t->texts->rules->zone, at) / 60000;
    if (!at) {
        put(s, t->zh ? "未定" : "not set");
        return;
    }
    hx_instant_format(at, minutes, time);
    put_n(s, time, 10);
    put(s, " ");
    put_n(s, time + 11, 8);
}

static void put_holder(struct sink *s, const struct telling *t)
{
    const char *holder = *t->notice->holder ? t->notice->holder : t->entry->holder;
    put(s, *holder ? holder : t->zh ? "（尚未分派）" : "nobody yet");
}

static void put_missing(struct sink *s, const struct telling *t)
{
    const struct awaited *a = missing(t);
    put(s, a ? a->name.of[t->zh] : t->zh ? "办理" : "action");
}

static void put_expects(struct sink *s, const struct telling *t)
{
    const struct awaited *a = missing(t);
    put(s, a ? a->expects.of[t->zh] : t->zh ? "办理" : "act");
}

static void put_to(struct sink *s, const struct telling *t)
{
    put(s, t->notice->to);
}

static void put_person(struct sink *s, const struct telling *t)
{
    put(s, t->notice->person);
}

static void put_level(struct sink *s, const struct telling *t)
{
    put(s, t->notice->level);
}

static const struct word {
    const char *name;
    void (*put)(struct sink *s, const struct telling *t);
} words[] = {
    {"case", put_case},     {"place", put_place},       {"clock", put_clock},
    {"level", put_level},   {"deadline", put_deadline}, {"missing", put_missing},
    {"to", put_to},         {"expects", put_expects},   {"holder", put_holder},
    {"person", put_person},
};

/* ---- reasons ---- */

enum { CAPTURES = 4 };

/* What the stars of a pattern stand for. */
struct captures {
    const char *at[CAPTURES];
    size_t size[CAPTURES];
};

/* Whether the whole text fits the pattern; each star takes as little as it can. */
static bool fits(const char *pattern, const char *text, struct captures *c, size_t star)
{
    size_t n = strcspn(pattern, "*");
    if (strncmp(pattern, text, n) != 0)
        return false;
    if (!pattern[n])
        return !text[n];
    const char *begin = text + n;
    for (const char *end = begin;; end++) {
        if (star < CAPTURES) {
            c->at[star] = begin;
            c->size[star] = (size_t)(end - begin);
        }
        if (fits(pattern + n + 1, end, c, star + 1))
            return true;
        if (!*end)
            return false;
    }
}

static const struct reason *find_reason(const struct telling *t, const char *why,
                                        struct captures *c)
{
    for (size_t i = 0; i < t->texts->n_reasons; i++) {
        *c = (struct captures){.at = {NULL}};
        if (fits(t->texts->reasons[i].why, why, c, 0))
            return &t->texts->reasons[i];
    }
    return NULL;
}

/* What a star stands for: a clock or a road by its title, an error by its own reason, anything else
 * as it is. */
static void put_capture(struct sink *s, const struct telling *t, const char *text, size_t n)
{
    char what[HX_TITLE_MAX] = "";
    struct captures c;
    if (n >= sizeof what || !n) {
        put_n(s, text, n);
        return;
    }
    memcpy(what, text, n);
    int clock = hx_rules_clock(t->texts->rules, what);
    if (clock > 0) {
        put(s, title(&t->texts->rules->clocks[clock].title, t->zh));
        return;
    }
    char *colon = strstr(what, ": ");
    if (colon)
        *colon = '\0';
    const struct hx_road_rule *road = colon ? hx_rules_road(t->texts->rules, what) : NULL;
    const struct reason *r = find_reason(t, road ? colon + 2 : what, &c);
    if (road) {
        put(s, title(&road->title, t->zh));
        put(s, t->zh ? "，" : ", ");
    }
    if (r && !strchr(r->why, '*'))
        put(s, r->text.of[t->zh]);
    else
        put_n(s, road ? colon + 2 : text, road ? strlen(colon + 2) : n);
}

/* "{1}" to "{4}" are replaced. */
static void put_captured(struct sink *s, const struct telling *t, const char *text,
                         const struct captures *c)
{
    while (*text) {
        size_t n = strcspn(text, "{");
        put_n(s, text, n);
        text += n;
        if (!*text)
            return;
        size_t which = (size_t)(text[1] - '1');
        if (c->at[which])
            put_capture(s, t, c->at[which], c->size[which]);
        text += 3;
    }
}

/* An event or a clock as the reason, by its title. What follows a colon is somebody's own words and
 * is left out. */
static void put_title_of(struct sink *s, const struct telling *t)
{
    const struct hx_rules *rules = t->texts->rules;
    char name[HX_NAME_MAX];
    size_t n = strcspn(t->notice->why, ":");
    if (n >= sizeof name)
        return;
    memcpy(name, t->notice->why, n);
    name[n] = '\0';
    int event = hx_rules_event(rules, name), clock = hx_rules_clock(rules, name);
    if (event >= 0)
        put(s, title(&rules->events[event].title, t->zh));
    else if (clock > 0)
        put(s, title(&rules->clocks[clock].title, t->zh));
}

/* A reason by the catalogue. */
static void put_reason(struct sink *s, const struct telling *t)
{
    struct captures c;
    const struct reason *r = find_reason(t, t->notice->why, &c);
    if (r)
        put_captured(s, t, r->text.of[t->zh], &c);
    else
        put_title_of(s, t);
}

/* ---- what a digest carries ---- */

enum { LINES_SAID = 12 }; /* a text for a telephone; the digest itself has all of them */

static void put_held(struct sink *s, const struct telling *t, const Hongxin__V1__HeldNotice *h)
{
    const struct hx_rules *rules = t->texts->rules;
    int kind = hx_rules_clock(rules, h->clock);
    put(s, h->number);
    if (kind > 0) {
        put(s, " ");
        put(s, title(&rules->clocks[kind].title, t->zh));
    }
    if (*h->level) {
        put(s, " ");
        put(s, h->level);
    }
    if (h->over)
        put(s, t->zh ? "（已办）" : " (done since)");
}

static void put_lines(struct sink *s, const struct telling *t)
{
    const hxp_notice_fact *f = t->notice;
    for (size_t i = 0; i < f->n_lines && i < LINES_SAID; i++) {
        put(s, i == 0 ? "" : t->zh ? "；" : "; ");
        put_held(s, t, f->lines[i]);
    }
    if (f->n_lines > LINES_SAID)
        put(s, t->zh ? "；等" : "; and others");
}

/* ---- parts ---- */

static void put_value(struct sink *s, const struct telling *t, enum part part)
{
    const hxp_notice_fact *f = t->notice;
    switch (part) {
    case PART_told:
        put_list(s, f->told, f->n_told, t->zh);
        break;
    case PART_passed:
        put_list(s, f->passed, f->n_passed, t->zh);
        break;
    case PART_also:
        for (size_t i = 0; i < f->n_also; i++) {
            int kind = hx_rules_clock(t->texts->rules, f->also[i]);
            put(s, i == 0 ? "" : t->zh ? "、" : ", ");
            put(s, kind > 0 ? title(&t->texts->rules->clocks[kind].title, t->zh) : f->also[i]);
        }
        break;
    case PART_why:
        put_reason(s, t);
        break;
    case PART_instead:
        put(s, f->instead_of);
        break;
    case PART_undelivered: {
        hxp_notice_fact as = *f;
        const struct telling why = {t->texts, t->entry, &as, t->zh};
        as.why = f->undelivered;
        if (*f->undelivered)
            put_reason(s, &why);
        break;
    }
    case PART_lines:
        put_lines(s, t);
        break;
    case PART_drill: /* is around the whole text */
    case N_PARTS:
        break;
    }
}

/* Nothing when there is nothing to say. */
static void put_part(struct sink *s, const struct telling *t, enum part part)
{
    char value[HX_NOTICE_TEXT] = "";
    struct sink inner = {value, 0};
    const char *text = t->texts->parts[part].of[t->zh], *hole = strstr(text, "{}");
    put_value(&inner, t, part);
    if (!inner.n || !hole)
        return;
    put_n(s, text, (size_t)(hole - text));
    put(s, value);
    put(s, hole + 2);
}

static bool same(const char *name, const char *word, size_t n)
{
    return strlen(name) == n && memcmp(name, word, n) == 0;
}

/* The word or part of this name. Numbers of parts follow those of words; -1 = unknown. */
static int word_number(const char *name, size_t n)
{
    int count = sizeof words / sizeof *words;
    for (int i = 0; i < count; i++)
        if (same(words[i].name, name, n))
            return i;
    for (int i = 0; i < N_PARTS; i++)
        if (same(notice_part_names[i], name, n))
            return count + i;
    return -1;
}

bool notice_word_known(const char *name, size_t n)
{
    return word_number(name, n) >= 0;
}

static void put_word(struct sink *s, const struct telling *t, const char *name, size_t n)
{
    int word = word_number(name, n), count = sizeof words / sizeof *words;
    if (word >= count)
        put_part(s, t, (enum part)(word - count));
    else if (word >= 0)
        words[word].put(s, t);
}

int notice_kind_of(const char *name)
{
    for (int kind = HX_NOTICE_REMINDER; kind < NOTICES; kind++)
        if (strcmp(hx_notice_kind_name(kind), name) == 0)
            return kind;
    return 0;
}

/* A drill says so before anything else. */
static void mark_drill(struct sink *s, const struct telling *t)
{
    char whole[HX_NOTICE_TEXT];
    const char *part = t->texts->parts[PART_drill].of[t->zh], *hole = strstr(part, "{}");
    if (!hole)
        return;
    memcpy(whole, s->text, s->n + 1);
    s->n = 0;
    put_n(s, part, (size_t)(hole - part));
    put(s, whole);
    put(s, hole + 2);
}

char *hx_notice_text(const struct hx_notice_texts *texts, const hxp_entry *entry,
                     const hxp_notice_fact *notice, bool zh, char text[HX_NOTICE_TEXT])
{
    const struct telling t = {texts, entry, notice, zh};
    struct sink s = {text, 0};
    const char *at = texts->notices[notice_kind_of(notice->kind)].of[zh];
    text[0] = '\0';
    while (*at) {
        size_t n = strcspn(at, "{"), name = at[n] ? strcspn(at + n + 1, "}") : 0;
        put_n(&s, at, n);
        if (!at[n])
            break;
        put_word(&s, &t, at + n + 1, name);
        at += n + 1 + name + 1;
    }
    if (notice->drill)
        mark_drill(&s, &t);
    return text;
}
