/* What residents choose from, as the daemon has it in force: categories of matters, and buildings
 * by their names. */
#include "base/log.h"
#include "base/now.h"
#include "kiosk/kiosk.h"
#include "kiosk/watch.h"

#include <stdlib.h>
#include <string.h>

enum { LIFE_CYCLE_MS = 5000, BUILDINGS_MS = 300000, WORDS_MAX = 200 };

static bool learn_policy(void *kiosk, const char *version, const char *text, size_t size)
{
    struct kiosk *k = kiosk;
    struct hx_problem problem = {""};
    struct policy *fresh = malloc(sizeof *fresh);
    (void)size;
    int rc = fresh ? policy_read(text, version, fresh, &problem) : HX_NOMEM;
    if (rc) {
        hx_log(HX_LOG_WARN, "event=policy_unread \"%s\"",
               *problem.text ? problem.text : hx_strerror(rc));
        free(fresh);
        return false;
    }
    free(k->policy);
    k->policy = fresh;
    hx_log(HX_LOG_INFO, "event=policy version=%s categories=%zu", version,
           fresh->n[POLICY_CATEGORIES]);
    return true;
}

static bool learn_places(void *kiosk, const char *version, const char *table, size_t size)
{
    struct kiosk *k = kiosk;
    struct places *fresh = NULL;
    int rc = places_read(table, size, &fresh);
    if (rc) {
        hx_log(HX_LOG_WARN, "event=places_unread version=%s \"%s\"", version, hx_strerror(rc));
        return false;
    }
    places_free(k->places);
    k->places = fresh;
    return true;
}

int rules_follow(struct kiosk *k, struct event_base *base)
{
    const struct watch_options life = {"life-cycle", k->settings.life_cycle, LIFE_CYCLE_MS,
                                       learn_policy, k},
                               buildings = {"city", "buildings", BUILDINGS_MS, learn_places, k};
    int rc = watch_open(base, &k->link, &life, &k->watches[0]);
    return rc ? rc : watch_open(base, &k->link, &buildings, &k->watches[1]);
}

void rules_leave(struct kiosk *k)
{
    watch_close(k->watches[0]);
    watch_close(k->watches[1]);
    free(k->policy);
    places_free(k->places);
}

void categories_take(void *kiosk, struct http_request *r)
{
    struct kiosk *k = kiosk;
    const struct policy *p = kiosk_policy(k, r);
    if (!p)
        return;
    json_t *list = json_array();
    for (size_t i = 0; i < p->n[POLICY_CATEGORIES]; i++) {
        const struct policy_row *row = &p->rows[POLICY_CATEGORIES][i];
        json_t *o = policy_word(p, POLICY_CATEGORIES, row->name);
        if (*row->call)
            json_object_set_new(o, "call", json_string(row->call));
        json_array_append_new(list, o);
    }
    http_answer_json(r, 200, json_pack("{s:s, s:o}", "policy", p->version, "categories", list));
}

void places_take(void *kiosk, struct http_request *r)
{
    struct kiosk *k = kiosk;
    char words[WORDS_MAX];
    int64_t begun = hx_mono_us();
    if (!http_query(r, "q", words, sizeof words)) {
        http_problem(r, 400, "BAD_QUERY", "q holds the words that are looked for");
        return;
    }
    if (!places_may(&k->searching, begun)) {
        k->searches_put_off++;
        http_problem(r, 503, "TOO_MANY_SEARCHES", "too much is being looked for; again in 1 s");
        return;
    }
    http_answer_json(r, 200, json_pack("{s:o}", "places", places_find(k->places, words)));
    places_took(&k->searching, hx_mono_us() - begun);
}
