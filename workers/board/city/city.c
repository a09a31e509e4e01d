/* The city in force, as the daemon tells it: its files are asked for when somebody wants them, and
 * kept while they are the same version. */
#include "board/city/city.h"

#include "base/now.h"
#include "base/text.h"
#include "board/ask.h"
#include "board/city/duty.h"
#include "board/city/table.h"
#include <stdlib.h>
#include <string.h>

enum { FRESH_MS = 30000, PART = 256 * 1024, PEOPLE = 100, PEOPLE_TEXT = 4096 };

enum file {
    STREETS,
    COMMUNITIES,
    GRIDS,
    ESTATES,
    COMPANIES,
    UNITS,
    BUILDINGS, /* up to here: names */
    BORDERS,
    DUTY,
    ALL
};

static const char *const names[ALL] = {
    [STREETS] = "streets",     [COMMUNITIES] = "communities", [GRIDS] = "grids",
    [ESTATES] = "estates",     [COMPANIES] = "companies",     [UNITS] = "units",
    [BUILDINGS] = "buildings", [BORDERS] = "grids.geojson",   [DUTY] = "duty"};

struct city {
    char *text[ALL];
    size_t size[ALL];
    json_t *whole; /* GET /city */
    char version[80];
    int64_t at[ALL]; /* monotonic: when it was asked for; 0 = never */
};

void city_free(struct city *c)
{
    for (size_t i = 0; c && i < ALL; i++)
        free(c->text[i]);
    if (c)
        json_decref(c->whole);
    free(c);
}

/* ---- asking ---- */

struct wanting {
    struct ask ask;
    enum file now, last; /* files that the answer is made of; `now` is asked for */
    char place[64];
    void (*done)(struct wanting *w);
    city_fn *then; /* of answer_after() */
    /* A file may be larger than a message: its parts so far, with a NUL behind. */
    char *text, version[80];
    size_t size;
};

static void wanting_free(struct ask *a)
{
    free(((struct wanting *)(void *)a)->text);
}

static void drop(struct wanting *w)
{
    free(w->text);
    w->text = NULL;
    w->size = 0;
}

/* True: all of the file is there. False: it is to be asked for what is missing, from the start when
 * another version came into force meanwhile. */
static bool gather(struct wanting *w, const Hongxin__V1__RulesAnswer *a)
{
    if (w->size && strcmp(w->version, a->version) != 0) {
        drop(w);
        return false;
    }
    char *longer = realloc(w->text, w->size + a->content.len + 1);
    if (!longer) {
        drop(w);
        return true;
    }
    if (a->content.len)
        memcpy(longer + w->size, a->content.data, a->content.len);
    w->text = longer;
    w->size += a->content.len;
    longer[w->size] = '\0';
    hx_text_put(w->version, sizeof w->version, a->version);
    return w->size >= a->size || a->content.len == 0;
}

/* Takes over what was gathered. */
static void keep(struct city *c, struct wanting *w)
{
    if (!w->text)
        return;
    free(c->text[w->now]);
    c->text[w->now] = w->text;
    c->size[w->now] = w->size;
    w->text = NULL;
    w->size = 0;
    json_decref(c->whole);
    c->whole = NULL;
    hx_text_put(c->version, sizeof c->version, w->version);
}

static void ask_next(struct wanting *w);
static void ask_file(struct wanting *w);

static void on_file(void *arg, int err, const hxp_response *answer)
{
    struct wanting *w = arg;
    struct city *c = w->ask.board->city;
    bool right = !err && answer->answer_case == HONGXIN__V1__RESPONSE__ANSWER_RULES;
    if (!right && err != HX_NOTFOUND) { /* a city may do without this file */
        ask_fail(w, err ? err : HX_INVALID);
        return;
    }
    if (right && !gather(w, answer->rules)) {
        ask_file(w);
        return;
    }
    if (right)
        keep(c, w);
    c->at[w->now] = hx_mono_ms();
    w->now++;
    ask_next(w);
}

static bool is_fresh(const struct city *c, enum file f)
{
    return c->at[f] && hx_mono_ms() - c->at[f] < FRESH_MS;
}

/* The board's own right is enough to read it; whoever has signed in may see the city. */
static void ask_file(struct wanting *w)
{
    hxp_request q = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__RulesQuery query = HONGXIN__V1__RULES_QUERY__INIT;
    query.kind = hx_text_field("city");
    query.id = hx_text_field(names[w->now]);
    query.skip = w->size;
    query.most = PART;
    q.ask_case = HONGXIN__V1__REQUEST__ASK_RULES;
    q.rules = &query;
    ask_start(w, &q, on_file);
}

static void ask_next(struct wanting *w)
{
    const struct city *c = w->ask.board->city;
    while (w->now <= w->last && is_fresh(c, w->now))
        w->now++;
    if (w->now > w->last) {
        w->done(w);
        return;
    }
    ask_file(w);
}

/* NULL: it is answered. */
static struct wanting *make(struct board *b, struct http_request *r, enum file first,
                            enum file last)
{
    struct wanting *w = ask_new(b, r, sizeof *w);
    if (!w)
        return NULL;
    if (!b->city)
        b->city = calloc(1, sizeof *b->city);
    bool placed =
        first != BUILDINGS || (query_word(r, "place", w->place, sizeof w->place) && *w->place);
    if (!b->city || !placed) {
        query_wrong(r, "place is required: an estate or grid");
        ask_free(w);
        return NULL;
    }
    w->ask.free = wanting_free;
    w->now = first;
    w->last = last;
    return w;
}

static void begin(struct wanting *w, void (*done)(struct wanting *w))
{
    if (!w)
        return;
    w->done = done;
    ask_next(w);
}

/* ---- GET /city ---- */

/* The column that says where a row belongs is called `parent`, whatever its file calls it. */
static const struct {
    enum file file;
    const char *parent;
} parents[] = {{STREETS, ""},     {COMMUNITIES, "street"}, {GRIDS, "community"},
               {ESTATES, "grid"}, {COMPANIES, ""},         {UNITS, ""}};

static json_t *list_of(const struct city *c, enum file f, const char *parent)
{
    size_t i;
    json_t *row, *list = c->text[f] ? table_json(c->text[f], c->size[f]) : json_array();
    json_array_foreach (list, i, row) {
        json_t *of = *parent ? json_object_get(row, parent) : NULL;
        if (of)
            json_object_set(row, "parent", of);
    }
    return list ? list : json_array();
}

static json_t *whole(struct city *c)
{
    json_t *o = json_pack("{s:s}", "version", c->version);
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++)
        json_object_set_new(o, names[parents[i].file],
                            list_of(c, parents[i].file, parents[i].parent));
    return o;
}

static void on_city(struct wanting *w)
{
    struct city *c = w->ask.board->city;
    if (!c->whole)
        c->whole = whole(c);
    http_answer_json_kept(w->ask.request, json_incref(c->whole));
    ask_free(w);
}

void city_show(void *board, struct http_request *r)
{
    begin(make(board, r, STREETS, UNITS), on_city);
}

/* ---- the rest ---- */

static void on_borders(struct wanting *w)
{
    static const char none[] = "{\"type\":\"FeatureCollection\",\"features\":[]}";
    const struct city *c = w->ask.board->city;
    const char *text = c->text[BORDERS];
    http_answer_kept(w->ask.request, "application/geo+json", text ? text : none,
                     text ? c->size[BORDERS] : sizeof none - 1);
    ask_free(w);
}

void city_grids(void *board, struct http_request *r)
{
    begin(make(board, r, BORDERS, BORDERS), on_borders);
}

static void on_buildings(struct wanting *w)
{
    const struct city *c = w->ask.board->city;
    json_t *items = c->text[BUILDINGS]
                        ? table_rows(c->text[BUILDINGS], c->size[BUILDINGS], w->place)
                        : json_array();
    ask_answer(w, json_pack("{s:o}", "items", items));
}

void city_buildings(void *board, struct http_request *r)
{
    begin(make(board, r, BUILDINGS, BUILDINGS), on_buildings);
}

/* ---- answers that need names ---- */

static void go_on(struct wanting *w)
{
    struct board *b = w->ask.board;
    struct http_request *r = w->ask.request;
    city_fn *then = w->then;
    ask_free(w);
    then(b, r);
}

static void answer_after(struct wanting *w, city_fn *then)
{
    if (w)
        w->then = then;
    begin(w, go_on);
}

void city_named(struct board *b, struct http_request *r, city_fn *then)
{
    answer_after(make(b, r, STREETS, BUILDINGS), then);
}

void city_duty(void *board, struct http_request *r)
{
    answer_after(make(board, r, DUTY, DUTY), duty_ask);
}

void city_route(void *board, struct http_request *r)
{
    answer_after(make(board, r, DUTY, DUTY), route_ask_place);
}

void cases_route(void *board, struct http_request *r)
{
    answer_after(make(board, r, DUTY, DUTY), route_ask_case);
}

static void on_people(struct wanting *w)
{
    char ids[PEOPLE_TEXT], *words[PEOPLE];
    bool given = query_word(w->ask.request, "ids", ids, sizeof ids);
    size_t n = given ? query_split(ids, words, PEOPLE) : 0;
    json_t *wanted = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(wanted, words[i], json_true());
    json_t *persons = city_persons(w->ask.board, wanted);
    json_decref(wanted);
    ask_answer(w, json_pack("{s:o}", "persons", persons));
}

void city_people(void *board, struct http_request *r)
{
    char ids[PEOPLE_TEXT];
    if (query_word(r, "ids", ids, sizeof ids) && *ids)
        begin(make(board, r, DUTY, DUTY), on_people);
    else
        query_wrong(r, "ids is required: persons as events name them, with commas between");
}

static void add_names(json_t *out, const struct city *c, enum file f, bool english)
{
    size_t i;
    json_t *row, *list = list_of(c, f, "");
    json_array_foreach (list, i, row) {
        const char *id = json_string_value(json_object_get(row, "id"));
        json_t *zh = json_object_get(row, "name_zh"), *en = json_object_get(row, "name_en");
        json_t *name = english ? (en ? en : zh) : (zh ? zh : en);
        if (id && name)
            json_object_set(out, id, name);
    }
    json_decref(list);
}

json_t *city_names(const struct board *b, bool english)
{
    json_t *out = json_object();
    for (enum file f = STREETS; b->city && f <= BUILDINGS; f++)
        add_names(out, b->city, f, english);
    return out;
}

/* Who stands in no list of the city but works at this board is called as he is there. */
static void add_users(const struct board *b, const json_t *wanted, json_t *out)
{
    struct user u;
    for (size_t i = 0; b->users && users_at(b->users, i, &u); i++)
        if (*u.title && json_object_get(wanted, u.person) && !json_object_get(out, u.person))
            json_object_set_new(out, u.person,
                                json_pack("{s:s, s:s}", "name_zh", u.title, "name_en", u.title));
}

json_t *city_persons(const struct board *b, const json_t *wanted)
{
    static const char *const keys[] = {"name_zh", "name_en"};
    const struct city *c = b->city;
    json_t *out = json_object(), *row, *list;
    size_t i;
    list = c && c->text[DUTY] ? table_json(c->text[DUTY], c->size[DUTY]) : json_array();
    json_array_foreach (list, i, row) {
        const char *person = json_string_value(json_object_get(row, "person"));
        if (!person || !json_object_get(wanted, person) || json_object_get(out, person))
            continue;
        json_t *names_of = json_object();
        for (size_t k = 0; k < 2; k++)
            if (json_object_get(row, keys[k]))
                json_object_set(names_of, keys[k], json_object_get(row, keys[k]));
        json_object_set_new(out, person, names_of);
    }
    json_decref(list);
    add_users(b, wanted, out);
    return out;
}
