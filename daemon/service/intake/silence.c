#include "service/intake/silence.h"

#include "base/log.h"
#include "service/state.h"
#include <string.h>

void silence_use(struct silence *s, const struct hx_access *access)
{
    static struct silence before; /* large; one thread */
    const struct hx_watched *w;
    before = *s;
    s->n = 0;
    while (s->n < SILENCE_MAX && (w = hx_access_watched(access, s->n))) {
        struct silent_source *to = &s->list[s->n++];
        *to = (struct silent_source){.heard = mono_now()};
        for (size_t i = 0; i < before.n; i++)
            if (strcmp(before.list[i].source, w->source) == 0)
                *to = before.list[i];
        memcpy(to->source, w->source, sizeof to->source);
        to->after_ms = w->after_ms;
    }
}

void silence_heard(struct silence *s, const struct hx_principal *who)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < who->n_sources; j++)
            if (strcmp(s->list[i].source, who->sources[j]) == 0)
                s->list[i].heard = mono_now();
}

/* The alarm, or its end, that is to be told now; NULL when there is none. */
static const char *news(const struct silent_source *s)
{
    bool quiet = mono_now().ms - s->heard.ms >= s->after_ms;
    return quiet == s->silent ? NULL : quiet ? "SOURCE_SILENT" : "SOURCE_BACK";
}

bool silence_due(const struct silence *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (news(&s->list[i]))
            return true;
    return false;
}

int silence_write(struct service *s)
{
    hx_machine_set_time(&s->machine, timebase_now(&s->time));
    for (size_t i = 0; i < s->silence.n; i++) {
        struct silent_source *one = &s->silence.list[i];
        const char *code = news(one);
        int rc = code ? hx_machine_source_alarm(&s->machine, code, one->source) : HX_OK;
        if (rc != HX_OK)
            return rc;
        one->told = code != NULL;
    }
    return HX_OK;
}

void silence_settle(struct silence *s, bool committed)
{
    for (size_t i = 0; i < s->n; i++) {
        struct silent_source *one = &s->list[i];
        if (one->told && committed) {
            one->silent = !one->silent;
            hx_log(HX_LOG_WARN, "event=source_alarm code=%s source=%s",
                   one->silent ? "SOURCE_SILENT" : "SOURCE_BACK", one->source);
        }
        one->told = false;
    }
}
