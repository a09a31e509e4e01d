/* A dead letter as it lies in its topic: why it is there, where its record lay, and the record as
 * it was. Beside letters the topic holds notes: one for each letter that was brought back. Pure,
 * over messages of librdkafka; any thread. */
#ifndef KAFKA_LETTER_H
#define KAFKA_LETTER_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

/* The headers of letters begin so; whoever brings a record back takes them off. */
#define LETTER_PREFIX    "dead-letter-"
#define LETTER_REASON    "dead-letter-reason"
#define LETTER_TEXT      "dead-letter-text"
#define LETTER_TOPIC     "dead-letter-topic"
#define LETTER_PARTITION "dead-letter-partition"
#define LETTER_OFFSET    "dead-letter-offset"
#define LETTER_SIZE      "dead-letter-size" /* only when the value is not all there was */
#define LETTER_KEPT      "dead-letter-kept" /* its row in the daemon's quarantine, if it has one */
#define LETTER_CLOSES    "dead-letter-closes"   /* of a record that was brought back: that row */
#define LETTER_REQUEUED  "dead-letter-requeued" /* of a note: "PARTITION/OFFSET" of the letter */

enum { LETTER_WORD = 64, LETTER_TOPIC_MAX = 250, LETTER_PLACE = 40 };

struct letter {
    int32_t own_partition; /* where the letter lies … */
    int64_t own_offset;
    char reason[LETTER_WORD];
    char topic[LETTER_TOPIC_MAX]; /* … and where its record lay */
    int32_t partition;
    int64_t offset;
    char kept[LETTER_PLACE]; /* its row in the daemon's quarantine; "": none */
    bool cut;                /* the value is only the beginning of what it was */
};

/* False: it is none (a note, or something that somebody else has put there). */
bool letter_read(const rd_kafka_message_t *m, struct letter *out);

/* The letter that a note is about. False: it is no note; what has a reason is a letter. */
bool letter_read_note(const rd_kafka_message_t *m, int32_t *partition, int64_t *offset);

/* "0/4711", as notes name a letter. Returns `out`. */
const char *letter_place(int32_t partition, int64_t offset, char out[LETTER_PLACE]);

/* The headers of the record as it was; NULL: no memory. */
rd_kafka_headers_t *letter_headers(const rd_kafka_message_t *m);
/* The same for a record that is brought back: with the row that is done by it. */
rd_kafka_headers_t *letter_headers_back(const rd_kafka_message_t *m, const struct letter *l);

#endif
