/* hongxin case: everything that is true now of one case. */
#include "base/now.h"
#include "cli/ask/query.h"
#include "cli/operate/rules_file.h"
#include "cli/show/show.h"
#include <inttypes.h>
#include <string.h>

static const struct cli_option options[] = {
    {"history", NULL, NULL, "every step so far, oldest first"},
    {"texts", NULL, NULL, "with --history: the text that each receiver of a notice read"},
    {"at", "TIME", NULL, "as of this instant: what was known and what was due then"},
    {"secret", "FILE", "@file",
     "file with the secret of the case: its public status, for whoever reported it"},
    {"source", "NAME", NULL, "the operand is an outside reference of this source"},
    {NULL, NULL, NULL, NULL},
};

enum { HEADING = 16 }; /* columns */

static void heading(const struct show *s, const char *label)
{
    const char *text = show_label(s, label);

    fprintf(s->out, "  %s%*s", text, HEADING - show_width(text), "");
}

static void print_first(const struct show *s, const hxp_case_view *v)
{
    show_paint(s, SHOW_BOLD, "%s  ", v->number);
    if (v->drill)
        show_paint(s, SHOW_YELLOW, "%s  ", show_label(s, "DRILL"));
    show_code(s, WORDS_STATE, v->state);
    fprintf(s->out, "  %s", *v->class_ ? "" : "-");
    if (*v->class_)
        show_code(s, WORDS_CLASS, v->class_);
    if (v->cycle > 1)
        fprintf(s->out, "  %s %u", show_label(s, "cycle"), v->cycle);
    if (*v->level)
        show_paint(s, SHOW_RED, "  %s %s", v->level, words_text(WORDS_LEVEL, v->level, s->zh));
    fputc('\n', s->out);
}

/* Who stands beside the holder, and why the community holds. */
static void print_helpers(const struct show *s, const hxp_case_view *v)
{
    char due[HX_INSTANT_TEXT];

    if (*v->second_holder) {
        heading(s, "second holder");
        fprintf(s->out, "%s\n", v->second_holder);
    }
    if (v->no_company) {
        heading(s, "no company");
        fprintf(s->out, "%s\n", v->where ? v->where->estate : "");
    }
    for (size_t i = 0; i < v->n_units; i++) {
        heading(s, "assisting");
        fprintf(s->out, "%s  %s %s\n", v->units[i]->unit, show_label(s, "due"),
                show_time(s, v->units[i]->deadline, 0, due));
    }
}

/* From hand to hand: who sent it back, why, and by whose decision (H6). */
static void print_returns(const struct show *s, const hxp_case_view *v)
{
    char time[HX_INSTANT_TEXT];

    for (size_t i = 0; i < v->n_returns; i++) {
        const Hongxin__V1__ReturnView *r = v->returns[i];
        bool refused = r->at && !strcmp(r->holder, r->to);
        if (i)
            fprintf(s->out, "  %*s", HEADING, "");
        else
            heading(s, "sent back");
        fprintf(s->out, "%s → %s  %s", r->holder, r->at ? r->to : "?",
                words_text(WORDS_LABEL, r->reason, s->zh));
        if (r->asked)
            fprintf(s->out, "  %s %s %s", show_label(s, "asked"),
                    show_time(s, r->asked, v->t_report, time), r->asked_by);
        if (r->at)
            fprintf(s->out, "  %s %s %s", show_label(s, refused ? "turned down" : "decided"),
                    show_time(s, r->at, v->t_report, time),
                    *r->decided_by ? r->decided_by : r->cause);
        fputc('\n', s->out);
    }
}

static void print_order(const struct show *s, const hxp_case_view *v)
{
    char time[HX_INSTANT_TEXT];

    if (!v->order)
        return;
    heading(s, "order");
    fprintf(s->out, "%s%s%s  %s\n", v->order->order, *v->order->order ? "  " : "", v->order->by,
            show_time(s, v->order->at, v->t_report, time));
}

/* Since when the holder has it, and since when somebody there. */
static void print_since(const struct show *s, const hxp_case_view *v)
{
    char time[HX_INSTANT_TEXT];

    if (v->holder_at)
        fprintf(s->out, "  %s %s", show_label(s, "since"),
                show_time(s, v->holder_at, v->t_report, time));
    if (v->held_since)
        fprintf(s->out, ", %s %s", show_label(s, "taken"),
                show_time(s, v->held_since, v->t_report, time));
    fputc('\n', s->out);
}

static void print_where(const struct show *s, const hxp_case_view *v)
{
    const hxp_where *w = v->where;

    heading(s, "holder");
    fprintf(s->out, "%s %s%s%s", *v->holder ? v->holder : "-",
            s->zh ? v->holder_name_zh : v->holder_name_en, *v->holder_person ? "  " : "",
            v->holder_person);
    print_since(s, v);
    print_returns(s, v);
    print_order(s, v);
    print_helpers(s, v);
    if (!w)
        return;
    const char *const ids[] = {w->building, w->estate, w->grid, w->community, w->street};
    heading(s, "place");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (*ids[i])
            fprintf(s->out, "%s ", ids[i]);
    fputc('\n', s->out);
}

static void print_times(const struct show *s, const hxp_case_view *v)
{
    char time[HX_INSTANT_TEXT];

    heading(s, "reported");
    fprintf(s->out, "%s", show_time(s, v->t_report, 0, time));
    if (v->t0 && v->t0 != v->t_report)
        fprintf(s->out, "  (%s)", show_time(s, v->t0, v->t_report, time));
    if (v->t_closed)
        fprintf(s->out, "  → %s", show_time(s, v->t_closed, v->t_report, time));
    fprintf(s->out, "%s%s\n", *v->ref ? "  " : "", v->ref);
    if (!v->n_flags)
        return;
    heading(s, "flags");
    for (size_t i = 0; i < v->n_flags; i++) {
        fputs(i ? ", " : "", s->out);
        show_code(s, WORDS_FLAG, v->flags[i]);
    }
    fputc('\n', s->out);
}

/* Several reporters, or one who has been called. */
static void print_reporters(const struct show *s, const hxp_case_view *v)
{
    for (size_t i = 0; i < v->n_callbacks; i++) {
        const Hongxin__V1__PartyView *p = v->callbacks[i];
        if (v->n_callbacks == 1 && strcmp(p->callback, "OPEN") == 0)
            return;
        if (i == 0)
            heading(s, "reporters");
        else
            fprintf(s->out, "  %*s", HEADING, "");
        fprintf(s->out, "%s%s%s", p->ref, *p->ref ? " " : "", show_label(s, p->callback));
        if (p->rating)
            fprintf(s->out, " %u/5", p->rating);
        fprintf(s->out, "%s%s%s\n", *p->from_case ? " (" : "", p->from_case,
                *p->from_case ? ")" : "");
    }
}

static void print_links(const struct show *s, const hxp_case_view *v)
{
    const struct {
        const char *label, *number;
    } links[] = {{"repeats", v->repeat_of}, {"merged", v->merged_into}, {"parted", v->split_from}};
    bool any = false;

    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (!*links[i].number)
            continue;
        if (!any)
            heading(s, "linked");
        fprintf(s->out, "%s%s %s", any ? ", " : "", show_label(s, links[i].label), links[i].number);
        any = true;
    }
    if (any)
        fputc('\n', s->out);
}

static void print_clock(const struct show *s, const hxp_clock_fact *c, int64_t now)
{
    char due[HX_INSTANT_TEXT], span[HX_INSTANT_TEXT];
    int64_t left = c->deadline - now;

    fprintf(s->out, "%-15s %s  %s", c->clock, words_text(WORDS_CLOCK, c->clock, s->zh),
            words_text(WORDS_CHANGE, c->change, s->zh));
    if (c->deadline)
        fprintf(s->out, "  %s %s", show_label(s, "due"), show_time(s, c->deadline, now, due));
    if (c->judged_case == HONGXIN__V1__CLOCK_FACT__JUDGED_MET)
        show_paint(s, c->met ? SHOW_GREEN : SHOW_RED, "  %s",
                   show_label(s, c->met ? "met" : "missed"));
    else if (c->deadline && !strcmp(c->change, "RUNNING"))
        show_paint(s, left < 0 ? SHOW_RED : SHOW_PLAIN, "  %s %s",
                   show_span(s, left < 0 ? -left : left, span),
                   show_label(s, left < 0 ? "late" : "left"));
    fputc('\n', s->out);
}

static void print_clocks(const struct show *s, const hxp_case_view *v, int64_t now)
{
    for (size_t i = 0; i < v->n_clocks; i++) {
        if (i)
            fprintf(s->out, "  %*s", HEADING, "");
        else
            heading(s, "clocks");
        print_clock(s, v->clocks[i], now);
    }
}

static void print_silences(const struct show *s, const hxp_case_view *v)
{
    char until[HX_INSTANT_TEXT];

    for (size_t i = 0; i < v->n_silences; i++) {
        const Hongxin__V1__SilenceView *x = v->silences[i];
        if (i)
            fprintf(s->out, "  %*s", HEADING, "");
        else
            heading(s, "silent");
        fprintf(s->out, "%s %s %s → %s  %s  %s\n", x->clock,
                words_text(WORDS_CLOCK, x->clock, s->zh), x->level,
                show_time(s, x->until, hx_wall_ms(), until), x->by, x->why);
    }
}

/* Notices that have not arrived, and receipts that were missing. */
static void print_deliveries(const struct show *s, const hxp_case_view *v, int64_t now)
{
    char next[HX_INSTANT_TEXT];

    for (size_t i = 0; i < v->n_on_their_way; i++) {
        const hxp_delivery_fact *d = v->on_their_way[i];
        if (i)
            fprintf(s->out, "  %*s", HEADING, "");
        else
            heading(s, "on their way");
        fprintf(s->out, "%s%s%s %s%s%s  %s %u", d->kind, *d->level ? " " : "", d->level, d->to,
                *d->person ? " " : "", d->person, d->road, d->attempt);
        if (*d->error)
            show_paint(s, SHOW_RED, "  %s", words_text(WORDS_DELIVERY, d->error, s->zh));
        fprintf(s->out, "  → %s\n", show_time(s, d->next, now, next));
    }
    if (!v->faults_theirs && !v->faults_ours)
        return;
    heading(s, "receipts");
    fprintf(s->out, "%s %u, %s %u\n", words_text(WORDS_DELIVERY, "THEIRS", s->zh), v->faults_theirs,
            words_text(WORDS_DELIVERY, "OURS", s->zh), v->faults_ours);
}

static void print_breaches(const struct show *s, const hxp_case_view *v)
{
    char due[HX_INSTANT_TEXT];

    for (size_t i = 0; i < v->n_breaches; i++) {
        const hxp_breach_fact *b = v->breaches[i]->breach;
        if (i)
            fprintf(s->out, "  %*s", HEADING, "");
        else
            heading(s, "breaches");
        if (!b)
            continue;
        show_paint(s, SHOW_RED, "%s", b->clock);
        fprintf(s->out, " %s %s %s  %s", words_text(WORDS_CLOCK, b->clock, s->zh),
                show_label(s, "due"), show_time(s, b->deadline, 0, due), b->holder);
        for (size_t k = 0; k < v->breaches[i]->n_marks; k++)
            show_paint(s, SHOW_GREEN, "  %s %s", v->breaches[i]->marks[k],
                       words_text(WORDS_MARK, v->breaches[i]->marks[k], s->zh));
        fprintf(s->out, "  #%" PRIu64 "\n", v->breaches[i]->lsn);
    }
}

/* R10: every second has one owner, and they add up. */
static void print_owners(const struct show *s, const hxp_case_view *v)
{
    const hxp_owner_fact *o = v->owner_ms;
    char span[HX_INSTANT_TEXT];

    if (!o)
        return;
    const struct {
        const char *name;
        uint64_t ms;
    } parts[] = {{"citizen", o->citizen},     {"dispatcher", o->dispatcher}, {"holder", o->holder},
                 {"assisting", o->assisting}, {"arbiter", o->arbiter},       {"force", o->force},
                 {"system", o->system}};
    heading(s, "seconds");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].ms)
            fprintf(s->out, "%s %s%s, ", words_text(WORDS_OWNER, parts[i].name, s->zh),
                    show_span(s, (int64_t)parts[i].ms, span),
                    !strcmp(v->owner, parts[i].name) && !v->t_closed ? " …" : "");
    fprintf(s->out, "%s %s\n", show_label(s, "total"), show_span(s, (int64_t)o->total_ms, span));
}

static void print_history(const struct cli *cli, struct show *s, const hxp_case_answer *a)
{
    if (!cli->json)
        fprintf(s->out, "  %s%s\n", show_label(s, "history"),
                a->cut ? " (the oldest entries are left out)" : "");
    for (size_t i = 0; i < a->n_history; i++) {
        hxp_entry *e = query_entry(&a->history[i]);
        if (!e)
            continue;
        if (cli->json)
            query_print_entry(cli, e);
        else
            show_entry(s, e, NULL);
        hongxin__v1__entry__free_unpacked(e, NULL);
    }
}

/* Now, or the instant that was asked for. */
static int64_t instant_of(const struct cli *cli)
{
    const char *at = cli_get(cli, "at");
    int64_t t = 0;

    return at && !hx_instant_parse(at, &t) ? t : hx_wall_ms();
}

static int run(struct cli *cli)
{
    bool history = cli_has(cli, "history");
    hx_client *client;
    hxp_response *answer;
    struct rules_texts texts = {NULL, NULL};
    struct show s;
    int rc = query_case(cli, history, &client, &answer);

    if (rc)
        return rc;
    const hxp_case_answer *a = answer->case_answer;
    show_init(&s, cli, stdout);
    if (cli->json) {
        query_print_json(cli, &a->view->base);
    } else {
        print_first(&s, a->view);
        print_where(&s, a->view);
        print_times(&s, a->view);
        print_reporters(&s, a->view);
        print_links(&s, a->view);
        print_clocks(&s, a->view, instant_of(cli));
        print_silences(&s, a->view);
        print_deliveries(&s, a->view, instant_of(cli));
        print_breaches(&s, a->view);
        print_owners(&s, a->view);
    }
    if (history && cli_has(cli, "texts"))
        rc = rules_texts_ask(cli, client, &texts);
    s.texts = texts.texts;
    if (history && !rc)
        print_history(cli, &s, a);
    rules_texts_free(&texts);
    hx_response_free(answer);
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_case = {
    .name = "case",
    .summary = "show one case: state, holder, clocks, broken promises, whose seconds",
    .operands = "N",
    .about = "N is the printed number (CL-17 or 17). With --source it is an outside reference, "
             "such as the\n"
             "hotline's work order. With --json the case is one line, and each entry of --history "
             "another.",
    .examples =
        "  hongxin case 1\n      what is true now of the first case\n"
        "  hongxin case CL-1 --history\n      and how it came to that\n"
        "  hongxin case CL-1 --at 2026-10-12T19:20:00+08:00\n      what was known and due then\n"
        "  hongxin case GD20261012001 --source hotline-12345\n      by the hotline's number\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 1,
    .run = run,
};
