#include "service/service.h"

#include "base/log.h"
#include "service/acts/act.h"
#include "service/acts/in_force.h"
#include "service/doors/crowd.h"
#include "service/feeds/digest.h"
#include "service/loop.h"
#include "service/state.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    QUEUE = 1024,         /* messages kept for one peer, each way; feeds keep within their credit */
    IO_THREADS = 2,       /* of ZeroMQ: handshakes of strangers take one of them at a time … */
    IO_THREADS_LARGE = 4, /* … on a large machine */
    LARGE = 8,            /* processors */
    TAIL_ENTRY = 512,     /* usual size of an entry: how many slots the tail has */
    CLOSE_FACTOR = 4,     /* a message so many times too large closes its connection */
};

/* No endpoint may be reachable from elsewhere as long as there are no keys. */
static int judge_endpoint(const struct service_options *o, const char *name, const char *endpoint)
{
    bool keys =
        o->principals_file && *o->principals_file && o->server_key_file && *o->server_key_file;
    if (keys || !endpoint || !*endpoint || endpoint_local(endpoint))
        return HX_OK;
    hx_log(HX_LOG_ERROR,
           "event=endpoint_refused door=%s endpoint=%s \"without keys the daemon listens on this "
           "machine only: use tcp://127.0.0.1:PORT, tcp://[::1]:PORT or ipc://PATH\"",
           name, endpoint);
    return HX_DENIED;
}

static int judge_endpoints(const struct service_options *o)
{
    int rc = judge_endpoint(o, "intake", o->intake_endpoint);
    if (rc == HX_OK)
        rc = judge_endpoint(o, "feed", o->feed_endpoint);
    if (rc == HX_OK)
        rc = judge_endpoint(o, "pub", o->pub_endpoint);
    return rc;
}

static int open_door(struct service *s, const char *name, enum door_kind kind, const char *endpoint)
{
    const struct door_options o = {
        .name = name,
        .kind = kind,
        .endpoint = endpoint,
        .key = s->lock.key,
        .message_bytes = CLOSE_FACTOR * (int64_t)s->options.limits->message_bytes,
        .queue = kind & DOOR_FEED ? QUEUE + (int)s->options.limits->feed_credit : QUEUE};
    int rc = door_open(&s->doors[s->n_doors], s->zmq, &o);
    if (rc == HX_OK)
        s->n_doors++;
    return rc;
}

/* A handshake costs ten times what a message costs. With one thread everybody waits behind it. */
static int io_threads(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 2 ? 1 : processors < LARGE ? IO_THREADS : IO_THREADS_LARGE;
}

static int open_doors(struct service *s)
{
    const struct service_options *o = &s->options;
    bool one = !o->feed_endpoint || !*o->feed_endpoint ||
               strcmp(o->feed_endpoint, o->intake_endpoint) == 0;
    crowd_open();
    s->zmq = zmq_ctx_new();
    if (!s->zmq)
        return HX_NOMEM;
    zmq_ctx_set(s->zmq, ZMQ_MAX_SOCKETS, 64);
    zmq_ctx_set(s->zmq, ZMQ_IO_THREADS, io_threads());
    int rc = lock_open(s); /* before any door */
    if (rc == HX_OK)
        rc = open_door(s, "intake", one ? DOOR_ANY : DOOR_INTAKE, o->intake_endpoint);
    if (rc == HX_OK && !one)
        rc = open_door(s, "feed", DOOR_FEED, o->feed_endpoint);
    if (rc == HX_OK)
        rc = publisher_open(&s->publisher, s->zmq, o->pub_endpoint, s->lock.key);
    return rc;
}

static void close_doors(struct service *s)
{
    for (size_t i = 0; i < s->n_doors; i++)
        door_close(&s->doors[i]);
    s->n_doors = 0;
    publisher_close(&s->publisher);
    lock_close(&s->lock);
    chain_close(&s->chain);
    if (s->zmq)
        zmq_ctx_term(s->zmq); /* waits for answers on their way, at most the doors' linger */
    s->zmq = NULL;
    crowd_close();
}

/* Time goes on where the journal ends (R13); what lies between was our outage (corner 17). */
static void start_clock(struct service *s)
{
    int64_t last = hx_store_last_now(s->store);
    timebase_init(&s->time, s->options.scale, last ? last : s->options.begin);
    int64_t now = timebase_now(&s->time);
    s->machine.now = last;
    hx_machine_set_time(&s->machine, now);
    int64_t alive = hx_store_alive(s->store);
    hold_init(s);
    if (last) /* on scaled time, or when the clock was put back, no time has passed */
        hold_away(s, now > alive ? alive : 0, now > alive ? now : 0);
}

/* It has been looked into before it came into force. */
void service_use_city(struct service *s)
{
    struct hx_problem why = {""};
    const struct hx_city *city = NULL;
    if (hx_versions_city(s->options.versions, &city, &why) != HX_OK || !city)
        return;
    s->options.city = s->machine.city = s->lock.city = city;
}

static void wire_machine(struct service *s)
{
    s->machine = (struct hx_machine){.rules = hx_versions_rules(s->options.versions),
                                     .city = s->options.city,
                                     .ops = hx_store_backend(),
                                     .backend = s->store,
                                     .arena = &s->arena,
                                     .reach = reach_of,
                                     .fetched = reach_fetched,
                                     .reach_ctx = &s->reach,
                                     .prove = evidence_prove,
                                     .prove_ctx = &s->evidence,
                                     .similar = similar_of,
                                     .similar_ctx = &s->similar,
                                     .scale = s->options.scale};
    start_clock(s);
}

static uint64_t give_helper(void *helper, void (*work)(void *arg), void *arg)
{
    return helper_give(helper, work, arg);
}

static void wait_helper(void *helper, uint64_t piece)
{
    helper_wait(helper, piece);
}

static void help_store(struct service *s)
{
    const struct hx_store_help help = {give_helper, wait_helper, s->helper};
    hx_store_helped(s->store, &help);
}

static int prepare(struct service *s)
{
    const struct hx_limits *l = s->options.limits;
    hx_arena_init(&s->arena, 0);
    batch_reset(&s->batch);
    reach_init(&s->reach);
    s->evidence = (struct evidence){
        .onsite = {.key = s->options.onsite_key, .window_ms = s->options.onsite_window_ms},
        .code_required = s->options.onsite_required};
    audit_init(&s->audit);
    share_init(&s->share, l->source_messages, l->source_bytes);
    s->started = mono_now();
    wire_machine(s);
    int rc = early_init(&s->early);
    if (rc == HX_OK)
        rc = devices_open(s);
    if (rc == HX_OK)
        rc = helper_open(&s->helper);
    if (rc == HX_OK)
        help_store(s);
    if (rc == HX_OK)
        rc = changes_look(s);
    if (rc == HX_OK)
        rc = similar_init(&s->similar, s->store, &s->scratch);
    if (rc == HX_OK)
        rc = feeds_init(&s->feeds, l->subscribers);
    if (rc == HX_OK)
        rc = live_tail_init(&s->tail, l->tail_bytes, l->tail_bytes / TAIL_ENTRY + 16,
                            hx_store_newest_lsn(s->store) + 1);
    if (rc == HX_OK)
        rc = digest_load(s);
    return rc == HX_OK ? in_force_start(s) : rc;
}

static void clean(struct service *s)
{
    hx_store_helped(s->store, NULL);
    helper_close(s->helper);
    close_doors(s);
    devices_close(&s->devices);
    apply_fini(s);
    feeds_fini(&s->feeds);
    live_tail_fini(&s->tail);
    reach_fini(&s->reach);
    share_fini(&s->share);
    early_fini(&s->early);
    similar_fini(&s->similar);
    secret_key_free(s->secrets);
    hx_arena_fini(&s->arena);
}

/* From the first start on, the rota is looked at each day; a later start finds the row. A disk that
 * is full keeps nobody from serving: the next start asks again. */
static void look_at_rota(struct service *s)
{
    int rc = hx_store_begin(s->store);
    if (rc == HX_OK)
        rc = hx_machine_rota_begin(&s->machine);
    if (rc == HX_OK)
        rc = hx_store_commit(s->store);
    else
        hx_store_abort(s->store);
    if (rc != HX_OK)
        hx_log(HX_LOG_ERROR, "event=rota_not_watched error=%s", hx_errname(rc));
}

static int serve(struct service *s)
{
    struct loop loop;
    look_at_rota(s);
    int rc = loop_open(&loop, s);
    if (rc != HX_OK)
        return rc;
    act_life_begin(s, "DAEMON_STARTED");
    hx_log(HX_LOG_INFO, "event=ready newest_lsn=%" PRIu64 " outage_ms=%" PRId64 " scale=%u",
           hx_store_newest_lsn(s->store), s->hold.down_to - s->hold.down_from, s->time.scale);
    rc = loop_run(&loop);
    loop_close(&loop);
    return rc;
}

int service_run(const struct service_options *options)
{
    int rc = judge_endpoints(options);
    if (rc != HX_OK)
        return rc;
    struct service *s = calloc(1, sizeof *s);
    if (!s)
        return HX_NOMEM;
    s->options = *options;
    s->store = options->store;
    rc = prepare(s);
    if (rc == HX_OK)
        rc = secret_key_new(hx_store_salt(s->store), &s->secrets);
    if (rc == HX_OK)
        rc = chain_open(s);
    if (rc == HX_OK)
        rc = open_doors(s);
    if (rc == HX_OK)
        rc = serve(s);
    clean(s);
    free(s);
    return rc;
}
