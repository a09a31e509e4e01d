#include "simulate/apply.h"
#include "base/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static int refuse(const struct simulate_apply *a, const struct hx_problem *why, char problem[512])
{
    int n = snprintf(problem, 512, "%.200s:%zu: ", a->scenario, a->action->line);
    hx_text_put(problem + n, 512 - (size_t)n, why->text);
    return HX_INVALID;
}

static int read_file(const struct simulate_apply *a, struct hx_version **x, char problem[512])
{
    struct hx_problem why = {""};
    char path[4352];
    snprintf(path, sizeof path, "%s/%s", a->folder, a->action->file);
    int rc =
        hx_version_load(a->versions, a->action->file[0] == '/' ? a->action->file : path, x, &why);
    if (!rc)
        rc = hx_version_follows(a->versions, *x, a->machine->now, &why);
    if (rc == HX_EXISTS)
        hx_problem_set(&why, "%s: this version is in force already", a->action->file);
    return rc && rc != HX_NOMEM ? refuse(a, &why, problem) : rc;
}

static void preview(const struct simulate_apply *a, const struct hx_version *x,
                    struct hx_moves *moves)
{
    struct hx_machine *m = a->machine;
    struct hx_change change;
    hx_version_change(a->versions, x, &change);
    for (uint64_t n = 1; m->ops->case_load(m->backend, n, &m->work) == HX_OK; n++)
        if (hx_case_open(m->rules, &m->work))
            hx_change_preview(m->rules, &m->work, &change, m->now, moves);
    moves->posts = hx_change_posts(m->rules, &change, m->now);
}

static int record(const struct simulate_apply *a, const struct hx_version *x)
{
    struct hx_arena *arena = a->machine->arena;
    hxp_rules_fact *f = hx_arena_alloc(arena, sizeof *f);
    char digest[2 * HX_DIGEST_SIZE + 1];
    struct hx_moves moves = {0};
    if (!f)
        return HX_NOMEM;
    preview(a, x, &moves);
    hongxin__v1__rules_fact__init(f);
    f->kind = hx_text_field(x->kind);
    f->name = hx_arena_strdup(arena, x->name);
    f->version = x->number;
    sodium_bin2hex(digest, sizeof digest, x->digest, sizeof x->digest);
    f->digest = hx_arena_strdup(arena, digest);
    f->asked_by = hx_arena_strdup(arena, a->action->by[0]);
    f->agreed_by = hx_arena_strdup(arena, a->action->by[1]);
    f->why = hx_arena_strdup(arena, a->action->why);
    f->open = a->action->open;
    f->cases = moves.cases;
    f->later = moves.later;
    f->earlier = moves.earlier;
    f->earliest = moves.earliest;
    f->rerouted = moves.rerouted;
    f->posts = moves.posts;
    return hx_machine_in_force(a->machine, f);
}

static int move_all(const struct simulate_apply *a, const struct hx_version *x)
{
    struct hx_change change;
    struct hx_moves moves = {0};
    int rc;
    uint64_t n = 1;
    hx_version_change(a->versions, x, &change);
    if (!a->action->open)
        change.city_before = NULL; /* only when companies are replaced is looked up */
    while ((rc = hx_machine_apply(a->machine, n, &change, &moves)) == HX_OK)
        n++;
    return rc == HX_NOTFOUND ? HX_OK : rc;
}

int simulate_apply(const struct simulate_apply *a, char problem[512])
{
    struct hx_version *x = NULL;
    struct hx_problem why = {""};
    int rc = read_file(a, &x, problem);
    if (!rc)
        rc = record(a, x);
    if (!rc && hx_versions_put(a->versions, x, &why))
        rc = refuse(a, &why, problem);
    if (rc) {
        hx_version_free(x);
        return rc;
    }
    a->machine->rules = hx_versions_rules(a->versions);
    hx_version_came(a->versions, x, hx_memory_newest_lsn(a->memory), a->action->open);
    rc = hx_versions_city(a->versions, &a->machine->city, &why);
    if (rc)
        return refuse(a, &why, problem);
    return a->action->open || hx_version_is_city(x) ? move_all(a, x) : HX_OK;
}
