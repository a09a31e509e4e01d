#include "service/acts/told.h"

#include "base/log.h"
#include "service/acts/act.h"
#include "service/state.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- lines ---- */

struct lines {
    char **at;
    size_t n;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts the text into its lines, where it stands. */
static int cut(char *text, struct lines *l)
{
    size_t n = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        n++;
    *l = (struct lines){.at = calloc(n + 1, sizeof *l->at)};
    if (!l->at)
        return HX_NOMEM;
    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        *end = '\0';
        l->at[l->n++] = text;
    }
    return HX_OK;
}

/* The first line that begins so; NULL: none does. */
static const char *find(const struct lines *l, const char *beginning, size_t size)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strncmp(l->at[middle], beginning, size) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->n && strncmp(l->at[low], beginning, size) == 0 ? l->at[low] : NULL;
}

static bool holds(const struct lines *l, const char *line)
{
    return find(l, line, strlen(line) + 1) != NULL;
}

/* ---- what is in force ---- */

/* Closes it. False: no memory, and some of what was written is missing. */
static bool written_whole(FILE *f)
{
    bool whole = f && !ferror(f);
    return f && fclose(f) == 0 && whole;
}

/* The written lines, in order. NULL: no memory. */
static char *in_order(FILE *written, char **text)
{
    struct lines l = {0};
    char *out = written_whole(written) ? malloc(strlen(*text) + 1) : NULL, *end = out;
    if (out && cut(*text, &l) == HX_OK) {
        qsort(l.at, l.n, sizeof *l.at, by_text);
        for (size_t i = 0; i < l.n; i++) {
            end = stpcpy(end, l.at[i]);
            *end++ = '\n';
        }
        *end = '\0';
    } else {
        free(out);
        out = NULL;
    }
    free(l.at);
    free(*text);
    return out;
}

static void word(crypto_generichash_state *st, const char *kind, const char *text)
{
    crypto_generichash_update(st, (const uint8_t *)kind, strlen(kind) + 1);
    crypto_generichash_update(st, (const uint8_t *)text, strlen(text) + 1);
}

static void masks(crypto_generichash_state *st, const char *kind, uint32_t bits)
{
    for (int i = 0; i < HX_MASKS_END; i++)
        if (bits >> i & 1)
            word(st, kind, hx_mask_name((enum hx_mask)i));
}

/* By names and not by numbers: another version of the daemon changes nobody's rights. */
static void digest(const struct hx_principal *p, char hex[33])
{
    const struct hx_access_role *role = p->role;
    uint8_t hash[16];
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof hash);
    for (int i = 0; i < HX_RIGHTS_END; i++)
        if (role->rights >> i & 1)
            word(&st, "right", hx_right_name((enum hx_right)i));
    for (int i = 1; i < HX_ROLES_END; i++)
        if (role->claims >> i & 1)
            word(&st, "claim", hx_role_name(i));
    masks(&st, "hides", role->hides);
    masks(&st, "hides_confidential", role->hides_confidential);
    word(&st, "city", p->city ? "yes" : "no");
    for (size_t i = 0; i < p->n_areas; i++)
        word(&st, "area", p->areas[i]);
    word(&st, "any_source", p->any_source ? "yes" : "no");
    for (size_t i = 0; i < p->n_sources; i++)
        word(&st, "source", p->sources[i]);
    crypto_generichash_final(&st, hash, sizeof hash);
    sodium_bin2hex(hex, 33, hash, sizeof hash);
}

char *told_of_access(const struct hx_access *access)
{
    char *text = NULL, hex[2 * HX_PUBLIC_KEY + 1];
    size_t size, at = 0;
    const struct hx_access_key *k;
    const struct hx_principal *p;
    FILE *out = open_memstream(&text, &size);
    while (out && access && (k = hx_access_next_key(access, &at)) != NULL)
        if (k->active)
            fprintf(out, "key\t%s\t%s\n", k->principal->name,
                    sodium_bin2hex(hex, sizeof hex, k->bytes, sizeof k->bytes));
    for (size_t i = 0; out && access && (p = hx_access_principal(access, i)) != NULL; i++) {
        digest(p, hex);
        fprintf(out, "rights\t%s\t%s\t%s\n", p->name, p->role->name, hex);
    }
    return in_order(out, &text);
}

char *told_of_devices(const struct hx_devices *devices)
{
    char *text = NULL, hex[2 * HX_DEVICE_KEY_SIZE + 1];
    size_t size;
    const struct hx_device *d;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; out && (d = hx_device_at(devices, i)) != NULL; i++)
        fprintf(out, "device\t%s\t%s\t%s\n", d->id, d->holder,
                sodium_bin2hex(hex, sizeof hex, d->key, sizeof d->key));
    return in_order(out, &text);
}

/* ---- acts ---- */

/* What leads from one text to the other; in the turn's arena. */
struct acts {
    struct hx_arena *arena;
    struct act *at;
    size_t n;
};

enum { KIND, ABOUT, THIRD, FOURTH, FIELDS };

static bool is(const char *line, const char *kind)
{
    size_t n = strlen(kind);
    return strncmp(line, kind, n) == 0 && line[n] == '\t';
}

static char *field(struct acts *a, const char *line, int number)
{
    for (int i = 0; i < number; i++)
        line += strcspn(line, "\t") + (strchr(line, '\t') != NULL);
    return hx_arena_strndup(a->arena, line, strcspn(line, "\t"));
}

/* The first digits of a key are enough to tell keys apart. */
static char *detail_of(struct acts *a, const char *line)
{
    char *third = field(a, line, THIRD);
    if (is(line, "key"))
        return hx_arena_printf(a->arena, "key %.8s", third);
    if (is(line, "device"))
        return hx_arena_printf(a->arena, "%s, key %.8s", third, field(a, line, FOURTH));
    return third;
}

static void add(struct acts *a, const char *act, const char *line)
{
    a->at[a->n++] = (struct act){.act = act,
                                 .by = "",
                                 .person = "",
                                 .about = field(a, line, ABOUT),
                                 .reason = "",
                                 .detail = detail_of(a, line)};
}

/* A principal that is new, or gone, is told of by its keys. */
static bool had_other_rights(const struct lines *before, const char *line)
{
    size_t name = strlen("rights\t") + strcspn(line + strlen("rights\t"), "\t") + 1;
    return is(line, "rights") && find(before, line, name) != NULL;
}

static void compare(struct acts *a, const struct lines *before, const struct lines *now)
{
    for (size_t i = 0; i < before->n; i++) {
        const char *line = before->at[i];
        if (!is(line, "rights") && !holds(now, line))
            add(a, is(line, "key") ? "KEY_REVOKED" : "DEVICE_REVOKED", line);
    }
    for (size_t i = 0; i < now->n; i++) {
        const char *line = now->at[i];
        if (holds(before, line))
            continue;
        if (had_other_rights(before, line))
            add(a, "RIGHTS_CHANGED", line);
        else if (!is(line, "rights"))
            add(a, is(line, "key") ? "KEY_ADDED" : "DEVICE_ADDED", line);
    }
}

/* The acts that lead from `before` (NULL: from nothing that was told, by none) to `now`. */
static int acts_between(struct service *s, const char *before, const char *now, struct acts *a)
{
    struct lines old = {0}, new = {0};
    *a = (struct acts){.arena = &s->arena};
    if (!before || strcmp(before, now) == 0)
        return HX_OK;
    char *old_text = hx_arena_strdup(a->arena, before), *new_text = hx_arena_strdup(a->arena, now);
    int rc = old_text && new_text ? cut(old_text, &old) : HX_NOMEM;
    if (rc == HX_OK)
        rc = cut(new_text, &new);
    if (rc == HX_OK)
        a->at = hx_arena_alloc(a->arena, (old.n + new.n + 1) * sizeof *a->at);
    if (a->at)
        compare(a, &old, &new);
    free(old.at);
    free(new.at);
    return hx_arena_failed(a->arena) ? HX_NOMEM : rc;
}

/* ---- the journal ---- */

int told_use(struct service *s, struct told *t, char *now, size_t *acts)
{
    struct acts a = {0};
    *acts = 0;
    if (!now)
        return HX_NOMEM;
    int rc = acts_between(s, t->now, now, &a);
    *acts = a.n;
    if (t->waits && !t->first)
        t->first = t->now;
    else
        free(t->now);
    t->now = now;
    t->waits = true;
    t->complained = false;
    return rc;
}

/* All in one transaction: a commit for each would take a large table's minutes. */
static int record(struct service *s, const struct told *t, const struct acts *a)
{
    int rc = act_begin(s);
    if (rc != HX_OK)
        return rc;
    for (size_t i = 0; rc == HX_OK && i < a->n; i++)
        rc = act_write(s, &a->at[i], NULL);
    if (rc == HX_OK)
        rc = hx_store_told_save(s->store, t->name, t->now);
    return act_end(s, rc);
}

static void log_acts(const struct acts *a, bool recorded)
{
    for (size_t i = 0; i < a->n; i++)
        hx_log(HX_LOG_WARN, "event=access act=%s about=%s recorded=%s", a->at[i].act,
               a->at[i].about, recorded ? "true" : "false");
}

void told_turn(struct service *s, struct told *t)
{
    char *before = NULL;
    struct acts a = {0};
    bool paused = batch_paused(s);
    if (!t->waits || s->life || (paused && t->complained))
        return;
    int rc = hx_store_told_load(s->store, t->name, &before);
    if (rc == HX_OK || rc == HX_NOTFOUND)
        rc = acts_between(s, before ? before : t->first, t->now, &a);
    if (rc == HX_OK && (!before || strcmp(before, t->now) != 0)) /* that it is nothing as well */
        rc = paused ? HX_AGAIN : record(s, t, &a);
    t->waits = rc != HX_OK;
    if (rc == HX_OK || !t->complained)
        log_acts(&a, rc == HX_OK);
    if (rc != HX_OK && !t->complained)
        hx_log(HX_LOG_ERROR, "event=access_not_recorded error=%s acts=%zu", hx_errname(rc), a.n);
    t->complained = t->waits;
    free(before);
    if (t->waits)
        return;
    free(t->first);
    t->first = NULL;
}

void told_close(struct told *t)
{
    free(t->now);
    free(t->first);
    t->now = t->first = NULL;
}
