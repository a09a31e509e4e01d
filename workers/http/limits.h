/* The limits of the HTTP server, one table for code, configuration and documents:
 * X(field, least, most, default, what it limits). Sizes are bytes, times milliseconds. */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

#include "config/reading/yaml_doc.h"
#include <stdint.h>

#define HTTP_LIMITS(X)                                                                             \
    X(connections, 1, 65000, 4096,                                                                 \
      "open connections; at the limit the longest idle one is closed")                             \
    X(header_bytes, 1024, 65536, 16384, "first line and headers of a request")                     \
    X(headers, 8, 128, 64, "headers of a request")                                                 \
    X(body_bytes, 1024, 67108864, 1048576, "body of a request, chunks put together")               \
    X(bodies_bytes, 65536, 1099511627776, 268435456,                                               \
      "memory for the bodies of all requests together; above: 503")                                \
    X(json_depth, 4, 128, 16, "nesting of JSON")                                                   \
    X(requests_per_connection, 1, 1000000000, 100000, "then the connection is closed")             \
    X(at_once, 1, 65000, 4096, "requests that wait for their answers; above: 503")                 \
    X(request_ms, 100, 600000, 10000, "from a request's first byte to its last")                   \
    X(answer_ms, 100, 600000, 15000, "from there to the answer; above: 503, outcome unknown")      \
    X(write_ms, 100, 600000, 15000, "in which a client takes its answer")                          \
    X(stream_bytes, 4096, 67108864, 262144, "of a stream that its client has not taken yet")       \
    X(idle_ms, 100, 3600000, 60000, "an open connection without a request")                        \
    X(stop_ms, 0, 600000, 10000, "in which begun requests may end when the server stops")          \
    X(requests_per_second, 1, 1000000, 1000, "of one address; above: 429")                         \
    X(burst, 1, 1000000, 2000, "… and how many at once after a pause")                             \
    X(failures_per_minute, 1, 100000, 30, "wrong secrets from one address; above: 429")

struct http_limits {
#define X(field, least, most, initial, what) uint64_t field; /* what */
    HTTP_LIMITS(X)
#undef X
};

void http_limits_default(struct http_limits *limits);

/* Reads the mapping `map` (NULL: nothing is given) over the defaults. Faults, each with its line,
 * are kept in `doc`: an unknown key, no whole number, out of range. */
void http_limits_read(struct yaml_doc *doc, yaml_node_t *map, struct http_limits *limits);

#endif
