/* Answers to events: what is wrong with one, and what was said to it before (corner 8). */
#include "base/text.h"
#include "engine/machine/machine_internal.h"
#include "hongxin/number.h"

#include <sodium.h>
#include <string.h>

#define RESULT(name) HONGXIN__V1__RESULT__##name

static const char *add_word(struct hx_machine *m, const char *list, const char *word)
{
    return hx_arena_printf(m->arena, "%s%s%s", list ? list : "", list && *list ? ", " : "", word);
}

/* The words that would have been right, when there is a short list of them; NULL = there is none.
 * A role that is known, and may not say this, is no word that is wrong in a field. */
static const char *right_words(struct hx_machine *m, const char *code, const char *field)
{
    const char *list = NULL;
    if (strcmp(code, "UNKNOWN_CLASS") == 0)
        for (int i = 0; i < HX_RULES_CLASSES; i++)
            list = *m->rules->classes[i].name ? add_word(m, list, m->rules->classes[i].name) : list;
    if (strcmp(code, "BAD_ROLE") == 0 && field)
        for (int i = 1; i < HX_ROLES_END; i++)
            list = add_word(m, list, hx_role_name(i));
    return list;
}

char *hx_answer_text(struct hx_machine *m, const char *code, const char *field,
                     const char *required)
{
    const char *words = right_words(m, code, field);
    return hx_arena_printf(m->arena, "%s%s%s%s%s%s%s", code, field ? ": field " : "",
                           field ? field : "", required ? ": required: " : "",
                           required ? required : "", words ? "; one of " : "", words ? words : "");
}

hxp_reply *hx_answer_new(struct hx_machine *m, const struct hx_arrival *in, int result,
                         const char *code)
{
    hxp_reply *r = hx_arena_alloc(m->arena, sizeof *r);
    if (!r)
        return NULL;
    hongxin__v1__reply__init(r);
    r->result = (Hongxin__V1__Result)result;
    r->code = hx_text_field(code);
    if (in->event) {
        r->id = in->event->id;
        r->source = in->event->source;
    }
    return r;
}

void hx_answer_case(struct hx_machine *m, hxp_reply *r, const struct hx_case *c, uint64_t lsn)
{
    char number[HX_NUMBER_TEXT];
    r->case_number = c->number;
    r->number = hx_arena_strdup(m->arena, hx_number_format(c->number, number));
    r->case_version = c->version;
    r->lsn = lsn;
}

int hx_answer_invalid_for(struct hx_machine *m, const struct hx_arrival *in, const char *code,
                          char *message, const hxp_reply **reply)
{
    hxp_reply *r = hx_answer_new(m, in, RESULT(INVALID), code);
    if (!r)
        return HX_NOMEM;
    r->message = message;
    *reply = r;
    return m->ops->quarantine(m->backend, in->bytes, in->size, code);
}

int hx_answer_invalid(struct hx_machine *m, const struct hx_arrival *in, const char *code,
                      const char *field, const hxp_reply **reply)
{
    return hx_answer_invalid_for(m, in, code, hx_answer_text(m, code, field, NULL), reply);
}

/* ---- what was seen before ---- */

void hx_counted_name(struct hx_counted *out, enum hx_counter counter, const char *who,
                     uint64_t number)
{
    size_t at = sizeof out->id - 1;
    out->source[0] = (char)counter;
    hx_text_put(out->source + 1, sizeof out->source - 1, who);
    out->id[at] = '\0';
    for (; at > 0; number /= 10)
        out->id[--at] = (char)('0' + number % 10);
}

void hx_event_glance(const hxp_event *e, ProtobufCBinaryData bytes, struct hx_glance *out)
{
    out->texts_good = hx_validate_texts_good(e);
    crypto_generichash(out->digest, sizeof out->digest, bytes.data, bytes.len, NULL, 0);
}

/* Of all that its source has sent: the event, and what the identity beside it leaves. */
static void digest_of(const struct hx_arrival *in, uint8_t digest[16])
{
    crypto_generichash_state state;
    if (in->glance && !in->reporter_digest_size) {
        memcpy(digest, in->glance->digest, 16);
        return;
    }
    crypto_generichash_init(&state, NULL, 0, 16);
    crypto_generichash_update(&state, in->bytes, in->size);
    if (in->reporter_digest_size)
        crypto_generichash_update(&state, in->reporter_digest, in->reporter_digest_size);
    crypto_generichash_final(&state, digest, 16);
}

static int duplicate(struct hx_machine *m, const struct hx_arrival *in, uint64_t lsn,
                     const hxp_reply **reply)
{
    hxp_entry *e;
    int rc = m->ops->entry_load(m->backend, lsn, m->arena, &e);
    if (rc && rc != HX_NOTFOUND)
        return rc;
    hxp_reply *r = hx_answer_new(m, in, RESULT(DUPLICATE), NULL);
    if (!r)
        return HX_NOMEM;
    if (!rc && e->n_facts && e->facts[0]->fact_case == HONGXIN__V1__FACT__FACT_REPLY) {
        *r = *e->facts[0]->reply;
        r->was = r->result;
        r->result = RESULT(DUPLICATE);
    }
    r->lsn = lsn;
    *reply = r;
    return HX_OK;
}

/* What of the event names another one. */
struct taken {
    const char *code, *what;
};

static int conflict(struct hx_machine *m, const struct hx_arrival *in, const struct hx_seen *seen,
                    const struct taken *taken, const hxp_reply **reply)
{
    char first[33], second[33];
    uint8_t digest[16];
    hxp_reply *r = hx_answer_new(m, in, RESULT(CONFLICT), taken->code);
    if (!r)
        return HX_NOMEM;
    digest_of(in, digest);
    sodium_bin2hex(first, sizeof first, seen->digest, 16);
    sodium_bin2hex(second, sizeof second, digest, 16);
    r->message = hx_arena_printf(m->arena, "%s was used before: first digest %s, this one %s",
                                 taken->what, first, second);
    *reply = r;
    return hx_machine_note(m, in, r, taken->code);
}

static int known_number(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    static const struct taken number = {"SOURCE_SEQ_REPEATED", "this number of the source"};
    struct hx_counted name;
    struct hx_seen seen;
    if (!in->event->source_seq)
        return HX_NOTFOUND;
    hx_counted_name(&name, HX_COUNTER_SOURCE, in->event->source, in->event->source_seq);
    int rc = m->ops->seen_load(m->backend, name.source, name.id, &seen);
    return rc ? rc : conflict(m, in, &seen, &number, reply);
}

int hx_answer_known(struct hx_machine *m, const struct hx_arrival *in, const hxp_reply **reply)
{
    static const struct taken id = {"CONFLICT", "this id"};
    struct hx_seen seen;
    uint8_t digest[16];
    int rc = m->ops->seen_load(m->backend, in->event->source, in->event->id, &seen);
    if (rc)
        return rc == HX_NOTFOUND ? known_number(m, in, reply) : rc;
    digest_of(in, digest);
    return memcmp(digest, seen.digest, sizeof digest) == 0 ? duplicate(m, in, seen.lsn, reply)
                                                           : conflict(m, in, &seen, &id, reply);
}

int hx_event_remember(struct hx_machine *m, const struct hx_arrival *in, uint64_t case_number,
                      uint64_t lsn)
{
    struct hx_seen seen = {.case_number = case_number, .lsn = lsn};
    struct hx_counted name;
    digest_of(in, seen.digest);
    int rc = m->ops->seen_save(m->backend, in->event->source, in->event->id, &seen);
    if (rc || !in->event->source_seq)
        return rc;
    hx_counted_name(&name, HX_COUNTER_SOURCE, in->event->source, in->event->source_seq);
    return m->ops->seen_save(m->backend, name.source, name.id, &seen);
}
