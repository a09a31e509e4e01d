#include "http/limits.h"

#include <inttypes.h>

static const struct row {
    const char *name;
    uint64_t least, most, initial;
    size_t offset;
} rows[] = {
#define X(field, least, most, initial, what)                                                       \
    {#field, least, most, initial, offsetof(struct http_limits, field)},
    HTTP_LIMITS(X)
#undef X
};
enum { ROWS = sizeof rows / sizeof *rows };

static uint64_t *field(struct http_limits *limits, const struct row *r)
{
    return (uint64_t *)(void *)((char *)limits + r->offset);
}

void http_limits_default(struct http_limits *limits)
{
    for (size_t i = 0; i < ROWS; i++)
        *field(limits, &rows[i]) = rows[i].initial;
}

static const char all_names[] =
#define X(field, least, most, initial, what) #field " "
    HTTP_LIMITS(X)
#undef X
    ;

void http_limits_read(struct yaml_doc *doc, yaml_node_t *map, struct http_limits *limits)
{
    http_limits_default(limits);
    if (!map)
        return;
    yaml_doc_only(doc, map, all_names);
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        int64_t n = yaml_doc_int(doc, map, r->name, (int64_t)r->initial);
        if (n < (int64_t)r->least || n > (int64_t)r->most)
            yaml_doc_fault(doc, yaml_doc_get(doc, map, r->name), "%s: from %" PRIu64 " to %" PRIu64,
                           r->name, r->least, r->most);
        *field(limits, r) = (uint64_t)n;
    }
}
