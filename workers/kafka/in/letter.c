#include "kafka/in/letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The newest header of a name as text; false: there is none, or it is no text of this size. */
static bool take_text(const rd_kafka_headers_t *headers, const char *name, char *out, size_t room)
{
    const void *value;
    size_t size;
    if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        !value || size >= room || memchr(value, '\0', size))
        return false;
    memcpy(out, value, size);
    out[size] = '\0';
    return true;
}

static bool read_number(const char *text, int64_t most, int64_t *out)
{
    char *end;
    long long n = strtoll(text, &end, 10);
    *out = n;
    return *text >= '0' && *text <= '9' && !*end && n <= most;
}

bool letter_read(const rd_kafka_message_t *m, struct letter *out)
{
    char partition[24], offset[24], size[24];
    int64_t n = 0;
    rd_kafka_headers_t *headers;
    *out = (struct letter){.own_partition = m->partition, .own_offset = m->offset};
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        !take_text(headers, LETTER_REASON, out->reason, sizeof out->reason) ||
        !take_text(headers, LETTER_TOPIC, out->topic, sizeof out->topic) ||
        !take_text(headers, LETTER_PARTITION, partition, sizeof partition) ||
        !take_text(headers, LETTER_OFFSET, offset, sizeof offset) ||
        !read_number(partition, INT32_MAX, &n) || !read_number(offset, INT64_MAX, &out->offset))
        return false;
    out->partition = (int32_t)n;
    (void)take_text(headers, LETTER_KEPT, out->kept, sizeof out->kept);
    out->cut = take_text(headers, LETTER_SIZE, size, sizeof size);
    return true;
}

bool letter_read_note(const rd_kafka_message_t *m, int32_t *partition, int64_t *offset)
{
    char place[LETTER_PLACE];
    const void *reason;
    size_t size;
    int64_t n;
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, LETTER_REASON, &reason, &size) ==
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        !take_text(headers, LETTER_REQUEUED, place, sizeof place))
        return false;
    char *slash = strchr(place, '/');
    if (!slash)
        return false;
    *slash = '\0';
    if (!read_number(place, INT32_MAX, &n) || !read_number(slash + 1, INT64_MAX, offset))
        return false;
    *partition = (int32_t)n;
    return true;
}

const char *letter_place(int32_t partition, int64_t offset, char out[LETTER_PLACE])
{
    snprintf(out, LETTER_PLACE, "%" PRId32 "/%" PRId64, partition, offset);
    return out;
}

rd_kafka_headers_t *letter_headers(const rd_kafka_message_t *m)
{
    rd_kafka_headers_t *own, *all = rd_kafka_headers_new(8);
    const char *name;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(m, &own) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return all;
    for (size_t i = 0;
         all && rd_kafka_header_get_all(own, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         i++)
        if (strncmp(name, LETTER_PREFIX, sizeof LETTER_PREFIX - 1) != 0)
            (void)rd_kafka_header_add(all, name, -1, value, value ? (ssize_t)size : -1);
    return all;
}

rd_kafka_headers_t *letter_headers_back(const rd_kafka_message_t *m, const struct letter *l)
{
    rd_kafka_headers_t *all = letter_headers(m);
    if (all && *l->kept)
        (void)rd_kafka_header_add(all, LETTER_CLOSES, -1, l->kept, -1);
    return all;
}
