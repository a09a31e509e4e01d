#include "cli/send/rehearse.h"
#include "base/now.h"

#include "cli/link.h"
#include "engine/machine/memory.h"
#include "hongxin/code.h"
#include "simulate/simulate.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Then the memory begins anew: what one row does to another is seen within so many. */
enum { ROWS_KEPT = 4096 };

struct rehearsal {
    struct hx_versions *versions;
    struct hx_machine machine;
    struct hx_memory *memory;
    struct hx_arena arena, bytes;
    unsigned kept;
    uint64_t cases, breaches, by_state[HX_RULES_STATES];
};

static int begin_anew(struct rehearsal *r)
{
    hx_memory_free(r->memory);
    r->memory = NULL;
    r->kept = 0;
    int rc = hx_memory_new(&r->memory);
    if (!rc)
        hx_memory_by_source(r->memory);
    r->machine.backend = r->memory;
    return rc;
}

int rehearse_open(const struct cli *cli, const char *folder, struct rehearsal **out)
{
    struct rehearsal *r = calloc(1, sizeof *r);
    struct hx_problem problem = {""};
    int rc = r ? simulate_config(folder, &r->versions, &problem) : HX_NOMEM;

    if (r) {
        hx_arena_init(&r->arena, 0);
        hx_arena_init(&r->bytes, 0);
        r->machine.arena = &r->arena;
        r->machine.ops = hx_memory_backend();
    }
    if (!rc) {
        r->machine.rules = hx_versions_rules(r->versions);
        rc = hx_versions_city(r->versions, &r->machine.city, &problem);
    }
    if (!rc)
        rc = begin_anew(r);
    if (rc) {
        rehearse_close(r);
        return cli_fail(cli, CLI_USAGE, "%s", *problem.text ? problem.text : hx_strerror(rc));
    }
    *out = r;
    return CLI_OK;
}

void rehearse_close(struct rehearsal *r)
{
    if (!r)
        return;
    hx_memory_free(r->memory);
    hx_versions_free(r->versions);
    hx_arena_fini(&r->arena);
    hx_arena_fini(&r->bytes);
    free(r);
}

static void count(struct rehearsal *r)
{
    size_t n;
    const hxp_entry *const *entries = hx_memory_take(r->memory, &n);

    for (size_t i = 0; i < n; i++) {
        int state = hx_rules_state(r->machine.rules, entries[i]->state);
        for (size_t f = 0; f < entries[i]->n_facts; f++)
            r->breaches += entries[i]->facts[f]->fact_case == HONGXIN__V1__FACT__FACT_BREACH;
        if (i == 0 && state >= 0)
            r->by_state[state]++;
    }
    r->cases += n > 0;
}

static int judge(struct rehearsal *r, const hxp_event *event, char problem[RECORD_PROBLEM])
{
    size_t size = hongxin__v1__event__get_packed_size(event);
    uint8_t *bytes = hx_arena_alloc(&r->bytes, size + 1);
    struct hx_arrival in = {.bytes = bytes, .size = size, .event = event};
    const hxp_reply *reply;

    if (!bytes)
        return HX_NOMEM;
    hongxin__v1__event__pack(event, bytes);
    hx_machine_set_time(&r->machine, hx_wall_ms());
    in.t_rcv = hx_machine_receipt(&r->machine, r->machine.wall, r->machine.now);
    int rc = hx_machine_event(&r->machine, &in, &reply);
    if (rc)
        return rc;
    count(r);
    if (reply->result == HONGXIN__V1__RESULT__ACCEPTED ||
        reply->result == HONGXIN__V1__RESULT__DUPLICATE)
        return HX_OK;
    hx_code_line(reply->code, reply->message, problem, RECORD_PROBLEM);
    return HX_INVALID;
}

int rehearse_row(void *rehearsal, const struct record *record, char problem[RECORD_PROBLEM])
{
    struct rehearsal *r = rehearsal;
    int rc = ++r->kept > ROWS_KEPT ? begin_anew(r) : HX_OK;

    if (!rc)
        rc = judge(r, record->event, problem);
    hx_arena_reset(&r->arena);
    hx_arena_reset(&r->bytes);
    return rc;
}

void rehearse_print(const struct rehearsal *r, bool zh, FILE *out)
{
    const struct hx_rules *rules = r->machine.rules;

    fprintf(out,
            zh ? "将有 %" PRIu64 " 件，超时 %" PRIu64 " 次："
               : "cases: %" PRIu64 ", breaches: %" PRIu64 ";",
            r->cases, r->breaches);
    for (size_t i = 0; i < HX_RULES_STATES; i++)
        if (r->by_state[i])
            fprintf(out, " %s %" PRIu64, rules->states[i].name, r->by_state[i]);
    fputc('\n', out);
}
