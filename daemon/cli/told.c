/* hongxin told: who was told what of a case, when, by which road, and who acknowledged it. */
#include "cli/query.h"
#include "cli/rules_file.h"
#include "cli/show.h"
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

/* "community:C-03/ma" speaks for "community:C-03". */
static bool speaks_for(const char *by, const char *to)
{
    size_t n = strlen(to);

    return !strncmp(by, to, n) && (!by[n] || by[n] == '/');
}

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
                !strcmp(event->data->level, f->level) && speaks_for(event->by, f->to);
    if (fits) {
        snprintf(out->by, sizeof out->by, "%s", event->by);
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
    if (*f->person)
        fprintf(s->out, " %s", f->person);
    if (*f->instead_of)
        fprintf(s->out, " (%s %s)", s->zh ? "代" : "instead of", f->instead_of);
    if (*f->undelivered)
        show_paint(s, SHOW_RED, "  %s: %s", s->zh ? "未送达" : "not delivered", f->undelivered);
    else
        fputs(s->zh ? "  推送" : "  by feed", s->out);
    if (a.at)
        show_paint(s, SHOW_GREEN, "  %s %s %s", s->zh ? "已确认" : "acknowledged",
                   show_time(s, a.at, t->entries[0]->t_rec, time), a.by);
    fputc('\n', s->out);
    if (t->texts)
        fprintf(s->out, "    %s\n", hx_notice_text(t->texts, e, f, s->zh, text));
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
    .about = "One line for each notice, oldest first: kind, level and clock, the receiver and the "
             "person on duty\n"
             "there, whether it went out by the feed or could not be delivered, and the first "
             "acknowledgement of it\n"
             "by that receiver. With --json each line is the notice with acked_by and acked_at.",
    .examples = "  hongxin told CL-1\n      everybody who was told of the first case\n"
                "  hongxin told CL-1 --texts --zh\n      with what they read, in Chinese\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .max_operands = 1,
    .run = run,
};
