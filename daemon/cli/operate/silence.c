/* hongxin silence: repeats of a notice are hidden for a while (静默): who asked for it, until when,
 * why; of one case, or of all cases of an area in which it was told, or will be. */
#include "base/now.h"
#include "cli/ask/query.h"
#include "cli/link.h"
#include "cli/send/publish.h"
#include "cli/show/show.h"
#include "cli/show/why.h"
#include "hongxin/json.h"
#include "hongxin/limits.h"
#include "mapping/record.h"
#include <inttypes.h>
#include <string.h>

static const struct cli_option options[] = {
    {"clock", "CLOCK", "K_ARRIVE K_RESOLVE K_PLAN K_PROMISE K_UPDATE K_SUPERVISE K_STATUTE",
     "new, end: whose notice"},
    {"level", "LEVEL", "L0 L1 L2 L3 L4 L5", "new, end: which of its notices"},
    {"for", "TIME", "30min 2h 1d", "new: how long"},
    {"until", "TIME", NULL, "new: or until this instant, RFC 3339"},
    {"why", "TEXT", NULL, "new: the reason; everybody who is concerned reads it"},
    {"by", "WHO", "street: city/",
     "new, end: who asks for it: street:S-02/wang, city/property/sun"},
    {"place", "ID", NULL,
     "all cases in this street, community, grid, estate or building, instead of N"},
    {"holder", "ID", NULL, "the same for this company or community"},
    {NULL, NULL, NULL, NULL},
};

/* ---- new, end ---- */

static int set(const struct cli *cli, json_t *object, const char *path, const char *text)
{
    char problem[RECORD_PROBLEM];

    if (!text)
        return cli_fail(cli, CLI_USAGE, "--%s is needed",
                        strncmp(path, "data.", 5) ? path : path + 5);
    return record_set(object, path, text, problem) ? cli_fail(cli, CLI_USAGE, "%s", problem)
                                                   : CLI_OK;
}

static int set_end(const struct cli *cli, json_t *object)
{
    char text[HX_INSTANT_TEXT];
    int64_t span;
    int rc = cli_get_duration(cli, "for", 0, &span);

    if (rc || !span)
        return rc ? rc : set(cli, object, "data.until", cli_get(cli, "until"));
    return set(cli, object, "data.until",
               hx_instant_format(hx_wall_ms() + span, cli->utc_offset, text));
}

/* `which` NULL: of no case. */
static int describe(const struct cli *cli, json_t *object, const char *which, bool begin)
{
    char id[RECORD_ID_MAX];
    int rc = CLI_OK;

    record_new_id(hx_wall_ms(), id);
    json_object_set_new(object, "id", json_string(id));
    json_object_set_new(object, "source", json_string("hongxin-cli"));
    json_object_set_new(object, "type", json_string(begin ? "SILENCED" : "SILENCE_ENDED"));
    if (which)
        rc = publish_set_case(cli, object, which);
    if (!rc)
        rc = set(cli, object, "by", cli_get(cli, "by"));
    if (!rc)
        rc = set(cli, object, "data.clock", cli_get(cli, "clock"));
    if (!rc)
        rc = set(cli, object, "data.level", cli_get(cli, "level"));
    if (!rc && begin)
        rc = set_end(cli, object);
    if (!rc && begin)
        rc = set(cli, object, "data.why", cli_get(cli, "why"));
    return rc;
}

static int tell_daemon(const struct cli *cli, bool begin)
{
    json_t *object = json_object();
    int rc = object ? describe(cli, object, cli->operands[1], begin) : CLI_NEGATIVE;

    if (!rc)
        rc = publish_object(cli, object);
    json_decref(object);
    return rc;
}

/* ---- cases of an area ---- */

/* What is done with each; not 0 ends the walk and is returned. */
typedef int each_fn(void *ctx, const hxp_case_view *view);

static int take_page(const Hongxin__V1__ListAnswer *page, each_fn *each, void *ctx,
                     void (*area)(void *ctx, const hxp_silence *w))
{
    int rc = CLI_OK;

    for (size_t i = 0; i < page->n_silences && area; i++)
        area(ctx, page->silences[i]);
    for (size_t i = 0; i < page->n_cases && !rc; i++)
        rc = each(ctx, page->cases[i]);
    return rc;
}

/* `area` sees what holds for areas; NULL = nobody does. */
static int walk(const struct cli *cli, Hongxin__V1__ListQuery *q, each_fn *each,
                void (*area)(void *ctx, const hxp_silence *w), void *ctx)
{
    struct query_filter filter;
    hxp_response *answer;
    hx_client *client;
    bool cut = true;
    int rc = query_filter(cli, &filter);

    filter.filter.min_level = (char *)
        protobuf_c_empty_string; /* --level is of the notice, wherever the case stands now */
    q->filter = &filter.filter;
    q->limit = HX_LIST_MAX;
    if (!rc && !(rc = link_open(cli, &client))) {
        while (!rc && cut) {
            rc = hx_ask_list(client, q, &answer);
            if (rc) {
                rc = link_fail(cli, client, rc, "silences");
                break;
            }
            rc = take_page(answer->list, each, ctx, area);
            cut = answer->list->cut;
            q->after = answer->list->next;
            hx_response_free(answer);
        }
        hx_client_close(client);
    }
    q->filter = NULL;
    query_filter_fini(&filter);
    return rc;
}

/* The area itself is told first, for the cases that will come; then the open ones are found, and
 * told then: what is told changes the list. */
struct area {
    const struct cli *cli;
    bool begin;
    json_t *numbers;
    size_t taken, refused;
    bool covered; /* those that will come */
};

static int find_one(void *ctx, const hxp_case_view *v)
{
    struct area *a = ctx;
    return json_array_append_new(a->numbers, json_string(v->number)) ? CLI_NEGATIVE : CLI_OK;
}

/* Frees the object. */
static int send(const struct area *a, hx_client *client, json_t *object, hxp_reply **reply)
{
    struct record record;
    char problem[RECORD_PROBLEM];
    bool bad = record_from_json(object, &record, problem);
    int rc;

    json_decref(object);
    if (bad)
        return cli_fail(a->cli, CLI_USAGE, "%s", problem);
    rc = hx_publish(client, record.event, NULL, reply);
    record_fini(&record);
    return rc ? link_fail(a->cli, client, rc, "event") : CLI_OK;
}

/* A case in which the notice was not told has nothing to be silent about. */
static int tell_one(struct area *a, hx_client *client, const char *number)
{
    hxp_reply *reply;
    json_t *object = json_object();
    int rc = object ? describe(a->cli, object, number, a->begin) : CLI_NEGATIVE;

    if (rc) {
        json_decref(object);
        return rc;
    }
    rc = send(a, client, object, &reply);
    if (rc)
        return rc;
    bool taken = reply->result == HONGXIN__V1__RESULT__ACCEPTED;
    a->taken += taken;
    a->refused += !taken;
    if (a->cli->json)
        query_print_json(a->cli, &reply->base);
    else if (taken)
        printf("%s\n", number);
    hx_reply_free(reply);
    return CLI_OK;
}

/* No case is told either. */
static int refused(const struct area *a, const hxp_reply *r)
{
    char why[512];
    why_text(a->cli, r->code, r->message, why, sizeof why);
    return a->begin ? cli_fail(a->cli, CLI_NEGATIVE, "%s; nothing was silenced", why)
                    : cli_fail(a->cli, CLI_NEGATIVE, "%s; no silence was ended", why);
}

/* One that ends none is no failure: cases may have been silenced one by one. */
static int tell_area_itself(struct area *a, hx_client *client)
{
    const struct cli *cli = a->cli;
    const char *place = cli_get(cli, "place"), *holder = cli_get(cli, "holder");
    hxp_reply *reply;
    json_t *object = json_object();
    int rc = object ? describe(cli, object, NULL, a->begin) : CLI_NEGATIVE;

    if (!rc && place)
        rc = set(cli, object, "data.place", place);
    if (!rc && holder)
        rc = set(cli, object, "data.holder", holder);
    if (rc) {
        json_decref(object);
        return rc;
    }
    rc = send(a, client, object, &reply);
    if (rc)
        return rc;
    a->covered = reply->result == HONGXIN__V1__RESULT__ACCEPTED;
    if (cli->json)
        query_print_json(cli, &reply->base);
    if (!a->covered && (a->begin || strcmp(reply->code, "NO_SUCH_SILENCE") != 0))
        rc = refused(a, reply);
    hx_reply_free(reply);
    return rc;
}

static int tell_all(struct area *a)
{
    hx_client *client;
    int rc = link_open(a->cli, &client);

    if (rc)
        return rc;
    rc = tell_area_itself(a, client);
    for (size_t i = 0; i < json_array_size(a->numbers) && !rc; i++)
        rc = tell_one(a, client, json_string_value(json_array_get(a->numbers, i)));
    hx_client_close(client);
    if (!rc && !a->cli->json)
        printf(a->cli->zh ? "%zu 件，另有 %zu 件未发过该通知\n"
                          : "%zu cases; this notice was not told in %zu others\n",
               a->taken, a->refused);
    if (!rc && !a->cli->json && a->begin)
        puts(a->cli->zh ? "之后发生的案件自首次通知后同样静默"
                        : "cases that come are silent, too, once it was told in them");
    return rc;
}

static int tell_area(const struct cli *cli, bool begin)
{
    static char silenced[] = "SILENCED";
    char *flags[] = {silenced};
    Hongxin__V1__ListQuery q = HONGXIN__V1__LIST_QUERY__INIT;
    struct area a = {.cli = cli, .begin = begin, .numbers = json_array()};
    int rc;

    if (!begin) {
        q.flags = flags;
        q.n_flags = 1;
    }
    rc = a.numbers ? walk(cli, &q, find_one, NULL, &a) : CLI_NEGATIVE;
    if (!rc)
        rc = tell_all(&a);
    json_decref(a.numbers);
    return rc || a.taken || a.covered ? rc : CLI_NEGATIVE;
}

/* ---- list ---- */

static void print_silence(const struct show *s, const char *of, const hxp_silence *x)
{
    char time[HX_INSTANT_TEXT];

    show_paint(s, SHOW_BOLD, "%s", of);
    fprintf(s->out, "  %s %s %s  %s %s", x->clock, words_text(WORDS_CLOCK, x->clock, s->zh),
            x->level, s->zh ? "至" : "until", show_time(s, x->until, hx_wall_ms(), time));
    fprintf(s->out, "  %s  %s\n", x->by, x->why);
}

struct listing {
    const struct cli *cli;
    struct show show;
};

static int print_one(void *ctx, const hxp_case_view *v)
{
    struct listing *l = ctx;

    if (l->cli->json)
        query_print_json(l->cli, &v->base);
    else
        for (size_t i = 0; i < v->n_silences; i++)
            print_silence(&l->show, v->number, v->silences[i]);
    return CLI_OK;
}

static void print_area(void *ctx, const hxp_silence *w)
{
    struct listing *l = ctx;

    if (l->cli->json)
        query_print_json(l->cli, &w->base);
    else
        print_silence(&l->show, w->area, w);
}

static int list(const struct cli *cli)
{
    static char silenced[] = "SILENCED";
    char *flags[] = {silenced};
    Hongxin__V1__ListQuery q = HONGXIN__V1__LIST_QUERY__INIT;
    struct listing l = {.cli = cli};

    show_init(&l.show, cli, stdout);
    q.flags = flags;
    q.n_flags = 1;
    return walk(cli, &q, print_one, print_area, &l);
}

static int begin_or_end(const struct cli *cli, bool begin)
{
    bool area = cli_has(cli, "place") || cli_has(cli, "holder");

    if (area == (cli->n_operands == 2))
        return cli_fail(cli, CLI_USAGE,
                        "which case, or which area? hongxin silence %s N, or --place",
                        cli->operands[0]);
    return area ? tell_area(cli, begin) : tell_daemon(cli, begin);
}

static int run(struct cli *cli)
{
    const char *action = cli->n_operands ? cli->operands[0] : "list";

    if (!strcmp(action, "list"))
        return list(cli);
    if (!strcmp(action, "new") || !strcmp(action, "end"))
        return begin_or_end(cli, *action == 'n');
    return cli_fail(cli, CLI_USAGE, "new, end or list, not %s", action);
}

const struct cli_command cli_silence = {
    .name = "silence",
    .summary = "hide repeats of a notice for a while, end that, or list what is silent",
    .operands = "[new|end|list] [N]",
    .about = "Only a street or the city may (level 3 or higher), with a reason and an end at most "
             "seven days ahead,\n"
             "and only for a notice that was told. The first notice of a promise, the next level, "
             "the breach, its\n"
             "correction and its all-clear are never hidden. Whoever is concerned hears when it "
             "begins and when it ends.",
    .examples =
        "  hongxin silence new CL-1 --clock K_ARRIVE --level L2 --for 2h --why \"road closed\" "
        "--by "
        "street:S-02/wang\n      the community is not reminded of the missing arrival for two "
        "hours\n"
        "  hongxin silence new --place S-02 --clock K_UPDATE --level L1 --for 12h --why \"power "
        "cut\" "
        "--by street:S-02/wang\n      the same for every case of the street in which it was told, "
        "or "
        "will be until then\n"
        "  hongxin silence list\n      what is silent now, by whom, until when and why\n"
        "  hongxin silence end CL-1 --clock K_ARRIVE --level L2 --by street:S-02/wang\n      "
        "repeats "
        "come again\n",
    .options = options,
    .takes = CLI_INTAKE | CLI_FEED | CLI_SHOWS,
    .max_operands = 2,
    .run = run,
};
