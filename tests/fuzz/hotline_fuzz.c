/* JSON of a hotline's request into events: every operation, and work orders by the shipped mapping.
 * What is taken can be packed and read again; what is not has a problem. */
#include "fuzz.h"
#include "hotline/draft.h"
#include "hotline/order.h"
#include "http/json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void check_event(const hxp_event *event)
{
    size_t size = hongxin__v1__event__get_packed_size(event);
    uint8_t *bytes = malloc(size + 1);
    if (!bytes)
        abort();
    hongxin__v1__event__pack(event, bytes);
    hxp_event *again = hongxin__v1__event__unpack(NULL, size, bytes);
    if (!again || !*again->id || !*again->type)
        abort();
    hongxin__v1__event__free_unpacked(again, NULL);
    free(bytes);
}

static void try_operation(const char *word, const json_t *body)
{
    static const struct client client = {
        .name = "c", .source = "s", .claims = {"reporter", "callback"}, .n_claims = 2};
    struct draft d;
    const struct operation *operation = operation_find(word);
    int rc = draft_make(&(struct draft_input){operation, &client,
                                              operation->on_case ? "CL-1" : NULL, "k", false, body},
                        &d);
    if (rc == HX_OK)
        check_event(&d.event);
    else if (!*d.code || !*d.problem || d.status < 400)
        abort();
    draft_free(&d);
}

static void try_order(const json_t *body)
{
    static struct mapping *mapping;
    struct hx_problem load = {""};
    char problem[MAPPING_PROBLEM] = "";
    struct hx_arena arena;
    struct map_target target = {.arena = &arena};
    if (!mapping &&
        mapping_load(HX_SOURCE_DIR "/config/mappings/12345.yaml", &mapping, &load) != HX_OK)
        abort();
    hx_arena_init(&arena, 0);
    int rc = order_read(mapping, body, &target, problem);
    if (rc == HX_OK)
        check_event(target.record.event);
    else if (!*problem)
        abort();
    hx_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = {"report",   "update",    "cancel",
                                        "callback", "supervise", "event"};
    if (!http_json_within((const char *)data, size, 16))
        return 0;
    json_t *body = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(body)) {
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            try_operation(words[i], body);
        try_order(body);
    }
    json_decref(body);
    return 0;
}
