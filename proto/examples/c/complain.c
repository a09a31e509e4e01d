/* Publishes one complaint and follows it until it is closed: libhongxin in one page.
 *
 *   complain INTAKE FEED PLACE      e.g. complain tcp://127.0.0.1:54321 tcp://127.0.0.1:54322
 * B-0417
 */
#include <hongxin/client.h>
#include <hongxin/fact.h>
#include <hongxin/instant.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

struct story {
    uint64_t case_number; /* 0 until the reply is there */
    bool closed;
};

static const char *when(int64_t ms, char text[HX_INSTANT_TEXT])
{
    return ms ? hx_instant_format(ms, 480, text) : "-";
}

static void print_fact(const hxp_fact *fact)
{
    char text[HX_INSTANT_TEXT];
    switch (fact->fact_case) {
    case HONGXIN__V1__FACT__FACT_STATE:
        printf("  state     %s -> %s (%s)\n", fact->state->from, fact->state->to,
               fact->state->cause);
        break;
    case HONGXIN__V1__FACT__FACT_CLOCK:
        printf("  clock     %s %s, due %s\n", fact->clock->clock, fact->clock->change,
               when(fact->clock->deadline, text));
        break;
    case HONGXIN__V1__FACT__FACT_BREACH:
        printf("  BREACH    %s of %s, was due %s\n", fact->breach->clock, fact->breach->holder,
               when(fact->breach->deadline, text));
        break;
    case HONGXIN__V1__FACT__FACT_NOTICE:
        printf("  notice    %s %s %s to %s\n", fact->notice->kind, fact->notice->clock,
               fact->notice->level, fact->notice->to);
        break;
    default:
        printf("  %s\n", hx_fact_name(fact));
        break;
    }
}

/* The feed brings everything about the place; this program is about one case. */
static void on_entry(void *arg, const hxp_entry *entry, const ProtobufCBinaryData *bytes)
{
    struct story *story = arg;
    char text[HX_INSTANT_TEXT];
    (void)bytes;
    if (entry->case_number != story->case_number)
        return;
    printf("%s %s\n", when(entry->t_rec, text), entry->cause);
    for (size_t i = 0; i < entry->n_facts; i++)
        print_fact(entry->facts[i]);
    fflush(stdout);
    story->closed = strcmp(entry->state, "CLOSED") == 0;
}

static void on_problem(void *arg, const Hongxin__V1__Problem *problem)
{
    struct story *story = arg;
    fprintf(stderr, "complain: the feed ended: %s: %s\n", problem->code, problem->message);
    story->closed = true;
}

/* From the entry of the report on, so that nothing between the two calls is missed. */
static int follow(hx_client *c, struct story *story, const hxp_reply *reply, char *place)
{
    static const struct hx_feed_calls calls = {.entry = on_entry, .problem = on_problem};
    Hongxin__V1__Filter filter = HONGXIN__V1__FILTER__INIT;
    filter.n_places = 1;
    filter.places = &place;
    story->case_number = reply->case_number;
    const struct hx_subscription s = {.from = HONGXIN__V1__HELLO__FROM__LSN,
                                      .from_lsn = reply->lsn,
                                      .filter = &filter,
                                      .calls = &calls,
                                      .arg = story};
    return hx_subscribe(c, &s);
}

static int publish(hx_client *c, char *place, hxp_reply **reply)
{
    char id[64];
    hxp_event event = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    /* The id is what makes sending again harmless: new for each event, the same for each attempt.
     */
    snprintf(id, sizeof id, "example-%lld-%d", (long long)time(NULL), (int)getpid());
    event.id = event.case_ref = id;
    event.source = "example-c";
    event.type = "REPORTED";
    event.t_occ = (int64_t)time(NULL) * 1000;
    event.by = "reporter";
    event.data = &data;
    data.class_ = "SMALL";
    data.place = place;
    data.text = "the lamp at the entrance is broken";
    return hx_publish(c, &event, NULL, reply);
}

static int tell(hx_client *c, char *place)
{
    hxp_reply *reply;
    struct story story = {0};
    int err = publish(c, place, &reply);
    if (err) {
        fprintf(stderr, "complain: %s %s\n", hx_strerror(err), hx_client_problem(c));
        return 1;
    }
    if (reply->result != HONGXIN__V1__RESULT__ACCEPTED) {
        fprintf(stderr, "complain: not accepted: %s %s\n", reply->code, reply->message);
        hx_reply_free(reply);
        return 1;
    }
    printf("accepted as %s\n", reply->number);
    err = follow(c, &story, reply, place);
    hx_reply_free(reply);
    while (!err && !stop && !story.closed)
        hx_client_poll(c, 1000);
    return err ? 1 : 0;
}

int main(int argc, char **argv)
{
    hx_client *c;
    if (argc != 4) {
        fprintf(stderr, "usage: complain INTAKE FEED PLACE\n");
        return 2;
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    const struct hx_client_options options = {.intake = argv[1], .feed = argv[2]};
    int err = hx_client_open(&options, &c);
    if (err) {
        fprintf(stderr, "complain: %s\n", hx_strerror(err));
        return 2;
    }
    int code = tell(c, argv[3]);
    hx_client_close(c);
    return code;
}
