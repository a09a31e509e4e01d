/* Publishing many records: several on their way at once, answers in any order, and a checkpoint
 * that never runs ahead of what the daemon has on disk. One thread.
 *
 * Rows pass through a ring of slots in the order of the input. A slot is done when its row was
 * answered or rejected; the checkpoint is the last row before the first slot that is not done. */
#ifndef CLI_FEEDER_H
#define CLI_FEEDER_H

#include "cli/progress.h"
#include "cli/send/checkpoint.h"
#include "cli/send/input.h"
#include "cli/send/reject.h"
#include "hongxin/client.h"

enum { FEEDER_SLOTS = 8192 };

struct feeder;

struct feeder_slot {
    struct feeder *feeder;
    uint64_t row, line;
    bool done;
    char *text; /* of the row, for the reject file and the checkpoint; owned */
    size_t size;
};

struct feeder {
    const struct cli *cli;
    hx_client *client; /* NULL = only check (--dry-run) */
    struct reject_file *rejects;
    struct checkpoint *checkpoint;
    const char *source;                                     /* of records that name none */
    void (*answered)(struct feeder *f, const hxp_reply *r); /* may be NULL */
    int (*judge)(void *arg, const struct record *record,
                 char problem[RECORD_PROBLEM]); /* or NULL */
    void *judge_arg;
    unsigned poll_every;        /* rows between two looks at the connection; 0 = 1 */
    struct hx_packing *packing; /* of events */
    uint8_t *packed;            /* room for one */
    char *last;                 /* text of the newest row that is done with; owned */
    size_t last_size;
    struct feeder_slot *slots; /* FEEDER_SLOTS of them */
    uint64_t head, tail;       /* slots in use: head … tail - 1, modulo FEEDER_SLOTS */
    uint64_t by_result[16], n_rejected, n_rows;
    int64_t last_answer, last_save; /* monotonic ms */
    int failed;                     /* exit code once the run cannot go on */
};

HX_CHECK int feeder_init(struct feeder *f, const struct cli *cli);
void feeder_fini(struct feeder *f);

/* Takes one row of the input (and its record): publishes it, or rejects it. CLI_OK, or the exit
 * code when the run cannot go on. */
HX_CHECK int feeder_put(struct feeder *f, struct input_row *row);

/* Whether nothing is left to do about this event. What was refused the first time is so again, when
 * it is sent again: its row stands in the rejects as it did. */
bool feeder_is_taken(const hxp_reply *reply);

/* Waits until everything is answered. */
HX_CHECK int feeder_drain(struct feeder *f);

#endif
