/* The store: one LMDB environment per partition, the one file of truth. FORMAT.md beside this file
 * describes every row.
 *
 * Writing is done in transactions that hold many events each: begin, work through the engine's
 * backend, commit. What is committed is on disk. Reading uses short transactions of its own, sees
 * what is committed and copies out: nothing given to the caller points into the map after the call
 * (or the callback) has returned.
 *
 * Stickiness: the first error inside a write transaction other than HX_NOTFOUND stays; every later
 * operation of that transaction does nothing and returns it, and commit aborts and returns it.
 * After a commit that failed nothing of the batch has happened, in memory as on disk: numbers, tail
 * and last_now are those of before begin. A new begin may be tried; while it fails with HX_IO or
 * HX_CORRUPT durability can no longer be promised and the process should end.
 *
 * Threads: all calls from one thread (the service loop), unless said otherwise.
 *
 * Errors that any call may return: HX_FULL (map or disk full; EIO of a commit counts as full, that
 * is how LMDB reports a short write), HX_IO, HX_NOMEM, HX_CORRUPT (a page or record is damaged),
 * HX_INVALID (called in the wrong state: no transaction, nested begin, read-only store). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "engine/case/case.h"
#include "engine/machine/machine.h"
#include "hongxin/error.h"
#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct hx_store; /* opaque */

enum {
    HX_STORE_FORMAT = 1,       /* version of the disk format, see FORMAT.md */
    HX_STORE_EPOCH_MAX = 33,   /* 32 hexadecimal digits and a NUL */
    HX_SUBSCRIBER_MAX = 128,   /* bytes of a subscriber's name, with its NUL */
    HX_IDENTITY_KEY_SIZE = 32, /* bytes */
    HX_PERSON_PLAIN_MAX = 4096,
    HX_QUARANTINE_MAX = 10000, /* rows kept; then the oldest goes */
    HX_PROJECT_STEP =
        16384, /* entries in one step of the projections, unless the caller says less */
};
#define HX_STORE_MAP_DEFAULT     (UINT64_C(64) << 30) /* sparse: costs address space, not disk */
#define HX_STORE_RESERVE_DEFAULT (UINT64_C(64) << 20)

/* Days and months of `tally` begin at midnight of China Standard Time (UTC+8, no summer time). */
#define HX_TALLY_OFFSET_MS (INT64_C(8) * 3600 * 1000)

struct hx_store_options {
    const char *path;            /* folder; made (0700) when missing */
    uint64_t map_bytes;          /* largest size of the store; 0 = HX_STORE_MAP_DEFAULT */
    uint32_t partition;          /* 0 … HX_NUMBER_PARTITION_MAX; fixed when the store is made */
    uint32_t scale;              /* 0 and 1: real time; more: a demo store; fixed when made */
    const uint8_t *identity_key; /* HX_IDENTITY_KEY_SIZE bytes, copied; NULL: no person rows */
    const uint8_t *previous_key; /* NULL, or the key before: when the store still is under it, every
                                    identity is wrapped anew before the store is open */
    uint64_t reserve_bytes;      /* kept free on the disk; 0 = HX_STORE_RESERVE_DEFAULT */
    bool as_made;                /* never made; partition and scale are those it has */
    bool readonly;               /* beside a running daemon: no owner lock, no writes */
};

enum { HX_STORE_PROBLEM_MAX = 256 };

/* Opens the store, or makes it when the folder holds none (never when read-only: HX_NOTFOUND).
 * Clears stale readers and fills the tail from the journal. On error *out is NULL and `problem`
 * says in one line what is wrong and where: HX_BUSY        another process has it open for writing
 *   HX_BADVERSION  made by another format version
 *   HX_MISMATCH    made with another partition, scale or identity key
 *   HX_CORRUPT, HX_IO, HX_NOMEM, HX_FULL, HX_INVALID (options) */
HX_CHECK int hx_store_open(const struct hx_store_options *options, struct hx_store **out,
                           char problem[HX_STORE_PROBLEM_MAX]);

/* Aborts an open transaction and closes. NULL is allowed. Pending cursors are written first. */
void hx_store_close(struct hx_store *st);

/* The folder it lies in, as it was opened. Valid until it is closed. */
const char *hx_store_folder(const struct hx_store *st);

/* ---- Writing ------------------------------------------------------------------------------- */

/* The engine's table of functions; its context is the struct hx_store * with an open transaction.
 * A case, seen, source or journal record that cannot be decoded is copied to `quarantine`, logged,
 * and reported as HX_NOTFOUND, so that one bad record never stops the daemon; case and seen rows
 * are moved there, journal rows stay where they are. entry_load gives HX_NOTFOUND for a pruned
 * entry. */
const struct hx_backend *hx_store_backend(void);
/* source_load and entry_load alone, of what is committed, also while a transaction is open: for
 * questions. Nothing is set aside and no transaction fails by them. HX_NOTFOUND, HX_CORRUPT,
 * HX_NOMEM, HX_IO. */
const struct hx_backend *hx_store_committed(void);

/* One transaction = one batch. Begin also looks at the room that is left (hx_store_room). */
HX_CHECK int hx_store_begin(struct hx_store *st);

/* Nothing more will be written: what was appended may be looked at with hx_store_batch(), but is
 * true only after the commit. Until commit or abort every other call that needs the transaction is
 * HX_INVALID; sealing once more does nothing, and commit does it by itself when nobody has. Errors:
 * the one that the transaction has had; HX_TOOBIG, HX_NOMEM: an entry could not be packed; HX_FULL,
 * HX_IO, HX_CORRUPT, HX_NOMEM: entries, pending cursors or the sign of life could not be written;
 * HX_INVALID: no transaction. */
HX_CHECK int hx_store_seal(struct hx_store *st);

/* HX_OK: everything is on disk. Else nothing happened and the transaction is gone. */
HX_CHECK int hx_store_commit(struct hx_store *st);
void hx_store_abort(struct hx_store *st);

/* Somebody with a thread to spare (service/helper.h), to whom the packing of entries is given while
 * the transaction goes on. `give` hands over a piece of work, which is done on whatever thread, one
 * piece after the other, and returns its number; `wait` returns when this piece is done and all
 * before it. */
struct hx_store_help {
    uint64_t (*give)(void *ctx, void (*work)(void *arg), void *arg);
    void (*wait)(void *ctx, uint64_t piece);
    void *ctx;
};

/* From now on; NULL: nobody helps any more, and nothing is under way. What is appended must then
 * stay as it is until the transaction ends, and an entry that cannot be packed is told by seal or
 * commit, not by append. Entries that are about no case are packed at once all the same: their
 * facts may stand anywhere. */
void hx_store_helped(struct hx_store *st, const struct hx_store_help *help);

/* True when a begin has found that LMDB gave the store up, because its root could not be written:
 * until the process has opened it anew nothing will succeed any more. */
bool hx_store_broken(const struct hx_store *st);

/* One appended entry. */
struct hx_stored {
    uint64_t lsn;
    const uint8_t *bytes; /* packed Entry, the store's own buffer */
    size_t size;
    const hxp_entry *entry; /* belongs to the machine's arena: valid until its reset */
};

/* What the last successful commit or the sealed transaction appended, in order; 0 after a failed
 * one. Valid until the next write transaction, also of project, rebuild, prune, tick or close.
 * Called by the loop; the rows may be read by another thread while the transaction is committed: a
 * commit that fails leaves them as they are until the next begin. */
size_t hx_store_batch(const struct hx_store *st, const struct hx_stored **entries);

/* The name of a row of the quarantine. By its number alone it could be another row after a copy was
 * restored. */
struct hx_row_name {
    uint64_t number;
    int64_t at; /* when it was written */
};
/* What became of it: it came again, and stands in the journal now (lsn), or was refused again and
 * is another row (again). */
struct hx_row_end {
    uint64_t lsn, again;
};

/* What it is now, for the dates of these rows; never before the newest entry. */
void hx_store_quarantine_time(struct hx_store *st, int64_t now);

/* The newest row of a refused event (the backend's `quarantine`), when there is one since `before`;
 * false otherwise. Damaged rows that were set aside meanwhile are not meant. */
uint64_t hx_store_quarantine_next(const struct hx_store *st);
bool hx_store_quarantine_newest(const struct hx_store *st, uint64_t before,
                                struct hx_row_name *out);
/* Marks a row as done, inside a transaction; one that is done already keeps its end. HX_NOTFOUND:
 * there is no such row (any more). */
HX_CHECK int hx_store_quarantine_close(struct hx_store *st, const struct hx_row_name *row,
                                       const struct hx_row_end *end);

/* The entry of the newest check-point over the journal (chain.h): kept in `meta`, inside a write
 * transaction. Load: HX_NOTFOUND when there is none. */
HX_CHECK int hx_store_chain_save(struct hx_store *st, uint64_t lsn);
HX_CHECK int hx_store_chain_load(struct hx_store *st, uint64_t *lsn);

/* What the journal has been told of `name` (keys, devices …): a text, kept in `meta`, inside a
 * write transaction. Load gives the committed one, for free(). HX_NOTFOUND: nothing yet. */
HX_CHECK int hx_store_told_save(struct hx_store *st, const char *name, const char *text);
HX_CHECK int hx_store_told_load(struct hx_store *st, const char *name, char **text);

/* Entries appended so far by the open transaction. */
size_t hx_store_batch_size(const struct hx_store *st);

/* One row of the due table. A row that cannot be decoded never hides the others: what takes the
 * first rows moves it to `quarantine`, and everything else passes over it. */
struct hx_due_row {
    int64_t due; /* instant */
    uint64_t case_number;
};

/* The first row. HX_NOTFOUND when there is none. Inside a write transaction it sees that
 * transaction's rows. */
HX_CHECK int hx_store_due_first(struct hx_store *st, int64_t *due);

/* Whether this very row is in the table: for the self-audit. */
HX_CHECK int hx_store_due_stands(struct hx_store *st, const struct hx_due_row *row, bool *stands);

/* Inside a write transaction: the rows after *at, in order, which are due at or before `upto`, at
 * most `max`; they stay. *at becomes the last of them; {0, 0} begins. */
HX_CHECK int hx_store_due_list(struct hx_store *st, struct hx_due_row *at, int64_t upto, size_t max,
                               struct hx_due_row *rows, size_t *n);

/* Committed rows behind `after` that are due at or before `upto`, in order, at most `max`. A row
 * may have become too early: only the one that its case remembers says something. */
HX_CHECK int hx_store_due_rows(struct hx_store *st, const struct hx_due_row *after, int64_t upto,
                               size_t max, struct hx_due_row *rows, size_t *n);

/* Inside a write transaction: takes away the first rows due at or before `upto`, at most `max`, and
 * returns them in order of due time. Each case must then go through hx_machine_due() in the same
 * transaction, which puts its next row. */
HX_CHECK int hx_store_due_take(struct hx_store *st, int64_t upto, size_t max,
                               struct hx_due_row *rows, size_t *n);

/* Inside a write transaction: drops parked events received before `before`, at most `max`. */
HX_CHECK int hx_store_parked_drop(struct hx_store *st, int64_t before, size_t max, size_t *n);

/* Identity of a reporter, inside a write transaction: encrypted with a key of its own that is
 * wrapped under the identity key; case and party are bound to it. Saving again replaces. HX_DENIED:
 * the store has no identity key. HX_TOOBIG: more than HX_PERSON_PLAIN_MAX bytes. */
HX_CHECK int hx_store_person_save(struct hx_store *st, uint64_t case_number, uint32_t party,
                                  const uint8_t *plain, size_t size);

/* Decrypts into buf (HX_PERSON_PLAIN_MAX bytes always suffice; HX_TOOBIG otherwise). HX_NOTFOUND,
 * HX_DENIED: no key. HX_CORRUPT: changed, moved to another case, or made with another key. The
 * caller clears buf. */
HX_CHECK int hx_store_person_load(struct hx_store *st, uint64_t case_number, uint32_t party,
                                  uint8_t *buf, size_t cap, size_t *size);

/* Removes the row and with it the only key: the identity is gone from then on. Inside a write
 * transaction. HX_NOTFOUND. */
HX_CHECK int hx_store_person_erase(struct hx_store *st, uint64_t case_number, uint32_t party);

/* 32 bytes that stay the same when the identity key is changed: what must outlive it follows from
 * them. NULL without an identity key. */
const uint8_t *hx_store_salt(const struct hx_store *st);

/* Erases every identity of the case and counts them in *n. HX_DENIED: a legal hold is on it, and
 * nothing was done. */
HX_CHECK int hx_store_person_erase_case(struct hx_store *st, uint64_t case_number, uint32_t *n);

/* A legal hold on the case's identities, inside a write transaction: while it is on they are not
 * erased. */
HX_CHECK int hx_store_person_hold(struct hx_store *st, uint64_t case_number, bool on);

/* Cases of which an identity is kept, above `after`, as committed, in their order: at most `most`;
 * `held`: under a legal hold. The callback returns non-zero to stop. *more: there may be others
 * behind the last one. */
typedef int hx_persons_fn(void *ctx, uint64_t case_number, bool held);
HX_CHECK int hx_store_persons(struct hx_store *st, uint64_t after, size_t most, hx_persons_fn *fn,
                              void *ctx, bool *more);

/* The case's identity of this party, unless a legal hold is on the case (HX_DENIED). Inside a write
 * transaction. HX_NOTFOUND: none is kept. */
HX_CHECK int hx_store_person_forget(struct hx_store *st, uint64_t case_number, uint32_t party);

/* Whether any identity of the case is kept, as committed. */
bool hx_store_person_kept(struct hx_store *st, uint64_t case_number);

/* Inside a write transaction: rows of the quarantine whose bytes hold one of these texts, as they
 * stand here, lose their bytes; when and why it was refused stays. Counts them in *rows. */
HX_CHECK int hx_store_quarantine_wipe(struct hx_store *st, const char *const *texts, size_t n,
                                      uint32_t *rows);

/* Inside a write transaction: drops rows of the quarantine from before `before`, at most `max`. */
HX_CHECK int hx_store_quarantine_drop(struct hx_store *st, int64_t before, size_t max, size_t *n);

/* A version of a life cycle, a calendar … by kind, name and version, inside a write transaction.
 * `text` NULL: the text that is there stays. HX_INVALID: a name too long. */
HX_CHECK int hx_store_rules_save(struct hx_store *st, const hxp_rules_version *v, const char *text,
                                 size_t size);

/* All of them in the order of kind, name and version; the text and `v` are valid during the call.
 */
typedef int hx_rules_fn(void *ctx, const hxp_rules_version *v, const uint8_t *text, size_t size);
HX_CHECK int hx_store_rules(struct hx_store *st, hx_rules_fn *fn, void *ctx);

/* Position of a subscriber. A save is kept in memory and joins the next write transaction, whoever
 * begins it; load sees it at once. It is lost by a crash before: the subscriber gets some entries
 * twice. HX_INVALID: name empty or too long. */
HX_CHECK int hx_store_cursor_save(struct hx_store *st, const char *subscriber, uint64_t lsn);
HX_CHECK int hx_store_cursor_load(struct hx_store *st, const char *subscriber, uint64_t *lsn);
typedef int hx_cursor_fn(void *ctx, const char *subscriber, uint64_t lsn);
HX_CHECK int hx_store_cursors(struct hx_store *st, hx_cursor_fn *fn, void *ctx);
size_t hx_store_cursors_pending(const struct hx_store *st);

/* ---- Where it stands ----------------------------------------------------------------------- */

/* Lowest LSN from which the journal is complete, and the newest committed one. Both are 1 and 0 in
 * a new store. A feed that asks for less than the oldest must be reset. */
uint64_t hx_store_oldest_lsn(const struct hx_store *st);
uint64_t hx_store_newest_lsn(const struct hx_store *st);
/* The highest case number that was ever given, as committed; none has been: the partition's 0.
 * There may be fewer cases: a damaged one is set aside. */
uint64_t hx_store_newest_case(const struct hx_store *st);

/* t_rec of the newest committed entry (R13: time never runs backwards, not even over a restart);
 * 0 in a new store. */
int64_t hx_store_last_now(const struct hx_store *st);

/* The instant at which the daemon was last known to live, at least hx_store_last_now(): our outage
 * begins there (corner 17). A save is kept in memory and joins the next write transaction. */
int64_t hx_store_alive(const struct hx_store *st);
void hx_store_alive_save(struct hx_store *st, int64_t now);
bool hx_store_alive_pending(const struct hx_store *st);

/* The entry of the outage whose digest has not been told yet (corner 17); 0 = none. A change is
 * part of the write transaction. */
uint64_t hx_store_digest_owed(const struct hx_store *st);
HX_CHECK int hx_store_digest_owe(struct hx_store *st, uint64_t lsn);

/* Random text made with the store: LSNs of different epochs cannot be compared. */
const char *hx_store_epoch(const struct hx_store *st);

/* False: map or disk so full that new complaints must be refused; timers go on from the reserve.
 * Looked at by begin and tick; true again when there is room again. */
bool hx_store_room(const struct hx_store *st);

/* Once a minute, outside a transaction: clears readers of dead processes, keeps the reserve on disk
 * allocated, and looks for room again after a failed commit. */
HX_CHECK int hx_store_tick(struct hx_store *st);

struct hx_store_stats {
    uint64_t cases, entries, due, seen, persons, quarantined, parked;
    uint64_t quarantine_open; /* of the quarantined: not done yet; in the open transaction */
    uint64_t map_bytes, used_bytes,
        free_bytes;                   /* used: up to the last page; free: of these, free */
    uint64_t commits, failed_commits; /* since open */
    uint64_t appended_bytes;          /* packed entries, since open */
    uint64_t behind;                  /* entries above the projections */
    uint32_t depth;                   /* deepest table */
    uint32_t readers;                 /* slots in use */
};
HX_CHECK int hx_store_stats(struct hx_store *st, struct hx_store_stats *stats);

/* ---- Reading ------------------------------------------------------------------------------- */

/* Callbacks return 0 to go on; anything else ends the walk, which then returns HX_OK. They may call
 * other reads of the store, but must not begin a write transaction. */
typedef int hx_entry_fn(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size);
typedef int hx_lsn_fn(void *ctx, uint64_t lsn);
typedef int hx_case_fn(void *ctx, uint64_t case_number);

/* HX_NOTFOUND, HX_CORRUPT. */
HX_CHECK int hx_store_case(struct hx_store *st, uint64_t number, struct hx_case *c);
HX_CHECK int hx_store_ref(struct hx_store *st, const char *source, const char *ref,
                          uint64_t *number);

/* Cases whose reference of this source begins with `prefix`, as committed: at most `most` of them
 * into `numbers`; *n is how many. References that are stored as a hash (longer than 400 bytes) are
 * not found. */
HX_CHECK int hx_store_refs(struct hx_store *st, const char *source, const char *prefix, size_t most,
                           uint64_t *numbers, size_t *n);

/* Journal entries from `from_lsn` upwards: at most max_n, and no further one once max_bytes have
 * been passed. `bytes` are valid during the call. */
HX_CHECK int hx_store_entries(struct hx_store *st, uint64_t from_lsn, size_t max_n,
                              size_t max_bytes, hx_entry_fn *fn, void *ctx);

/* The entries of one case, newest first, at most `max`; ends quietly where it has been pruned.
 * HX_NOTFOUND: no such case. */
HX_CHECK int hx_store_history(struct hx_store *st, uint64_t case_number, size_t max,
                              hx_entry_fn *fn, void *ctx);

/* LSNs >= from_lsn of the entries that this receiver must get, in order, at most `max`: the
 * projection `feed`, then the tail. */
HX_CHECK int hx_store_audience(struct hx_store *st, const char *audience, uint64_t from_lsn,
                               size_t max, hx_lsn_fn *fn, void *ctx);

/* Open cases with a number above `after`, in order, at most `max`: the projection `open` and the
 * tail. `place_or_holder` is the id of a street, community, grid or estate (cases that lie there),
 * of a holder (cases it has), or of both (either); "place:C-03" and "holder:C-03" ask for one only;
 * NULL = all. */
HX_CHECK int hx_store_open_cases(struct hx_store *st, const char *place_or_holder, uint64_t after,
                                 size_t max, hx_case_fn *fn, void *ctx);

/* One counter. `what` is
 *   reported, reopened             cases
 *   closed:STATE                   cases that ended in this state (CLOSED, MERGED, WITHDRAWN …)
 *   kept:CLOCK, broken:CLOCK       promises; broken counts breach facts and names their holder
 *   rebutted:CLOCK, excluded:CLOCK marks set on breaches (lower case of the mark)
 *   repeated                       cases that repeat an ended one
 * counted on the day of t_eff (corner 32): what is proven late counts when it happened. */
struct hx_tally {
    const char *period;    /* "2026-10-01" or "2026-10" */
    const char *dimension; /* city, street, community, grid, holder */
    const char *id;        /* "" for city */
    const char *what;
    uint64_t count;
};
typedef int hx_tally_fn(void *ctx, const struct hx_tally *row);

/* Counters of one period (text as above, required), of one dimension or all (NULL), of one id or
 * all (NULL; needs the dimension): the projection `tally` plus the tail, in the order of keys. */
struct hx_tally_query {
    const char *period, *dimension, *id;
};
HX_CHECK int hx_store_tally(struct hx_store *st, const struct hx_tally_query *query,
                            hx_tally_fn *fn, void *ctx);

/* One row of the quarantine, for people. Pointers are borrowed for the call. */
struct hx_quarantined {
    uint64_t number;
    int64_t at;
    const char *reason;
    const uint8_t *bytes; /* as they came, at most 64 KiB of them; may be none */
    size_t size;
    int64_t closed_at;   /* 0 = not done */
    uint64_t lsn, again; /* of a row that is done: as in struct hx_row_end */
};
typedef int hx_quarantine_fn(void *ctx, const struct hx_quarantined *row);
/* Rows above `after`, oldest first. One whose number cannot be read is passed over. */
HX_CHECK int hx_store_quarantined(struct hx_store *st, uint64_t after, hx_quarantine_fn *fn,
                                  void *ctx);

/* ---- Projections, pruning, checking: outside a transaction --------------------------------- */

/* One step in a transaction of its own: applies at most max_entries (0 = HX_PROJECT_STEP) above the
 * cursor to feed, open and tally, sorted, and moves the cursor with them; or one step of a running
 * rebuild. *done is the number of entries applied, 0 when there was nothing to do. */
HX_CHECK int hx_store_project(struct hx_store *st, size_t max_entries, size_t *done);

/* Entries that are not in the projections yet (they are in the tail). */
size_t hx_store_project_behind(const struct hx_store *st);

/* True while a rebuild waits for steps. */
bool hx_store_rebuilding(const struct hx_store *st);

/* Begins to rebuild "feed", "open" or "tally" from the journal beside the present rows, which serve
 * readers until the new ones have caught up through hx_store_project(). HX_NOTFOUND: no such
 * projection. Survives a restart. */
HX_CHECK int hx_store_rebuild(struct hx_store *st, const char *projection);

/* Removes journal entries (with their seen and feed rows) of cases whose last entry is older than
 * `before` and leaves them not open, examining at most `max` LSNs; *done = entries removed. Their
 * counts stay in tally. The case itself, the newest entry and entries of open cases stay.
 * Entries above the projections are not touched. HX_AGAIN: a projection is being rebuilt. Its own
 * transaction. */
HX_CHECK int hx_store_prune(struct hx_store *st, int64_t before, size_t max, size_t *done);

/* One thing that is not as it must be. */
struct hx_finding {
    int invariant;     /* of the life cycle page, 1 to 12; 0 = none of them: the store's own form */
    const char *table; /* of the store, or of the journal's facts */
    uint64_t case_number, lsn; /* 0 = not about one */
    const char *clock;         /* "" = not about one */
    bool repairable;           /* follows from the journal: hx_store_repair puts it right */
    const char *text;          /* one line, without personal data */
};
typedef void hx_check_fn(void *ctx, const struct hx_finding *f);

/* Told while something long is done: `done` steps of `all`, 0 = not known how many. */
typedef void hx_progress_fn(void *ctx, uint64_t done, uint64_t all);

struct hx_check_options {
    const struct hx_rules *rules; /* those the store was written with; NULL: no deadlines … */
    const struct hx_city *city;   /* … and without both no replay */
    hx_check_fn *report;          /* told each finding */
    hx_progress_fn *progress;     /* told each entry and case that was looked at; NULL = nobody */
    void *ctx;
};

struct hx_check_result {
    uint64_t entries, cases; /* examined */
    uint64_t replayed;       /* entries made again */
    uint64_t unproven;       /* cases whose entries are pruned: their rows stand on nothing */
    uint64_t persons;        /* identities that were looked for in the journal */
    uint64_t findings, repairable;
    uint64_t invariants[13]; /* findings by number */
};

/* Examines everything in one snapshot and reports each finding: every record decodes, LSNs have no
 * gap, chains are intact, time does not run backwards, every case has its due row (at or before its
 * next mark), seen and ref point to what exists, projections equal a rebuild (made in a temporary
 * folder), names stand for one content (8), counts of places fit into each other (12). With rules
 * the invariants 1 to 5, 7 and 11 of each case; with the city too the journal is put through a
 * fresh machine and every derived row is compared (6, 8); with an identity key no entry may hold a
 * text of a reporter (10). Never changes the store; beside a running daemon it keeps one snapshot
 * as long as it runs. */
HX_CHECK int hx_store_check(struct hx_store *st, const struct hx_check_options *options,
                            struct hx_check_result *result);

/* Of a journal apart from its store. */
struct hx_journal_head {
    char epoch[HX_STORE_EPOCH_MAX];
    uint32_t partition, scale;
    uint64_t oldest, newest;
};

/* The same for a journal without its store, entry by entry (hx_store_export): journal invariants
 * and those of the cases that come of it. `options` is borrowed until the end. */
struct hx_journal_check; /* opaque */
HX_CHECK int hx_journal_check_new(const struct hx_check_options *options,
                                  const struct hx_journal_head *head,
                                  struct hx_check_result *result, struct hx_journal_check **out);
HX_CHECK int hx_journal_check_entry(struct hx_journal_check *j, const uint8_t *bytes, size_t size);
/* Examines what came of it; once. */
HX_CHECK int hx_journal_check_finish(struct hx_journal_check *j);
void hx_journal_check_free(struct hx_journal_check *j);

/* Puts right what follows from the journal: rows of case, due, seen, ref, source, parked and watch,
 * and the projections. Reports each row as it should be; `dry` changes nothing. HX_CORRUPT: the
 * journal itself is damaged or was not written by these rules, nothing is derived from it.
 * HX_INVALID: a transaction is open, or the store read-only (unless dry). */
HX_CHECK int hx_store_repair(struct hx_store *st, const struct hx_check_options *options, bool dry,
                             struct hx_check_result *result);

/* A file of entries (FORMAT.md, "A journal apart"). HX_IO. */
struct hx_export {
    FILE *out;
    hx_progress_fn *progress; /* told each entry; NULL = nobody */
    void *ctx;
    uint64_t entries; /* written */
};
HX_CHECK int hx_store_export(struct hx_store *st, struct hx_export *x);
/* HX_BADVERSION: not such a file. HX_CORRUPT: it ends early or is damaged. */
HX_CHECK int hx_journal_read(FILE *in, struct hx_journal_head *head, hx_entry_fn *fn, void *ctx);

#endif
