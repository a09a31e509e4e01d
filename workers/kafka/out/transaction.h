/* One transaction, from begin to a certain end: the one place that knows what each kind of error of
 * a transactional producer demands (librdkafka 2.0.2). The caller keeps what is to be written until
 * the end is certain, so an aborted transaction is simply done again.
 *
 *   retriable    the same call again: it goes on where it was
 *   abortable    abort, then everything again from begin
 *   fenced       another producer with this transactional.id has begun: never write again
 *   fatal        this producer can do nothing more: the process ends and a new one begins
 *
 * Pure but for the functions it is given; one thread. */
#ifndef KAFKA_TRANSACTION_H
#define KAFKA_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

enum transaction_result { TX_OK, TX_RETRY, TX_ABORT, TX_FENCED, TX_FATAL, TX_RESULTS };

/* The steps; each returns what its error demands. `pause` waits before a repetition and returns
 * false when the program is to end (then the transaction is given up: its end by the broker is as
 * good as an abort). */
struct transaction_steps {
    enum transaction_result (*begin)(void *arg);
    enum transaction_result (*produce)(void *arg); /* all records and the position */
    enum transaction_result (*commit)(void *arg);
    enum transaction_result (*abort)(void *arg);
    bool (*pause)(void *arg, unsigned attempt);
    void *arg;
};

struct transaction_counts {
    uint64_t committed, aborted;
    uint64_t errors[TX_RESULTS]; /* by what they demanded; TX_OK is not counted */
};

/* Until it is committed: TX_OK. TX_FENCED, TX_FATAL: nothing more can be written. TX_ABORT: given
 * up because the program ends. */
enum transaction_result transaction_run(const struct transaction_steps *steps,
                                        struct transaction_counts *counts);

#endif
