/* Which swaps of a post are offered or in force: a row of its own, of the entries that tell how
 * each stands. They lie over the rota. */
#include "base/text.h"
#include "engine/duty/stand_in.h"
#include "engine/duty/swap_internal.h"
#include "engine/rules/rules.h"

#include <string.h>

void hx_swap_row_name(const struct hx_post *post, char name[HX_WORD_MAX])
{
    const char *const parts[] = {"\x02", "s/", post->role, "/", post->area};
    char *at = name;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        at = hx_text_add(at, name + HX_WORD_MAX, parts[i]);
}

/* Beside the posts' rows, from the first swap on. */
static const char ever[] = "\x02"
                           "s";

int hx_swap_begin(struct hx_machine *m)
{
    struct hx_source row;
    int rc = m->ops->source_load(m->backend, ever, &row);
    m->no_swaps = rc == HX_NOTFOUND;
    return m->no_swaps ? HX_OK : rc;
}

int hx_swap_row_load(const struct hx_machine *m, const struct hx_post *post, struct hx_source *row)
{
    char name[HX_WORD_MAX];
    hx_swap_row_name(post, name);
    *row = (struct hx_source){0};
    int rc = m->ops->source_load(m->backend, name, row);
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

hxp_swap *hx_swap_of(const hxp_entry *e)
{
    for (size_t i = 0; e && i < e->n_facts; i++)
        if (e->facts[i]->fact_case == HONGXIN__V1__FACT__FACT_SWAP)
            return e->facts[i]->swap;
    return NULL;
}

hxp_swap *hx_swap_load(const struct hx_machine *m, uint64_t lsn)
{
    hxp_entry *e = NULL;
    return lsn && m->ops->entry_load(m->backend, lsn, m->arena, &e) == HX_OK ? hx_swap_of(e) : NULL;
}

static int64_t end_of(const hxp_swap *w)
{
    return w->to > w->back_to ? w->to : w->back_to;
}

bool hx_swap_keep(struct hx_source *row, const struct hx_machine *m, const hxp_swap *swap,
                  uint64_t lsn)
{
    bool stays = strcmp(swap->state, "REFUSED") != 0 && strcmp(swap->state, "LAPSED") != 0;
    for (size_t i = 0; i < HX_SWAPS; i++) {
        const hxp_swap *there = hx_swap_load(m, row->missing[i]);
        if (row->missing_since[i] <= m->now || !there || there->number == swap->number)
            row->missing[i] = 0;
    }
    for (size_t i = 0; stays && i < HX_SWAPS; i++) {
        if (row->missing[i])
            continue;
        row->missing[i] = lsn;
        row->missing_since[i] = end_of(swap);
        return true;
    }
    return !stays;
}

int hx_swap_row_save(struct hx_machine *m, const struct hx_post *post, struct hx_source *row)
{
    const struct hx_source since = {.top = 1};
    char name[HX_WORD_MAX];
    int rc = m->ops->source_save(m->backend, ever, &since);
    m->no_swaps = false;
    if (rc)
        return rc;
    hx_swap_row_name(post, name);
    for (size_t i = 0; i < HX_SWAPS; i++)
        if (!row->missing[i])
            row->missing_since[i] = 0;
    return m->ops->source_save(m->backend, name, row);
}

bool hx_swap_in_force(const hxp_swap *w)
{
    return w && strcmp(w->state, "IN_FORCE") == 0;
}

/* ---- who is there ---- */

struct hx_days hx_duty_days(const struct hx_machine *m)
{
    const hxp_entry *e = m->again ? m->again(m->again_ctx) : NULL;
    return hx_rules_duty_days(m->rules, e ? e->lsn : UINT64_MAX);
}

struct hx_on_duty hx_post_at(const struct hx_machine *m, const struct hx_post *post, int64_t t,
                             size_t n)
{
    struct hx_source row;
    struct hx_post p = *post;
    const struct hx_days days = hx_duty_days(m);
    if (!hx_post_stand_in(m->city, t, &p))
        return (struct hx_on_duty){.person = NULL};
    struct hx_on_duty d = hx_rota_at(hx_city_rota(m->city), p.role, p.area, &days, t, n);
    if (!d.person || m->no_swaps || hx_swap_row_load(m, &p, &row))
        return d;
    const int64_t now[2] = {t, t + 1};
    for (size_t i = 0; i < HX_SWAPS; i++) {
        const hxp_swap *w = row.missing_since[i] > t ? hx_swap_load(m, row.missing[i]) : NULL;
        if (!hx_swap_in_force(w))
            continue;
        bool given = hx_swap_meets(w->from, w->to, now) && strcmp(w->person, d.person) == 0;
        bool back = hx_swap_meets(w->back_from, w->back_to, now) && strcmp(w->taker, d.person) == 0;
        if (!given && !back)
            continue;
        d.instead_of = d.person;
        d.person = given ? w->taker : w->person;
        d.swap = row.missing[i];
        break;
    }
    return d;
}
