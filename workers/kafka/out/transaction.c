#include "kafka/out/transaction.h"

typedef enum transaction_result step_fn(void *arg);

/* A call until it is done or demands something else. `ended`: the program is to end. */
static enum transaction_result insist(const struct transaction_steps *s, step_fn *step,
                                      struct transaction_counts *counts, bool *ended)
{
    for (unsigned attempt = 1;; attempt++) {
        enum transaction_result r = step(s->arg);
        if (r != TX_OK)
            counts->errors[r]++;
        if (r != TX_RETRY)
            return r;
        if (!s->pause(s->arg, attempt)) {
            *ended = true;
            return TX_ABORT;
        }
    }
}

/* Begin, produce, commit: the first that does not succeed decides. */
static enum transaction_result attempt_all(const struct transaction_steps *s,
                                           struct transaction_counts *counts, bool *ended)
{
    step_fn *const steps[] = {s->begin, s->produce, s->commit};
    enum transaction_result r = TX_OK;
    for (unsigned i = 0; i < 3 && r == TX_OK; i++)
        r = insist(s, steps[i], counts, ended);
    return r;
}

enum transaction_result transaction_run(const struct transaction_steps *s,
                                        struct transaction_counts *counts)
{
    bool ended = false;
    for (unsigned attempt = 1;; attempt++) {
        enum transaction_result r = attempt_all(s, counts, &ended);
        if (r == TX_OK)
            counts->committed++;
        if (r != TX_ABORT || ended)
            return r;
        r = insist(s, s->abort, counts, &ended);
        if (r == TX_OK)
            counts->aborted++;
        if (r == TX_FENCED || r == TX_FATAL || ended)
            return r == TX_OK ? TX_ABORT : r;
        if (!s->pause(s->arg, attempt))
            return TX_ABORT;
    }
}
