#include "kafka/in/entry.h"

#include "base/log.h"
#include "base/text.h"
#include "kafka/in/flow.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 64 };

/* ---- lists ---- */

bool entry_is_unreadable(const struct entry *e)
{
    return e->fault && *e->fault->unreadable;
}

size_t entry_weight(const struct entry *e)
{
    return (entry_is_unreadable(e) ? 0 : e->event.size) + 64;
}

void entries_append(struct entries *l, struct entry *e)
{
    if (!l->first)
        l->last = &l->first;
    e->next = NULL;
    *l->last = e;
    l->last = &e->next;
    l->n++;
    l->bytes += entry_weight(e);
}

struct entry *entries_take(struct entries *l)
{
    struct entry *e = l->first;
    if (!e)
        return NULL;
    l->first = e->next;
    l->n--;
    l->bytes -= entry_weight(e);
    return e;
}

void entries_join(struct entries *l, struct entries *more)
{
    for (struct entry *e; (e = entries_take(more)) != NULL;)
        entries_append(l, e);
}

void entry_free(struct entry *e)
{
    envelope_event_free(&e->event);
    if (e->record)
        rd_kafka_message_destroy(e->record);
    free(e->fault);
    free(e->closes);
    free(e);
}

static void *need(size_t size)
{
    void *p = calloc(1, size);
    if (!p) {
        hx_log(HX_LOG_ERROR, "event=no_memory");
        abort(); /* the next start reads it again */
    }
    return p;
}

struct fault *entry_fault(struct entry *e)
{
    if (!e->fault)
        e->fault = need(sizeof *e->fault);
    return e->fault;
}

/* ---- reading ---- */

static size_t read_headers(const rd_kafka_message_t *m, struct envelope_header *out)
{
    rd_kafka_headers_t *headers;
    size_t n = 0;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (n < HEADERS_MAX && rd_kafka_header_get_all(headers, n, &out[n].name, &out[n].value,
                                                      &out[n].size) == RD_KAFKA_RESP_ERR_NO_ERROR)
        n++;
    return n;
}

void entry_mark(struct entry *e, const char *reason)
{
    struct fault *f = entry_fault(e);
    snprintf(f->unreadable, sizeof f->unreadable, "%.20s kafka %d/%lld %.50s", reason,
             (int)e->lane->partition, (long long)e->record->offset, e->lane->topic->name);
    hx_text_put(f->reason, sizeof f->reason, reason);
}

/* A letter that was brought back says which row of the quarantine it was. */
static void read_closes(struct entry *e, const struct envelope *in)
{
    for (size_t i = 0; i < in->n_headers; i++) {
        const struct envelope_header *h = &in->headers[i];
        if (h->value && h->size && h->size < LETTER_PLACE && strcmp(h->name, LETTER_CLOSES) == 0 &&
            !memchr(h->value, '\0', h->size) && !e->closes)
            e->closes = strndup(h->value, h->size);
    }
}

static void read_record(struct entry *e)
{
    struct envelope_header headers[HEADERS_MAX];
    const struct envelope in = {.value = e->record->payload,
                                .size = e->record->len,
                                .headers = headers,
                                .n_headers = read_headers(e->record, headers),
                                .format = e->lane->topic->format,
                                .source = e->lane->topic->source};
    read_closes(e, &in);
    enum envelope_reason reason = envelope_read(&in, &e->event);
    if (reason)
        entry_mark(e, envelope_reason_name(reason));
}

struct entry *entry_read(struct flow *f, struct lane *lane, rd_kafka_message_t *message)
{
    struct entry *e = need(sizeof *e);
    e->flow = f;
    e->lane = lane;
    e->generation = lane->generation;
    e->record = message;
    read_record(e);
    return e;
}
