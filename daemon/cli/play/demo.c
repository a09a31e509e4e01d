/* hongxin demo: an evening of a whole city in about two minutes.
 *
 * A hongxind of our own runs on a throw-away store with time 60-fold. Hotlines report, companies
 * good and bad hold, come, solve or do not, a desk calls back; what the journal tells is printed
 * live, condensed to what somebody would act on, and ends in the promises kept and broken. */
#include "base/now.h"
#include "cli/link.h"
#include "cli/play/demo_daemon.h"
#include "cli/play/player.h"
#include "cli/show/score.h"
#include "config/city/city_load.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE = 60, EVENING_HOUR = 18, POLL_MS = 50, STATE_CITY_MS = 10 * 60000, FLUSH_MS = 3000 };

/* Of all complaints, those that come after this share of the evening would only be half lived. */
static const double LAST_REPORT = 0.75;

static const struct cli_option options[] = {
    {"minutes", "N", "1 2 5", "how long it takes; an hour of the evening a minute (2)"},
    {"rate", "N", "1 2 5", "complaints per minute of the city's time (4)"},
    {"seed", "N", "1 2 3", "the same seed gives the same complaints and the same people (1)"},
    {"config", "DIR", "@dir",
     "configuration folder with life cycle and city (HONGXIN_CONFIG, ./config)"},
    {"all", NULL, NULL, "print every step, not only what somebody would act on"},
    {NULL, NULL, NULL, NULL},
};

static const double classes[5] = {4, 68, 18, 7, 3};
static const char *const channels[] = {"hotline-12345", "wechat", "grid-staff", "web"};
static const double channel_weights[] = {46, 23, 21, 10};

static const struct conduct_kind kinds[] = {
    {"good", 55, {.ignores = 5, .comes_late = 30, .overruns = 40, .proves = 900, .botches = 40}},
    {"fair",
     32,
     {.ignores = 20, .comes_late = 150, .overruns = 120, .proves = 500, .botches = 120}},
    {"late", 8, {.ignores = 30, .comes_late = 600, .overruns = 300, .proves = 300, .botches = 200}},
    {"deaf", 5, {.ignores = 600, .comes_late = 500, .overruns = 400, .proves = 0, .botches = 400}},
};

struct demo {
    const struct cli *cli;
    struct demo_daemon daemon;
    struct hx_city *city;
    struct player player;
    struct score score;
    struct show show;
    struct dice dice;
    double gap_ms; /* mean between complaints, real time */
    int64_t next;  /* complaint, monotonic */
    int64_t told;  /* city instant of the last line of state */
    bool all;
};

/* ---- what is printed ---- */

/* What somebody would act on: a breach, an escalation above the community, a correction, a failed
 * call-back, a refusal. */
static bool matters(const hxp_entry *e)
{
    if (!strcmp(e->cause, "CALLBACK_BAD"))
        return true;
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_fact *f = e->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_BREACH ||
            f->fact_case == HONGXIN__V1__FACT__FACT_BREACH_MARK)
            return true;
        if (f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE && !strcmp(f->notice->kind, "BREACH"))
            return true;
    }
    return false;
}

static void on_entry(void *arg, const hxp_entry *e, const ProtobufCBinaryData *bytes)
{
    static const char *const loud[] = {"BREACH", "BREACH_MARK", "NOTICE", "ALARM", NULL};
    static const char *const step[] = {"STATE", NULL};
    struct demo *d = arg;

    (void)bytes;
    score_entry(&d->score, e);
    player_clock(&d->player, e->t_rec);
    if (d->all)
        show_entry(&d->show, e, NULL);
    else if (matters(e))
        show_entry(&d->show, e, strcmp(e->cause, "CALLBACK_BAD") != 0 ? loud : step);
    if (!d->told)
        d->told = e->t_rec;
    if (e->t_rec - d->told >= STATE_CITY_MS) {
        d->told = e->t_rec;
        score_print_state(&d->score, &d->show);
    }
    fflush(stdout);
}

static const char *holder_name(void *ctx, const char *id)
{
    const struct demo *d = ctx;
    const struct hx_company *company = hx_city_company(d->city, id);
    const struct hx_place *place = hx_city_place(d->city, id);

    if (company)
        return d->cli->zh ? company->name_zh : company->name_en;
    return place ? d->cli->zh ? place->name_zh : place->name_en : NULL;
}

/* ---- the evening ---- */

static int follow(struct demo *d)
{
    static const struct hx_feed_calls calls = {.entry = on_entry};
    const struct hx_subscription s = {
        .from = HONGXIN__V1__HELLO__FROM__OLDEST, .calls = &calls, .arg = d};
    const struct hx_client_options o = {.intake = d->daemon.intake, .feed = d->daemon.feed};
    int rc = hx_client_open(&o, &d->player.client);

    if (!rc)
        rc = hx_subscribe(d->player.client, &s);
    return rc ? cli_fail(d->cli, CLI_NEGATIVE, "%s", hx_strerror(rc)) : CLI_OK;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int turn(struct demo *d, int64_t last_report)
{
    int64_t now = hx_mono_ms(), wait;
    int rc = HX_OK;

    while (!rc && d->next <= now && now < last_report) {
        rc = player_report(&d->player, now);
        d->next += (int64_t)dice_gap(&d->dice, d->gap_ms) + 1;
    }
    if (!rc)
        rc = player_turn(&d->player, now);
    wait = least(d->next, player_next(&d->player)) - hx_mono_ms();
    hx_client_poll(d->player.client, wait < 0 ? 0 : (int)least(wait, POLL_MS));
    return rc;
}

static int live(struct demo *d, int64_t length)
{
    int64_t begun = hx_mono_ms(), end = begun + length;
    int64_t last_report = begun + (int64_t)((double)length * LAST_REPORT);
    int rc = HX_OK;

    d->next = begun;
    while (!rc && hx_mono_ms() < end && !cli_interrupted() && demo_daemon_alive(&d->daemon))
        rc = turn(d, last_report);
    if (!demo_daemon_alive(&d->daemon))
        return cli_fail(d->cli, CLI_UNREACHABLE, "hongxind ended by itself");
    if (rc || hx_client_flush(d->player.client, FLUSH_MS))
        return cli_fail(d->cli, CLI_NEGATIVE, "%s",
                        rc ? hx_strerror(rc) : "hongxind does not answer");
    return CLI_OK;
}

static int prepare(struct demo *d, int64_t *length)
{
    struct hx_problem problem = {""};
    uint64_t minutes, rate;
    char city[4096];
    int rc = cli_get_number(d->cli, "minutes", 2, &minutes);

    if (!rc)
        rc = cli_get_number(d->cli, "rate", 4, &rate);
    if (!rc)
        rc = cli_get_number(d->cli, "seed", 1, &d->player.seed);
    if (rc)
        return rc;
    if (!minutes || minutes > 600 || !rate || rate > 6000)
        return cli_fail(d->cli, CLI_USAGE, "--minutes is 1 to 600, --rate 1 to 6000");
    snprintf(city, sizeof city, "%s/city", cli_config_folder(d->cli));
    if (hx_city_load(city, &d->city, &problem))
        return cli_fail(d->cli, CLI_USAGE, "%s", problem.text);
    *length = (int64_t)minutes * HX_MINUTE;
    d->gap_ms = (double)HX_MINUTE / SCALE / (double)rate;
    d->dice = dice_make(d->player.seed, 3);
    d->all = cli_has(d->cli, "all");
    return CLI_OK;
}

static void cast(struct demo *d)
{
    struct player *p = &d->player;

    p->city = d->city;
    p->scale = SCALE;
    p->lives = 1000;
    p->repeated = 200;
    p->classes = classes;
    p->channels = channels;
    p->channel_weights = channel_weights;
    p->n_channels = sizeof channels / sizeof *channels;
    p->kinds = kinds;
    p->n_kinds = sizeof kinds / sizeof *kinds;
}

/* The coming six o'clock: people are at home, and complain. */
static int64_t next_evening(const struct cli *cli)
{
    int64_t local = hx_wall_ms() + cli->utc_offset * HX_MINUTE;
    int64_t evening = local / HX_DAY * HX_DAY + EVENING_HOUR * HX_HOUR;

    return (evening > local ? evening : evening + HX_DAY) - cli->utc_offset * HX_MINUTE;
}

static int play(struct demo *d)
{
    int64_t length = 0;
    int rc = prepare(d, &length);

    if (!rc)
        rc = demo_daemon_start(d->cli, SCALE, next_evening(d->cli), &d->daemon);
    if (!rc)
        rc = follow(d);
    if (rc)
        return rc;
    cast(d);
    if (player_init(&d->player))
        return cli_fail(d->cli, CLI_USAGE, "the city has no buildings");
    printf("An evening in a city of %zu grids and %zu buildings, %d-fold; Ctrl-C ends it.\n"
           "一座城市的一个晚上，时间加速 %d 倍。\n\n",
           hx_city_count(d->city, HX_GRID), d->player.n_buildings, SCALE, SCALE);
    rc = live(d, length);
    if (!rc)
        score_print(&d->score, &d->show, holder_name, d);
    if (d->player.refused)
        printf("%" PRIu64 " events were refused, the last one at %s\n", d->player.refused,
               d->player.last_refusal);
    return rc;
}

static int run(struct cli *cli)
{
    struct demo *d = calloc(1, sizeof *d);
    int rc;

    if (!d)
        return cli_fail(cli, CLI_NEGATIVE, "out of memory");
    d->cli = cli;
    show_init(&d->show, cli, stdout);
    cli_catch_interrupts();
    rc = play(d);
    hx_client_close(d->player.client);
    player_fini(&d->player);
    demo_daemon_stop(&d->daemon);
    hx_city_free(d->city);
    free(d);
    return rc;
}

const struct cli_command cli_demo = {
    .name = "demo",
    .summary = "play an evening of a whole city in two minutes, on a throw-away store",
    .about = "Starts a hongxind of its own in a folder under TMPDIR (or /tmp) with time running "
             "60-fold, plays "
             "hotlines,\n"
             "companies good and bad and the call-back desk, prints what somebody would act on, "
             "and ends\n"
             "with the promises kept and broken, by clock and by company. Nothing is left behind. "
             "No daemon\n"
             "needs to run, and one that does is not touched.",
    .examples = "  hongxin demo\n      two hours of an evening in two minutes\n"
                "  hongxin demo --minutes 1 --seed 7 --all\n      another evening, every step\n",
    .options = options,
    .takes = CLI_SHOWS,
    .run = run,
};
