/* Whether a text of a reporter stands in an entry of his case (invariant 10). Identities are read
 * one by one, and forgotten before the next. */
#include "store/doctor/doctor.h"
#include "store/key.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

enum { TEXT_LEAST = 4 }; /* shorter texts stand everywhere by chance */

struct sought {
    struct doctor *d;
    uint64_t case_number;
    const hxp_reporter *who;
};

static bool holds(const uint8_t *bytes, size_t size, const char *text)
{
    size_t n = strlen(text);
    return n >= TEXT_LEAST && memmem(bytes, size, text, n);
}

static int look(void *ctx, uint64_t lsn, const uint8_t *bytes, size_t size)
{
    const struct sought *s = ctx;
    const hxp_reporter *r = s->who;
    const char *what = holds(bytes, size, r->name)      ? "name"
                       : holds(bytes, size, r->phone)   ? "number"
                       : holds(bytes, size, r->address) ? "address"
                       : holds(bytes, size, r->other)   ? "further address"
                                                        : NULL;
    if (what)
        doctor_found(
            s->d,
            &(struct hx_finding){
                .invariant = 10, .table = "journal", .case_number = s->case_number, .lsn = lsn},
            "the entry holds the %s of a reporter", what);
    return 0;
}

static int person(struct doctor *d, uint64_t number, uint32_t party)
{
    static uint8_t plain[HX_PERSON_PLAIN_MAX];
    size_t size;
    hx_arena_reset(&d->arena);
    int err = hx_store_person_load(d->st, number, party, plain, sizeof plain, &size);
    if (err == HX_CORRUPT) {
        doctor_found(d, &(struct hx_finding){.table = "person", .case_number = number},
                     "an identity cannot be decrypted");
        return HX_OK;
    }
    if (err)
        return err;
    struct sought s = {.d = d, .case_number = number};
    ProtobufCAllocator memory = hx_arena_allocator(&d->arena);
    s.who = hongxin__v1__reporter__unpack(&memory, size, plain);
    if (!s.who && hx_arena_failed(&d->arena))
        err = HX_NOMEM;
    if (s.who)
        err = hx_store_history(d->st, number, SIZE_MAX, look, &s);
    sodium_memzero(plain, sizeof plain);
    d->result->persons++;
    return err == HX_NOTFOUND ? HX_OK : err;
}

int doctor_persons(struct doctor *d)
{
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(d->st->reader, d->st->dbi[T_PERSON], &cur), err = HX_OK;
    if (rc)
        return store_error(rc, false);
    while (!err && !(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT))) {
        uint32_t party;
        if (key.mv_size != 12)
            continue;
        memcpy(&party, (const uint8_t *)key.mv_data + 8, sizeof party);
        err = person(d, be64_get(key.mv_data), be32toh(party));
    }
    mdb_cursor_close(cur);
    return err ? err : rc == MDB_NOTFOUND ? HX_OK : store_error(rc, false);
}
