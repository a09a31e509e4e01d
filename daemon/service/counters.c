#include "service/counters.h"

#include <string.h>

/* 0 … 15 have a bin each; above, every power of two has eight. */
static size_t bin_of(uint64_t v)
{
    if (v < 16)
        return v;
    unsigned top = 63 - (unsigned)__builtin_clzll(v);
    return 16 + (top - 4) * 8 + ((v >> (top - 3)) & 7);
}

/* The largest value of a bin. */
static int64_t bin_end(size_t bin)
{
    if (bin < 16)
        return (int64_t)bin;
    unsigned top = 4 + (unsigned)((bin - 16) / 8);
    uint64_t step = UINT64_C(1) << (top - 3);
    return (int64_t)((UINT64_C(1) << top) + ((bin - 16) % 8 + 1) * step - 1);
}

void hist_add(struct hist *h, int64_t value)
{
    int64_t v = value > 0 ? value : 0;
    size_t bin = bin_of((uint64_t)v);
    h->bins[bin < HIST_BINS ? bin : HIST_BINS - 1]++;
    h->count++;
    h->sum += (double)v;
    if (v > h->max)
        h->max = v;
}

int64_t hist_quantile(const struct hist *h, double q)
{
    uint64_t want = (uint64_t)(q * (double)h->count + 0.999999), seen = 0;
    for (size_t i = 0; i < HIST_BINS && h->count; i++) {
        seen += h->bins[i];
        if (seen >= want)
            return bin_end(i) < h->max ? bin_end(i) : h->max;
    }
    return h->max;
}

const int64_t counted_lateness_us[COUNTED_LATENESS] = {
    1000, 3000, 10000, 30000, 100000, 300000, 1000000, 10000000, 60000000, INT64_MAX};

void counters_lateness(struct counters *c, int64_t us)
{
    hist_add(&c->lateness_us, us);
    for (size_t i = 0; i < COUNTED_LATENESS; i++)
        c->late_upto[i] += us <= counted_lateness_us[i];
}

void counters_code(struct counters *c, const char *code)
{
    size_t i = 0;
    while (i < COUNTED_CODES - 1 && c->codes[i].n && strcmp(c->codes[i].code, code) != 0)
        i++;
    if (!c->codes[i].n)
        strncpy(c->codes[i].code, i < COUNTED_CODES - 1 ? code : "OTHER", COUNTED_CODE_MAX - 1);
    c->codes[i].n++;
}

void counters_reply(struct counters *c, const hxp_reply *reply)
{
    size_t result = (size_t)reply->result;
    c->results[result < COUNTED_RESULTS ? result : 0]++;
    if (reply->result == HONGXIN__V1__RESULT__INVALID && reply->code && *reply->code)
        counters_code(c, reply->code);
}

static void count_notice(struct counted_facts *c, const hxp_notice_fact *f)
{
    if (f->drill) {
        c->drill_notices++;
        return;
    }
    c->notices++;
    for (enum hx_held h = HX_HELD_NONE + 1; f->held[0] && h <= HX_HELD_INHIBITED; h++)
        if (strcmp(f->held, hx_held_name(h)) == 0)
            c->held[h]++;
}

void counters_entry(struct counted_facts *c, const hxp_entry *e)
{
    for (size_t i = 0; i < e->n_facts; i++) {
        const hxp_fact *f = e->facts[i];
        if (f->fact_case == HONGXIN__V1__FACT__FACT_NOTICE)
            count_notice(c, f->notice);
        if (f->fact_case != HONGXIN__V1__FACT__FACT_FLAG || strcmp(f->flag->flag, "SILENCED") != 0)
            continue;
        c->silences_begun += f->flag->on;
        c->silences_ended += !f->flag->on;
    }
}

void counters_facts(struct counters *c, const struct counted_facts *of)
{
    c->facts.notices += of->notices;
    c->facts.drill_notices += of->drill_notices;
    c->facts.silences_begun += of->silences_begun;
    c->facts.silences_ended += of->silences_ended;
    for (size_t i = 0; i < sizeof of->held / sizeof *of->held; i++)
        c->facts.held[i] += of->held[i];
}
