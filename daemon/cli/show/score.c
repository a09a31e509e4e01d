/* Promises kept and broken. See score.h. */
#include "cli/show/score.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 5 };

/* The clocks that are promises to the citizen. */
static bool is_promise(const char *clock)
{
    static const char *const names[] = {"K_ARRIVE", "K_CONTACT", "K_RESOLVE", "K_PLAN",
                                        "K_PROMISE"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(clock, names[i]))
            return true;
    return false;
}

/* The line of a name, made when there is room; the last line takes what has none. */
static struct score_line *line_of(struct score_line *lines, size_t *n, size_t most,
                                  const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (!strcmp(lines[i].name, name))
            return &lines[i];
    if (*n == most)
        return &lines[most - 1];
    hx_text_put(lines[*n].name, sizeof lines[*n].name, name);
    return &lines[(*n)++];
}

static void count(struct score *s, const char *clock, const char *holder, int kept, int broken)
{
    struct score_line *c, *h;

    if (!is_promise(clock))
        return;
    c = line_of(s->clocks, &s->n_clocks, SCORE_CLOCKS, clock);
    h = line_of(s->holders, &s->n_holders, SCORE_HOLDERS, *holder ? holder : "-");
    c->kept += (uint64_t)kept;
    h->kept += (uint64_t)kept;
    c->broken += (uint64_t)broken;
    h->broken += (uint64_t)broken;
}

static void count_state(struct score *s, const hxp_state_fact *f)
{
    s->held += !strcmp(f->to, "HELD");
    s->deemed += !strcmp(f->to, "HELD") && !strcmp(f->cause, "K_HANDOVER");
    s->resolved += !strcmp(f->to, "RESOLVED");
    s->closed += !strncmp(f->to, "CLOSED", 6);
    s->reopened += !strcmp(f->cause, "CALLBACK_BAD") || !strcmp(f->cause, "REOPENED");
}

static void count_fact(struct score *s, const hxp_entry *e, const hxp_fact *f)
{
    switch (f->fact_case) {
    case HONGXIN__V1__FACT__FACT_STATE:
        count_state(s, f->state);
        break;
    case HONGXIN__V1__FACT__FACT_CLOCK:
        if (!strcmp(f->clock->change, "STOP") &&
            f->clock->judged_case == HONGXIN__V1__CLOCK_FACT__JUDGED_MET && f->clock->met)
            count(s, f->clock->clock, e->holder, 1, 0);
        break;
    case HONGXIN__V1__FACT__FACT_BREACH:
        count(s, f->breach->clock, f->breach->holder, 0, 1);
        break;
    case HONGXIN__V1__FACT__FACT_BREACH_MARK:
        count(s, f->breach_mark->clock, e->holder, 0, -1);
        s->rebutted++;
        break;
    case HONGXIN__V1__FACT__FACT_NOTICE:
        s->notices++;
        break;
    default:
        break;
    }
}

void score_entry(struct score *s, const hxp_entry *e)
{
    s->entries++;
    s->now = e->t_rec;
    s->reported += !strcmp(e->cause, "REPORTED");
    s->arrived += !strcmp(e->cause, "ARRIVED");
    for (size_t i = 0; i < e->n_facts; i++)
        count_fact(s, e, e->facts[i]);
}

static uint64_t total(const struct score_line *lines, size_t n, bool broken)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += broken ? lines[i].broken : lines[i].kept;
    return sum;
}

void score_print_state(const struct score *s, struct show *show)
{
    char time[HX_INSTANT_TEXT];

    show_time(show, s->now, s->now, time);
    time[5] = '\0';
    show_paint(show, SHOW_CYAN,
               "%s  reported 受理 %" PRIu64 " · arrived 到场 %" PRIu64 " · solved 办结 %" PRIu64
               " · closed 已回访 %" PRIu64 " · kept 按时 %" PRIu64 " · broken 超时 %" PRIu64 "\n",
               time, s->reported, s->arrived, s->resolved, s->closed,
               total(s->clocks, s->n_clocks, false), total(s->clocks, s->n_clocks, true));
}

static double share(const struct score_line *l)
{
    uint64_t all = l->kept + l->broken;

    return all ? 100.0 * (double)l->kept / (double)all : 100;
}

static int by_broken(const void *a, const void *b)
{
    const struct score_line *x = a, *y = b;

    if (x->broken != y->broken)
        return x->broken > y->broken ? -1 : 1;
    if (x->kept != y->kept)
        return x->kept < y->kept ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void print_line(struct show *show, const struct score_line *l, const char *words)
{
    fprintf(show->out, "  %-10s %6" PRIu64 " kept %6" PRIu64 " broken  ", l->name, l->kept,
            l->broken);
    show_paint(show, l->broken ? SHOW_YELLOW : SHOW_GREEN, "%5.1f %%", share(l));
    fprintf(show->out, "  %s\n", words ? words : "");
}

void score_print(struct score *s, struct show *show, const char *(*name)(void *ctx, const char *id),
                 void *ctx)
{
    size_t worst = s->n_holders < SHOWN ? s->n_holders : SHOWN, best = 0;

    show_paint(show, SHOW_BOLD, "\nPromises 承诺\n");
    for (size_t i = 0; i < s->n_clocks; i++)
        print_line(show, &s->clocks[i], words_text(WORDS_CLOCK, s->clocks[i].name, show->zh));
    qsort(s->holders, s->n_holders, sizeof *s->holders, by_broken);
    show_paint(show, SHOW_BOLD, "\nMost broken 超时最多\n");
    for (size_t i = 0; i < worst && s->holders[i].broken; i++)
        print_line(show, &s->holders[i], name(ctx, s->holders[i].name));
    show_paint(show, SHOW_BOLD, "\nBest 兑现最好\n");
    for (size_t i = s->n_holders; i > worst && best < SHOWN; i--, best++)
        print_line(show, &s->holders[i - 1], name(ctx, s->holders[i - 1].name));
    fprintf(show->out,
            "\n%" PRIu64 " complaints, %" PRIu64 " deemed held 视同签收, %" PRIu64
            " reopened 重办, %" PRIu64 " notices 通知, %" PRIu64
            " breaches taken back 更正; %" PRIu64 " entries in the journal\n",
            s->reported, s->deemed, s->reopened, s->notices, s->rebutted, s->entries);
}
