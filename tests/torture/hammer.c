/* Load on a daemon that is killed again and again.
 *
 *   hx_hammer --endpoint E --city FOLDER --log FILE [--seed N] [--window N] [--rate EVENTS/s]
 *
 * Publishes new complaints and what follows from them, many in flight, until SIGTERM. What gets no
 * answer is sent again, byte for byte and in the same order, over a new connection. Every answer
 * that arrives becomes a line of the log, before anything else is done with it:
 *
 *   RESULT ID LSN CASE CODE
 *
 * Exit code 0 when everything that was started has been answered. */
#include "load/load.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WINDOW = 8,       /* letters in flight */
    ITEMS = 24,       /* events in one letter, at most */
    CASES = 512,      /* complaints that still get events */
    SILENCE_MS = 250, /* without an answer: the daemon was killed */
    LAST_WAIT_MS = 20000,
    STEPS = 7,
};

struct story {  /* one complaint */
    uint64_t n; /* its reference is T-n; 0 = free */
    uint64_t number;
    const struct load_place *place;
    unsigned step;
};

struct hammer {
    struct load_door door;
    struct load_city city;
    struct load_post post;
    struct load_letter flying[WINDOW]; /* oldest first */
    bool answered[WINDOW][ITEMS];
    size_t n_flying, window;
    struct story stories[CASES];
    struct load_chance chance;
    uint64_t next_story, next_event, next_request;
    int64_t rate, begun_us;
    uint64_t sent;
    FILE *log;
};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

/* ---- what is said ---- */

static const char *const steps[STEPS] = {"REPORTED", "HELD",     "ARRIVED",    "WORK_STARTED",
                                         "PROGRESS", "RESOLVED", "CALLBACK_OK"};
static const char *const classes[] = {"EMERGENCY", "SMALL", "SERIOUS", "COMPLEX", "SPECIAL", ""};

/* Most events are those of the main path; some are out of turn, unknown or repeated, because
 * refusals must survive a crash as well. */
static const char *next_type(struct hammer *h, struct story *s)
{
    static const char *const odd[] = {"COMMENT", "CALLBACK_BAD", "RESOLVED", "CLASS_SET",
                                      "REOPENED"};
    if (s->step > 0 && load_draw(&h->chance, 8) == 0)
        return odd[load_draw(&h->chance, sizeof odd / sizeof *odd)];
    return steps[s->step++];
}

static struct story *new_story(struct hammer *h, struct story *s)
{
    *s = (struct story){.n = ++h->next_story,
                        .place = &h->city.places[load_draw(&h->chance, h->city.n)]};
    return s;
}

static struct story *pick_story(struct hammer *h)
{
    struct story *s = &h->stories[load_draw(&h->chance, CASES)];
    return !s->n || s->step >= STEPS ? new_story(h, s) : s;
}

static int add_event(struct hammer *h)
{
    char id[40], ref[40], by[64] = "";
    struct story *s = pick_story(h);
    const char *type = next_type(h, s);
    bool report = strcmp(type, "REPORTED") == 0;
    bool class_set = strcmp(type, "CLASS_SET") == 0;
    bool citizen = strncmp(type, "CALLBACK", 8) == 0 || strcmp(type, "REOPENED") == 0;
    snprintf(id, sizeof id, "e-%" PRIu64, ++h->next_event);
    snprintf(ref, sizeof ref, "T-%" PRIu64, s->n);
    if (class_set)
        snprintf(by, sizeof by, "dispatcher:C-01/wu");
    else if (citizen)
        snprintf(by, sizeof by, "callback/ma");
    else if (!report)
        snprintf(by, sizeof by, "%s:%s/li", s->place->role, s->place->holder);
    struct load_event e = {.id = id,
                           .source = "hammer",
                           .type = type,
                           .ref = ref,
                           .by = by,
                           .proof = citizen ? HONGXIN__V1__PROOF__CALL_RECORD
                                            : HONGXIN__V1__PROOF__DEVICE_SIGNED,
                           .evidence = strcmp(type, "RESOLVED") == 0,
                           .text = "water under the door of the stairs"};
    if (report || class_set)
        e.class_name = classes[load_draw(&h->chance, sizeof classes / sizeof *classes)];
    if (report && load_draw(&h->chance, 16) != 0)
        e.place = s->place->building;
    return load_post_add(&h->post, &e);
}

/* ---- in flight ---- */

static int throw_letter(struct hammer *h)
{
    struct load_letter *l = &h->flying[h->n_flying];
    size_t items = 1 + load_draw(&h->chance, ITEMS);
    int rc = HX_OK;
    for (size_t i = 0; i < items && !rc; i++)
        rc = add_event(h);
    if (!rc)
        rc = load_post_finish(&h->post, ++h->next_request, l);
    if (rc)
        return rc;
    memset(h->answered[h->n_flying], 0, sizeof h->answered[0]);
    h->n_flying++;
    h->sent += items;
    return load_door_send(&h->door, l->bytes, l->size);
}

static void drop_letter(struct hammer *h, size_t i)
{
    load_letter_free(&h->flying[i]);
    h->n_flying--;
    memmove(&h->flying[i], &h->flying[i + 1], (h->n_flying - i) * sizeof h->flying[0]);
    memmove(&h->answered[i], &h->answered[i + 1], (h->n_flying - i) * sizeof h->answered[0]);
}

static bool letter_done(const struct hammer *h, size_t i)
{
    for (size_t k = 0; k < h->flying[i].items; k++)
        if (!h->answered[i][k])
            return false;
    return true;
}

static void on_reply(void *ctx, const struct load_reply *r)
{
    struct hammer *h = ctx;
    if (r->result == HONGXIN__V1__RESULT__RETRY_AFTER)
        return; /* the letter goes out again after the silence */
    fprintf(h->log, "%u %.*s %" PRIu64 " %" PRIu64 " %.*s\n", r->result, (int)r->id_size, r->id,
            r->lsn, r->case_number, (int)r->code_size, r->code ? r->code : "");
    for (size_t i = 0; i < h->n_flying; i++)
        if (h->flying[i].request == r->request && r->index < ITEMS)
            h->answered[i][r->index] = true;
}

static void clear_done(struct hammer *h)
{
    for (size_t i = 0; i < h->n_flying;)
        if (letter_done(h, i))
            drop_letter(h, i);
        else
            i++;
}

/* The daemon is gone, or was: a new connection, and all that is open once more. */
static int start_again(struct hammer *h)
{
    char endpoint[sizeof h->door.endpoint];
    memcpy(endpoint, h->door.endpoint, sizeof endpoint);
    load_door_close(&h->door);
    int rc = load_door_open(&h->door, endpoint);
    for (size_t i = 0; i < h->n_flying && !rc; i++)
        rc = load_door_send(&h->door, h->flying[i].bytes, h->flying[i].size);
    return rc;
}

static bool ahead(const struct hammer *h)
{
    return h->rate && (int64_t)h->sent > (load_mono_us() - h->begun_us) * h->rate / 1000000;
}

static int turn(struct hammer *h)
{
    int rc = HX_OK;
    while (!stopping && !rc && h->n_flying < h->window && !ahead(h))
        rc = throw_letter(h);
    if (rc)
        return rc;
    rc = load_door_receive(&h->door, h->n_flying ? SILENCE_MS : 5, on_reply, h, NULL);
    clear_done(h);
    if (rc == HX_TIMEOUT)
        return h->n_flying ? start_again(h) : HX_OK;
    return rc;
}

/* ---- the program ---- */

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return otherwise;
}

static int run(struct hammer *h)
{
    int rc = HX_OK;
    h->begun_us = load_mono_us();
    while (!stopping && !rc)
        rc = turn(h);
    int64_t until = load_mono_us() + LAST_WAIT_MS * INT64_C(1000);
    while (!rc && h->n_flying && load_mono_us() < until)
        rc = turn(h);
    if (h->n_flying)
        fprintf(stderr, "%zu messages were never answered\n", h->n_flying);
    fprintf(stderr, "published %" PRIu64 " events\n", h->sent);
    return rc ? rc : h->n_flying ? HX_TIMEOUT : HX_OK;
}

int main(int argc, char **argv)
{
    struct hammer *h = calloc(1, sizeof *h);
    const char *log = option(argc, argv, "--log", NULL);
    const char *endpoint = option(argc, argv, "--endpoint", NULL);
    if (!h || !log || !endpoint || !(h->log = fopen(log, "a"))) {
        fputs("usage: hx_hammer --endpoint E --city FOLDER --log FILE [--seed N] [--window N] "
              "[--rate N]\n",
              stderr);
        return 2;
    }
    setvbuf(h->log, NULL, _IOLBF, 0); /* who waits for an answer looks here */
    h->chance.state = strtoull(option(argc, argv, "--seed", "54321"), NULL, 10) | 1;
    h->window = strtoull(option(argc, argv, "--window", "8"), NULL, 10);
    h->rate = strtoll(option(argc, argv, "--rate", "0"), NULL, 10);
    if (!h->window || h->window > WINDOW)
        h->window = WINDOW;
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    int rc = load_city_open(&h->city, option(argc, argv, "--city", "config/city"));
    if (!rc)
        rc = load_door_open(&h->door, endpoint);
    if (!rc)
        rc = run(h);
    if (fclose(h->log) != 0)
        rc = HX_IO;
    return rc ? 1 : 0;
}
