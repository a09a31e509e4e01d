/* Silences for an area: asked once, they cover every case of the area in which the notice is told
 * while they hold, also one that comes later. They stand in a few rows of their own, each slot
 * naming the entry that tells of it. */
#include "base/text.h"
#include "engine/machine/machine_internal.h"
#include "engine/notice/silence.h"
#include "engine/words/words.h"
#include "hongxin/instant.h"

#include <stdio.h>
#include <string.h>

enum { ROWS = 8, SLOTS = HX_SILENCE_AREAS / ROWS };

/* One event on its way. */
struct asking {
    struct hx_machine *m;
    const struct hx_arrival *in;
    const hxp_data *d;
    struct hx_actor actor;
    hxp_silence *silence; /* as it will stand */
    const char *code, *message;
};

/* ---- rows ---- */

/* Under a name that no source can have. */
static void row_name(int row, char name[HX_WORD_MAX])
{
    snprintf(name, HX_WORD_MAX, "\x02q/%d", row);
}

static int load_row(const struct hx_machine *m, int row, struct hx_source *out)
{
    char name[HX_WORD_MAX];
    row_name(row, name);
    *out = (struct hx_source){0};
    return m->ops->source_load(m->backend, name, out);
}

int hx_area_silence_begin(struct hx_machine *m)
{
    struct hx_source row;
    int rc = load_row(m, 0, &row);
    m->no_area_silences = rc == HX_NOTFOUND;
    return m->no_area_silences ? HX_OK : rc;
}

static hxp_silence *silence_of(const hxp_entry *e, const char *clock, const char *level)
{
    for (size_t i = 0; e && i < e->n_facts; i++) {
        const hxp_fact *f = e->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_SILENCE && f->silence->area[0] &&
            (!clock || strcmp(f->silence->clock, clock) == 0) &&
            (!level || strcmp(f->silence->level, level) == 0))
            return f->silence;
    }
    return NULL;
}

/* What stands in a slot and holds at m->now; NULL = nothing. */
static hxp_silence *in_slot(const struct hx_machine *m, const struct hx_source *row, int slot)
{
    hxp_entry *e = NULL;
    bool holds = row->missing[slot] && row->missing_since[slot] > m->now;
    if (!holds || m->ops->entry_load(m->backend, row->missing[slot], m->arena, &e) != HX_OK)
        return NULL;
    return silence_of(e, NULL, NULL);
}

/* What `find` does with a silence that it has shown. */
enum verdict { PASS, KEEP, FOUND };
typedef enum verdict holds_fn(void *ctx, const hxp_silence *w);

/* Shows `each` what holds, until it is FOUND; at[] is then its row and slot. The silence, or NULL.
 * What is passed over takes no memory: this runs for each first notice. */
static hxp_silence *find(const struct hx_machine *m, holds_fn *each, void *ctx, int at[2])
{
    struct hx_source row;
    for (at[0] = 0; at[0] < ROWS && load_row(m, at[0], &row) == HX_OK; at[0]++)
        for (at[1] = 0; at[1] < SLOTS; at[1]++) {
            const struct hx_arena_mark mark = hx_arena_mark(m->arena);
            hxp_silence *w = in_slot(m, &row, at[1]);
            enum verdict v = w ? each(ctx, w) : PASS;
            if (v == FOUND)
                return w;
            if (v == PASS)
                hx_arena_back(m->arena, &mark);
        }
    return NULL;
}

static int put(struct hx_machine *m, const int at[2], uint64_t lsn, int64_t until)
{
    struct hx_source row;
    char name[HX_WORD_MAX];
    int rc = load_row(m, at[0], &row);
    if (rc && rc != HX_NOTFOUND)
        return rc;
    row.missing[at[1]] = lsn;
    row.missing_since[at[1]] = until;
    row_name(at[0], name);
    m->no_area_silences = false;
    return m->ops->source_save(m->backend, name, &row);
}

/* The first slot in which nothing holds. False: all are taken. */
static bool free_slot(const struct hx_machine *m, int at[2])
{
    struct hx_source row;
    for (at[0] = 0; at[0] < ROWS; at[0]++) {
        int rc = load_row(m, at[0], &row);
        if (rc && rc != HX_NOTFOUND)
            return false;
        for (at[1] = 0; at[1] < SLOTS; at[1]++)
            if (!row.missing[at[1]] || row.missing_since[at[1]] <= m->now)
                return true;
    }
    return false;
}

/* ---- asking and ending ---- */

bool hx_area_silence_event(const hxp_event *e)
{
    bool silence = strcmp(e->type, "SILENCED") == 0 || strcmp(e->type, "SILENCE_ENDED") == 0;
    return silence && !e->case_number && !e->case_ref[0] && e->data &&
           (e->data->place[0] || e->data->holder[0]);
}

static bool refuse(struct asking *a, const char *code, const char *message)
{
    a->code = code;
    a->message = message;
    return false;
}

/* How long a silence may be: as the life cycle says of one case. */
static int64_t longest(const struct hx_rules *r)
{
    int event = hx_rules_event(r, "SILENCED");
    for (int i = 0; i < r->n_transitions; i++)
        for (int k = 0; r->transitions[i].event == event && k < r->transitions[i].n_guards; k++)
            if (strcmp(r->transitions[i].guards[k].word->name, "silence_within") == 0)
                return r->transitions[i].guards[k].span_ms;
    return INT64_MAX;
}

/* A street silences what lies in it; a holder's cases are told apart one by one. */
static bool of_this_place(struct asking *a, const struct hx_place *p)
{
    const char *street = a->actor.area;
    if (!p || a->actor.role != HX_ROLE_street || !street[0])
        return true;
    const char *lies_in = hx_place_above_at(p, HX_STREET, a->in->t_rcv);
    return strcmp(lies_in, street) == 0 ||
           refuse(a, "OTHER_PLACE", "the street of this place decides, or the city");
}

static bool area_known(struct asking *a)
{
    const struct hx_city *city = a->m->city;
    const hxp_data *d = a->d;
    const struct hx_place *p = d->place[0] ? hx_city_place(city, d->place) : NULL;
    if (d->place[0] && d->holder[0])
        return refuse(a, "TWO_AREAS", "a place or a holder, not both");
    if (d->place[0] && !p)
        return refuse(a, "UNKNOWN_PLACE", "the city has no such place");
    if (d->holder[0] && !hx_city_holder_known(city, d->holder, a->in->t_rcv))
        return refuse(a, "UNKNOWN_HOLDER", "the city has no such holder");
    return of_this_place(a, p);
}

static bool may_be(struct asking *a, bool begin)
{
    const struct hx_rules *r = a->m->rules;
    const struct hx_event_rule *e = &r->events[hx_rules_event(r, a->in->event->type)];
    if (a->actor.role < 0 || !(e->roles >> a->actor.role & 1))
        return refuse(a, "BAD_ROLE", "this event is not for this role");
    if (hx_rules_clock(r, a->d->clock) <= 0 || hx_level_number(a->d->level) < 0)
        return refuse(a, "UNKNOWN_CLOCK", "the life cycle has no such notice");
    if (begin && a->d->until <= a->in->t_rcv)
        return refuse(a, "DATE_PAST", "the end lies ahead");
    if (begin && a->d->until - a->in->t_rcv > longest(r))
        return refuse(a, "SILENCE_TOO_LONG", "the silence ends within that time");
    return area_known(a);
}

static bool ends(const struct asking *a)
{
    return a->silence->until <= a->in->t_rcv;
}

/* A street disposes of its own ones, the city of its own; it may end a street's, too. */
static bool disposes_of(const struct asking *a, const hxp_silence *w)
{
    struct hx_actor by;
    if (!hx_actor_parse(w->by, &by))
        return false;
    if (a->actor.role != HX_ROLE_street)
        return by.role != HX_ROLE_street || ends(a);
    return by.role == HX_ROLE_street && strcmp(by.area, a->actor.area) == 0;
}

static enum verdict is_same(void *ctx, const hxp_silence *w)
{
    const struct asking *a = ctx;
    const hxp_silence *x = a->silence;
    bool same = strcmp(w->clock, x->clock) == 0 && strcmp(w->level, x->level) == 0 &&
                strcmp(w->area, x->area) == 0;
    return same && disposes_of(a, w) ? FOUND : PASS;
}

static void fill(struct asking *a, bool begin)
{
    struct hx_arena *arena = a->m->arena;
    hxp_silence *w = a->silence;
    const hxp_data *d = a->d;
    hongxin__v1__silence_view__init(w);
    w->clock = hx_text_field(d->clock);
    w->level = hx_text_field(d->level);
    w->from = a->in->t_rcv;
    w->until = begin ? d->until : a->in->t_rcv;
    w->by = hx_text_field(a->in->event->by);
    w->why = hx_text_field(d->why);
    w->area = hx_arena_printf(arena, "%s:%s", d->place[0] ? "place" : "holder",
                              d->place[0] ? d->place : d->holder);
}

/* What a person did to an area is on record like what is done to a case. */
static int record(struct asking *a)
{
    struct hx_arena *arena = a->m->arena;
    const hxp_silence *w = a->silence;
    char until[HX_INSTANT_TEXT];
    uint64_t lsn;
    hxp_audit_fact *f = hx_arena_alloc(arena, sizeof *f);
    if (!f)
        return HX_NOMEM;
    hongxin__v1__audit_fact__init(f);
    hx_instant_format(w->until, hx_zone_offset(&a->m->rules->zone, w->until) / 60000, until);
    f->act = hx_text_field(a->in->event->type);
    f->by = hx_text_field(a->in->principal ? a->in->principal : "");
    f->person = hx_text_field(w->by);
    f->about = w->area;
    f->reason = w->why;
    f->detail = hx_arena_printf(arena, "%s %s %s", w->clock, w->level, until);
    return hx_arena_failed(arena) ? HX_NOMEM : hx_machine_act(a->m, f, &lsn);
}

/* The city's end is of its own silence and of each street's. */
static int clear(struct asking *a)
{
    int at[2], rc = HX_OK;
    while (!rc && find(a->m, is_same, a, at))
        rc = put(a->m, at, 0, 0);
    return rc;
}

static int write(struct asking *a, hxp_reply *r, const int at[2])
{
    struct hx_machine *m = a->m;
    hxp_silence *w = a->silence;
    hxp_fact *f = hx_arena_alloc(m->arena, sizeof *f);
    uint64_t lsn;
    int rc = f ? m->ops->next_lsn(m->backend, &lsn) : HX_NOMEM;
    if (rc)
        return rc;
    w->entry = lsn;
    hongxin__v1__fact__init(f);
    f->fact_case = HONGXIN__V1__FACT__FACT_SILENCE;
    f->silence = w;
    rc = hx_machine_note_fact(m, a->in, r, f, w->by);
    if (!rc)
        rc = ends(a) ? clear(a) : put(m, at, lsn, w->until);
    return rc ? rc : record(a);
}

/* The slot that the event is about: where the same stands already, or a free one. */
static bool place_of(struct asking *a, bool begin, int at[2])
{
    if (find(a->m, is_same, a, at))
        return true;
    if (!begin)
        return refuse(a, "NO_SUCH_SILENCE", "repeats of this notice are silent in this area now");
    return free_slot(a->m, at) ||
           refuse(a, "TOO_MANY_SILENCES", "so many silences of areas hold already");
}

int hx_area_silence_take(struct hx_machine *m, const struct hx_arrival *in, hxp_reply *r)
{
    struct asking a = {.m = m, .in = in, .d = hx_event_data(in->event)};
    bool begin = strcmp(in->event->type, "SILENCED") == 0;
    int at[2];
    a.silence = hx_arena_alloc(m->arena, sizeof *a.silence);
    if (!a.silence || !hx_actor_parse(in->event->by, &a.actor))
        return HX_NOMEM;
    fill(&a, begin);
    if (hx_arena_failed(m->arena))
        return HX_NOMEM;
    if (may_be(&a, begin) && place_of(&a, begin, at))
        return write(&a, r, at);
    r->result = HONGXIN__V1__RESULT__NOT_ALLOWED;
    r->code = hx_text_field(a.code);
    r->message = hx_text_field(a.message);
    return hx_machine_note(m, in, r, NULL);
}

/* ---- what it covers ---- */

struct notice {
    const struct hx_step *s;
    const char *clock, *level;
    hxp_silence *longest; /* of those that cover it */
};

static bool lies_in(const struct hx_case *c, const char *area)
{
    const char *const places[] = {c->building, c->estate, c->grid, c->community, c->street};
    const char *id = strchr(area, ':') + 1;
    if (strncmp(area, "holder:", 7) == 0)
        return strcmp(c->holder, id) == 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(places[i], id) == 0)
            return true;
    return false;
}

static enum verdict covers(void *ctx, const hxp_silence *w)
{
    struct notice *n = ctx;
    struct hx_actor by;
    if (strcmp(w->clock, n->clock) != 0 || strcmp(w->level, n->level) != 0 ||
        !lies_in(n->s->c, w->area) || !hx_actor_parse(w->by, &by))
        return PASS;
    bool theirs = by.role != HX_ROLE_street || !by.area[0] || !strcmp(by.area, n->s->c->street);
    if (!theirs || (n->longest && w->until <= n->longest->until))
        return PASS;
    n->longest = (hxp_silence *)(uintptr_t)w;
    return KEEP;
}

const hxp_silence *hx_area_silence_over(struct hx_step *s, const struct hx_told *t)
{
    const struct hx_machine *m = s->m;
    struct notice n = {s, s->rules->clocks[t->kind].name, hx_level_name(t->level), NULL};
    const hxp_entry *stored = m->again ? m->again(m->again_ctx) : NULL;
    int at[2];
    if (stored)
        return silence_of(stored, n.clock, n.level);
    if (!m->no_area_silences)
        (void)find(m, covers, &n, at);
    return n.longest;
}

/* ---- all of them ---- */

struct listing {
    hxp_silence **list;
    size_t n;
};

static enum verdict take(void *ctx, const hxp_silence *w)
{
    struct listing *l = ctx;
    l->list[l->n++] = (hxp_silence *)(uintptr_t)w;
    return KEEP;
}

size_t hx_area_silences(const struct hx_machine *m, const struct hx_backend *ops,
                        hxp_silence *list[HX_SILENCE_AREAS])
{
    struct hx_machine *reader = hx_arena_alloc(m->arena, sizeof *reader);
    struct listing l = {.list = list};
    int at[2];
    if (m->no_area_silences || !reader)
        return 0;
    reader->ops = ops;
    reader->backend = m->backend;
    reader->arena = m->arena;
    reader->now = m->now;
    (void)find(reader, take, &l, at);
    return l.n;
}
