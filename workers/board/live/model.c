#include "board/live/model.h"

#include "hongxin/error.h"
#include <stdlib.h>
#include <string.h>

struct model {
    struct model_case **slots; /* by number; a power of two, at most half full */
    size_t n, cap;
    struct model_row **sorted;
    size_t n_rows, cap_sorted;
    bool stale; /* sorted is */
    model_promise_fn *is_promise;
    void *arg;
};

/* ---- texts ---- */

static struct {
    char **slots;
    size_t n, cap;
} texts;

static uint32_t hash_text(const char *text)
{
    uint32_t h = 2166136261u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

static char **text_slot(const char *text)
{
    size_t i = hash_text(text) & (texts.cap - 1);
    while (texts.slots[i] && strcmp(texts.slots[i], text) != 0)
        i = (i + 1) & (texts.cap - 1);
    return &texts.slots[i];
}

static bool grow_texts(void)
{
    size_t cap = texts.cap ? 2 * texts.cap : 1024, old_cap = texts.cap;
    char **old = texts.slots;
    char **slots = calloc(cap, sizeof *slots);
    if (!slots)
        return false;
    texts.slots = slots;
    texts.cap = cap;
    for (size_t i = 0; i < old_cap; i++)
        if (old[i])
            *text_slot(old[i]) = old[i];
    free(old);
    return true;
}

const char *intern(const char *text)
{
    if (!text || !*text)
        return "";
    if (2 * (texts.n + 1) > texts.cap && !grow_texts())
        return "";
    char **slot = text_slot(text);
    if (!*slot) {
        *slot = strdup(text);
        texts.n += *slot != NULL;
    }
    return *slot ? *slot : "";
}

/* ---- cases ---- */

static struct model_case **slot_of(const struct model *m, uint64_t number)
{
    size_t i = (number * UINT64_C(0x9E3779B97F4A7C15) >> 20) & (m->cap - 1);
    while (m->slots[i] && m->slots[i]->number != number)
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static bool grow(struct model *m)
{
    struct model bigger = {.cap = m->cap ? 2 * m->cap : 256};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i])
            *slot_of(&bigger, m->slots[i]->number) = m->slots[i];
    free(m->slots);
    m->slots = bigger.slots;
    m->cap = bigger.cap;
    return true;
}

static struct model_case *find(const struct model *m, uint64_t number)
{
    return m->cap ? *slot_of(m, number) : NULL;
}

static struct model_case *make(struct model *m, uint64_t number)
{
    struct model_case *c = find(m, number);
    if (c)
        return c;
    if (2 * (m->n + 1) > m->cap && !grow(m))
        return NULL;
    c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->number = number;
    *slot_of(m, number) = c;
    m->n++;
    return c;
}

static void drop_rows(struct model *m, struct model_case *c)
{
    while (c->rows) {
        struct model_row *next = c->rows->next;
        free(c->rows);
        c->rows = next;
        m->n_rows--;
    }
    m->stale = true;
}

/* Those behind it in the same run move up, so that they are found. */
void model_forget(struct model *m, uint64_t number)
{
    struct model_case *c = find(m, number);
    if (!c)
        return;
    size_t hole = (size_t)(slot_of(m, number) - m->slots);
    m->slots[hole] = NULL;
    m->n--;
    for (size_t i = (hole + 1) & (m->cap - 1); m->slots[i]; i = (i + 1) & (m->cap - 1)) {
        struct model_case *moved = m->slots[i];
        m->slots[i] = NULL;
        *slot_of(m, moved->number) = moved;
    }
    drop_rows(m, c);
    free(c);
}

void model_clear(struct model *m)
{
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i]) {
            drop_rows(m, m->slots[i]);
            free(m->slots[i]);
            m->slots[i] = NULL;
        }
    m->n = 0;
}

struct model *model_new(model_promise_fn *is_promise, void *arg)
{
    struct model *m = calloc(1, sizeof *m);
    if (m) {
        m->is_promise = is_promise;
        m->arg = arg;
    }
    return m;
}

void model_free(struct model *m)
{
    if (!m)
        return;
    model_clear(m);
    free(m->slots);
    free(m->sorted);
    free(m);
}

size_t model_cases(const struct model *m)
{
    return m->n;
}

/* ---- what is told ---- */

void model_places(const hxp_where *w, const char *places[PLACE_COUNT])
{
#define ID(id, zh, en) w ? w->id : ""
    const char *const ids[PLACE_COUNT] = {BOARD_PLACES(ID)};
#undef ID
    for (size_t i = 0; i < PLACE_COUNT; i++)
        places[i] = intern(ids[i]);
}

static void set_row(struct model *m, struct model_case *c, const hxp_clock_fact *k, bool paused)
{
    struct model_row *r = c->rows;
    const char *clock = intern(k->clock);
    while (r && r->clock != clock)
        r = r->next;
    if (!r) {
        r = calloc(1, sizeof *r);
        if (!r)
            return;
        r->of = c;
        r->clock = clock;
        r->next = c->rows;
        c->rows = r;
        m->n_rows++;
    }
    r->start = k->start;
    r->deadline = k->deadline;
    r->budget_ms = k->budget_ms;
    r->paused = paused;
    m->stale = true;
}

static void end_row(struct model *m, struct model_case *c, const char *clock)
{
    struct model_row **at = &c->rows;
    while (*at && strcmp((*at)->clock, clock) != 0)
        at = &(*at)->next;
    if (!*at)
        return;
    struct model_row *gone = *at;
    *at = gone->next;
    free(gone);
    m->n_rows--;
    m->stale = true;
}

void model_take_view(struct model *m, const hxp_case_view *v)
{
    struct model_case *c = make(m, v->case_number);
    if (!c)
        return;
    if (v->case_version < c->version)
        return; /* an entry was faster */
    c->version = v->case_version;
    model_places(v->where, c->places);
    c->state = intern(v->state);
    c->class = intern(v->class_);
    c->category = intern(v->category);
    c->holder = intern(v->holder);
    c->level = intern(v->level);
    c->drill = v->drill;
    c->dirty = false;
    drop_rows(m, c);
    for (size_t i = 0; i < v->n_clocks; i++) {
        const hxp_clock_fact *k = v->clocks[i];
        bool paused = strcmp(k->change, "PAUSED") == 0;
        if ((paused || strcmp(k->change, "RUNNING") == 0) && k->deadline &&
            m->is_promise(m->arg, k->clock))
            set_row(m, c, k, paused);
    }
    if (!c->rows && v->t_closed)
        model_forget(m, v->case_number);
}

static void take_clock(struct model *m, struct model_case *c, const hxp_clock_fact *k)
{
    if (!m->is_promise(m->arg, k->clock))
        return;
    if (strcmp(k->change, "STOP") == 0 || strcmp(k->change, "VOID") == 0) {
        end_row(m, c, k->clock);
        c->dirty |= *c->level != '\0'; /* it may have been this clock's */
    } else if (k->deadline) {
        set_row(m, c, k, strcmp(k->change, "PAUSE") == 0);
    }
}

bool model_take_entry(struct model *m, const hxp_entry *e)
{
    struct model_case *c = find(m, e->case_number);
    if (!e->case_number || (c && e->case_version <= c->version))
        return true;
    if (!e->open) {
        model_forget(m, e->case_number);
        return true;
    }
    if ((!c && e->prev_lsn) || *e->holder_before)
        return false;
    if (!c && !(c = make(m, e->case_number)))
        return true;
    c->version = e->case_version;
    model_places(e->where, c->places);
    c->state = intern(e->state);
    c->class = intern(e->class_);
    c->category = *e->category ? intern(e->category) : c->category ? c->category : "";
    c->holder = intern(e->holder);
    c->drill = e->drill;
    if (!c->level || strcmp(e->level, c->level) > 0)
        c->level = intern(e->level);
    for (size_t i = 0; i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_CLOCK)
            take_clock(m, c, e->facts[i]->clock);
    m->stale = true;
    return !c->dirty;
}

/* ---- sorted ---- */

static int compare(const void *a, const void *b)
{
    const struct model_row *x = *(struct model_row *const *)a, *y = *(struct model_row *const *)b;
    if (x->deadline != y->deadline)
        return x->deadline < y->deadline ? -1 : 1;
    if (x->of->number != y->of->number)
        return x->of->number < y->of->number ? -1 : 1;
    return strcmp(x->clock, y->clock);
}

static bool sort(struct model *m)
{
    size_t n = 0;
    if (m->n_rows > m->cap_sorted) {
        struct model_row **more = realloc(m->sorted, 2 * m->n_rows * sizeof(struct model_row *));
        if (!more)
            return false;
        m->sorted = more;
        m->cap_sorted = 2 * m->n_rows;
    }
    for (size_t i = 0; i < m->cap; i++)
        for (struct model_row *r = m->slots[i] ? m->slots[i]->rows : NULL; r; r = r->next)
            m->sorted[n++] = r;
    if (n)
        qsort(m->sorted, n, sizeof *m->sorted, compare);
    m->stale = false;
    return true;
}

struct model_row *const *model_rows(struct model *m, size_t *n)
{
    *n = !m->stale || sort(m) ? m->n_rows : 0;
    return m->sorted;
}
