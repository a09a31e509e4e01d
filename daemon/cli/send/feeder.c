/* Many records to the daemon. See feeder.h. */
#include "cli/send/feeder.h"
#include "base/message.h"
#include "base/now.h"
#include "base/text.h"
#include "cli/link.h"
#include "cli/show/catalogue.h"
#include "hongxin/code.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rejected rows shown one by one; the others only stand in the reject file. */
enum { PACKED_MAX = 2 * HX_EVENT_MAX, SHOWN_MAX = 20, SAVE_EVERY_MS = 500, POLL_MS = 100 };

int feeder_init(struct feeder *f, const struct cli *cli)
{
    f->cli = cli;
    f->slots = calloc(FEEDER_SLOTS, sizeof *f->slots);
    f->packing = hx_packing_new(&hongxin__v1__event__descriptor);
    f->packed = malloc(PACKED_MAX);
    f->last_answer = hx_mono_ms();
    return f->slots && f->packing && f->packed ? CLI_OK
                                               : cli_fail(cli, CLI_NEGATIVE, "out of memory");
}

void feeder_fini(struct feeder *f)
{
    for (size_t i = 0; f->slots && i < FEEDER_SLOTS; i++)
        free(f->slots[i].text);
    free(f->slots);
    f->slots = NULL;
    hx_packing_free(f->packing);
    free(f->packed);
    free(f->last);
}

static void stop(struct feeder *f, const char *what)
{
    if (!f->failed)
        f->failed = cli_fail(f->cli, CLI_NEGATIVE, "%s cannot be written", what);
}

static void save(struct feeder *f)
{
    char mark[CHECKPOINT_MARK];

    f->last_save = hx_mono_ms();
    checkpoint_mark(f->last, f->last_size, mark);
    if (checkpoint_save(f->checkpoint, f->checkpoint->rows, mark))
        stop(f, f->checkpoint->path);
}

/* Moves the checkpoint behind the rows that are done with. */
static void advance(struct feeder *f, bool now)
{
    bool moved = false;

    for (; f->head < f->tail && f->slots[f->head % FEEDER_SLOTS].done; f->head++) {
        struct feeder_slot *slot = &f->slots[f->head % FEEDER_SLOTS];
        free(f->last);
        f->last = slot->text;
        f->last_size = slot->size;
        slot->text = NULL;
        f->checkpoint->rows = slot->row;
        moved = true;
    }
    if (f->last && (now || (moved && hx_mono_ms() - f->last_save >= SAVE_EVERY_MS)))
        save(f);
}

static void finish(struct feeder_slot *slot)
{
    slot->done = true;
}

static void reject(struct feeder_slot *slot, const char *reason)
{
    struct feeder *f = slot->feeder;

    if (f->n_rejected++ < SHOWN_MAX)
        fprintf(stderr, "line %" PRIu64 ": %s\n", slot->line, reason);
    else if (f->n_rejected == SHOWN_MAX + 1)
        fprintf(stderr, "further rejected rows are not shown%s%s\n",
                f->rejects->path ? ", they stand in " : "",
                f->rejects->path ? f->rejects->path : "");
    if (reject_add(f->rejects, slot->line, reason, slot->text, slot->size))
        stop(f, f->rejects->path);
    finish(slot);
}

bool feeder_is_taken(const hxp_reply *reply)
{
    Hongxin__V1__Result first = hx_reply_first(reply);
    return first == HONGXIN__V1__RESULT__ACCEPTED || first == HONGXIN__V1__RESULT__DUPLICATE ||
           first == HONGXIN__V1__RESULT__PARKED;
}

static void on_reply(void *arg, int err, const hxp_reply *reply)
{
    struct feeder_slot *slot = arg;
    struct feeder *f = slot->feeder;
    char reason[512];

    f->last_answer = hx_mono_ms();
    if (err == HX_CLOSED)
        return; /* we are leaving: the row is not done with */
    if (err) {
        snprintf(reason, sizeof reason, "%s %s", hx_strerror(err), hx_client_problem(f->client));
        reject(slot, reason);
        return;
    }
    Hongxin__V1__Result first = hx_reply_first(reply);
    bool taken = feeder_is_taken(reply);
    f->by_result[(unsigned)(taken ? reply->result : first) % 16]++;
    if (f->answered)
        f->answered(f, reply);
    if (taken) {
        finish(slot);
        return;
    }
    int n = snprintf(
        reason, sizeof reason, "%s ",
        protobuf_c_enum_descriptor_get_value(&hongxin__v1__result__descriptor, first)->name);
    hx_code_line(reply->code, reply->message, reason + n, sizeof reason - (size_t)n);
    reject(slot, reason);
}

/* Waits a moment for answers. Fails when the daemon has been silent for too long. */
static int turn(struct feeder *f)
{
    hx_client_poll(f->client, POLL_MS);
    advance(f, false);
    if (f->failed)
        return f->failed;
    if (hx_publish_pending(f->client) && hx_mono_ms() - f->last_answer > f->cli->timeout_ms) {
        f->failed = link_fail(f->cli, f->client, HX_TIMEOUT, "answer");
        return f->failed;
    }
    return CLI_OK;
}

static struct feeder_slot *take_slot(struct feeder *f, const struct input_row *row)
{
    struct feeder_slot *slot;

    while (f->tail - f->head == FEEDER_SLOTS)
        if (turn(f))
            return NULL;
    slot = &f->slots[f->tail % FEEDER_SLOTS];
    *slot =
        (struct feeder_slot){.feeder = f, .row = row->row, .line = row->line, .size = row->size};
    slot->text = malloc(row->size + 1);
    if (!slot->text) {
        f->failed = cli_fail(f->cli, CLI_NEGATIVE, "out of memory");
        return NULL;
    }
    memcpy(slot->text, row->text, row->size);
    slot->text[row->size] = '\0';
    f->tail++;
    f->n_rows++;
    return slot;
}

static void start(struct feeder *f, struct feeder_slot *slot, const struct record *record)
{
    struct hx_item item = {.reporter = record->reporter};
    int rc;

    if (!f->client) {
        finish(slot); /* --dry-run: it could be read */
        return;
    }
    item.bytes =
        hx_message_pack(f->packing, &record->event->base, f->packed, f->packed + PACKED_MAX);
    item.size = item.bytes ? (size_t)(f->packed + PACKED_MAX - (const uint8_t *)item.bytes) : 0;
    if (!item.bytes) {
        reject(slot, hx_strerror(HX_TOOBIG));
        return;
    }
    if (hx_publish_pending(f->client) == 0)
        f->last_answer = hx_mono_ms(); /* silence counts from here */
    while ((rc = hx_publish_start(f->client, &item, on_reply, slot)) == HX_AGAIN)
        if (turn(f))
            return;
    if (rc)
        reject(slot, hx_strerror(rc));
}

static void take(struct feeder *f, struct feeder_slot *slot, struct input_row *row)
{
    hxp_event event = *row->record.event;
    struct record record = row->record;
    int rc = HX_OK;

    record.event = &event;
    if (!*event.source)
        event.source = hx_text_field(f->source);
    if (f->judge)
        rc = f->judge(f->judge_arg, &record, row->problem);
    if (rc == HX_NOMEM)
        f->failed = cli_fail(f->cli, CLI_NEGATIVE, "out of memory");
    else if (rc)
        reject(slot, row->problem);
    else
        start(f, slot, &record);
}

int feeder_put(struct feeder *f, struct input_row *row)
{
    struct feeder_slot *slot = take_slot(f, row);

    if (slot && row->record.event)
        take(f, slot, row);
    else if (slot)
        reject(slot, row->problem);
    record_fini(&row->record);
    if (slot && f->client && f->n_rows % (f->poll_every ? f->poll_every : 1) == 0)
        hx_client_poll(f->client, 0);
    if (slot)
        advance(f, false);
    return f->failed;
}

int feeder_drain(struct feeder *f)
{
    while (f->client && !f->failed && hx_publish_pending(f->client) && !cli_interrupted())
        if (turn(f))
            break;
    advance(f, true);
    return f->failed;
}
