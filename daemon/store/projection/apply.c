/* Rows of feed and open: changes of sets, brought into the order of keys by counting. */
#include "store/projection/apply.h"
#include "store/impl.h"
#include "store/projection/set.h"

#include <stdlib.h>

/* Changes by list. A list's number is such that lists in that order have ascending keys. */
struct changes {
    struct set_op *ops; /* in the order of items */
    uint32_t *lists;    /* of each op */
    size_t n;
    struct set_op *sorted; /* by list */
    size_t *starts;        /* of each list, in `sorted`; one more at the end */
    size_t n_lists;
};

static void changes_fini(struct changes *c)
{
    free(c->ops);
    free(c->lists);
    free(c->sorted);
    free(c->starts);
}

static int changes_init(struct changes *c, size_t most, size_t n_lists)
{
    *c = (struct changes){.n_lists = n_lists};
    c->ops = malloc((most + 1) * sizeof *c->ops);
    c->lists = malloc((most + 1) * sizeof *c->lists);
    c->sorted = malloc((most + 1) * sizeof *c->sorted);
    c->starts = calloc(n_lists + 2, sizeof *c->starts);
    return c->ops && c->lists && c->sorted && c->starts ? HX_OK : HX_NOMEM;
}

static void change(struct changes *c, uint32_t list, uint64_t number, bool add)
{
    c->lists[c->n] = list;
    c->ops[c->n] = (struct set_op){.number = number, .sequence = (uint32_t)c->n, .add = add};
    c->n++;
    c->starts[list + 2]++;
}

/* Counting sort: the order of items stays within each list. */
static void changes_sort(struct changes *c)
{
    for (size_t i = 2; i < c->n_lists + 2; i++)
        c->starts[i] += c->starts[i - 1];
    for (size_t i = 0; i < c->n; i++)
        c->sorted[c->starts[c->lists[i] + 1]++] = c->ops[i];
}

/* Writes the prefix of a list's keys. */
typedef void list_key_fn(struct key *k, const struct names *s, size_t list);

static int changes_apply(struct changes *c, const struct apply *a, list_key_fn *list_key)
{
    MDB_cursor *cur;
    int rc = mdb_cursor_open(a->txn, a->dbi, &cur);
    if (rc)
        return store_error(rc, false);
    changes_sort(c);
    for (size_t i = 0; i < c->n_lists && !rc; i++) {
        struct key k;
        size_t n = c->starts[i + 1] - c->starts[i];
        if (!n)
            continue;
        list_key(&k, &a->tail->names, i);
        rc = set_apply(cur, &k, c->sorted + c->starts[i], n);
    }
    mdb_cursor_close(cur);
    return store_error(rc, false);
}

/* ---- feed: lists are the ranks of receivers ---- */

static void feed_key(struct key *k, const struct names *s, size_t list)
{
    key_text(k, names_text(s, s->order[list]));
}

int apply_feed(const struct apply *a)
{
    struct changes c;
    const struct names *names = &a->tail->names;
    const struct item *items = a->tail->items + a->from;
    size_t most = 0;
    for (size_t i = 0; i < a->n; i++)
        most += items[i].n_audience;
    int err = names_order(&a->tail->names);
    if (!err)
        err = changes_init(&c, most, names->n);
    else
        return err;
    for (size_t i = 0; i < a->n && !err; i++) {
        const uint32_t *audience = item_audience(a->tail, &items[i]);
        for (size_t j = 0; j < items[i].n_audience; j++) {
            if (audience[j])
                change(&c, names->rank[audience[j]], items[i].lsn, true);
        }
    }
    if (!err)
        err = changes_apply(&c, a, feed_key);
    changes_fini(&c);
    return err;
}

/* ---- open: list 0 is all, then holders by rank, then places by rank ---- */

static uint32_t open_list(const struct names *s, const struct open_op *op)
{
    if (op->kind == 'a')
        return 0;
    return 1 + (op->kind == 'p' ? s->n : 0) + s->rank[op->id];
}

static void open_key(struct key *k, const struct names *s, size_t list)
{
    if (list == 0)
        key_open(k, 'a', "");
    else if (list <= s->n)
        key_open(k, 'h', names_text(s, s->order[list - 1]));
    else
        key_open(k, 'p', names_text(s, s->order[list - 1 - s->n]));
}

int apply_open(const struct apply *a)
{
    struct changes c;
    const struct names *names = &a->tail->names;
    int err = names_order(&a->tail->names);
    if (!err)
        err = changes_init(&c, a->n * ITEM_OPS, 1 + 2 * (size_t)names->n);
    else
        return err;
    for (size_t i = 0; i < a->n && !err; i++) {
        struct open_op ops[ITEM_OPS];
        const struct item *item = &a->tail->items[a->from + i];
        size_t n = item_open_ops(item, ops);
        for (size_t j = 0; j < n; j++)
            change(&c, open_list(names, &ops[j]), item->case_number, ops[j].add);
    }
    if (!err)
        err = changes_apply(&c, a, open_key);
    changes_fini(&c);
    return err;
}
