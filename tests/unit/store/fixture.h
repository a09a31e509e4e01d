/* A store in a temporary folder, and complaints to put into it. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include "base/arena.h"
#include "hongxin/instant.h"
#include "store/store.h"

#include <lmdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>

#define FX_T0 INT64_C(1790000000000) /* 2026-09-21T14:13:20Z: the 21st in China, too */

struct fx {
    char dir[128];
    uint8_t key[HX_IDENTITY_KEY_SIZE];
    struct hx_store_options options;
    struct hx_store *st;
    const struct hx_backend *ops;
    struct hx_arena arena;
    int64_t now;
    char problem[HX_STORE_PROBLEM_MAX];
    struct hx_case c; /* the one touched last */
};

/* cmocka setup and teardown: *state is a struct fx *. */
int fx_setup(void **state);
int fx_teardown(void **state);

void fx_close(struct fx *fx);
/* Opens with fx->options; the outcome of hx_store_open. */
int fx_try_open(struct fx *fx);
void fx_reopen(struct fx *fx);

void fx_begin(struct fx *fx);
void fx_commit(struct fx *fx);

/* One entry of a case. Texts may be NULL. */
struct fx_entry {
    uint64_t number; /* 0: a new case */
    const char *cause;
    const char *from, *to; /* a state fact when `to` is given */
    bool closed;           /* not open afterwards */
    const char *holder;    /* NULL: as before */
    const char *grid;      /* places follow from it: G-1 lies in C-1, S-1; estate E-1 */
    const char *audience[4];
    const char *kept, *broken; /* clocks */
    const char *broken_by;
    const char *text; /* in the event */
    int64_t due;      /* 0 = none needed */
    int64_t eff;      /* effective time; 0 = none */
};

/* Inside a transaction: appends the entry and saves the case; returns its LSN. fx->c is the case.
 */
uint64_t fx_put(struct fx *fx, const struct fx_entry *in);

/* A new complaint with all its rows (case, due, journal, seen); returns the case number. */
uint64_t fx_report(struct fx *fx, unsigned n);

/* Removes a store's folder. */
void fx_remove(const char *dir);

/* All steps of the projections. */
void fx_project(struct fx *fx);

/* Lists as text: "1,2,5". Valid until the next call. */
const char *fx_open_cases(struct fx *fx, const char *id);
const char *fx_audience(struct fx *fx, const char *audience, uint64_t from);
uint64_t fx_count(struct fx *fx, const char *period, const char *dimension, const char *id,
                  const char *what);

/* Rows kept aside so far. */
size_t fx_quarantined(struct fx *fx);

/* hx_store_check without rules; prints what it finds. */
size_t fx_problems(struct fx *fx);

/* ---- Behind the store's back: it is closed meanwhile ---- */

struct fx_raw {
    MDB_env *env;
    MDB_txn *txn;
};
void fx_raw_begin(struct fx *fx, struct fx_raw *r);
void fx_raw_put(struct fx_raw *r, const char *table, MDB_val key, const void *value, size_t size);
void fx_raw_end(struct fx_raw *r);

/* The key of an entry, a case or a watch: eight bytes, big-endian. */
MDB_val fx_number_key(uint8_t bytes[8], uint64_t n);
/* A key that is a text, without its NUL: of a row of meta. */
MDB_val fx_text_key(const char *text);

/* Writes one row, or takes it away when `value` is NULL. */
void fx_raw_row(struct fx *fx, const char *table, MDB_val key, const void *value, size_t size);

#endif
