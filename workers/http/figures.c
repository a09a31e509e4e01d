#include "http/figures.h"

#include "base/text.h"
#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Upper bounds of the histogram in microseconds; above the last one is +Inf. */
static const uint32_t bounds[HTTP_BUCKETS - 1] = {500,   1000,   2000,   5000,    10000,  20000,
                                                  50000, 100000, 500000, 1000000, 5000000};

void figures_count_code(struct http_figures_store *f, const char *code)
{
    size_t i = 0;
    while (i < HTTP_CODES_MAX - 1 && *f->codes[i].code &&
           strncmp(f->codes[i].code, code, HTTP_CODE_MAX - 1) != 0)
        i++;
    if (!*f->codes[i].code)
        hx_text_put(f->codes[i].code, HTTP_CODE_MAX, i < HTTP_CODES_MAX - 1 ? code : "OTHER");
    f->codes[i].n++;
}

void figures_count_answer(struct http_figures_store *f, int status, int64_t us)
{
    size_t i = 0;
    if (status >= 100 && status < 600)
        f->answers[status / 100]++;
    if (us < 0)
        return;
    while (i < HTTP_BUCKETS - 1 && us > bounds[i])
        i++;
    f->buckets[i]++;
    f->sum_us += (uint64_t)us;
}

void figures_head(struct evbuffer *out, const char *name, const char *type, const char *help)
{
    evbuffer_add_printf(out, "# HELP hongxin_%s %s\n# TYPE hongxin_%s %s\n", name, help, name,
                        type);
}

void figures_line(struct evbuffer *out, const char *name, const char *labels, uint64_t n)
{
    evbuffer_add_printf(out, "hongxin_%s%s%s%s %" PRIu64 "\n", name, *labels ? "{" : "", labels,
                        *labels ? "}" : "", n);
}

void figures_rows(struct evbuffer *out, const char *labels, const struct figure_row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        figures_head(out, rows[i].name, rows[i].type, rows[i].help);
        figures_line(out, rows[i].name, labels, rows[i].n);
    }
}

static void write_answers(const struct http_figures_store *f, const char *worker,
                          struct evbuffer *out)
{
    char labels[160];
    figures_head(out, "http_answers_total", "counter",
                 "Answers by the first digit of their status.");
    for (int i = 1; i < 6; i++) {
        snprintf(labels, sizeof labels, "worker=\"%s\",status=\"%dxx\"", worker, i);
        figures_line(out, "http_answers_total", labels, f->answers[i]);
    }
    figures_head(out, "http_problems_total", "counter", "Refusals by their code.");
    for (size_t i = 0; i < HTTP_CODES_MAX && *f->codes[i].code; i++) {
        snprintf(labels, sizeof labels, "worker=\"%s\",code=\"%s\"", worker, f->codes[i].code);
        figures_line(out, "http_problems_total", labels, f->codes[i].n);
    }
}

static void write_times(const struct http_figures_store *f, const char *worker,
                        struct evbuffer *out)
{
    static const char name[] = "hongxin_http_answer_seconds";
    uint64_t n = 0;
    figures_head(out, "http_answer_seconds", "histogram", "From a whole request to its answer.");
    for (size_t i = 0; i < HTTP_BUCKETS - 1; i++)
        evbuffer_add_printf(out, "%s_bucket{worker=\"%s\",le=\"%g\"} %" PRIu64 "\n", name, worker,
                            bounds[i] / 1e6, n += f->buckets[i]);
    n += f->buckets[HTTP_BUCKETS - 1];
    evbuffer_add_printf(out,
                        "%s_bucket{worker=\"%s\",le=\"+Inf\"} %" PRIu64
                        "\n%s_sum{worker=\"%s\"} %.6f\n%s_count{worker=\"%s\"} %" PRIu64 "\n",
                        name, worker, n, name, worker, (double)f->sum_us / 1e6, name, worker, n);
}

void figures_write(const struct http_figures_store *f, const char *worker, struct evbuffer *out)
{
    const struct figure_row rows[] = {
        {"http_connections_total", "counter", "Connections accepted.", f->accepted},
        {"http_connections_refused_total", "counter", "Connections closed at once: no room.",
         f->refused},
        {"http_connections_evicted_total", "counter", "Idle connections closed for new ones.",
         f->evicted},
        {"http_streams_slow_total", "counter", "Streams whose client did not take them.", f->slow},
        {"http_answers_unheard_total", "counter", "Answers that nobody waited for any more.",
         f->gone},
        {"http_received_bytes_total", "counter", "Bytes of requests.", f->bytes_in},
        {"http_sent_bytes_total", "counter", "Bytes of answers.", f->bytes_out},
    };
    char labels[80];
    snprintf(labels, sizeof labels, "worker=\"%s\"", worker);
    figures_rows(out, labels, rows, sizeof rows / sizeof *rows);
    write_answers(f, worker, out);
    write_times(f, worker, out);
}
