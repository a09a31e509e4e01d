/* One record on its way through the flow, and lists of them. One thread: that of the loop. */
#ifndef KAFKA_ENTRY_H
#define KAFKA_ENTRY_H

#include "kafka/in/envelope.h"
#include "kafka/in/letter.h"
#include "kafka/in/tally.h"
#include <librdkafka/rdkafka.h>

struct flow;
struct lane;

enum {
    ENTRY_REASON = 120 /* what the daemon keeps of it */
};

enum fate { WAITING, DONE, LATER };

/* What is wrong with a record; few have one. */
struct fault {
    char unreadable[ENTRY_REASON]; /* the daemon is told so instead of an event; "": it is one */
    char reason[TALLY_WORD_MAX], why[160];
    char kept[LETTER_PLACE]; /* its row in the daemon's quarantine; "": none */
};

struct entry {
    struct entry *next;
    struct flow *flow;
    struct lane *lane;
    unsigned generation; /* of the lane when it was read */
    rd_kafka_message_t *record;
    struct envelope_event event;
    struct fault *fault; /* it is to be a dead letter; NULL = not */
    char *closes;        /* it was one: the row of that time; owned; NULL = not */
    int64_t refused_at;  /* when it was told "later" first; 0 = never */
    enum fate fate;
    bool judged;   /* the daemon has refused it for good: only the dead letter is missing */
    bool in_grave; /* a dead letter under way: it is needed until that is told of */
    bool dropped;  /* … though nobody asks for it any more */
};

/* Never NULL: without memory the process ends, and reads it again at its next start. */
struct entry *entry_read(struct flow *f, struct lane *lane, rd_kafka_message_t *message);
void entry_free(struct entry *e);
struct fault *entry_fault(struct entry *e);

/* There is no event in it: the daemon is told so, then it is a dead letter. */
void entry_mark(struct entry *e, const char *reason);
bool entry_is_unreadable(const struct entry *e);

/* What it counts for in a message to the daemon. */
size_t entry_weight(const struct entry *e);

struct entries {
    struct entry *first, **last;
    size_t n, bytes;
};

void entries_append(struct entries *l, struct entry *e);
struct entry *entries_take(struct entries *l);
/* All of `more` behind `l`; it is empty then. */
void entries_join(struct entries *l, struct entries *more);

#endif
