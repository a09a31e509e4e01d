/* hongxin due: what will break in the next minutes, counted by area (H4). */
#include "base/grown.h"
#include "base/now.h"
#include "base/text.h"
#include "cli/ask/query.h"
#include "cli/link.h"
#include "cli/show/show.h"
#include "hongxin/limits.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"within", "TIME", "10min 30min 2h 1d", "how far ahead (30min)"},
    {"by", "AREA", "city street community grid holder", "what is counted (street)"},
    {"list", NULL, NULL, "each promise, the earliest first, below the counts"},
    {"place", "ID", NULL, "in this street, community, grid, estate or building"},
    {"holder", "ID", NULL, "held by this company or community"},
    {"class", "CLASS", "EMERGENCY SMALL SERIOUS COMPLEX SPECIAL", "of this class"},
    {NULL, NULL, NULL, NULL},
};

enum { GROUPS = 512, ID_MAX = 32 };

struct group {
    char id[ID_MAX]; /* "" = not known */
    uint64_t n, arrival, solution;
    int64_t first;
};

struct due {
    const struct cli *cli;
    struct show s;
    const char *by;
    struct group groups[GROUPS];
    size_t n;
    uint64_t drills, others; /* others: of areas beyond GROUPS */
    Hongxin__V1__DueItem **items;
    size_t n_items, cap;
};

static const char *area_of(const struct due *d, const Hongxin__V1__DueItem *i)
{
    const hxp_where *w = i->where;

    if (!strcmp(d->by, "holder"))
        return i->holder;
    if (!w || !strcmp(d->by, "city"))
        return "";
    return !strcmp(d->by, "street")      ? w->street
           : !strcmp(d->by, "community") ? w->community
                                         : w->grid;
}

static struct group *group_of(struct due *d, const char *id)
{
    for (size_t i = 0; i < d->n; i++)
        if (!strcmp(d->groups[i].id, id))
            return &d->groups[i];
    if (d->n == GROUPS)
        return NULL;
    struct group *g = &d->groups[d->n++];
    *g = (struct group){.first = 0};
    hx_text_put(g->id, sizeof g->id, id);
    return g;
}

static void count(struct due *d, const Hongxin__V1__DueItem *i)
{
    if (i->drill) {
        d->drills++;
        return;
    }
    struct group *g = group_of(d, area_of(d, i));
    if (!g) {
        d->others++;
        return;
    }
    g->n++;
    g->arrival += !strcmp(i->clock, "K_ARRIVE") || !strcmp(i->clock, "K_APPOINTMENT") ||
                  !strcmp(i->clock, "K_CONTACT");
    g->solution += !strcmp(i->clock, "K_RESOLVE") || !strcmp(i->clock, "K_PROMISE");
    if (!g->first || i->deadline < g->first)
        g->first = i->deadline;
}

/* Keeps the item for the list; it is ours then. */
static int keep(struct due *d, Hongxin__V1__DueItem **item)
{
    void *more = hx_grown(d->items, d->n_items, &d->cap, sizeof(Hongxin__V1__DueItem *));
    if (!more)
        return cli_fail(d->cli, CLI_NEGATIVE, "out of memory");
    d->items = more;
    d->items[d->n_items++] = *item;
    *item = NULL;
    return CLI_OK;
}

static int take(struct due *d, Hongxin__V1__DueAnswer *a)
{
    size_t kept = 0;
    int rc = CLI_OK;

    for (size_t i = 0; i < a->n_items; i++) {
        count(d, a->items[i]);
        if (!rc && cli_has(d->cli, "list"))
            rc = keep(d, &a->items[i]);
        if (a->items[i])
            a->items[kept++] = a->items[i];
    }
    a->n_items = kept;
    return rc;
}

static int ask_all(struct due *d, hx_client *client, Hongxin__V1__DueQuery *q)
{
    hxp_response *answer;
    bool cut;
    int rc;

    do {
        rc = hx_ask_due(client, q, &answer);
        if (rc)
            return link_fail(d->cli, client, rc, "what falls due");
        rc = take(d, answer->due);
        cut = answer->due->cut;
        q->after_due = answer->due->next_due;
        q->after_case = answer->due->next_case;
        hx_response_free(answer);
    } while (cut && !rc);
    return rc;
}

/* ---- showing ---- */

static int by_count(const void *pa, const void *pb)
{
    const struct group *a = pa, *b = pb;

    if (a->n != b->n)
        return a->n < b->n ? 1 : -1;
    return strcmp(a->id, b->id);
}

static int by_deadline(const void *pa, const void *pb)
{
    const Hongxin__V1__DueItem *a = *(Hongxin__V1__DueItem *const *)pa,
                               *b = *(Hongxin__V1__DueItem *const *)pb;

    if (a->deadline != b->deadline)
        return a->deadline < b->deadline ? -1 : 1;
    return a->case_number < b->case_number ? -1 : a->case_number > b->case_number;
}

static void print_group_json(const struct due *d, const struct group *g)
{
    char first[HX_INSTANT_TEXT];

    printf("{\"by\":\"%s\",\"id\":\"%s\",\"due\":%" PRIu64 ",\"arrival\":%" PRIu64
           ",\"solution\":%" PRIu64 ",\"first\":\"%s\"}\n",
           d->by, g->id, g->n, g->arrival, g->solution,
           hx_instant_format(g->first, d->cli->utc_offset, first));
}

static void print_group(const struct due *d, const struct group *g)
{
    char first[HX_INSTANT_TEXT];
    const char *id = *g->id                   ? g->id
                     : !strcmp(d->by, "city") ? (d->s.zh ? "全市" : "city")
                                              : (d->s.zh ? "未知" : "unknown");

    show_paint(&d->s, SHOW_BOLD, "%-8s", id);
    printf(d->s.zh ? " %5" PRIu64 " 件到期  到场 %" PRIu64 "  解决 %" PRIu64 "  其他 %" PRIu64
                     "  最早 %s\n"
                   : " %5" PRIu64 " due  arrival %" PRIu64 "  solution %" PRIu64 "  other %" PRIu64
                     "  first %s\n",
           g->n, g->arrival, g->solution, g->n - g->arrival - g->solution,
           show_time(&d->s, g->first, hx_wall_ms(), first));
}

static void print_item(const struct due *d, const Hongxin__V1__DueItem *i)
{
    char time[HX_INSTANT_TEXT], left[HX_INSTANT_TEXT];

    if (d->cli->json) {
        query_print_json(d->cli, &i->base);
        return;
    }
    show_paint(&d->s, SHOW_BOLD, "%-8s", i->number);
    if (i->drill)
        show_paint(&d->s, SHOW_YELLOW, " %s", show_label(&d->s, "DRILL"));
    printf(" %s  %s %s  %s  %s  (%s)\n", show_time(&d->s, i->deadline, hx_wall_ms(), time),
           i->clock, words_text(WORDS_CLOCK, i->clock, d->s.zh), i->holder,
           words_text(WORDS_STATE, i->state, d->s.zh),
           show_span(&d->s, i->deadline > hx_wall_ms() ? i->deadline - hx_wall_ms() : 0, left));
}

static void print_all(struct due *d)
{
    uint64_t total = d->others;

    qsort(d->groups, d->n, sizeof *d->groups, by_count);
    for (size_t i = 0; i < d->n; i++) {
        total += d->groups[i].n;
        if (d->cli->json)
            print_group_json(d, &d->groups[i]);
        else
            print_group(d, &d->groups[i]);
    }
    if (!d->cli->json)
        printf(d->s.zh      ? "共 %" PRIu64 " 项承诺即将到期"
               : total == 1 ? "%" PRIu64 " promise in all"
                            : "%" PRIu64 " promises in all",
               total);
    if (!d->cli->json && d->drills)
        printf(d->s.zh ? "，另有演练 %" PRIu64 " 项" : ", and %" PRIu64 " of drills", d->drills);
    if (!d->cli->json)
        putchar('\n');
    if (d->n_items)
        qsort(d->items, d->n_items, sizeof(Hongxin__V1__DueItem *), by_deadline);
    for (size_t i = 0; i < d->n_items; i++)
        print_item(d, d->items[i]);
}

static int prepare(struct due *d, struct query_filter *filter, Hongxin__V1__DueQuery *q)
{
    int64_t within;
    int rc = query_filter(d->cli, filter);

    d->by = cli_has(d->cli, "by") ? cli_get(d->cli, "by") : "street";
    if (!rc)
        rc = cli_get_duration(d->cli, "within", 30 * HX_MINUTE, &within);
    if (rc)
        return rc;
    if (!strstr(" city street community grid holder ", d->by))
        return cli_fail(d->cli, CLI_USAGE, "--by city, street, community, grid or holder");
    q->within_ms = (uint64_t)within;
    q->filter = &filter->filter;
    show_init(&d->s, d->cli, stdout);
    return CLI_OK;
}

static int run(struct cli *cli)
{
    struct due *d = calloc(1, sizeof *d);
    Hongxin__V1__DueQuery q = HONGXIN__V1__DUE_QUERY__INIT;
    struct query_filter filter;
    hx_client *client = NULL;

    if (!d)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    d->cli = cli;
    int rc = prepare(d, &filter, &q);
    if (!rc)
        rc = link_open(cli, &client);
    if (!rc)
        rc = ask_all(d, client, &q);
    if (!rc)
        print_all(d);
    hx_client_close(client);
    query_filter_fini(&filter);
    for (size_t i = 0; i < d->n_items; i++)
        hongxin__v1__due_item__free_unpacked(d->items[i], NULL);
    free(d->items);
    free(d);
    return rc;
}

const struct cli_command cli_due = {
    .name = "due",
    .summary = "show what will break in the next minutes, counted by area",
    .about =
        "Promises of open cases whose deadline comes within the time, one line for each street "
        "(or community,\n"
        "grid, holder), the most first: how many, of them arrivals and solutions, and the "
        "earliest. Drills are\n"
        "not among them. With --json each line is an object; --list adds the promises "
        "themselves.",
    .examples =
        "  hongxin due\n      what breaks within half an hour, by street\n"
        "  hongxin due --within 10min --by holder --list\n      by company, with the cases\n"
        "  hongxin due --place S-02 --by community --zh\n      of one street, in Chinese\n",
    .options = options,
    .takes = CLI_FEED | CLI_SHOWS,
    .run = run,
};
