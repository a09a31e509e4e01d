#include "base/utf8.h"
#include "hongxin/instant.h"
#include "kafka/in/envelope_internal.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *envelope_reason_name(enum envelope_reason reason)
{
    static const char *const names[] = {"",
#define X(name) #name,
                                        ENVELOPE_REASONS(X)
#undef X
    };
    return names[reason];
}

/* ---- attributes ---- */

char *attribute_place(struct attributes *a, const char *name)
{
    const struct {
        const char *name;
        char *place;
    } all[] = {{"id", a->id},
               {"source", a->source},
               {"type", a->type},
               {"time", a->time},
               {"specversion", a->specversion},
               {"dataschema", a->dataschema},
               {"datacontenttype", a->content_type}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(name, all[i].name) == 0)
            return all[i].place;
    return NULL;
}

enum envelope_reason attribute_put(char *place, const void *text, size_t size)
{
    if (size >= ATTRIBUTE_MAX || (size && hx_utf8_span(text, size) != size))
        return ENVELOPE_BAD_HEADER;
    if (size)
        memcpy(place, text, size);
    place[size] = '\0';
    return ENVELOPE_GOOD;
}

enum envelope_reason attributes_check(struct attributes *a)
{
    if (strcmp(a->specversion, "1.0") != 0 || !*a->id || !*a->source || !*a->type)
        return ENVELOPE_BAD_CLOUDEVENT;
    if (*a->time && hx_instant_parse(a->time, &a->t_occ) != HX_OK)
        return ENVELOPE_BAD_CLOUDEVENT;
    return ENVELOPE_GOOD;
}

/* ---- media types ---- */

static size_t media_size(const char *content_type)
{
    size_t n = strcspn(content_type, ";");
    while (n && content_type[n - 1] == ' ')
        n--;
    return n;
}

bool media_is(const char *content_type, const char *media)
{
    size_t n = media_size(content_type);
    return n == strlen(media) && strncasecmp(content_type, media, n) == 0;
}

bool media_ends(const char *content_type, const char *suffix)
{
    size_t n = media_size(content_type), m = strlen(suffix);
    return n > m && strncasecmp(content_type + n - m, suffix, m) == 0;
}

/* ---- the record ---- */

/* Headers that are nobody's business here may hold what they like. */
static enum envelope_reason read_headers(const struct envelope *in, struct attributes *a)
{
    enum envelope_reason reason = ENVELOPE_GOOD;
    for (size_t i = 0; i < in->n_headers && !reason; i++) {
        const struct envelope_header *h = &in->headers[i];
        char *place = NULL;
        if (strcasecmp(h->name, "content-type") == 0)
            place = a->content_type;
        else if (strncmp(h->name, "ce_", 3) == 0 && strcmp(h->name, "ce_datacontenttype") != 0)
            place = attribute_place(a, h->name + 3);
        if (place)
            reason = attribute_put(place, h->value, h->value ? h->size : 0);
    }
    return reason;
}

enum envelope_reason envelope_read(const struct envelope *in, struct envelope_event *out)
{
    static const char structured[] = "application/cloudevents";
    struct attributes a = {.id = ""};
    *out = (struct envelope_event){0};
    enum envelope_reason reason = read_headers(in, &a);
    if (reason)
        return reason;
    if (!in->value || !in->size)
        return ENVELOPE_EMPTY;
    if (strncasecmp(a.content_type, structured, sizeof structured - 1) == 0)
        return structured_read(in, a.content_type, out);
    if (*a.specversion)
        reason = attributes_check(&a);
    else
        memset(&a, 0, offsetof(struct attributes, content_type)); /* lone attributes mean nothing */
    return reason ? reason : content_read(in, &a, in->value, in->size, out);
}

void envelope_event_free(struct envelope_event *event)
{
    if (event->item)
        hongxin__v1__item__free_unpacked(event->item, NULL);
    else if (event->reporter)
        hongxin__v1__reporter__free_unpacked(event->reporter, NULL);
    free(event->owned);
    *event = (struct envelope_event){0};
}
