#include "engine/case/drill.h"

#include "engine/words/words.h"
#include <string.h>

static bool refuse(struct hx_step *s, const char *code)
{
    s->refusal = code;
    s->refusal_result = HX_NOT_ALLOWED;
    return false;
}

static bool may_begin(const struct hx_step *s)
{
    const struct hx_actor *a = &s->actor;
    bool role = a->role == HX_ROLE_street || a->role == HX_ROLE_city || a->role == HX_ROLE_operator;
    return role && a->person[0];
}

/* What a resident may be behind must say that it is a drill, too. */
static bool brings_reporter(const struct hx_step *s)
{
    return strcmp(s->event->type, "REPORTED") == 0 || strcmp(s->event->type, "PARTY_ADDED") == 0;
}

bool hx_drill_fits(struct hx_step *s)
{
    bool is = hx_is_drill(s->c), says = s->data->drill;
    if (!s->c->number)
        return !says || may_begin(s) || refuse(s, "NO_DRILL_RIGHT");
    if (says && !is)
        return refuse(s, "NOT_A_DRILL");
    if (is && !says && brings_reporter(s))
        return refuse(s, "IS_A_DRILL");
    return !s->other || hx_is_drill(s->other) == is || refuse(s, "DRILL_MIX");
}
