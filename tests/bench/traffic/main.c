/* hongxin-traffic: complaints as they really arrive, with what follows them. */
#include "base/now.h"
#include "bench/traffic/profile.h"
#include "cli/link.h"
#include "cli/play/player.h"
#include "config/city/city_load.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_MS = 10000, IDLE_MS = 200, FLUSH_MS = 5000 };

static const struct cli_option options[] = {
    {"rate", "N", "0.2 1 10 100", "complaints per second, mean over a day (1)"},
    {"burst", "N", "1 25",
     "the busiest minute is at most so many times the mean; 1 = an even stream"},
    {"hour", "H", "8 10 19",
     "pretend that it is this hour of the day, 0 to 23 (that of the clock)"},
    {"count", "N", "100 1000", "end after so many complaints, when their lives are over"},
    {"duration", "TIME", "1min 10min 1h", "end after this time"},
    {"lives", "PERCENT", "0 100",
     "complaints that anything follows: held, arrived, solved … (100)"},
    {"seed", "N", "1", "the same seed gives the same complaints (1)"},
    {"scale", "N", "1 60", "the daemon's time runs N times as fast: what follows comes sooner (1)"},
    {"profile", "FILE", "@file",
     "hours, channels, classes, companies (traffic.yaml of the source)"},
    {"config", "DIR", "@dir", "configuration folder with the city (HONGXIN_CONFIG, ./config)"},
    {"quiet", NULL, NULL, "no line every ten seconds"},
    {NULL, NULL, NULL, NULL},
};

static int run(struct cli *cli);

static const struct cli_command command = {
    .name = "hongxin-traffic",
    .summary = "publish complaints as they really arrive, with what follows them",
    .about = "Arrivals follow the hours of a day with an evening bump and come in bursts of "
             "minutes; places\n"
             "repeat; each complaint is held, reached, solved and called back by companies good "
             "and bad.\n"
             "Without --count or --duration it goes on until Ctrl-C.",
    .examples = "  hongxin-traffic --rate 0.2\n      light traffic, as deploy/run starts it\n"
                "  hongxin-traffic --rate 50 --burst 1 --lives 0 --duration 10s\n      only "
                "reports, evenly\n"
                "  hongxin-traffic --rate 2 --hour 19 --seed 7 --count 500\n      the same busy "
                "evening each time\n",
    .options = options,
    .takes = CLI_INTAKE,
    .run = run,
};

struct traffic {
    const struct cli *cli;
    struct profile profile;
    struct arrivals arrivals;
    struct player player;
    struct hx_city *city;
    uint64_t count; /* 0 = no end */
    int64_t end;    /* monotonic; 0 = no end */
    int64_t began, told;
};

static int get_real(const struct cli *cli, const char *name, double unless, double *out)
{
    const char *text = cli_get(cli, name);
    char *rest;

    *out = unless;
    if (!text)
        return CLI_OK;
    *out = strtod(text, &rest);
    if (rest == text || *rest || !isfinite(*out) || *out < 0)
        return cli_fail(cli, CLI_USAGE, "--%s: \"%s\" is not a number", name, text);
    return CLI_OK;
}

static int load(struct traffic *t)
{
    const char *path = cli_get(t->cli, "profile");
    struct hx_problem problem = {""};
    char city[4096];
    int rc = profile_load(path ? path : HX_TRAFFIC_PROFILE, &t->profile, &problem);

    snprintf(city, sizeof city, "%s/city", cli_config_folder(t->cli));
    if (!rc)
        rc = hx_city_load(city, &t->city, &problem);
    if (rc)
        return cli_fail(t->cli, CLI_USAGE, "%s", *problem.text ? problem.text : hx_strerror(rc));
    return CLI_OK;
}

static int read_options(struct traffic *t)
{
    const struct cli *cli = t->cli;
    double rate, scale, lives;
    uint64_t hour;
    int64_t duration;
    int rc = get_real(cli, "rate", 1, &rate);

    if (!rc)
        rc = get_real(cli, "burst", t->profile.burst, &t->profile.burst);
    if (!rc)
        rc = get_real(cli, "scale", 1, &scale);
    if (!rc)
        rc = get_real(cli, "lives", 100, &lives);
    if (!rc)
        rc = cli_get_number(cli, "hour", 24, &hour);
    if (!rc)
        rc = cli_get_number(cli, "count", 0, &t->count);
    if (!rc)
        rc = cli_get_number(cli, "seed", 1, &t->player.seed);
    if (!rc)
        rc = cli_get_duration(cli, "duration", 0, &duration);
    if (rc)
        return rc;
    if (hour > 24 || scale <= 0 || lives > 100)
        return cli_fail(cli, CLI_USAGE, "--hour is 0 to 23, --lives 0 to 100, --scale more than 0");
    t->end = duration ? hx_mono_ms() + duration : 0;
    t->player.scale = scale;
    t->player.lives = (int)(lives * 10);
    t->arrivals = (struct arrivals){.profile = &t->profile,
                                    .rate = rate,
                                    .hour = hour == 24 ? -1 : (int)hour,
                                    .utc_offset = cli->utc_offset,
                                    .dice = dice_make(t->player.seed, 2)};
    return CLI_OK;
}

static void status(struct traffic *t, bool now)
{
    const struct player *p = &t->player;

    if (!now && (cli_has(t->cli, "quiet") || hx_mono_ms() - t->told < STATUS_MS))
        return;
    t->told = hx_mono_ms();
    if (t->cli->json && now) {
        printf("{\"reported\":%" PRIu64 ",\"published\":%" PRIu64 ",\"accepted\":%" PRIu64
               ",\"refused\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"open\":%" PRIu64
               ",\"seconds\":%.3f}\n",
               p->reported, p->published, p->accepted, p->refused, p->failed, p->open,
               (double)(t->told - t->began) / 1000);
        return;
    }
    fprintf(stderr,
            "%" PRIu64 " complaints, %" PRIu64 " events, %" PRIu64 " accepted, %" PRIu64
            " refused%s%s%s, %" PRIu64 " lives going on%s\n",
            p->reported, p->published, p->accepted, p->refused, *p->last_refusal ? " (" : "",
            p->last_refusal, *p->last_refusal ? ")" : "", p->open,
            hx_client_is_up(p->client, HX_DOOR_INTAKE) ? "" : "; the daemon cannot be reached");
}

static bool over(const struct traffic *t)
{
    bool enough = t->count && t->player.reported >= t->count;

    return cli_interrupted() || (t->end && hx_mono_ms() >= t->end) || (enough && !t->player.open);
}

/* One round: what is due, then wait for the first thing to do. */
static int turn(struct traffic *t, int64_t *next)
{
    int rc = HX_OK;
    int64_t now = hx_wall_ms(), wait, own;
    bool enough = t->count && t->player.reported >= t->count;

    while (!rc && !enough && *next <= now) {
        rc = player_report(&t->player, hx_mono_ms());
        *next = arrivals_next(&t->arrivals, *next);
        enough = t->count && t->player.reported >= t->count;
    }
    if (t->player.scale == 1)
        player_clock(&t->player, now);
    if (!rc)
        rc = player_turn(&t->player, hx_mono_ms());
    own = player_next(&t->player) == INT64_MAX ? IDLE_MS : player_next(&t->player) - hx_mono_ms();
    wait = enough ? IDLE_MS : *next - hx_wall_ms();
    wait = own < wait ? own : wait;
    hx_client_poll(t->player.client, wait < 0 ? 0 : wait < IDLE_MS ? (int)wait : IDLE_MS);
    status(t, false);
    return rc;
}

static int play(struct traffic *t)
{
    int64_t next = arrivals_next(&t->arrivals, hx_wall_ms());
    int rc = HX_OK;

    t->began = t->told = hx_mono_ms();
    cli_catch_interrupts();
    while (!rc && !over(t))
        rc = turn(t, &next);
    if (rc)
        return cli_fail(t->cli, CLI_NEGATIVE, "%s", hx_strerror(rc));
    /* what was started is answered before the figures are printed */
    if (hx_client_flush(t->player.client, FLUSH_MS))
        rc = cli_fail(t->cli, CLI_UNREACHABLE, "%zu events are not answered",
                      hx_publish_pending(t->player.client));
    status(t, true);
    return rc ? rc : t->player.accepted ? CLI_OK : CLI_NEGATIVE;
}

static int start(struct traffic *t)
{
    struct player *p = &t->player;
    int rc = link_open(t->cli, &p->client);

    if (rc)
        return rc;
    p->city = t->city;
    p->classes = t->profile.classes;
    p->channels = t->profile.channels;
    p->channel_weights = t->profile.channel_weights;
    p->n_channels = t->profile.n_channels;
    p->kinds = t->profile.kinds;
    p->n_kinds = t->profile.n_kinds;
    p->repeated = t->profile.repeated;
    rc = player_init(p);
    return rc ? cli_fail(t->cli, CLI_USAGE, "%s", hx_strerror(rc)) : play(t);
}

static int run(struct cli *cli)
{
    struct traffic t = {.cli = cli};
    int rc = load(&t);

    if (!rc)
        rc = read_options(&t);
    if (!rc)
        rc = start(&t);
    hx_client_close(t.player.client); /* the last answers come now */
    player_fini(&t.player);
    hx_city_free(t.city);
    profile_free(&t.profile);
    return rc;
}

int main(int argc, char **argv)
{
    static struct cli cli;
    bool help = false;
    int rc = cli_parse(&cli, &command, argc, argv, &help);

    if (help) {
        cli_help(&command);
        return CLI_OK;
    }
    return rc ? rc : run(&cli);
}
