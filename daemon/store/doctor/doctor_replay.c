/* The journal put through a fresh machine, over a store of its own that nobody keeps: whatever is
 * derived stands there as it should be. */
#include "engine/machine/replay.h"
#include "hongxin/number.h"
#include "store/doctor/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP = 4096, DIFFERENCES_SHOWN = 50 };

static bool same_field(const ProtobufCFieldDescriptor *f, const uint8_t *a, const uint8_t *b)
{
    const void *x = a + f->offset, *y = b + f->offset;
    if (f->label == PROTOBUF_C_LABEL_REPEATED) /* told apart by their number only */
        return memcmp(a + f->quantifier_offset, b + f->quantifier_offset, sizeof(size_t)) == 0;
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return strcmp(*(char *const *)x, *(char *const *)y) == 0;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE || f->type == PROTOBUF_C_TYPE_BYTES)
        return true;
    bool small = f->type == PROTOBUF_C_TYPE_BOOL || f->type == PROTOBUF_C_TYPE_UINT32 ||
                 f->type == PROTOBUF_C_TYPE_ENUM;
    return memcmp(x, y, small ? 4 : 8) == 0;
}

/* The first field in which two entries differ; "its facts" when it lies deeper. */
static const char *different_field(const hxp_entry *a, const hxp_entry *b)
{
    const ProtobufCMessageDescriptor *d = a->base.descriptor;
    for (unsigned i = 0; i < d->n_fields; i++)
        if (!same_field(&d->fields[i], (const uint8_t *)a, (const uint8_t *)b))
            return d->fields[i].name;
    return "its facts";
}

static void on_difference(void *ctx, const hxp_entry *stored, const hxp_entry *made)
{
    struct doctor_scratch *s = ctx;
    const hxp_entry *e = stored ? stored : made;
    if (hx_replay_differences(s->replay) > DIFFERENCES_SHOWN)
        return;
    doctor_found(s->d,
                 &(struct hx_finding){.invariant = 6,
                                      .table = "journal",
                                      .case_number = e->case_number,
                                      .lsn = e->lsn,
                                      .clock = e->t_due ? e->cause : ""},
                 "%s: the replay %s%s", e->cause,
                 !made     ? "does not make this entry"
                 : !stored ? "makes an entry that is not there"
                           : "makes it otherwise, first in ",
                 made && stored ? different_field(stored, made) : "");
}

/* Numbers follow the journal's: where it is pruned they leap. */
static int number(void *store, uint64_t lsn, uint64_t case_number)
{
    struct hx_store *st = store;
    uint64_t next = hx_number_sequence(case_number);
    if (lsn < st->now.next_lsn || (next && next < st->now.next_case))
        return HX_INVALID;
    st->now.next_lsn = lsn;
    if (next)
        st->now.next_case = next;
    return HX_OK;
}

static int open_store(struct doctor_scratch *s, const struct hx_store_options *like)
{
    char problem[HX_STORE_PROBLEM_MAX];
    const struct hx_store_options o = {.path = s->dir,
                                       .map_bytes = like->map_bytes,
                                       .partition = like->partition,
                                       .scale = like->scale,
                                       .reserve_bytes = 1};
    static const char *const files[] = {"data.mdb", "lock.mdb", "owner.lock", NULL};
    int err = hx_store_open(&o, &s->st, problem);
    hx_disk_scratch_remove(s->dir, files); /* killed, the doctor leaves nothing behind */
    if (!err)                              /* it may be lost at any time */
        err = store_error(mdb_env_set_flags(s->st->env, MDB_NOSYNC | MDB_NOMETASYNC, 1), false);
    return err ? err : hx_store_begin(s->st);
}

int doctor_scratch_open(struct doctor_scratch *s, struct doctor *d,
                        const struct hx_store_options *like)
{
    *s = (struct doctor_scratch){.d = d};
    int err = hx_disk_scratch("doctor", s->dir);
    if (!err)
        err = open_store(s, like);
    if (err)
        return err;
    const struct hx_replay_options o = {.rules = d->rules,
                                        .city = d->city,
                                        .ops = hx_store_backend(),
                                        .backend = s->st,
                                        .number = number,
                                        .differs = on_difference,
                                        .ctx = s};
    return hx_replay_new(&o, &s->replay);
}

void doctor_scratch_close(struct doctor_scratch *s)
{
    hx_replay_free(s->replay);
    hx_store_close(s->st);
    *s = (struct doctor_scratch){0};
}

/* The rows of the projections, where they are looked at; else they are forgotten. */
static int project(struct doctor_scratch *s)
{
    size_t done = 1;
    int err = HX_OK;
    if (!s->counted)
        tail_drop(&s->st->tail, s->st->tail.n);
    while (s->counted && done && !err)
        err = hx_store_project(s->st, 0, &done);
    return err;
}

/* A large transaction is slow, a small one too. Projections are made on the way, so that their
 * tail stays short. */
static int write_step(struct doctor_scratch *s)
{
    s->unwritten = 0;
    int err = hx_store_commit(s->st);
    if (!err)
        err = project(s);
    return err ? err : hx_store_begin(s->st);
}

/* No machine can have written what came in last: nothing follows from the rest. */
static int unless_stopped(struct doctor_scratch *s, int err)
{
    if (err != HX_CORRUPT)
        return err;
    s->broken = true;
    doctor_found(s->d, &(struct hx_finding){.invariant = 6, .table = "journal", .lsn = s->upto},
                 "the replay cannot go on after this entry");
    return HX_OK;
}

int doctor_scratch_entry(struct doctor_scratch *s, const uint8_t *bytes, size_t size)
{
    if (s->broken)
        return HX_OK;
    int err = unless_stopped(s, hx_replay_entry(s->replay, bytes, size));
    if (!err && !s->broken && ++s->unwritten >= STEP)
        err = write_step(s);
    return err;
}

int doctor_scratch_finish(struct doctor_scratch *s)
{
    int err = s->broken ? HX_OK : unless_stopped(s, hx_replay_finish(s->replay));
    s->d->result->replayed = hx_replay_count(s->replay) - hx_replay_differences(s->replay);
    if (!err)
        err = hx_store_commit(s->st);
    return err ? err : project(s);
}

/* ---- a store's journal ---- */

struct feeding {
    struct doctor_scratch *s;
    int err;
};

static int feed(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    struct feeding *f = ctx;
    f->s->upto = lsn;
    f->err = doctor_scratch_entry(f->s, bytes, size);
    doctor_step(f->s->d);
    return f->err;
}

static int report_row(void *ctx, const struct doctor_row *row)
{
    struct hx_finding f;
    char text[160];
    doctor_name_row(row, &f, text);
    doctor_found(ctx, &f, "%s", text);
    return HX_OK;
}

int doctor_scratch_read(struct doctor_scratch *s)
{
    struct hx_store *st = s->d->st;
    struct feeding f = {.s = s};
    int err = hx_store_entries(st, 1, SIZE_MAX, SIZE_MAX, feed, &f);
    if (!err)
        err = f.err;
    return err ? err : doctor_scratch_finish(s);
}

int doctor_replay(struct doctor *d)
{
    struct doctor_scratch s;
    const struct hx_store_options like = {
        .map_bytes = d->st->map_bytes, .partition = d->st->partition, .scale = 0};
    int err = doctor_scratch_open(&s, d, &like);
    if (!err)
        err = doctor_scratch_read(&s);
    if (!err && !s.broken)
        err = doctor_rows(d, &s, report_row, d);
    doctor_scratch_close(&s);
    return err;
}

/* ---- a journal apart ---- */

struct hx_journal_check {
    struct doctor d;
    struct doctor_scratch s;
    uint64_t last;
    int64_t t_rec;
};

int hx_journal_check_new(const struct hx_check_options *o, const struct hx_journal_head *head,
                         struct hx_check_result *result, struct hx_journal_check **out)
{
    struct hx_journal_check *j = calloc(1, sizeof *j);
    const struct hx_store_options like = {.partition = head->partition, .scale = head->scale};
    if (!j)
        return HX_NOMEM;
    *result = (struct hx_check_result){0};
    j->d = (struct doctor){.rules = o->rules,
                           .city = o->city,
                           .report = o->report,
                           .ctx = o->ctx,
                           .progress = o->progress,
                           .progress_ctx = o->ctx,
                           .result = result};
    hx_arena_init(&j->d.arena, 0);
    int err = o->rules && o->city ? doctor_scratch_open(&j->s, &j->d, &like) : HX_INVALID;
    if (err) {
        hx_journal_check_free(j);
        return err;
    }
    j->d.packing = j->s.st->packing;
    j->s.counted = true;
    *out = j;
    return HX_OK;
}

int hx_journal_check_entry(struct hx_journal_check *j, const uint8_t *bytes, size_t size)
{
    hx_arena_reset(&j->d.arena);
    const hxp_entry *e = doctor_entry(&j->d, bytes, size);
    uint64_t lsn = e ? e->lsn : j->last + 1;
    struct hx_finding f = {.invariant = 6, .table = "journal", .lsn = lsn};
    j->d.result->entries++;
    doctor_step(&j->d);
    if (!e)
        doctor_found(&j->d, &f, "entry %" PRIu64 " cannot be decoded", lsn);
    else if (lsn <= j->last)
        doctor_found(&j->d, &f, "entry %" PRIu64 " comes after %" PRIu64, lsn, j->last);
    else if (e->t_rec < j->t_rec)
        doctor_found(&j->d, &f, "time runs backwards at entry %" PRIu64, lsn);
    j->last = lsn;
    j->t_rec = e ? e->t_rec : j->t_rec;
    j->s.upto = lsn;
    return e ? doctor_scratch_entry(&j->s, bytes, size) : j->d.err;
}

int hx_journal_check_finish(struct hx_journal_check *j)
{
    int err = doctor_scratch_finish(&j->s);
    j->d.st = j->s.st;
    if (!err)
        err = store_read_begin(j->d.st);
    if (err)
        return err;
    err = doctor_cases(&j->d);
    if (!err)
        err = doctor_names(&j->d);
    if (!err)
        err = doctor_sums(&j->d);
    store_read_end(j->d.st);
    return err;
}

void hx_journal_check_free(struct hx_journal_check *j)
{
    if (!j)
        return;
    doctor_scratch_close(&j->s);
    hx_arena_fini(&j->d.arena);
    free(j);
}
