#include "kafka/in/requeue.h"

#include "base/grown.h"
#include "base/now.h"
#include "base/text.h"
#include "hongxin/instant.h"
#include "kafka/cluster/topic_read.h"
#include "kafka/in/letter.h"
#include "kafka/settings.h"
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum {
    EXIT_USAGE = 2,
    WORDS = 32,
    BROKER_MS = 10000,
    FLUSH_MS = 60000,
    UNDER_WAY = 1000,
    CLOCK_FAR_MS = 60000
};

struct words {
    const char *all[WORDS];
    size_t n;
};

struct place {
    int32_t partition;
    int64_t offset;
};

struct places {
    struct place *all;
    size_t n, cap;
};

struct requeue {
    struct kafka_settings settings;
    const char *config;
    struct words reasons, topics;
    bool dry_run;
    struct client client; /* role "requeue" */
    struct places back;   /* the letters that notes are about, sorted */
    struct places sent_from;
    struct places ends; /* of each partition the newest record when it began: its own letters,
                           refused again meanwhile, are of the next time */
    char looked_for[LETTER_TOPIC_MAX]; /* the topic of the letter before … */
    int partitions;                    /* … and how many it has */
    int64_t newest;                    /* when, by the broker's clock, the newest was written */
    uint64_t letters, chosen, before, cut, sent, failed;
};

/* ---- the command line ---- */

static void help(void)
{
    printf("Usage: hongxin-kafka requeue [--config FILE] [--reason WORD]... [--topic NAME]... "
           "[--dry-run]\n"
           "\n"
           "Dead letters go back to the topics that they came from, each once: what was brought "
           "back is noted\nin the topic of dead letters. A line for each tells its place, reason, "
           "topic and place there.\n"
           "\n"
           "  --reason WORD    only those with this reason (UNKNOWN_PLACE); may be repeated\n"
           "  --topic NAME     only those from this topic; may be repeated\n"
           "  --dry-run        only say which\n"
           "  --config FILE    the configuration [/etc/hongxin/kafka.yaml]\n"
           "  --help           print this\n"
           "\n"
           "Exit codes: 0 all that were chosen went back, 1 not all of them, 2 wrong use.\n");
}

static bool add_word(struct words *w, const char *word)
{
    if (w->n == WORDS)
        return false;
    w->all[w->n++] = word;
    return true;
}

/* -1: go on; otherwise the exit code. */
static int parse(struct requeue *q, int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"reason", required_argument, NULL, 'r'},
        {"topic", required_argument, NULL, 't'},  {"dry-run", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int option;
    bool good = true;
    opterr = 0;
    while (good && (option = getopt_long(argc, argv, "c:r:t:nh", options, NULL)) != -1) {
        if (option == 'h') {
            help();
            return EXIT_SUCCESS;
        }
        if (option == 'c')
            q->config = optarg;
        else if (option == 'n')
            q->dry_run = true;
        else if (option == 'r' || option == 't')
            good = add_word(option == 'r' ? &q->reasons : &q->topics, optarg);
        else
            good = false;
    }
    if (good && optind == argc)
        return -1;
    fprintf(stderr,
            "hongxin-kafka requeue: unknown option, one without its value, or more "
            "than %d of one; see --help\n",
            WORDS);
    return EXIT_USAGE;
}

static bool has(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->all[i], word) == 0)
            return true;
    return w->n == 0;
}

/* ---- what went back before ---- */

static bool add_place(struct places *p, const struct place *place)
{
    struct place *more = hx_grown(p->all, p->n, &p->cap, sizeof *more);
    if (!more)
        return false;
    p->all = more;
    p->all[p->n++] = *place;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->partition != y->partition)
        return x->partition < y->partition ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void take_time(struct requeue *q, const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    int64_t at = rd_kafka_message_timestamp(m, &type);
    if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME && at > q->newest)
        q->newest = at;
}

/* What goes back is dated by this machine's clock. Far behind, retention would take it away again,
 * and a note says that it went back. Far ahead, the broker refuses it, or keeps it for longer. */
static int check_clock(const struct requeue *q, struct hx_problem *problem)
{
    int64_t behind = q->newest - hx_wall_ms();
    if (behind < CLOCK_FAR_MS)
        return HX_OK;
    return hx_problem_set(problem,
                          "CLOCK_BEHIND: this machine's clock is %" PRId64
                          " s behind the newest letter: nothing goes back",
                          behind / HX_SECOND);
}

static int take_note(void *arg, const rd_kafka_message_t *m)
{
    struct requeue *q = arg;
    take_time(q, m);
    struct place p = {m->partition, m->offset};
    struct place *end = q->ends.n ? &q->ends.all[q->ends.n - 1] : NULL;
    if (end && end->partition == p.partition)
        end->offset = p.offset;
    else if (!add_place(&q->ends, &p))
        return HX_NOMEM;
    if (!letter_read_note(m, &p.partition, &p.offset))
        return HX_OK;
    return add_place(&q->back, &p) ? HX_OK : HX_NOMEM;
}

static bool went_back(const struct requeue *q, const struct letter *l)
{
    const struct place p = {l->own_partition, l->own_offset};
    return q->back.n && bsearch(&p, q->back.all, q->back.n, sizeof p, compare);
}

/* ---- sending ---- */

static int partitions_of(const struct requeue *q, const char *topic)
{
    const struct rd_kafka_metadata *found = NULL;
    int n = 0;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(q->client.rk, topic, NULL);
    if (handle &&
        rd_kafka_metadata(q->client.rk, 0, handle, &found, BROKER_MS) == RD_KAFKA_RESP_ERR_NO_ERROR)
        n = found->topic_cnt == 1 && !found->topics[0].err ? found->topics[0].partition_cnt : 0;
    if (found)
        rd_kafka_metadata_destroy(found);
    if (handle)
        rd_kafka_topic_destroy(handle);
    return n;
}

/* Where it lay, so that what stands behind one another stays so; a topic that has fewer partitions
 * now decides by the key. */
static int32_t target_of(struct requeue *q, const struct letter *l)
{
    if (strcmp(q->looked_for, l->topic) != 0) {
        hx_text_put(q->looked_for, sizeof q->looked_for, l->topic);
        q->partitions = partitions_of(q, l->topic);
    }
    return l->partition < q->partitions ? l->partition : RD_KAFKA_PARTITION_UA;
}

/* So few are under way that each one's note finds room: a note that is lost sends its letter back
 * once more the next time. */
static void wait_for_room(const struct requeue *q)
{
    while (rd_kafka_outq_len(q->client.rk) > UNDER_WAY)
        rd_kafka_poll(q->client.rk, 100);
}

/* What is under way is known by its number among the places, from 1; 0 is a note. */
static rd_kafka_resp_err_t send_back(struct requeue *q, const rd_kafka_message_t *m,
                                     const struct letter *l)
{
    const struct place own = {l->own_partition, l->own_offset};
    rd_kafka_headers_t *headers = add_place(&q->sent_from, &own) ? letter_headers_back(m, l) : NULL;
    const int32_t target = target_of(q, l);
    wait_for_room(q);
    rd_kafka_resp_err_t err = headers ? RD_KAFKA_RESP_ERR__QUEUE_FULL : RD_KAFKA_RESP_ERR__FAIL;
    while (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        err = rd_kafka_producev(
            q->client.rk, RD_KAFKA_V_TOPIC(l->topic), RD_KAFKA_V_PARTITION(target),
            RD_KAFKA_V_KEY(m->key, m->key_len), RD_KAFKA_V_VALUE(m->payload, m->len),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_OPAQUE((void *)(uintptr_t)q->sent_from.n), RD_KAFKA_V_END);
        if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(q->client.rk, 100);
    }
    if (err && headers)
        rd_kafka_headers_destroy(headers);
    return err;
}

/* The note follows when the broker has the record: after a crash between the two it goes back a
 * second time, which its id makes harmless. */
static void note(struct requeue *q, const struct place *p)
{
    char place[LETTER_PLACE];
    letter_place(p->partition, p->offset, place);
    rd_kafka_resp_err_t err = rd_kafka_producev(
        q->client.rk, RD_KAFKA_V_TOPIC(q->settings.in.dead_letters),
        RD_KAFKA_V_HEADER(LETTER_REQUEUED, place, -1), RD_KAFKA_V_OPAQUE(NULL), RD_KAFKA_V_END);
    if (err)
        client_note(&q->client, err, "it could not be noted that a letter went back");
    q->failed += err != 0;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
    struct client *c = opaque;
    struct requeue *q = c->arg;
    const size_t number = (uintptr_t)m->_private;
    (void)rk;
    if (m->err)
        client_note(c, m->err, rd_kafka_topic_name(m->rkt));
    q->failed += m->err != 0;
    q->sent += number && !m->err;
    if (number && !m->err)
        note(q, &q->sent_from.all[number - 1]);
}

/* ---- the letters ---- */

static void tell(const struct letter *l, const char *what)
{
    printf("%" PRId32 "/%" PRId64 "\t%s\t%s\t%" PRId32 "/%" PRId64 "\t%s\n", l->own_partition,
           l->own_offset, l->reason, l->topic, l->partition, l->offset, what);
}

static bool was_there(const struct requeue *q, const rd_kafka_message_t *m)
{
    for (size_t i = 0; i < q->ends.n; i++)
        if (q->ends.all[i].partition == m->partition)
            return m->offset <= q->ends.all[i].offset;
    return false;
}

static int take_letter(void *arg, const rd_kafka_message_t *m)
{
    struct requeue *q = arg;
    struct letter l;
    if (!letter_read(m, &l) || !was_there(q, m))
        return HX_OK;
    q->letters++;
    if (!has(&q->reasons, l.reason) || !has(&q->topics, l.topic))
        return HX_OK;
    if (went_back(q, &l)) {
        q->before++;
        return HX_OK;
    }
    q->cut += l.cut;
    q->chosen += !l.cut;
    rd_kafka_resp_err_t err = l.cut || q->dry_run ? 0 : send_back(q, m, &l);
    tell(&l, l.cut ? "cut: its source has to send it again" : err ? rd_kafka_err2name(err) : "");
    q->failed += err != 0;
    rd_kafka_poll(q->client.rk, 0);
    return HX_OK;
}

static int read_all(struct requeue *q, topic_read_fn *fn, struct hx_problem *problem)
{
    const struct topic_read what = {
        .cluster = &q->settings.cluster, .topic = q->settings.in.dead_letters, .fn = fn, .arg = q};
    int n = partitions_of(q, q->settings.in.dead_letters);
    if (!n)
        return hx_problem_set(problem, "%s is not there, or cannot be looked at",
                              q->settings.in.dead_letters);
    return topic_read(&what, n, RD_KAFKA_OFFSET_BEGINNING, problem);
}

/* ---- the whole ---- */

static int open_client(struct requeue *q, struct hx_problem *problem)
{
    rd_kafka_conf_t *conf;
    int rc = cluster_conf(&q->settings.cluster, &conf, problem);
    if (rc)
        return rc;
    rc = cluster_set(conf, "acks", "all", problem);
    if (!rc)
        rc = cluster_set(conf, "partitioner", "murmur2_random", problem);
    if (rc) {
        rd_kafka_conf_destroy(conf);
        return rc;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    q->client.arg = q;
    return client_open(&q->client, RD_KAFKA_PRODUCER, conf, "requeue", problem);
}

static int work(struct requeue *q, struct hx_problem *problem)
{
    int rc = kafka_settings_load(q->config, &q->settings, problem);
    if (!rc && !*q->settings.in.dead_letters)
        rc = hx_problem_set(problem, "%s names no topic of dead letters", q->config);
    if (!rc)
        rc = open_client(q, problem);
    if (!rc)
        rc = read_all(q, take_note, problem);
    if (!rc)
        rc = check_clock(q, problem);
    if (rc)
        return rc;
    if (q->back.n)
        qsort(q->back.all, q->back.n, sizeof *q->back.all, compare);
    rc = read_all(q, take_letter, problem);
    if (rd_kafka_flush(q->client.rk, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        q->failed += (uint64_t)rd_kafka_outq_len(q->client.rk);
    return rc;
}

static void tell_sum(const struct requeue *q)
{
    printf("%" PRIu64 " letters, %" PRIu64 " chosen, %" PRIu64 " %s; %" PRIu64
           " went back before, %" PRIu64 " are cut, %" PRIu64 " failed\n",
           q->letters, q->chosen, q->dry_run ? q->chosen : q->sent,
           q->dry_run ? "would go back" : "went back", q->before, q->cut, q->failed);
}

int requeue_main(int argc, char **argv)
{
    static struct requeue q;
    struct hx_problem problem = {""};
    q.config = "/etc/hongxin/kafka.yaml";
    int code = parse(&q, argc, argv);
    if (code >= 0)
        return code;
    prctl(PR_SET_DUMPABLE, 0); /* there are secrets: no core, nobody attaches */
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    int rc = work(&q, &problem);
    if (rc)
        fprintf(stderr, "hongxin-kafka requeue: %s\n",
                *problem.text ? problem.text : hx_strerror(rc));
    else
        tell_sum(&q);
    client_close(&q.client);
    free(q.back.all);
    free(q.sent_from.all);
    free(q.ends.all);
    return rc || q.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
