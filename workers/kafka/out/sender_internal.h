/* What the parts of the sender share: sender.c is its thread's life and the loop's side,
 * sender_transaction.c a transaction from begin to its certain end, sender_records.c what is put
 * into one, sender_figures.c what the loop tells of them. All of it but the loop's side runs in the
 * sender's thread. */
#ifndef KAFKA_SENDER_INTERNAL_H
#define KAFKA_SENDER_INTERNAL_H

#include "kafka/out/sender.h"
#include <pthread.h>

enum { SENDER_CALL_MS = 5000 /* one call of librdkafka; then it is made again */ };

struct sender {
    /* of the caller */
    const struct cluster_settings *cluster;
    const struct sender_settings *settings;
    const struct routes *routes;
    const struct sender_calls *calls;
    void *arg;
    const char *role, *owner;
    const struct sender_settings *first;
    bool (*adopt)(void *arg, struct position *p, const char **why);
    struct event *told;
    int fd;
    /* the thread's own */
    struct client client;
    struct topics topics;
    struct position position; /* as of the last commit */
    struct batch *batch;      /* of the transaction */
    struct transaction_counts counts;
    uint64_t records, bytes, commit_us;
    const char *cause;       /* why the last step did not succeed */
    const char *aborted_for; /* why the last transaction was aborted; NULL = none was */
    /* between the two, under the lock */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool started, stopping, ready, ready_told;
    struct batch *job, *last, *done;
    enum sender_end end;
    char why[400];
    char trouble[SENDER_TROUBLE];
    struct shown {
        struct transaction_counts counts;
        uint64_t records, bytes, commit_us;
    } shown;
};

/* What the error demands; it is noted, and taken. NULL: TX_OK. */
enum transaction_result sender_judge(struct sender *s, rd_kafka_error_t *error);
/* TX_OK: librdkafka can go on. */
enum transaction_result sender_fatal(struct sender *s);

/* Waits a little, longer with each attempt; false: the program ends. */
bool sender_pause(struct sender *s, unsigned attempt);

/* The batch (NULL: the position alone) until it is committed, or cannot be. */
enum transaction_result sender_transact(struct sender *s, struct batch *batch);

/* The topics of the batch's records, made where they are missing; TX_RETRY: not now. */
enum transaction_result sender_find_topics(struct sender *s);
/* All records of the batch and the position, into the transaction that has begun. */
enum transaction_result sender_produce(struct sender *s);

#endif
