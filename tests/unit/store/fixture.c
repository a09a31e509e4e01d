#include "unit/store/fixture.h"

#include "store/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fx_remove(const char *dir)
{
    static const char *const files[] = {"data.mdb", "lock.mdb", "owner.lock"};
    char path[256];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    rmdir(dir);
}

int fx_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");
    struct fx *fx = calloc(1, sizeof *fx);
    assert_non_null(fx);
    snprintf(fx->dir, sizeof fx->dir, "%s/hx-store-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(fx->dir));
    memset(fx->key, 0x5A, sizeof fx->key);
    fx->options = (struct hx_store_options){
        .path = fx->dir, .map_bytes = 256 << 20, .identity_key = fx->key, .reserve_bytes = 1 << 20};
    fx->ops = hx_store_backend();
    fx->now = FX_T0;
    hx_arena_init(&fx->arena, 0);
    fx_reopen(fx);
    *state = fx;
    return 0;
}

int fx_teardown(void **state)
{
    struct fx *fx = *state;
    fx_close(fx);
    fx_remove(fx->dir);
    hx_arena_fini(&fx->arena);
    free(fx);
    return 0;
}

void fx_close(struct fx *fx)
{
    hx_store_close(fx->st);
    fx->st = NULL;
}

int fx_try_open(struct fx *fx)
{
    return hx_store_open(&fx->options, &fx->st, fx->problem);
}

void fx_reopen(struct fx *fx)
{
    fx_close(fx);
    if (fx_try_open(fx))
        fail_msg("%s", fx->problem);
}

void fx_begin(struct fx *fx)
{
    hx_arena_reset(&fx->arena);
    assert_int_equal(hx_store_begin(fx->st), HX_OK);
}

void fx_commit(struct fx *fx)
{
    assert_int_equal(hx_store_commit(fx->st), HX_OK);
}

static void *make(struct fx *fx, size_t size)
{
    void *p = hx_arena_alloc(&fx->arena, size);
    assert_non_null(p);
    return p;
}

static char *text(struct fx *fx, const char *s)
{
    return hx_arena_strdup(&fx->arena, s ? s : "");
}

static hxp_fact *add_fact(struct fx *fx, hxp_entry *e, Hongxin__V1__Fact__FactCase kind)
{
    hxp_fact *f = make(fx, sizeof *f);
    hongxin__v1__fact__init(f);
    f->fact_case = kind;
    e->facts[e->n_facts++] = f;
    return f;
}

static void add_reply(struct fx *fx, hxp_entry *e)
{
    hxp_reply *r = make(fx, sizeof *r);
    hongxin__v1__reply__init(r);
    r->result = HONGXIN__V1__RESULT__ACCEPTED;
    r->lsn = e->lsn;
    add_fact(fx, e, HONGXIN__V1__FACT__FACT_REPLY)->reply = r;
}

static void add_state(struct fx *fx, hxp_entry *e, const struct fx_entry *in)
{
    hxp_state_fact *s = make(fx, sizeof *s);
    hongxin__v1__state_fact__init(s);
    s->from = text(fx, in->from);
    s->to = text(fx, in->to);
    add_fact(fx, e, HONGXIN__V1__FACT__FACT_STATE)->state = s;
}

static void add_kept(struct fx *fx, hxp_entry *e, const char *clock)
{
    hxp_clock_fact *f = make(fx, sizeof *f);
    hongxin__v1__clock_fact__init(f);
    f->clock = text(fx, clock);
    f->judged_case = HONGXIN__V1__CLOCK_FACT__JUDGED_MET;
    f->met = 1;
    add_fact(fx, e, HONGXIN__V1__FACT__FACT_CLOCK)->clock = f;
}

static void add_broken(struct fx *fx, hxp_entry *e, const struct fx_entry *in)
{
    hxp_breach_fact *f = make(fx, sizeof *f);
    hongxin__v1__breach_fact__init(f);
    f->clock = text(fx, in->broken);
    f->holder = text(fx, in->broken_by);
    add_fact(fx, e, HONGXIN__V1__FACT__FACT_BREACH)->breach = f;
}

static hxp_where *where_of(struct fx *fx, const char *grid)
{
    hxp_where *w = make(fx, sizeof *w);
    hongxin__v1__where__init(w);
    const char *n = grid + 2;
    w->grid = text(fx, grid);
    w->community = hx_arena_printf(&fx->arena, "C-%s", n);
    w->street = hx_arena_printf(&fx->arena, "S-%s", n);
    w->estate = hx_arena_printf(&fx->arena, "E-%s", n);
    return w;
}

static void add_event(struct fx *fx, hxp_entry *e, const char *words)
{
    hxp_event ev = HONGXIN__V1__EVENT__INIT;
    hxp_data data = HONGXIN__V1__DATA__INIT;
    ev.source = text(fx, "hotline");
    ev.id = hx_arena_printf(&fx->arena, "ev-%08" PRIu64, e->lsn);
    ev.type = e->cause;
    data.text = text(fx, words);
    ev.data = &data;
    e->event.len = hongxin__v1__event__get_packed_size(&ev);
    e->event.data = make(fx, e->event.len);
    hongxin__v1__event__pack(&ev, e->event.data);
}

static hxp_entry *make_entry(struct fx *fx, const struct fx_entry *in)
{
    hxp_entry *e = make(fx, sizeof *e);
    hongxin__v1__entry__init(e);
    e->facts = make(fx, 8 * sizeof *e->facts);
    e->audience = make(fx, 4 * sizeof *e->audience);
    assert_int_equal(fx->ops->next_lsn(fx->st, &e->lsn), HX_OK);
    e->t_rec = fx->now;
    e->t_eff = in->eff;
    e->state = text(fx, in->to ? in->to : "");
    e->cause = text(fx, in->cause);
    e->open = !in->closed;
    e->holder = text(fx, in->holder ? in->holder : fx->c.holder);
    if (strcmp(e->holder, fx->c.holder) != 0)
        e->holder_before = text(fx, fx->c.holder);
    e->where = where_of(fx, in->grid ? in->grid : "G-1");
    for (size_t i = 0; i < 4 && in->audience[i]; i++)
        e->audience[e->n_audience++] = text(fx, in->audience[i]);
    add_event(fx, e, in->text);
    add_reply(fx, e);
    if (in->to)
        add_state(fx, e, in);
    if (in->kept)
        add_kept(fx, e, in->kept);
    if (in->broken)
        add_broken(fx, e, in);
    return e;
}

uint64_t fx_put(struct fx *fx, const struct fx_entry *in)
{
    struct hx_case *c = &fx->c;
    if (in->number) {
        assert_int_equal(fx->ops->case_load(fx->st, in->number, c), HX_OK);
    } else {
        memset(c, 0, sizeof *c);
        assert_int_equal(fx->ops->case_number(fx->st, &c->number), HX_OK);
    }
    hxp_entry *e = make_entry(fx, in);
    if (!in->number)
        c->first_lsn = e->lsn;
    snprintf(c->holder, sizeof c->holder, "%s", e->holder);
    e->case_number = c->number;
    e->prev_lsn = c->last_lsn;
    c->last_lsn = e->lsn;
    c->version++;
    assert_int_equal(fx->ops->append(fx->st, e), HX_OK);
    assert_int_equal(fx->ops->case_save(fx->st, c, in->due ? in->due : INT64_MAX), HX_OK);
    return e->lsn;
}

uint64_t fx_report(struct fx *fx, unsigned n)
{
    char id[32], holder[16];
    snprintf(id, sizeof id, "ev-%08u", n);
    snprintf(holder, sizeof holder, "P-%u", n % 3 + 1);
    uint64_t lsn = fx_put(fx, &(struct fx_entry){.cause = "REPORTED",
                                                 .to = "RECEIVED",
                                                 .holder = holder,
                                                 .grid = n % 2 ? "G-1" : "G-2",
                                                 .audience = {holder, "city"},
                                                 .due = fx->now + 5 * HX_MINUTE});
    struct hx_seen seen = {.case_number = fx->c.number, .lsn = lsn};
    memset(seen.digest, (int)n, sizeof seen.digest);
    assert_int_equal(fx->ops->seen_save(fx->st, "hotline", id, &seen), HX_OK);
    return fx->c.number;
}

void fx_project(struct fx *fx)
{
    size_t done;
    do {
        assert_int_equal(hx_store_project(fx->st, 0, &done), HX_OK);
    } while (done || hx_store_rebuilding(fx->st));
}

struct list {
    char text[4096];
    size_t used;
};

static int list_add(void *ctx, uint64_t number)
{
    struct list *l = ctx;
    l->used += (size_t)snprintf(l->text + l->used, sizeof l->text - l->used, "%s%" PRIu64,
                                l->used ? "," : "", number);
    return l->used + 24 > sizeof l->text;
}

const char *fx_open_cases(struct fx *fx, const char *id)
{
    static struct list l;
    l = (struct list){.used = 0};
    assert_int_equal(hx_store_open_cases(fx->st, id, 0, 500, list_add, &l), HX_OK);
    return l.text;
}

const char *fx_audience(struct fx *fx, const char *audience, uint64_t from)
{
    static struct list l;
    l = (struct list){.used = 0};
    assert_int_equal(hx_store_audience(fx->st, audience, from, 500, list_add, &l), HX_OK);
    return l.text;
}

struct counted {
    const char *what;
    uint64_t count;
};

static int take_count(void *ctx, const struct hx_tally *row)
{
    struct counted *c = ctx;
    if (strcmp(row->what, c->what) == 0)
        c->count += row->count;
    return 0;
}

uint64_t fx_count(struct fx *fx, const char *period, const char *dimension, const char *id,
                  const char *what)
{
    struct counted c = {.what = what};
    struct hx_tally_query q = {.period = period, .dimension = dimension, .id = id};
    assert_int_equal(hx_store_tally(fx->st, &q, take_count, &c), HX_OK);
    return c.count;
}

static void print_problem(void *ctx, const struct hx_finding *f)
{
    (void)ctx;
    print_message("check: %s: %s\n", f->table, f->text);
}

struct told {
    uint64_t last;
};

static void one_step_more(void *ctx, uint64_t done, uint64_t all)
{
    struct told *t = ctx;
    assert_int_equal(all, 0);
    assert_int_equal(done, t->last + 1);
    t->last = done;
}

size_t fx_problems(struct fx *fx)
{
    struct told told = {0};
    const struct hx_check_options options = {
        .report = print_problem, .progress = one_step_more, .ctx = &told};
    struct hx_check_result r;
    assert_int_equal(hx_store_check(fx->st, &options, &r), HX_OK);
    assert_int_equal(told.last, r.entries); /* without rules no case is looked at */
    return r.findings;
}

void fx_raw_begin(struct fx *fx, struct fx_raw *r)
{
    fx_close(fx);
    assert_int_equal(mdb_env_create(&r->env), 0);
    assert_int_equal(mdb_env_set_maxdbs(r->env, 32), 0);
    assert_int_equal(mdb_env_open(r->env, fx->dir, 0, 0600), 0);
    assert_int_equal(mdb_txn_begin(r->env, NULL, 0, &r->txn), 0);
}

static void raw_change(struct fx_raw *r, const char *table, MDB_val key, MDB_val *value)
{
    MDB_dbi dbi;
    assert_int_equal(mdb_dbi_open(r->txn, table, 0, &dbi), 0);
    assert_int_equal(
        value ? mdb_put(r->txn, dbi, &key, value, 0) : mdb_del(r->txn, dbi, &key, NULL), 0);
}

void fx_raw_put(struct fx_raw *r, const char *table, MDB_val key, const void *value, size_t size)
{
    raw_change(r, table, key, &(MDB_val){size, (void *)(uintptr_t)value});
}

void fx_raw_end(struct fx_raw *r)
{
    assert_int_equal(mdb_txn_commit(r->txn), 0);
    mdb_env_close(r->env);
}

void fx_raw_row(struct fx *fx, const char *table, MDB_val key, const void *value, size_t size)
{
    struct fx_raw r;
    MDB_val v = {size, (void *)(uintptr_t)value};
    fx_raw_begin(fx, &r);
    raw_change(&r, table, key, value ? &v : NULL);
    fx_raw_end(&r);
}

size_t fx_quarantined(struct fx *fx)
{
    struct hx_store_stats s;
    assert_int_equal(hx_store_stats(fx->st, &s), HX_OK);
    return s.quarantined;
}

MDB_val fx_number_key(uint8_t bytes[8], uint64_t n)
{
    be64_put(bytes, n);
    return (MDB_val){8, bytes};
}

MDB_val fx_text_key(const char *text)
{
    return (MDB_val){strlen(text), (void *)(uintptr_t)text};
}
