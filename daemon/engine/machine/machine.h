/* The machine: everything that happens around one step of one case, the same for the daemon and the
 * simulator.
 *
 * It answers duplicates, finds the case, parks what is too early, counts the sources, takes the
 * step, carries what one case tells another, and writes the journal entry. It is pure: it owns no
 * clock and no file. Time is set by the caller; state is read and written through struct
 * hx_backend, which the store implements with LMDB and the simulator in memory. All calls of one
 * batch happen inside one open transaction of the backend; nothing may be shown to anybody before
 * that transaction is on disk.
 *
 * Errors from a backend (negative, but not HX_NOTFOUND) end the call and are returned; the caller
 * must then abort the transaction: nothing of the batch has happened. One thread. */
#ifndef ENGINE_MACHINE_MACHINE_H
#define ENGINE_MACHINE_MACHINE_H

#include "base/arena.h"
#include "engine/case/case.h"
#include "engine/place/place.h"
#include "hongxin/schema.h"

struct hx_rules;
struct hx_transition;
struct hx_word;
struct hx_arrival;

/* What is remembered of an event id (corner 8), at least 400 days. */
struct hx_seen {
    uint8_t digest[16];
    uint64_t case_number;
    uint64_t lsn; /* the entry that holds the first answer */
};

/* Numbers that are counted, each once, are remembered like event ids, under a name that no source
 * can have: those of a registered device (A7), and those with which a source counts (A8). */
enum hx_counter { HX_COUNTER_DEVICE = 1, HX_COUNTER_SOURCE = 2 };
struct hx_counted {
    char source[HX_WORD_MAX + 1], id[21]; /* the number, with leading zeros: rows grow with it */
};
void hx_counted_name(struct hx_counted *out, enum hx_counter counter, const char *who,
                     uint64_t number);

/* What is remembered of a source that counts its events (A8, corner 6). */
struct hx_source {
    uint64_t top;        /* highest number seen */
    uint64_t missing[8]; /* numbers skipped so far; 0 = free */
    int64_t missing_since[8];
};

/* What is stored of the kind of a watch: never renumber. */
enum {
    HX_WATCH_NUMBER, /* a missing number (corner 6) */
    HX_WATCH_PARKED, /* a case for a parked event (corner 7) */
    HX_WATCH_ROTA,   /* the daily look at the rota (S30) */
    HX_WATCH_DESK,   /* the city's desk must speak (corner 26) */
    HX_WATCH_HELD,   /* a notice that a digest will carry; its source is the receiver */
    HX_WATCH_SWAP,   /* an answer to a swap of duty (S32) */
};

/* Something that must come before `at`, or the source is told; or what is to be looked at then. A
 * row beside the case's deadlines: it outlives a restart. */
struct hx_watch {
    int64_t at;
    uint8_t kind;
    char source[HX_WORD_MAX];
    char ref[HX_REF_MAX]; /* of a parked event; the version of the city that was looked at last */
    uint64_t number;      /* the missing number, or the LSN of the parked event */
};

/* An event that waits for its case (corner 7). */
struct hx_parked {
    uint64_t lsn; /* the journal holds its bytes */
    uint64_t seq; /* source's number: they are applied in this order */
    int64_t t_rcv;
};

struct hx_backend {
    /* Copies the case. HX_NOTFOUND when there is none. */
    int (*case_load)(void *b, uint64_t number, struct hx_case *c);
    /* Writes the case and keeps a row in the due table at or before `due` (INT64_MAX = none
     * needed); c->due_row says which row stands there and is updated. */
    int (*case_save)(void *b, struct hx_case *c, int64_t due);
    /* The next free case number of this partition. */
    int (*case_number)(void *b, uint64_t *number);
    int (*seen_load)(void *b, const char *source, const char *id, struct hx_seen *seen);
    int (*seen_save)(void *b, const char *source, const char *id, const struct hx_seen *seen);
    /* Outside reference → case number. */
    int (*ref_load)(void *b, const char *source, const char *ref, uint64_t *number);
    int (*ref_save)(void *b, const char *source, const char *ref, uint64_t number);
    /* This, and entry_load, also answer outside a transaction. */
    int (*source_load)(void *b, const char *source, struct hx_source *s);
    int (*source_save)(void *b, const char *source, const struct hx_source *s);
    int (*park)(void *b, const char *source, const char *ref, const struct hx_parked *p);
    /* Takes the parked event with the lowest seq (then lowest LSN) away; HX_NOTFOUND when there is
     * none. */
    int (*unpark)(void *b, const char *source, const char *ref, struct hx_parked *p);
    /* What must come before an instant, in the order of (at, kind, source, number). Putting one
     * that is there, or dropping one that is not, does nothing: the row keeps its ref. watch_first
     * also answers outside a transaction; HX_NOTFOUND when nothing is awaited. */
    int (*watch_put)(void *b, const struct hx_watch *w);
    int (*watch_drop)(void *b, const struct hx_watch *w);
    int (*watch_first)(void *b, struct hx_watch *w);
    /* The number the next entry will have. */
    int (*next_lsn)(void *b, uint64_t *lsn);
    /* Appends the entry; its lsn is next_lsn. The entry and all it points to stay valid until the
     * machine's arena is reset. */
    int (*append)(void *b, const hxp_entry *e);
    /* Reads an entry, allocated in the arena. */
    int (*entry_load)(void *b, uint64_t lsn, struct hx_arena *arena, hxp_entry **e);
    /* Keeps input that could not be understood, with its reason (bounded; oldest dropped). */
    int (*quarantine)(void *b, const uint8_t *bytes, size_t size, const char *reason);
};

/* Whether a receiver can be reached, by its id: "P-07", "city"; a bridge as "road:voice". */
enum hx_reach {
    HX_REACH_UP,
    HX_REACH_DOWN,
    HX_REACH_OURS,    /* nobody can be reached: our fault */
    HX_REACH_FETCHED, /* only when an entry is asked about: acknowledged; */
    HX_REACH_UNKNOWN, /* or nothing was heard of it since we started */
};

enum { HX_GAP_MS = 60 * 1000, HX_WITH_MAX = 8 };

/* What makes deadlines wait or excuses a late judgement. Each change is an entry of the journal, so
 * that whoever replays it judges as we did. */
struct hx_disturbance {
    int64_t outage_from, outage_to; /* the last time we were down (corner 17); 0 = none */
    int64_t step_from, step_to;     /* the last jump of the wall clock (corner 14); 0 = none */
    bool doubt;                     /* the jump is not confirmed: nothing inside it is judged */
    bool draining; /* after an outage: nobody is accused before all queued input is read */
    uint64_t lsn;  /* the entry that says so; 0 = nothing ever happened */
    int64_t refuted_from, refuted_to; /* the last jump that proved wrong; while we live */
};

enum { HX_SIMILAR_MAX = 5 };

struct hx_machine {
    const struct hx_rules *rules; /* borrowed */
    const struct hx_city *city;   /* borrowed */
    const struct hx_backend *ops; /* borrowed */
    void *backend;                /* borrowed */
    struct hx_arena *arena;       /* borrowed; all results live here until the caller resets it */
    enum hx_reach (*reach)(void *ctx, const char *holder); /* NULL = everybody up */
    /* The same for this entry: HX_REACH_FETCHED when the receiver has acknowledged it. NULL =
     * whoever is up has. */
    enum hx_reach (*fetched)(void *ctx, const char *id, uint64_t lsn);
    void *reach_ctx; /* of both */
    /* Judges what an event brings as its proof, for this case: "" when it may be believed, else the
     * name of what is wrong (ONSITE_CODE_WRONG …), and the event counts as a claim. Static text.
     * Stored in the entry, so that a replay judges alike. NULL = everything is believed. */
    const char *(*prove)(void *ctx, const struct hx_arrival *in, const struct hx_case *c);
    void *prove_ctx;
    /* Up to HX_SIMILAR_MAX open cases of the same place and matter as this one, without it: likely
     * duplicates (B2). Only answers depend on it. NULL = none are offered. */
    size_t (*similar)(void *ctx, const struct hx_case *c, uint64_t numbers[HX_SIMILAR_MAX]);
    void *similar_ctx;
    int64_t now;  /* R13: never runs backwards */
    int64_t wall; /* the wall clock as read */
    uint32_t scale;
    struct hx_disturbance dist;
    void (*appended)(void *ctx, const hxp_entry *e); /* sees each entry made; NULL = nobody */
    void *appended_ctx;
    /* Sees each row that is taken, and each whose guard says no; NULL = nobody. */
    void (*row)(void *ctx, const struct hx_transition *row, const struct hx_word *refused);
    void *row_ctx;
    /* The stored entry that is being made again, in a replay; NULL otherwise. */
    const hxp_entry *(*again)(void *ctx);
    void *again_ctx;
    bool no_swaps;              /* nobody has ever swapped his duty (swap.h) */
    bool no_area_silences;      /* nobody has ever silenced an area (silence.h) */
    bool in_event;              /* while an event is applied … */
    uint64_t caused_by;         /* … its entry, once it is written */
    uint64_t with[HX_WITH_MAX]; /* cases looked at since the last entry */
    size_t n_with;
    uint64_t swaps[HX_WITH_MAX]; /* entries of swaps of duty looked at since the last entry */
    size_t n_swaps;
    /* Entries so far whose case was full and did not keep all that they say (an event is refused
     * for that, time cannot be), and the newest of those cases. */
    uint64_t cut_short, cut_case;
    struct hx_case other; /* scratch: the case that an event names beside its own */
    struct hx_case work;  /* scratch: the case being worked on */
};

/* Sets the time of what follows: now = max(now, wall). */
void hx_machine_set_time(struct hx_machine *m, int64_t wall);

/* When our door has read what came in at this wall time, with the machine's time as it was then
 * (R13): the machine's, which does not run backwards, so that nobody is earlier by a clock that is
 * put back (corner 15). Inside a jump that proved wrong no time has passed: there it is the wall
 * clock's again, so that nobody is later by it (corner 14). */
int64_t hx_machine_receipt(const struct hx_machine *m, int64_t wall, int64_t now);

/* What is true of an event by itself, whatever rules and time are: may be found out before its
 * turn. */
struct hx_glance {
    bool texts_good;    /* its texts, and those of its history, are well formed and not too long */
    uint8_t digest[16]; /* of its bytes */
};

/* One event as it came in. */
struct hx_arrival {
    const uint8_t *bytes; /* serialized Event, kept verbatim */
    size_t size;
    const hxp_event *event;         /* the same, decoded; NULL = undecodable, answered INVALID */
    const struct hx_glance *glance; /* what is known of it already; NULL = nothing */
    const uint8_t *reporter_digest; /* of the identity that came with it, or NULL */
    size_t reporter_digest_size;
    int64_t t_rcv;
    bool own_secret;        /* it came with the secret of its case (corner 10) */
    uint64_t parked_lsn;    /* it waited for its case under this entry; 0 = it did not */
    const char *proof_mark; /* the verdict on its proof, of an entry that is replayed; NULL = judge
                               it */
    const char *principal;  /* whose key brought it; NULL or "" without keys */
};

/* Looks at an event before its turn. Pure; any thread. */
void hx_event_glance(const hxp_event *e, ProtobufCBinaryData bytes, struct hx_glance *out);

/* Applies one event. *reply is always set on HX_OK and lives in the arena. reply->lsn is 0 when
 * nothing was written (INVALID). */
HX_CHECK int hx_machine_event(struct hx_machine *m, const struct hx_arrival *in,
                              const hxp_reply **reply);

/* Fires every mark of the case that is due at m->now and before `before`, in the order of due
 * times, each as its own entry. A deadline includes its last millisecond (R3): whoever may still
 * read an event of the present one names it as `before`; INT64_MAX when all of it has been read. A
 * case that has nothing due only gets its due row moved. HX_NOTFOUND when there is no such case (a
 * stale row: drop it). */
HX_CHECK int hx_machine_due(struct hx_machine *m, uint64_t case_number, int64_t before);

/* While deadlines are held back after an outage: tells the holder of a case whose hand-over ran out
 * meanwhile, and does nothing else (corner 17). HX_NOTFOUND. */
HX_CHECK int hx_machine_redeliver(struct hx_machine *m, uint64_t case_number);

/* Fires what is due first in this case, with the marks that follow until `until`, as one entry: for
 * a replay, which knows both from the journal. HX_NOTFOUND: no such case, or nothing pending. */
HX_CHECK int hx_machine_mark(struct hx_machine *m, uint64_t case_number, int64_t until);

/* Looks up when the company of this case is replaced, by the city's files as they are now, and
 * keeps a row for it (corner 22). For cases that were opened before the change was known; nothing
 * else happens to them, and no entry is written. HX_NOTFOUND. */
HX_CHECK int hx_machine_change_row(struct hx_machine *m, uint64_t case_number);

/* When the next watch rings; INT64_MAX = never, or not before an outage is worked off. */
int64_t hx_machine_watch_due(const struct hx_machine *m);
/* Rings what is due at m->now and before `before`, as above: one alarm entry each. */
HX_CHECK int hx_machine_watch(struct hx_machine *m, int64_t before);
/* Rings the first of them. HX_NOTFOUND when none is due. */
HX_CHECK int hx_machine_watch_one(struct hx_machine *m);

/* The wall clock jumped from `from` to `to` although no such time passed: recorded as an alarm
 * entry. A jump forward puts what lies inside it in doubt until hx_machine_step_confirm; a jump
 * back ends the doubt. */
HX_CHECK int hx_machine_step(struct hx_machine *m, int64_t from, int64_t to);
/* The jump was right: what lies inside it may be judged. */
HX_CHECK int hx_machine_step_confirm(struct hx_machine *m);

/* We were down from `from` to `to` (corner 17). `drain`: no deadline is judged before
 * hx_machine_drained(). Down once more before that, it is one outage from the first on. */
HX_CHECK int hx_machine_outage(struct hx_machine *m, int64_t from, int64_t to, bool drain);
/* What was sent meanwhile has been read. */
HX_CHECK int hx_machine_drained(struct hx_machine *m);
/* Records a disturbance as it stands in the journal: for a replay. `as` must outlive the arena's
 * content. */
HX_CHECK int hx_machine_disturb(struct hx_machine *m, const struct hx_disturbance *d,
                                const hxp_alarm_fact *as);

/* What is wrong with an open case (R11, invariant 1), by code: NO_CLOCK when no clock with a
 * deadline runs, NO_DUE_ROW when its timer is missing or comes too late; NULL = nothing, or not
 * open. `row_stands` tells whether the row that the case remembers is in the due table. */
const char *hx_case_fault(const struct hx_rules *rules, const struct hx_case *c, bool row_stands);

/* Looks at the case once more in this transaction, and writes an alarm entry that names it; a
 * missing timer is put back. *code is what was found, as above. HX_NOTFOUND: no such case. */
HX_CHECK int hx_machine_audit(struct hx_machine *m, uint64_t case_number, bool row_stands,
                              const char **code);
/* The same without looking: for a replay. */
HX_CHECK int hx_machine_case_alarm(struct hx_machine *m, uint64_t case_number, const char *code);

/* Begins to look at the rota, each day at the time that the life cycle names under `duty` (S30): a
 * stretch without anybody on a post is alarmed (DUTY_GAP) when it begins that many days ahead; a
 * full-time grid member who has been away for a day without a substitute (GRID_VACANT, S11). The
 * first look, and the one after a new version of the city, takes in all the days until then. Does
 * nothing without a rota, or when it has begun before. */
HX_CHECK int hx_machine_rota_begin(struct hx_machine *m);
/* An alarm of the rota again, as it stands in the journal: for a replay. Borrowed until the arena's
 * reset. */
HX_CHECK int hx_machine_rota_alarm(struct hx_machine *m, hxp_alarm_fact *a);
bool hx_is_rota_alarm(const hxp_alarm_fact *a);

/* An administrative act, as an entry that is about no case; *lsn is its number. The fact is
 * borrowed until the arena's reset. */
HX_CHECK int hx_machine_act(struct hx_machine *m, hxp_audit_fact *act, uint64_t *lsn);
/* SOURCE_SILENT: nothing was heard of a source for too long (A11); SOURCE_BACK: it speaks again. */
HX_CHECK int hx_machine_source_alarm(struct hx_machine *m, const char *code, const char *source);
/* The same for a check-point over the journal. */
HX_CHECK int hx_machine_check_point(struct hx_machine *m, Hongxin__V1__CheckPointFact *point,
                                    uint64_t *lsn);

/* What is true now of a case, for snapshots and answers; in the arena. NULL without memory. */
hxp_case_view *hx_case_view(const struct hx_machine *m, const struct hx_case *c);

#endif
