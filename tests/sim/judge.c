/* What must hold when everybody has come to rest and the power is cut once more. */
#include "main/boot.h"
#include "sim/sim.h"
#include "store/versions.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The journal while it is walked. */
struct walk {
    const struct judged *j;
    int64_t *written; /* t_rec by LSN */
    size_t n;
};

static void on_finding(void *ctx, const struct hx_finding *f)
{
    (void)ctx;
    sim_fail("doctor: invariant %d, %s, case %" PRIu64 ", entry %" PRIu64 " %s: %s", f->invariant,
             f->table, f->case_number, f->lsn, f->clock, f->text);
}

/* A mark is known since the case's entry before, and due since then or later. */
static void judge_lateness(struct walk *w, const hxp_entry *e)
{
    int64_t known = e->prev_lsn ? w->written[e->prev_lsn] : 0;
    int64_t due = e->t_due > known ? e->t_due : known;
    sim.counts.fired++;
    if (e->t_rec > outage_excuse(due))
        sim_fail("%s of case %" PRIu64 " was due %" PRId64 " ms before entry %" PRIu64, e->cause,
                 e->case_number, e->t_rec - due, e->lsn);
}

static int look(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct walk *w = ctx;
    static struct hx_arena kept;
    hxp_entry *e = sim_decode(&hongxin__v1__entry__descriptor, &kept, bytes, size);
    if (!e) {
        sim_fail("entry %" PRIu64 " cannot be decoded", lsn);
        return 1;
    }
    w->written[lsn] = e->t_rec;
    if (e->event.len) {
        sources_entry(w->j->sources, lsn, e->event.data, e->event.len, e->parked_lsn);
        sim.counts.events++;
    } else if (e->t_due && e->case_number) {
        judge_lateness(w, e);
    }
    readers_entry(w->j->readers, lsn, bytes, size);
    return 0;
}

static void walk(const struct judged *j, struct hx_store *store)
{
    struct walk w = {.j = j, .n = hx_store_newest_lsn(store) + 1};
    w.written = calloc(w.n, sizeof *w.written);
    if (!w.written || hx_store_entries(store, 1, SIZE_MAX, SIZE_MAX, look, &w) != HX_OK)
        sim_fail("the journal cannot be read");
    free(w.written);
}

static void check(struct hx_store *store, const struct hx_check_options *o)
{
    struct hx_check_result result = {0};
    if (hx_store_check(store, o, &result) != HX_OK)
        sim_fail("the store cannot be examined");
    if (result.replayed != result.entries)
        sim_fail("%" PRIu64 " of %" PRIu64 " entries were replayed", result.replayed,
                 result.entries);
}

/* With the rules and the city that the store itself knows. */
static void doctor(struct hx_store *store)
{
    struct hx_versions *v = NULL;
    const struct hx_city *city = NULL;
    struct hx_problem problem = {""};
    if (hx_versions_new(&v) != HX_OK || hx_store_versions(store, v, &problem) != HX_OK ||
        hx_versions_city(v, &city, &problem) != HX_OK)
        sim_fail("the versions cannot be read: %s", problem.text);
    else
        check(store, &(struct hx_check_options){
                         .rules = hx_versions_rules(v), .city = city, .report = on_finding});
    hx_versions_free(v);
}

static void read_key(const char *path, uint8_t key[HX_IDENTITY_KEY_SIZE])
{
    FILE *f = fopen(path, "rb");
    if (!f || fread(key, HX_IDENTITY_KEY_SIZE, 1, f) != 1)
        sim_fail("the identity key is gone");
    if (f)
        fclose(f);
}

void judge_store(const struct boot *b, const struct judged *j)
{
    char text[HX_STORE_PROBLEM_MAX] = "";
    uint8_t key[HX_IDENTITY_KEY_SIZE] = {0};
    struct hx_store *store;
    read_key(b->settings.key_file, key);
    const struct hx_store_options o = {.path = b->settings.store_path,
                                       .map_bytes = b->settings.map_bytes,
                                       .identity_key = key,
                                       .as_made = true,
                                       .readonly = true};
    if (hx_store_open(&o, &store, text) != HX_OK) {
        sim_fail("the store cannot be opened: %s", text);
        return;
    }
    doctor(store);
    walk(j, store);
    sources_judge(j->sources);
    readers_judge(j->readers, store);
    hx_store_close(store);
}
