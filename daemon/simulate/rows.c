#include "simulate/rows.h"
#include "engine/words/words.h"

#include <jansson.h>
#include <stdlib.h>

struct rows {
    const struct hx_rules *rules; /* borrowed */
    struct {
        uint32_t taken;
        uint32_t refused[HX_RULES_CALLS]; /* by each of its guards */
    } of[HX_RULES_TRANSITIONS];
};

struct rows *rows_new(const struct hx_rules *rules)
{
    struct rows *r = calloc(1, sizeof *r);
    if (r)
        r->rules = rules;
    return r;
}

void rows_free(struct rows *r)
{
    free(r);
}

/* The row's place in our version; `apply` may have brought another, whose rows are not counted. */
static size_t place_of(const struct rows *r, const struct hx_transition *row)
{
    size_t at = 0;
    while (at < r->rules->n_transitions && row != &r->rules->transitions[at])
        at++;
    return at;
}

void rows_count(void *ctx, const struct hx_transition *row, const struct hx_word *refused)
{
    struct rows *r = ctx;
    size_t at = place_of(r, row);
    if (at == r->rules->n_transitions)
        return;
    if (!refused)
        r->of[at].taken++;
    for (int i = 0; refused && i < row->n_guards; i++)
        if (row->guards[i].word == refused) {
            r->of[at].refused[i]++;
            return;
        }
}

static json_t *refusals(const struct rows *r, size_t at)
{
    const struct hx_transition *row = &r->rules->transitions[at];
    json_t *o = json_object();
    for (int i = 0; i < row->n_guards; i++)
        if (r->of[at].refused[i])
            json_object_set_new(o, row->guards[i].word->name, json_integer(r->of[at].refused[i]));
    return o;
}

int rows_print(const struct rows *r, FILE *out)
{
    for (size_t at = 0; at < r->rules->n_transitions; at++) {
        json_t *refused = refusals(r, at);
        if (!r->of[at].taken && !json_object_size(refused)) {
            json_decref(refused);
            continue;
        }
        json_t *line = json_pack("{s:i,s:i,s:o}", "line", r->rules->transitions[at].line, "taken",
                                 (int)r->of[at].taken, "refused", refused);
        int rc = !line || json_dumpf(line, out, JSON_COMPACT) || fputc('\n', out) == EOF;
        json_decref(line);
        if (rc)
            return HX_IO;
    }
    return HX_OK;
}
