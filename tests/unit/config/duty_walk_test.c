/* The sample city: somebody is to be told about every place at every hour of a week with a holiday
 * and make-up days, and its rota raises no alarm. And the daily look at a rota, across a restart.
 */
#include "base/text.h"
#include "config/city/city_load.h"
#include "config/life_cycle/life_cycle.h"
#include "engine/duty/stand_in.h"
#include "engine/machine/machine.h"
#include "engine/machine/memory.h"
#include "engine/routing/route.h"
#include "hongxin/instant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct hx_rules *rules;
    struct hx_city *city;
    const struct hx_rota *rota;
    struct hx_days days; /* by which the rota knows working days */
};

static int setup(void **state)
{
    static struct world w;
    struct hx_problem problem;
    assert_int_equal(
        hx_life_cycle_load(HX_SOURCE_DIR "/config/life-cycles/complaint.yaml", &w.rules, &problem),
        HX_OK);
    assert_int_equal(hx_city_load(HX_SOURCE_DIR "/config/city", &w.city, &problem), HX_OK);
    w.rota = hx_city_rota(w.city);
    w.days = hx_rules_duty_days(w.rules, UINT64_MAX);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    hx_life_cycle_free(w->rules);
    hx_city_free(w->city);
    return 0;
}

static int64_t at(const char *text)
{
    int64_t t = 0;
    assert_int_equal(hx_instant_parse(text, &t), HX_OK);
    return t;
}

/* ---- every place, every hour ---- */

/* As a notice asks: at the post, or at the one that stands in for it. */
static bool held(const struct world *w, const char *role, const char *area, int64_t t)
{
    struct hx_post post;
    hx_text_put(post.role, sizeof post.role, role);
    hx_text_put(post.area, sizeof post.area, area);
    return hx_post_stand_in(w->city, t, &post) &&
           hx_rota_at(w->rota, post.role, post.area, &w->days, t, 0).person;
}

static void must_be_held(const struct world *w, const char *place, const char *role,
                         const char *area, int64_t t)
{
    char when[HX_INSTANT_TEXT];
    if (*area && !held(w, role, area, t))
        fail_msg("%s at %s: no %s of %s", place, hx_instant_format(t, 480, when), role, area);
}

/* Whoever holds a case of this place is told of it, and so is who supervises him. */
static void check_holder(const struct world *w, const char *place, const char *holder, int64_t t)
{
    must_be_held(w, place, "duty", holder, t);
    must_be_held(w, place, "manager", holder, t);
}

/* Who gets what is reported here: the plain complaint, a task that the community merely assists
 * with, and one that is nobody's there. The last two are the street's. */
static void check_routes(const struct world *w, const struct hx_place *p, int64_t t)
{
    static const char *const categories[] = {"", "21", "88", "water-main", "station"};
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++) {
        const struct hx_route_query q = {.place = p->id,
                                         .class_ = "SMALL",
                                         .category = categories[i],
                                         .source = "kiosk",
                                         .about = "",
                                         .at = t};
        struct hx_route route;
        hx_city_route(w->city, &q, NULL, &route);
        check_holder(w, p->id, route.holder, t);
    }
}

/* Every post that a ladder asks about this place. */
static void check_place(const struct world *w, const struct hx_place *p, int64_t t)
{
    static const struct {
        const char *role;
        enum hx_place_kind kind;
    } above[] = {{"grid", HX_GRID},
                 {"community", HX_COMMUNITY},
                 {"dispatcher", HX_COMMUNITY},
                 {"street", HX_STREET}};
    if (!*hx_place_holder_at(p, t)) /* not in force at that time */
        return;
    for (size_t i = 0; i < sizeof above / sizeof *above; i++)
        must_be_held(w, p->id, above[i].role, hx_place_above_at(p, above[i].kind, t), t);
    if (p->kind < HX_BUILDING) /* its estate's */
        check_routes(w, p, t);
}

/* A report without a place, and one from outside every grid, go to whoever gets the rest. */
static void check_nowhere(const struct world *w, int64_t t)
{
    const struct hx_route_query q = {
        .place = "", .class_ = "SMALL", .category = "", .source = "", .about = "", .at = t};
    struct hx_route route;
    hx_city_route(w->city, &q, NULL, &route);
    assert_true(route.fallback);
    check_holder(w, "nowhere", route.holder, t);
}

static void check_hour(const struct world *w, int64_t t)
{
    static const char *const city[] = {"property", "leadership", "callback", "desk"};
    for (enum hx_place_kind kind = HX_STREET; kind <= HX_BUILDING; kind++) {
        size_t i = 0;
        for (const struct hx_place *p; (p = hx_city_next(w->city, kind, &i));)
            check_place(w, p, t);
    }
    for (size_t i = 0; i < sizeof city / sizeof *city; i++)
        assert_true(held(w, "city", city[i], t));
    check_nowhere(w, t);
}

/* From Saturday 29 January 2022, which is worked, over the Spring Festival. */
static void somebody_is_told_at_every_hour(void **state)
{
    const struct world *w = *state;
    const int64_t begin = at("2022-01-29T00:00:00.000+08:00");
    for (int64_t t = begin; t < begin + 7 * HX_DAY; t += HX_HOUR)
        check_hour(w, t);
}

/* A place that holds a case is answered for by its own people, and supervised from above. */
static void a_place_answers_for_itself(void **state)
{
    const struct world *w = *state;
    const int64_t t = at("2026-10-12T19:00:00.000+08:00");
    static const struct hx_post posts[][2] = {
        {{"duty", "S-02"}, {"street", "S-02"}},   {{"manager", "S-02"}, {"city", "property"}},
        {{"duty", "C-03"}, {"duty", "C-03"}},     {{"duty", "P-07"}, {"duty", "P-07"}},
        {{"manager", "U-3"}, {"manager", "U-3"}}, {{"city", "desk"}, {"city", "desk"}},
    };
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++) {
        struct hx_post post = posts[i][0];
        assert_true(hx_post_stand_in(w->city, t, &post));
        assert_string_equal(post.role, posts[i][1].role);
        assert_string_equal(post.area, posts[i][1].area);
    }
    struct hx_post partner = {"duty", "U-30"}; /* helps, and has no rota */
    assert_false(hx_post_stand_in(w->city, t, &partner));
    assert_true(hx_post_of_rota(&partner));
    assert_false(hx_post_of_rota(&(struct hx_post){"reporter", ""}));
    assert_false(hx_post_of_rota(&(struct hx_post){"city", "boss"}));
}

static void check_deputy(const struct hx_city *city, const char *role, const char *area,
                         const struct hx_post *wanted)
{
    struct hx_post post = {.role = ""}, deputy = {.role = ""};
    strcpy(post.role, role);
    strcpy(post.area, area);
    assert_true(hx_post_deputy(city, at("2026-10-12T19:00:00.000+08:00"), &post, &deputy));
    assert_string_equal(deputy.role, wanted->role);
    assert_string_equal(deputy.area, wanted->area);
}

/* Of every street and community it is known from which post those act who are told for it; of
 * whoever has people of its own there is none. */
static void who_is_told_for_a_place_has_a_post_to_act_from(void **state)
{
    const struct world *w = *state;
    const struct hx_post team = {"city", "property"};
    struct hx_post own = {.role = "street"}, other;
    size_t i = 0, j = 0, n = 0;
    for (const struct hx_place *p; (p = hx_city_next(w->city, HX_STREET, &i)) != NULL; n++) {
        strcpy(own.area, p->id);
        check_deputy(w->city, "duty", p->id, &own);
        check_deputy(w->city, "manager", p->id, &team);
    }
    for (const struct hx_place *p; (p = hx_city_next(w->city, HX_COMMUNITY, &j)) != NULL; n++) {
        strcpy(own.area, p->parent->id);
        check_deputy(w->city, "manager", p->id, &own);
    }
    assert_true(n > 40);
    for (const char *const *p = (const char *const[]){"duty", "manager", NULL}; *p; p++) {
        struct hx_post company = {.area = "P-07"};
        strcpy(company.role, *p);
        assert_false(
            hx_post_deputy(w->city, at("2026-10-12T19:00:00.000+08:00"), &company, &other));
    }
}

/* Whoever writes a rota hears of what it leaves out, before a case does. */
static void what_no_rota_names_is_found(void **state)
{
    const struct world *w = *state;
    const int64_t t = at("2026-10-12T19:00:00.000+08:00");
    struct hx_unnamed unnamed[HX_UNNAMED];
    assert_int_equal(hx_posts_unnamed(w->city, t, unnamed), 0);
    struct hx_city *city = NULL;
    struct hx_rota *rota = NULL;
    const struct hx_shift *clash[2];
    const struct hx_place street = {.kind = HX_STREET, .id = "S-1", .name_zh = "", .name_en = ""},
                          one = {.kind = HX_COMMUNITY, .id = "C-1", .name_zh = "", .name_en = ""},
                          two = {.kind = HX_COMMUNITY, .id = "C-2", .name_zh = "", .name_en = ""};
    const struct hx_shift s = {.role = "dispatcher", .area = "C-1", .person = "zhou", .order = 1};
    assert_int_equal(hx_city_new(&city), HX_OK);
    assert_int_equal(hx_city_add_place(city, &street, NULL), HX_OK);
    assert_int_equal(hx_city_add_place(city, &one, "S-1"), HX_OK);
    assert_int_equal(hx_city_add_place(city, &two, "S-1"), HX_OK);
    assert_int_equal(hx_rota_new(&rota), HX_OK);
    assert_int_equal(hx_rota_add_shift(rota, &s), HX_OK);
    assert_int_equal(hx_rota_seal(rota, clash), HX_OK);
    hx_city_set_rota(city, rota);
    hx_city_seal(city);
    assert_int_equal(hx_posts_unnamed(city, t, unnamed), 4);
    assert_string_equal(unnamed[0].role, "community");
    assert_string_equal(unnamed[0].first, "C-1");
    assert_int_equal(unnamed[0].n, 2);
    assert_string_equal(unnamed[1].role, "dispatcher");
    assert_string_equal(unnamed[1].first, "C-2");
    assert_string_equal(unnamed[2].role, "street");
    assert_string_equal(unnamed[3].role, "city");
    assert_int_equal(unnamed[3].n, 4); /* desk, property, leadership, callback */
    hx_city_free(city);
}

/* ---- the daily look ---- */

struct desk {
    struct hx_memory *memory;
    struct hx_arena arena;
    struct hx_machine m;
    unsigned gaps, vacancies;
};

static void count(void *ctx, const hxp_entry *e)
{
    struct desk *d = ctx;
    assert_int_equal(e->case_number, 0);
    d->gaps += strcmp(e->cause, "DUTY_GAP") == 0;
    d->vacancies += strcmp(e->cause, "GRID_VACANT") == 0;
}

static void open_desk(struct desk *d, const struct world *w, struct hx_city *city, int64_t t)
{
    *d = (struct desk){.memory = NULL};
    assert_int_equal(hx_memory_new(&d->memory), HX_OK);
    hx_arena_init(&d->arena, 0);
    d->m = (struct hx_machine){.rules = w->rules,
                               .city = city,
                               .ops = hx_memory_backend(),
                               .backend = d->memory,
                               .arena = &d->arena,
                               .appended = count,
                               .appended_ctx = d};
    hx_machine_set_time(&d->m, t);
    assert_int_equal(hx_machine_rota_begin(&d->m), HX_OK);
}

static void close_desk(struct desk *d)
{
    hx_memory_free(d->memory);
    hx_arena_fini(&d->arena);
}

static void watch_until(struct desk *d, int64_t t)
{
    hx_machine_set_time(&d->m, t);
    assert_int_equal(hx_machine_watch(&d->m, INT64_MAX), HX_OK);
    assert_true(hx_machine_watch_due(&d->m) > t);
}

static void the_sample_city_has_no_gap(void **state)
{
    struct world *w = *state;
    struct desk d;
    open_desk(&d, w, w->city, at("2026-10-01T12:00:00.000+08:00"));
    watch_until(&d, at("2027-01-01T12:00:00.000+08:00"));
    assert_int_equal(d.gaps + d.vacancies, 0);
    close_desk(&d);
}

/* One person for the city's desk, who is away on 20 October. */
static struct hx_city *small_city(void)
{
    struct hx_city *city = NULL;
    struct hx_rota *rota = NULL;
    const struct hx_shift *clash[2];
    struct hx_shift s = {.role = "city", .area = "desk", .person = "zhou", .order = 1};
    struct hx_leave l = {.person = "zhou",
                         .from = at("2026-10-20T00:00:00.000+08:00"),
                         .to = at("2026-10-21T00:00:00.000+08:00")};
    assert_int_equal(hx_city_new(&city), HX_OK);
    hx_city_set_version(city, "small-1");
    assert_int_equal(hx_rota_new(&rota), HX_OK);
    assert_int_equal(hx_rota_add_shift(rota, &s), HX_OK);
    assert_int_equal(hx_rota_add_leave(rota, &l), HX_OK);
    assert_int_equal(hx_rota_seal(rota, clash), HX_OK);
    hx_city_set_rota(city, rota);
    return city;
}

/* A restart neither forgets the next look nor tells again what was told; what was missed while we
 * were down is made up for. */
static void a_gap_is_told_once_across_restarts(void **state)
{
    struct world *w = *state;
    struct hx_city *city = small_city();
    struct desk d;
    open_desk(&d, w, city, at("2026-10-10T12:00:00.000+08:00"));
    watch_until(&d, at("2026-10-12T12:00:00.000+08:00"));
    assert_int_equal(d.gaps, 0);
    assert_int_equal(hx_machine_rota_begin(&d.m), HX_OK);
    watch_until(&d, at("2026-10-13T08:00:00.000+08:00"));
    assert_int_equal(d.gaps, 1);
    assert_int_equal(hx_machine_rota_begin(&d.m), HX_OK);
    watch_until(&d, at("2026-10-19T12:00:00.000+08:00"));
    assert_int_equal(d.gaps, 1);
    close_desk(&d);
    open_desk(&d, w, city, at("2026-10-12T07:00:00.000+08:00"));
    watch_until(&d, at("2026-10-12T08:00:00.000+08:00"));
    hx_machine_set_time(&d.m, at("2026-10-15T12:00:00.000+08:00"));
    assert_int_equal(hx_machine_rota_begin(&d.m), HX_OK);
    watch_until(&d, at("2026-10-19T12:00:00.000+08:00"));
    assert_int_equal(d.gaps, 1);
    close_desk(&d);
    hx_city_free(city);
}

/* A new version of the files is looked at as a whole: the leave may be new. */
static void a_new_version_is_looked_at_as_a_whole(void **state)
{
    struct world *w = *state;
    struct hx_city *city = small_city();
    struct desk d;
    open_desk(&d, w, city, at("2026-10-17T12:00:00.000+08:00"));
    watch_until(&d, at("2026-10-18T12:00:00.000+08:00"));
    assert_int_equal(d.gaps, 1);
    watch_until(&d, at("2026-10-19T12:00:00.000+08:00"));
    assert_int_equal(d.gaps, 1);
    hx_city_set_version(city, "small-2");
    watch_until(&d, at("2026-10-20T12:00:00.000+08:00"));
    assert_int_equal(d.gaps, 2);
    close_desk(&d);
    hx_city_free(city);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(somebody_is_told_at_every_hour),
        cmocka_unit_test(a_place_answers_for_itself),
        cmocka_unit_test(who_is_told_for_a_place_has_a_post_to_act_from),
        cmocka_unit_test(what_no_rota_names_is_found),
        cmocka_unit_test(the_sample_city_has_no_gap),
        cmocka_unit_test(a_gap_is_told_once_across_restarts),
        cmocka_unit_test(a_new_version_is_looked_at_as_a_whole),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
