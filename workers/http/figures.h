/* What the server counts, and how figures are written for Prometheus (text format 0.0.4). */
#ifndef HTTP_FIGURES_H
#define HTTP_FIGURES_H

#include <stddef.h>
#include <stdint.h>

struct evbuffer;

enum { HTTP_CODES_MAX = 96, HTTP_CODE_MAX = 40, HTTP_BUCKETS = 12 };

struct http_figures_store {
    uint64_t accepted, refused, evicted; /* connections */
    uint64_t answers[6];                 /* by hundreds of their status; [0] unused */
    uint64_t slow;                       /* streams whose client did not take them */
    uint64_t gone;                       /* answers that nobody waited for any more */
    uint64_t bytes_in, bytes_out;
    struct {
        char code[HTTP_CODE_MAX];
        uint64_t n;
    } codes[HTTP_CODES_MAX];                /* problems by code; the last one holds all others */
    uint64_t buckets[HTTP_BUCKETS], sum_us; /* time from a whole request to its answer */
};

void figures_count_code(struct http_figures_store *f, const char *code);
void figures_count_answer(struct http_figures_store *f, int status, int64_t us);

/* All of them; `worker` is a label of each. */
void figures_write(const struct http_figures_store *f, const char *worker, struct evbuffer *out);

/* "# TYPE hongxin_NAME TYPE" and one line "hongxin_NAME{LABELS} N". Labels may be "". */
void figures_head(struct evbuffer *out, const char *name, const char *type, const char *help);
void figures_line(struct evbuffer *out, const char *name, const char *labels, uint64_t n);

/* Rows that each have one line. */
struct figure_row {
    const char *name, *type, *help;
    uint64_t n;
};
void figures_rows(struct evbuffer *out, const char *labels, const struct figure_row *rows,
                  size_t n);

#endif
