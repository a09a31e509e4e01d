/* hongxin told: who was told what of a case, when, by which road, and who acknowledged it. */
#include "base/text.h"
#include "cli/ask/query.h"
#include "cli/operate/rules_file.h"
#include "cli/show/show.h"
#include "engine/duty/stand_in.h"
#include "hongxin/json.h"
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"texts", NULL, NULL, "with the text that the receiver reads"},
    {"source", "NAME", NULL, "the operand is an outside reference of this source"},
    {NULL, NULL, NULL, NULL},
};

struct told {
    const struct cli *cli;
    struct show s;
    hxp_entry **entries; /* the case's history, oldest first */
    size_t n;
    const struct hx_notice_texts *texts; /* NULL = not wanted */
};

/* Who acknowledged a notice, and when. */
struct acked {
    char by[128];
    int64_t at; /* 0 = nobody has */
};

static bool accepted(const hxp_entry *e)
{
    return e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY &&
           e->facts[0]->reply->result == HONGXIN__V1__RESULT__ACCEPTED;
}

static bool acknowledges(const hxp_entry *e, const hxp_notice_fact *f, struct acked *out)
{
    if (strcmp(e->cause, "NOTICE_ACKED") != 0 || !accepted(e))
        return false;
    hxp_event *event = hongxin__v1__event__unpack(NULL, e->event.len, e->event.data);
    bool fits = event && event->data && !strcmp(event->data->clock, f->clock) &&
                !strcmp(event->data->level, f->level) &&
                hx_post_speaks(event->by, f->to, f->stand_in);
    if (fits) {
        hx_text_put(out->by, sizeof out->by, event->by);
        out->at = e->t_eff;
    }
    if (event)
        hongxin__v1__event__free_unpacked(event, NULL);
    return fits;
}

/* The first acknowledgement behind the notice. */
static struct acked find_ack(const struct told *t, size_t from, const hxp_notice_fact *f)
{
    struct acked a = {.at = 0};

    for (size_t i = from + 1; *f->clock && i < t->n; i++)
        if (acknowledges(t->entries[i], f, &a))
            break;
    return a;
}

/* Whether this try, receipt or failure is one of this notice. A receipt that names no entry is for
 * what this receiver was told last before. */
static bool is_of(const struct told *t, const hxp_delivery_fact *d, size_t at,
                  const hxp_notice_fact *f)
{
    if (strcmp(d->to, f->to) != 0)
        return false;
    if (d->notice)
        return d->notice == t->entries[at]->lsn && !strcmp(d->kind, f->kind) &&
               !strcmp(d->clock, f->clock) && !strcmp(d->level, f->level);
    return !strcmp(d->clock, f->clock) && !strcmp(d->level, f->level);
}

/* The next fact about the way of this notice, from position *i, *j on; NULL ends. */
static const hxp_delivery_fact *next_step(const struct told *t, size_t at, const hxp_notice_fact *f,
                                          size_t *i, size_t *j)
{
    for (; *i < t->n; (*i)++, *j = 0)
        while (*j < t->entries[*i]->n_facts) {
            const hxp_fact *fact = t->entries[*i]->facts[(*j)++];
            if (fact->fact_case == HONGXIN__V1__FACT__FACT_DELIVERY &&
                is_of(t, fact->delivery, at, f))
                return fact->delivery;
        }
    return NULL;
}

/* Tries, receipts and failures of one notice, a line each. */
static void print_steps(struct told *t, size_t at, const hxp_notice_fact *f)
{
    struct show *s = &t->s;
    char time[HX_INSTANT_TEXT];
    size_t i = at, j = 0;
    const hxp_delivery_fact *d;

    while ((d = next_step(t, at, f, &i, &j))) {
        bool good = !strcmp(d->result, "DELIVERED") || !strcmp(d->result, "SENT");
        fprintf(s->out, "    %s  ", show_time(s, t->entries[i]->t_rec, t->entries[0]->t_rec, time));
        show_paint(s, good ? SHOW_GREEN : SHOW_RED, "%s %s",
                   words_text(WORDS_DELIVERY, d->result, s->zh),
                   words_text(WORDS_DELIVERY, d->result, !s->zh));
        if (*d->road)
            fprintf(s->out, "  %s", d->road);
        if (d->attempt > 1)
            fprintf(s->out, " %u", d->attempt);
        if (*d->error)
            fprintf(s->out, "  %s", words_text(WORDS_DELIVERY, d->error, s->zh));
        if (*d->fault)
            fprintf(s->out, "  %s", words_text(WORDS_DELIVERY, d->fault, s->zh));
        fprintf(s->out, "%s%s%s%s\n", *d->by ? "  " : "", d->by, *d->receipt ? "  " : "",
                d->receipt);
    }
}

/* By which road it went, or why it did not. */
static void print_road(const struct show *s, const hxp_notice_fact *f)
{
    if (*f->held)
        fprintf(s->out, "  %s %s", s->zh ? "并入汇总" : "held", f->held);
    else if (*f->undelivered)
        show_paint(s, SHOW_RED, "  %s%s%s: %s", s->zh ? "未送达" : "not delivered",
                   !*f->road ? ""
                   : s->zh   ? "，渠道 "
                             : " by ",
                   f->road, words_text(WORDS_DELIVERY, f->undelivered, s->zh));
    else
        fprintf(s->out, "  %s %s", s->zh ? "渠道" : "by", *f->road ? f->road : "feed");
    if (*f->missed)
        fprintf(s->out, "  (%s %s)", s->zh ? "因未能送达" : "in place of", f->missed);
}

static void print_row(struct told *t, size_t at, const hxp_notice_fact *f)
{
    struct show *s = &t->s;
    char time[HX_INSTANT_TEXT], text[HX_NOTICE_TEXT];
    const hxp_entry *e = t->entries[at];
    struct acked a = find_ack(t, at, f);

    fprintf(s->out, "%s  ", show_time(s, e->t_rec, t->entries[0]->t_rec, time));
    show_code(s, WORDS_NOTICE, f->kind);
    fprintf(s->out, "%s%s%s%s  %s", *f->level ? " " : "", f->level, *f->clock ? " " : "", f->clock,
            f->to);
    if (*f->stand_in)
        fprintf(s->out, " (%s %s)", s->zh ? "由其代行" : "answered for by", f->stand_in);
    if (*f->person)
        fprintf(s->out, " %s", f->person);
    if (*f->instead_of)
        fprintf(s->out, " (%s %s)", s->zh ? "代" : "instead of", f->instead_of);
    print_road(s, f);
    if (a.at)
        show_paint(s, SHOW_GREEN, "  %s %s %s", s->zh ? "已确认" : "acknowledged",
                   show_time(s, a.at, t->entries[0]->t_rec, time), a.by);
    fputc('\n', s->out);
    print_steps(t, at, f);
    if (t->texts)
        fprintf(s->out, "    %s\n", hx_notice_text(t->texts, e, f, s->zh, text));
}

/* The same as a list: each step as the fact is, with its instant. */
static void add_steps(struct told *t, size_t at, const hxp_notice_fact *f, json_t *line)
{
    size_t i = at, j = 0;
    const hxp_delivery_fact *d;
    json_t *steps = json_array();

    while ((d = next_step(t, at, f, &i, &j))) {
        hxp_fact fact = HONGXIN__V1__FACT__INIT;
        fact.fact_case = HONGXIN__V1__FACT__FACT_DELIVERY;
        fact.delivery = (hxp_delivery_fact *)(uintptr_t)d;
        json_array_append_new(steps,
                              hx_json_fact_line(t->entries[i], &fact, NULL, t->cli->utc_offset));
    }
    json_object_set_new(line, "deliveries", steps);
}

static void print_json(struct told *t, size_t at, const hxp_fact *fact)
{
    const hxp_entry *e = t->entries[at];
    const hxp_notice_fact *f = fact->notice;
    struct acked a = find_ack(t, at, f);
    char time[HX_INSTANT_TEXT], text[HX_NOTICE_TEXT];
    json_t *line = hx_json_fact_line(e, fact, NULL, t->cli->utc_offset);

    if (line && a.at) {
        json_object_set_new(line, "acked_by", json_string(a.by));
        json_object_set_new(line, "acked_at",
                            json_string(hx_instant_format(a.at, t->cli->utc_offset, time)));
    }
    if (line)
        add_steps(t, at, f, line);
    for (int zh = 0; line && t->texts && zh < 2; zh++)
        json_object_set_new(line, zh ? "zh" : "en",
                            json_string(hx_notice_text(t->texts, e, f, zh, text)));
    if (line)
        json_dumpf(line, stdout, HX_JSON_DUMP);
    putchar('\n');
    json_decref(line);
}

static void print_all(struct told *t)
{
    for (size_t i = 0; i < t->n; i++)
        for (size_t j = 0; j < t->entries[i]->n_facts; j++) {
            const hxp_fact *f = t->entries[i]->facts[j];
            if (f->fact_case != HONGXIN__V1__FACT__FACT_NOTICE)
                continue;
            if (t->cli->json)
                print_json(t, i, f);
            else
                print_row(t, i, f->notice);
        }
}

static int load(struct told *t, const hxp_case_answer *a)
{
    t->entries = calloc(a->n_history + 1, sizeof(hxp_entry *));
    if (!t->entries)
        return cli_fail(t->cli, CLI_NEGATIVE, "out of memory");
    t->n = 0;
    for (size_t i = 0; i < a->n_history; i++) {
        hxp_entry *e = query_entry(&a->history[i]);
        if (e)
            t->entries[t->n++] = e;
    }
    if (a->cut)
        fprintf(stderr, "the oldest entries are left out\n");
    return CLI_OK;
}

static void clean(struct told *t)
{
    for (size_t i = 0; i < t->n; i++)
        hongxin__v1__entry__free_unpacked(t->entries[i], NULL);
    free(t->entries);
}

static int run(struct cli *cli)
{
    struct told t = {.cli = cli};
    struct rules_texts texts = {NULL, NULL};
    hx_client *client;
    hxp_response *answer;
    int rc = query_case(cli, true, &client, &answer);

    if (rc)
        return rc;
    show_init(&t.s, cli, stdout);
    if (cli_has(cli, "texts"))
        rc = rules_texts_ask(cli, client, &texts);
    t.texts = texts.texts;
    if (!rc)
        rc = load(&t, answer->case_answer);
    if (!rc)
        print_all(&t);
    clean(&t);
    rules_texts_free(&texts);
    hx_response_free(answer);
    hx_client_close(client);
    return rc;
}

const struct cli_command cli_told = {
    .name = "told",
    .summary = "show who was told what of a case, when, by which road, and who acknowledged",
    .operands = "N",
    .about =
        "One line for each notice, oldest first: kind, level and clock, the receiver and the "
        "person on duty\n"
        "there, by which road it went or why it could not, and the first acknowledgement of it "
        "by that\n"
        "receiver; below it every further try, receipt and failure with its fault. A receipt "
        "that was deemed stands\n"
        "below the dispatch. With --json each line is the notice with acked_by, acked_at and "
        "deliveries.",
    .examples = "  hongxin told CL-1\n      everybody who was told of the first case\n"
                "  hongxin told CL-1 --texts --zh\n      with what they read, in Chinese\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 1,
    .run = run,
};
