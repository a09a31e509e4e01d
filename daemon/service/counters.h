/* What the service counts, for StatsQuery and the log. One thread. */
#ifndef SERVICE_COUNTERS_H
#define SERVICE_COUNTERS_H

#include "engine/notice/calm.h"
#include "hongxin/schema.h"
#include <stddef.h>
#include <stdint.h>

/* Distribution of non-negative values with an error of at most one eighth. */
enum { HIST_BINS = 496 };
struct hist {
    uint64_t count, bins[HIST_BINS];
    int64_t max;
    double sum;
};
void hist_add(struct hist *h, int64_t value);

/* The value that a share q (0 … 1) of all values does not exceed; 0 when there is none. */
int64_t hist_quantile(const struct hist *h, double q);

enum { COUNTED_RESULTS = 9, COUNTED_CODES = 48, COUNTED_CODE_MAX = 40 };

enum { COUNTED_LATENESS = 10 };
extern const int64_t counted_lateness_us[COUNTED_LATENESS]; /* ascending; the last one has no end */

/* What committed entries hold. */
struct counted_facts {
    uint64_t notices, held[HX_HELD_INHIBITED + 1]; /* real ones; by enum hx_held */
    uint64_t drill_notices, silences_begun, silences_ended;
};

struct counters {
    uint64_t results[COUNTED_RESULTS]; /* by enum Result */
    struct {
        char code[COUNTED_CODE_MAX];
        uint64_t n;
    } codes[COUNTED_CODES]; /* of INVALID answers and problems; the last one is "OTHER" */
    uint64_t requests, problems, strangers, read_early;
    uint64_t commits, failed_commits, isolated;
    uint64_t entries, fired, stale_due, cut_short;
    uint64_t feed_messages, feed_entries, feeds_opened, feeds_lost, resets;
    uint64_t replies_lost, published, pump_rescues, clock_steps, absences;
    uint64_t late_upto[COUNTED_LATENESS]; /* deadlines not later than counted_lateness_us[i] */
    struct counted_facts facts;
    struct hist batch_items; /* events in one transaction that had any */
    struct hist commit_us;   /* time a commit took */
    struct hist intake_us;   /* from reading the first event of a batch to its commit */
    struct hist lateness_us; /* of a deadline: from due to committed */
    struct hist turn_us;     /* one turn of the loop; of it, or beside it: */
    struct hist project_us;  /* a step of the projections, with its commit */
    struct hist push_us;     /* moving the feeds forward */
    struct hist audit_us;    /* a step of the self-audit */
};

/* Counts a reply by result, and by code when it is INVALID. */
void counters_reply(struct counters *c, const hxp_reply *reply);
void counters_code(struct counters *c, const char *code);

/* Counts the notices of an entry, by how they are carried, and silences. Any thread. */
void counters_entry(struct counted_facts *c, const hxp_entry *entry);
/* Adds what was counted of a batch that is committed now. */
void counters_facts(struct counters *c, const struct counted_facts *of);

/* Counts how late a deadline was told and durable. */
void counters_lateness(struct counters *c, int64_t us);

#endif
