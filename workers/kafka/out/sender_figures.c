/* What a process that sends says of itself: the sums over its senders. */
#include "http/figures.h"
#include "kafka/out/sender_internal.h"
#include <stdio.h>

static void count(struct evbuffer *out, const char *name, const char *help, uint64_t n)
{
    figures_head(out, name, "counter", help);
    figures_line(out, name, "", n);
}

static void add_shown(struct sender *s, struct shown *sum)
{
    pthread_mutex_lock(&s->lock);
    const struct shown f = s->shown;
    pthread_mutex_unlock(&s->lock);
    sum->records += f.records;
    sum->bytes += f.bytes;
    sum->commit_us += f.commit_us;
    sum->counts.committed += f.counts.committed;
    sum->counts.aborted += f.counts.aborted;
    for (int i = 0; i < TX_RESULTS; i++)
        sum->counts.errors[i] += f.counts.errors[i];
}

void sender_figures(struct sender *const senders[], size_t n, struct evbuffer *out)
{
    static const char *const demands[TX_RESULTS] = {"", "retry", "abort", "fenced", "fatal"};
    const struct client *clients[SENDERS_MOST];
    struct shown f = {.records = 0};
    char labels[48];
    for (size_t i = 0; i < n; i++) {
        clients[i] = &senders[i]->client;
        add_shown(senders[i], &f);
    }
    client_figures(clients, n, out);
    count(out, "kafka_out_records_total", "Records of committed transactions.", f.records);
    count(out, "kafka_out_bytes_total", "Bytes of their values.", f.bytes);
    figures_head(out, "kafka_out_transactions_total", "counter", "Transactions by their end.");
    figures_line(out, "kafka_out_transactions_total", "end=\"committed\"", f.counts.committed);
    figures_line(out, "kafka_out_transactions_total", "end=\"aborted\"", f.counts.aborted);
    count(out, "kafka_out_transaction_microseconds_total", "Time spent on committed ones.",
          f.commit_us);
    figures_head(out, "kafka_out_transaction_errors_total", "counter",
                 "Errors of transactions by what they demanded.");
    for (int i = TX_RETRY; i < TX_RESULTS; i++) {
        snprintf(labels, sizeof labels, "demands=\"%s\"", demands[i]);
        figures_line(out, "kafka_out_transaction_errors_total", labels, f.counts.errors[i]);
    }
}
