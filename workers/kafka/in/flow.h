/* Records on their way to the daemon, each partition in rounds of its own: what was read of it
 * travels in one message, and the next one only goes when each record of the last is answered for
 * good, so that nothing overtakes within a partition, whatever is refused for now. The partitions
 * do not wait for one another: while the daemon works on the round of one, those of the others are
 * on their way, and more is read.
 *
 * A record is done when the daemon has answered from its disk, or when it is a dead letter on the
 * broker's. What the daemon wants later is held, and everything behind it in its partition too:
 * what was read before it is known, one record more, and then the partition is paused. The offset
 * of a lane is that of its first record that is not done. One thread: that of the loop. */
#ifndef KAFKA_FLOW_H
#define KAFKA_FLOW_H

#include "hongxin/client.h"
#include "kafka/in/dead.h"
#include "kafka/in/entry.h"
#include "kafka/in/in_settings.h"

/* A partition that is ours now. Made by the group, moved by the flow. */
struct lane {
    struct lane *next;
    const struct in_topic *topic;
    int32_t partition;
    int64_t offset;              /* everything before it is done */
    int64_t done;                /* behind the newest record that is done */
    int64_t committed;           /* … and what the broker was told of it last */
    int64_t last;                /* the newest record that was read; to know a gap */
    int64_t wanted;              /* of a gap: what was asked for and not there; -1 = none */
    unsigned generation;         /* grows with each gap: offsets of before are of another topic */
    struct entries round, queue; /* being answered; to be sent behind it; oldest first */
    size_t waiting;              /* of the round: not answered yet */
    bool held;                   /* the queue begins with what the daemon wants later … */
    int64_t retry_at;            /* … at this time; monotonic, ms */
    bool paused;
};

struct flow {
    const struct in_settings *settings;
    hx_client *client;
    struct dead *dead;
    void (*wake)(void *arg); /* a round is over: call flow_step() soon */
    void *arg;
    size_t ahead, ahead_bytes; /* read, not yet sent, not held */
    size_t under_way;          /* sent, not yet answered */
    size_t most;               /* records in one round */
    struct tally answers, reasons;
    struct tally refused; /* NOT_ALLOWED, by code: kept in the journal with its case */
    uint64_t records, later;
    int64_t trouble_told_at;
};

/* settings, client, dead, wake and arg are set. */
void flow_init(struct flow *f);

/* False: enough is read for now. */
bool flow_has_room(const struct flow *f);
/* Takes the message over. */
void flow_take(struct flow *f, struct lane *lane, rd_kafka_message_t *message);

/* Ends the rounds whose records are all answered, and begins those that can. True: it began one.
 * `lanes`: all there are. */
bool flow_step(struct flow *f, struct lane *lanes, int64_t now);
/* Only the first half. */
void flow_finish(struct flow *f, struct lane *lanes);
bool flow_is_busy(const struct flow *f);

/* When the oldest record that is not done was written, by its timestamp; 0: none. */
int64_t flow_oldest(const struct lane *lanes);

/* For dead_open(). */
void flow_buried(void *tag, rd_kafka_resp_err_t err);

/* Gives up everything: the lanes are not ours any more. What was sent may still be taken. */
void flow_drop(struct flow *f, struct lane *lanes);

#endif
