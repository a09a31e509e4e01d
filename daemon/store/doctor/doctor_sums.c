/* Counts add up (invariant 12): what grids count together is at most what communities count, they
 * at most what streets do, and these what the city does, which also counts what has no place.
 * Nothing is shared between grids yet. One period after the other: rows are sorted by it. */
#include "base/text.h"
#include "store/doctor/doctor.h"
#include "store/key.h"
#include "store/projection/apply.h"

#include <inttypes.h>
#include <string.h>

enum { LEVELS = 4, WHATS = 512, PERIOD = 16, WHAT = 64 };

static const char *const levels[LEVELS] = {"grid", "community", "street", "city"};

struct sums {
    struct doctor *d;
    char period[PERIOD];
    struct {
        char what[WHAT];
        uint64_t of[LEVELS];
    } list[WHATS];
    size_t n;
};

/* A text of the key; NULL when it is cut. */
static const char *next_text(const char **at, const char *end)
{
    const char *text = *at, *nul = text < end ? memchr(text, 0, (size_t)(end - text)) : NULL;
    *at = nul ? nul + 1 : end;
    return nul ? text : NULL;
}

static void judge(struct sums *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (int l = 1; l < LEVELS; l++)
            if (s->list[i].of[l - 1] > s->list[i].of[l])
                doctor_found(
                    s->d,
                    &(struct hx_finding){.invariant = 12, .table = "tally", .repairable = true},
                    "%s %s: %ss count %" PRIu64 ", %s %" PRIu64, s->period, s->list[i].what,
                    levels[l - 1], s->list[i].of[l - 1], levels[l], s->list[i].of[l]);
    s->n = 0;
}

static int level_of(const char *dimension)
{
    for (int l = 0; l < LEVELS; l++)
        if (strcmp(levels[l], dimension) == 0)
            return l;
    return -1;
}

static void add(struct sums *s, int level, const char *what, size_t size, uint64_t count)
{
    size_t i = 0;
    while (i < s->n && (strncmp(s->list[i].what, what, size) != 0 || s->list[i].what[size] != '\0'))
        i++;
    if (i == s->n) {
        if (i == WHATS || size >= WHAT)
            return; /* says nothing rather than something wrong */
        memset(&s->list[i], 0, sizeof s->list[i]);
        memcpy(s->list[i].what, what, size);
        s->n++;
    }
    s->list[i].of[level] += count;
}

static void row(struct sums *s, MDB_val key, MDB_val value)
{
    const char *at = key.mv_data, *end = at + key.mv_size;
    const char *period = next_text(&at, end), *dimension = next_text(&at, end);
    if (!dimension || !next_text(&at, end) || value.mv_size != 8)
        return;
    if (strncmp(period, s->period, sizeof s->period) != 0) {
        judge(s);
        hx_text_put(s->period, sizeof s->period, period);
    }
    int level = level_of(dimension);
    if (level >= 0)
        add(s, level, at, (size_t)(end - at), be64_get(value.mv_data));
}

int doctor_sums(struct doctor *d)
{
    static struct sums s;
    struct hx_store *st = d->st;
    MDB_cursor *cur;
    MDB_val key, value;
    int rc = mdb_cursor_open(
        st->reader, st->dbi[store_projection_table(P_TALLY, st->projections[P_TALLY].live)], &cur);
    if (rc)
        return store_error(rc, false);
    s = (struct sums){.d = d};
    while (!(rc = mdb_cursor_get(cur, &key, &value, MDB_NEXT)))
        row(&s, key, value);
    judge(&s);
    mdb_cursor_close(cur);
    return rc == MDB_NOTFOUND ? HX_OK : store_error(rc, false);
}
