/* The tail: what the entries above the projections' cursors will put into the projections, in
 * memory and in short form, so that readers see the newest and a step need not read the journal
 * again.
 *
 * Texts (receivers, places, holders, counters) are kept once, as numbers from 1; 0 is "". An entry
 * costs some 100 bytes. One thread. */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include "hongxin/schema.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts by number. */
struct names {
    char *text; /* all texts, each with its NUL */
    size_t used, cap;
    uint32_t *at; /* at[number] = offset of its text */
    uint32_t n, at_cap;
    uint32_t *slots; /* hash table of numbers, 0 = free; power of two */
    uint32_t n_slots;
    uint32_t *order, *rank; /* by text, see names_order(); one block */
    uint32_t n_ordered;
};

int names_init(struct names *s);
void names_fini(struct names *s);
/* Forgets all texts and their numbers. */
void names_clear(struct names *s);
/* The number of a text; takes it in when it is new. *err is set only on failure, to HX_NOMEM. */
uint32_t names_take(struct names *s, const char *text, int *err);
/* 0 when the text is "" or unknown. */
uint32_t names_find(const struct names *s, const char *text);
/* Makes order[i] the number of the i-th text and rank its inverse; at once when nothing is new. */
int names_order(struct names *s);
const char *names_text(const struct names *s, uint32_t number);

enum { TAIL_STREET, TAIL_COMMUNITY, TAIL_GRID, TAIL_ESTATE, TAIL_PLACES };

enum {
    ITEM_OPEN = 1,    /* the case is open after it */
    ITEM_CHANGED = 2, /* first entry of the case, or its state changed */
    ITEM_CASE = 4,    /* about a case */
};

/* A counter's part that the entry names; the areas come from its places. */
struct item_count {
    uint32_t what, holder;
};

struct item {
    uint64_t lsn, case_number;
    int32_t day; /* days since 1970-01-01 in the tally's time zone */
    uint8_t flags;
    uint16_t n_audience, n_counts;
    uint32_t places[TAIL_PLACES];
    uint32_t holder, holder_before;
    uint64_t list; /* absolute position of its lists: audience, then pairs of counts */
};

struct tail {
    struct names names;
    struct item *items;
    size_t n, cap;
    uint32_t *list;
    size_t n_list, list_cap;
    uint64_t list_base; /* position of list[0] */
};

int tail_init(struct tail *t);
void tail_fini(struct tail *t);

/* Takes an entry in at the end. HX_NOMEM: not taken in. */
int tail_add(struct tail *t, const hxp_entry *e);

/* Forgets the newest: n items stay. */
void tail_cut(struct tail *t, size_t n);

/* Forgets the oldest `n`. */
void tail_drop(struct tail *t, size_t n);

static inline const uint32_t *item_audience(const struct tail *t, const struct item *i)
{
    return t->list + (i->list - t->list_base);
}

static inline struct item_count item_count_at(const struct tail *t, const struct item *i, size_t n)
{
    const uint32_t *p = item_audience(t, i) + i->n_audience + 2 * n;
    return (struct item_count){.what = p[0], .holder = p[1]};
}

/* What an item does to `open`: at most ITEM_OPS. */
enum { ITEM_OPS = TAIL_PLACES + 3 };
struct open_op {
    uint32_t id; /* number of the text; 0 with kind 'a' */
    char kind;   /* 'a' all, 'p' place, 'h' holder */
    bool add;    /* else remove */
};
size_t item_open_ops(const struct item *i, struct open_op ops[ITEM_OPS]);

#endif
