/* Inside of the store, shared by its own files only. */
#ifndef STORE_IMPL_H
#define STORE_IMPL_H

#include "store/projection/tail.h"
#include "store/store.h"

#include <lmdb.h>

/* X(enum name, name in the environment): every table. Projections have two generations: readers use
 * one while a rebuild fills the other. */
#define STORE_TABLES(X)                                                                            \
    X(META, "meta")                                                                                \
    X(CASE, "case")                                                                                \
    X(DUE, "due")                                                                                  \
    X(JOURNAL, "journal")                                                                          \
    X(SEEN, "seen")                                                                                \
    X(REF, "ref")                                                                                  \
    X(PERSON, "person")                                                                            \
    X(HOLD, "hold")                                                                                \
    X(CURSOR, "cursor")                                                                            \
    X(SOURCE, "source")                                                                            \
    X(PARKED, "parked")                                                                            \
    X(WATCH, "watch")                                                                              \
    X(QUARANTINE, "quarantine")                                                                    \
    X(RULES, "rules")                                                                              \
    X(PRUNED, "pruned")                                                                            \
    X(FEED_A, "feed")                                                                              \
    X(FEED_B, "feed2")                                                                             \
    X(OPEN_A, "open")                                                                              \
    X(OPEN_B, "open2")                                                                             \
    X(TALLY_A, "tally")                                                                            \
    X(TALLY_B, "tally2")

enum store_table {
#define X(name, text) T_##name,
    STORE_TABLES(X)
#undef X
        T_TABLES
};

/* env.c: its name in the environment. */
const char *store_table_name(enum store_table t);

enum projection { P_FEED, P_OPEN, P_TALLY, PROJECTIONS };

/* One row of `cursor` per projection. */
struct projection_state {
    uint64_t lsn;   /* applied up to here, in the generation that serves readers */
    uint8_t live;   /* 0 or 1: that generation */
    bool building;  /* the other one is being filled … */
    uint64_t built; /* … up to here */
};

/* What a batch changes in memory: taken at begin, put back by abort. */
struct store_mark {
    uint64_t next_lsn;
    uint64_t next_case; /* without the partition */
    uint64_t top_case;  /* highest number in `case`: above it rows are appended */
    uint64_t oldest;
    int64_t last_now;
    uint64_t quarantine_first, quarantine_next;
    uint64_t quarantine_open;            /* rows of it that are not done */
    struct hx_row_name quarantine_event; /* the newest row of an event; 0 = none yet */
    uint64_t digest;                     /* owed since this entry; 0 = none */
};

struct pending_cursor {
    char name[HX_SUBSCRIBER_MAX];
    uint64_t lsn;
};

/* Entries of one batch, packed each in front of the one before. The memory is kept over batches.
 * While a piece is under way what it packs is the helper's: `bytes`, `used`, `cap`, `packed`,
 * `error`, and the rows up to the next multiple of a piece. */
struct batch {
    uint8_t *bytes;
    size_t used, cap;
    struct hx_stored *rows; /* `bytes` holds the distance from the end until they are shown */
    size_t n, rows_cap;
    size_t packed, put; /* rows that are; put: into `journal` */
    size_t given;       /* rows handed over */
    uint64_t piece;     /* the newest of those pieces; 0 = none */
    int error;          /* of packing */
    bool shown;         /* sealed, or the last commit succeeded: rows may be looked at */
};

struct hx_store {
    /* fixed after open */
    struct hx_packing *packing; /* of entries */
    MDB_env *env;
    MDB_dbi dbi[T_TABLES];
    int owner_fd; /* lock of the one writing process; -1 = read-only */
    char *path;
    uint64_t map_bytes, reserve_bytes;
    uint32_t partition, page_size;
    bool readonly, has_key;
    uint8_t key[HX_IDENTITY_KEY_SIZE];
    uint8_t previous[HX_IDENTITY_KEY_SIZE]; /* while the key is being changed */
    bool rekeying, has_salt;
    uint8_t salt[HX_IDENTITY_KEY_SIZE];
    char epoch[HX_STORE_EPOCH_MAX];

    /* as committed, or as the open transaction has changed it */
    struct store_mark now, before;
    struct projection_state projections[PROJECTIONS];
    struct tail tail; /* entries above the projections */
    size_t tail_before;

    int64_t quarantine_now; /* for dates of its rows */

    /* the open write transaction */
    MDB_txn *txn;
    int err;                       /* sticky */
    MDB_cursor *cursors[T_TABLES]; /* one each, opened when first used */
    MDB_cursor *case_end;          /* a second one of `case`, stays at its end */
    uint8_t taken[16];             /* last key taken from `due` */
    struct batch batch;
    struct hx_store_help help; /* borrowed; give NULL = nobody helps */
    uint8_t scratch[HX_CASE_PACKED_MAX];

    /* reading */
    MDB_txn *reader; /* reset between reads */
    int read_depth;
    size_t seen_txn;      /* read-only: what memory knows is of this transaction */
    struct hx_case spare; /* large, so not on the stack */

    /* in memory until the next write transaction */
    int64_t alive;      /* as committed; … */
    int64_t alive_next; /* … and what waits; 0 = nothing */
    struct pending_cursor *pending;
    size_t n_pending, pending_cap;

    /* room and counters */
    bool room, commit_failed;
    bool broken;        /* LMDB has given up */
    unsigned room_skip; /* begins until the free pages are counted again */
    uint64_t free_pages;
    uint64_t commits, failed_commits, appended_bytes;
};

enum { STORE_FINGERPRINT = 16, STORE_SALT_ROW = 24 + HX_IDENTITY_KEY_SIZE + 16 };

/* rekey.c: the identity key's fingerprint, the salt wrapped under it, and the change from
 * `previous` to `key`, which needs an open store. */
void store_fingerprint(const uint8_t key[HX_IDENTITY_KEY_SIZE], uint8_t out[STORE_FINGERPRINT]);
void store_salt_seal(const struct hx_store *st, uint8_t row[STORE_SALT_ROW]);
int store_salt_open(struct hx_store *st, const uint8_t row[STORE_SALT_ROW]);
int store_rekey(struct hx_store *st);

/* Translates every code of LMDB and errno; the only place that knows them. `committing`: EIO of a
 * commit is a short write, that is: a full disk. */
int store_error(int rc, bool committing);

/* Makes an error of the open transaction sticky (HX_NOTFOUND passes) and returns it. */
int store_fail(struct hx_store *st, int err);

/* HX_OK when a write transaction is open and healthy. */
int store_writable(const struct hx_store *st);

/* The transaction's own cursor of a table. */
int store_cursor(struct hx_store *st, enum store_table table, MDB_cursor **cursor);

int store_put(struct hx_store *st, enum store_table table, MDB_val key, MDB_val value,
              unsigned flags);
int store_get(struct hx_store *st, enum store_table table, MDB_val key, MDB_val *value);
/* The same, which also answers outside a transaction, by what is committed. store_look_end in any
 * case, when the value is no longer needed. */
int store_look(struct hx_store *st, enum store_table table, MDB_val key, MDB_val *value);
void store_look_end(struct hx_store *st);

/* Whether the case is under a legal hold: in the open transaction, or by what is committed. */
int store_held(struct hx_store *st, uint64_t case_number, bool *held);
int store_del(struct hx_store *st, enum store_table table, MDB_val key);

/* Short read transactions; they nest. */
int store_read_begin(struct hx_store *st);
void store_read_end(struct hx_store *st);

/* Lets LMDB reclaim pages in the middle of a long walk; the caller seeks again. Does nothing inside
 * another read. */
int store_read_renew(struct hx_store *st);

/* Copies bytes that cannot be decoded to `quarantine`; the reason has no personal data and at most
 * STORE_REASON_MAX bytes. */
enum { STORE_REASON_MAX = 120 };
int store_quarantine(struct hx_store *st, const void *bytes, size_t size, const char *reason);
/* The same of what was refused: hx_store_quarantine_newest names this row, and none that was
 * damaged and set aside beside it. */
int store_quarantine_event(struct hx_store *st, const void *bytes, size_t size, const char *reason);

/* A row as it is told; a damaged one has neither reason nor bytes. */
void store_quarantine_read(MDB_val key, MDB_val value, struct hx_quarantined *out);

/* Rows that are not done, in the transaction of a store that is being opened. */
int store_quarantine_count(struct hx_store *st, MDB_txn *txn, uint64_t *open);

/* Moves such a row there: from then on it is as if it had never been. HX_NOTFOUND when done. */
int store_set_aside(struct hx_store *st, enum store_table t, MDB_val key, MDB_val value,
                    const char *reason);

/* Looks at map and disk again. */
void store_room_look(struct hx_store *st);
int store_free_pages(struct hx_store *st, uint64_t *pages);

/* guard.c: from now on a damaged page ends the process, with a line that names the store. Handlers
 * of SIGBUS and SIGSEGV, which pass on what is neither in a map nor in LMDB's code. */
void store_guard(struct hx_store *st);
void store_unguard(const struct hx_store *st);

/* Pages that are in use and beyond the end of the file: it was cut off. */
int store_missing_pages(struct hx_store *st, uint64_t *missing);

/* Allocates the reserve behind the pages in use: at the open, and later when half of it is gone. */
int store_reserve(struct hx_store *st, bool opening);

/* Writes pending cursors into the open transaction; forgotten after its commit. */
int store_pending_write(struct hx_store *st);

/* Row of a projection in `cursor`. */
int store_projection_save(struct hx_store *st, enum projection p, struct projection_state s);
int store_projections_load(struct hx_store *st, MDB_txn *txn);
enum store_table store_projection_table(enum projection p, uint8_t generation);

/* A row of a damaged page has any size: LMDB's answer, or MDB_CORRUPTED when it has one that no row
 * has. Whoever reads what it may have to decode asks; so does whoever walks, since a page of keys
 * without a byte may lead to itself, more often than anybody can wait. */
int store_sane(int rc, const MDB_val *key, const MDB_val *value);
/* mdb_cursor_get() that asks. */
int store_walk(MDB_cursor *cur, MDB_val *key, MDB_val *value, MDB_cursor_op op);

/* Decodes into the arena. NULL: cannot be decoded, or no memory (hx_arena_failed). */
hxp_entry *store_entry_unpack(const struct hx_store *st, const void *bytes, size_t size,
                              struct hx_arena *arena);

/* What ties a packed entry to others, read without decoding it. False: its fields do not end where
 * it does. */
struct store_links {
    uint64_t lsn, case_number, prev_lsn;
};
bool store_links(const void *bytes, size_t size, struct store_links *links);

/* batch.c: an entry more, which is packed now, later, or by the helper. */
int store_batch_add(struct hx_store *st, const hxp_entry *e);
/* What is still to be done of the batch's entries: waits for the helper, packs, puts them into
 * `journal`. Whoever takes that table's cursor has it done. */
int store_batch_put(struct hx_store *st);
/* Only waits: the helper has nothing of the batch any more. */
void store_batch_wait(struct hx_store *st);
/* Forgets the batch; its rows and their bytes stay until the next begin. Nothing is under way. */
void store_batch_clear(struct hx_store *st);

/* Reads journal entries lsn > after, at most max, into a tail. *last = the last one read. Records
 * that cannot be decoded are left out and counted. */
struct store_collect {
    const struct hx_store *st;
    MDB_txn *txn;
    MDB_dbi journal;
    uint64_t after;
    uint64_t upto;
    size_t max;
    struct tail *tail;
    uint64_t last;
    size_t n, bad;
};
int store_collect(struct store_collect *c);

/* What memory knows of the store: next numbers, time, projections' cursors, tail. After an error
 * `what` says what could not be read. */
enum { STORE_WHAT_MAX = 80 };
int store_load(struct hx_store *st, MDB_txn *txn, char what[STORE_WHAT_MAX]);

/* Highest LSN that all live projections hold. */
uint64_t store_applied(const struct hx_store *st);

/* meta rows that hold one number */
int store_meta_put(struct hx_store *st, const char *name, uint64_t value);

#endif
