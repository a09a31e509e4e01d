/* What the parts of the journal's way share: follow.c is its life, its senders and its figures,
 * follow_feed.c what comes from the daemon. All of it runs in the loop. */
#ifndef KAFKA_FOLLOW_INTERNAL_H
#define KAFKA_FOLLOW_INTERNAL_H

#include "kafka/out/follow.h"
#include "kafka/out/states.h"
#include "kafka/out/writer.h"

enum { FAST, SLOW, WRITERS = SENDERS_MOST };

struct follow {
    const struct out_settings *settings;
    const struct cluster_settings *cluster;
    struct event_base *base;
    hx_client *client;
    struct writer writers[WRITERS];
    size_t n; /* writers that there are: the slow one only where it has rows */
    char owner[POSITION_OWNER], slow[POSITION_ROWS]; /* slow: the name of its rows */
    struct states states;
    struct record_rules rules;
    struct event *tick;
    void (*ended)(void *arg);
    void *arg;
    /* where we are */
    bool following, paused;
    uint64_t told_upto; /* states of a snapshot hold what entries up to here say */
    int64_t follow_at;
    /* figures */
    uint64_t entries, resets, cut, lost, undecodable, newest;
    char refused[64], trouble[SENDER_TROUBLE];
    enum sender_end end;
    char why[400];
};

static inline struct writer *follow_first(struct follow *f)
{
    return &f->writers[FAST];
}

/* Nothing can be written any more. */
void follow_finish(struct follow *f, enum sender_end end, const char *why);

/* A new feed, behind what the writers have gathered. */
void follow_subscribe(struct follow *f);
/* Hands over what is ready for its sender. */
void follow_work(struct follow *f);
/* Holds the feed back while one of the writers is full. */
void follow_pause(struct follow *f);
/* What the first writer's position says beside the entries: states, slow rows. */
void follow_put_positions(struct follow *f);
/* Whether the first writer's position says, in its topic, which rows the slow one has. Before that
 * the slow one writes nothing: whoever starts after a kill would take these rows for the first
 * one's, and write the same entries again. */
bool follow_handed_over(const struct follow *f);
/* Asks for the states of more cases. */
void follow_go_on(struct follow *f);
/* For states_init(). */
void follow_told(void *arg, uint64_t case_number, const hxp_case_view *view);

#endif
