/* WhoQuery: who the asker is to us, and what he may do. */
#include "base/text.h"
#include "engine/rules/rules.h"
#include "service/state.h"

#include <string.h>

/* Names of the bits, in the turn's memory. */
static size_t list_bits(struct service *s, uint32_t bits, const char *(*name)(unsigned),
                        char ***out)
{
    char **list = hx_arena_alloc(&s->arena, 32 * sizeof *list);
    size_t n = 0;
    for (unsigned i = 0; list && i < 32; i++)
        if (bits >> i & 1)
            list[n++] = hx_text_field(name(i));
    *out = list;
    return n;
}

static const char *claim_name(unsigned i)
{
    return hx_role_name((int)i);
}

static const char *right_name(unsigned i)
{
    return hx_right_name((enum hx_right)i);
}

static const char *mask_name(unsigned i)
{
    return hx_mask_name((enum hx_mask)i);
}

static size_t list_areas(struct service *s, const struct hx_principal *who, char ***out)
{
    char **list = hx_arena_alloc(&s->arena, (who->n_areas + 1) * sizeof *list);
    size_t n = 0;
    if (list && who->city)
        list[n++] = hx_text_field("city");
    for (size_t i = 0; list && i < who->n_areas; i++)
        list[n++] = hx_text_field(who->areas[i]);
    *out = list;
    return n;
}

static void describe(struct service *s, const struct request *r, Hongxin__V1__WhoAnswer *a)
{
    const struct hx_principal *who = r->who;
    const struct hx_access_role *role = who->role;
    uint32_t most = r->via ? r->via->role->rights : UINT32_MAX;
    a->enforced = true;
    a->principal = hx_text_field(who->name);
    a->role = hx_text_field(role->name);
    a->role_zh = hx_text_field(role->zh);
    a->role_en = hx_text_field(role->en);
    a->n_areas = list_areas(s, who, &a->areas);
    a->n_claims = list_bits(s, role->claims, claim_name, &a->claims);
    a->n_rights = list_bits(s, role->rights & most, right_name, &a->rights);
    a->n_hides = list_bits(s, role->hides, mask_name, &a->hides);
    a->n_hides_confidential =
        list_bits(s, role->hides_confidential, mask_name, &a->hides_confidential);
}

void handle_who(struct service *s, const struct request *r)
{
    Hongxin__V1__WhoAnswer a = HONGXIN__V1__WHO_ANSWER__INIT;
    hxp_response answer = HONGXIN__V1__RESPONSE__INIT;
    if (r->who)
        describe(s, r, &a);
    answer.answer_case = HONGXIN__V1__RESPONSE__ANSWER_WHO;
    answer.who = &a;
    service_answer(s, r, &answer);
}
