#include "board/show/csv.h"

#include "board/ask.h"
#include "board/city/rules.h"
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const json_t *at(const json_t *row, const char *path)
{
    char part[64];
    while (row && *path) {
        size_t n = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        row = json_object_get(row, part);
        path += n + (path[n] == '.');
    }
    return row;
}

static void put_text(struct evbuffer *out, const char *text)
{
    evbuffer_add(out, "\"", 1);
    if (*text && strchr("=+-@\t\r", *text))
        evbuffer_add(out, "'", 1);
    for (; *text; text++)
        evbuffer_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    evbuffer_add(out, "\"", 1);
}

static void put_list(struct evbuffer *out, const json_t *list, const json_t *words)
{
    char text[512] = "";
    size_t i, used = 0;
    json_t *item;
    json_array_foreach (list, i, item) {
        const char *word = json_string_value(json_object_get(words, json_string_value(item)));
        int n = snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "",
                         word ? word : json_string_value(item));
        if (n < 0 || (size_t)n >= sizeof text - used) {
            text[used] = '\0'; /* whole words only */
            break;
        }
        used += (size_t)n;
    }
    put_text(out, text);
}

static void put_value(struct evbuffer *out, const json_t *v)
{
    if (json_is_string(v))
        put_text(out, json_string_value(v));
    else if (json_is_integer(v))
        evbuffer_add_printf(out, "%lld", (long long)json_integer_value(v));
    else if (json_is_boolean(v))
        evbuffer_add_printf(out, "%s", json_is_true(v) ? "true" : "false");
    else if (json_is_array(v))
        put_list(out, v, NULL);
}

/* ---- for people ---- */

/* "2026-10-12T19:05:30.000+08:00" by the clock on the wall; the heading has the zone. */
static void put_time(struct evbuffer *out, const json_t *v)
{
    const char *text = json_string_value(v);
    if (text && strlen(text) >= 19)
        evbuffer_add_printf(out, "%.10s %.8s", text, text + 11);
}

static void put_named(struct evbuffer *out, const char *kind, const json_t *v, const json_t *words)
{
    const json_t *of = json_object_get(words, kind);
    const char *word = json_string_value(json_object_get(of, json_string_value(v)));
    if (json_is_array(v))
        put_list(out, v, of);
    else if (json_is_boolean(v))
        put_text(out, json_string_value(json_object_get(of, json_is_true(v) ? "true" : "false")));
    else if (word && *word)
        put_text(out, word);
    else
        put_value(out, v);
}

static void put_for_people(struct evbuffer *out, const char *kind, const json_t *v,
                           const json_t *words)
{
    if (kind && strcmp(kind, "time") == 0)
        put_time(out, v);
    else if (kind && strcmp(kind, "minutes") == 0 && json_is_integer(v))
        evbuffer_add_printf(out, "%.10g", (double)json_integer_value(v) / 60000);
    else if (kind && v)
        put_named(out, kind, v, words);
    else
        put_value(out, v);
}

/* ---- a table ---- */

/* Who reads it. */
struct reader {
    bool person, english;
    json_t *words;
    char zone[8];
};

static bool has(const struct reader *who, const struct csv_column *c)
{
    return who->person ? c->zh != NULL : c->name != NULL;
}

static void put_heading(struct evbuffer *out, const struct reader *who, const struct csv_column *c)
{
    if (!who->person) {
        evbuffer_add_printf(out, "%s", c->name);
        return;
    }
    bool time = c->kind && strcmp(c->kind, "time") == 0;
    char text[100];
    snprintf(text, sizeof text, time ? "%s (UTC%s)" : "%s", who->english ? c->en : c->zh,
             who->zone);
    put_text(out, text);
}

/* NULL: the headings. */
static void put_row(struct evbuffer *out, const struct reader *who, const struct csv_table *t,
                    const json_t *row)
{
    const char *between = "";
    for (const struct csv_column *c = t->columns; c < t->columns + t->n; c++) {
        if (!has(who, c))
            continue;
        evbuffer_add_printf(out, "%s", between);
        between = ",";
        if (!row)
            put_heading(out, who, c);
        else if (who->person)
            put_for_people(out, c->kind, at(row, c->path), who->words);
        else
            put_value(out, at(row, c->path));
    }
    evbuffer_add(out, "\r\n", 2);
}

static struct reader reader_of(const struct board *b, const struct http_request *r,
                               const struct csv_table *t)
{
    char language[4];
    bool person = query_language(r, language) && *language && t->columns->zh;
    int east = b->settings.utc_offset, minutes = abs(east);
    struct reader who = {.person = person, .english = strcmp(language, "en") == 0};
    if (!person)
        return who;
    who.words = rules_words(b->rules, who.english);
    json_object_set_new(who.words, "place", city_names(b, who.english));
    snprintf(who.zone, sizeof who.zone, "%c%d:%02d", east < 0 ? '-' : '+', minutes / 60 % 24,
             minutes % 60);
    return who;
}

void csv_answer(const struct board *b, struct http_request *r, const struct csv_table *t,
                const json_t *list)
{
    struct evbuffer *out = evbuffer_new();
    char disposition[96];
    size_t i;
    json_t *row;
    if (!out) {
        http_problem(r, 503, "NO_MEMORY", "out of memory");
        return;
    }
    struct reader who = reader_of(b, r, t);
    evbuffer_add(out, "\xEF\xBB\xBF", 3);
    put_row(out, &who, t, NULL);
    json_array_foreach (list, i, row)
        put_row(out, &who, t, row);
    json_decref(who.words);
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s.csv\"", t->name);
    http_set_header(r, "Content-Disposition", disposition);
    size_t size = evbuffer_get_length(out);
    http_answer(r, 200, "text/csv; charset=utf-8", evbuffer_pullup(out, -1), size);
    evbuffer_free(out);
}

void csv_begin(struct board *b, struct http_request *r, city_fn *then)
{
    char language[4];
    bool table = false;
    if (!query_language(r, language))
        query_wrong(r, "language is zh or en");
    else if (*language && query_csv(r, &table) && table)
        city_named(b, r, then);
    else
        then(b, r);
}
