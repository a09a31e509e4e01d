/* Pushing what becomes of cases back to the city's platform (状态回推).
 *
 * The journal is followed under a subscriber's name, so the daemon keeps the place: an entry is
 * acknowledged when the platform has taken it (2xx), and whatever is not is pushed again, over
 * restarts of the door, the daemon and the platform. At least once, in order for each case; the
 * platform knows a repetition by `webhook-id`. Each push is signed as Standard Webhooks has it. */
#ifndef HOTLINE_PUSH_H
#define HOTLINE_PUSH_H

#include "config/reading/yaml_doc.h"
#include "door/outbox.h"
#include "hongxin/client.h"
#include "hotline/clients.h"
#include "hotline/drop_settings.h"

struct event_base;
struct evbuffer;

enum { PUSH_WORDS_MAX = 32 };

/* The section `push` of the configuration. */
struct push_settings {
    char url[1024];                /* url; "" = nothing is pushed [""] */
    char secret_file[512];         /* secret_file: at least 32 bytes, mode 0600 */
    char ca_file[512];             /* ca_file: trusted certificates; "" = the system's [""] */
    struct outbox_settings outbox; /* subscriber ["call_centre:city/push"], retry … */
    struct push_word {
        char cause[48]; /* an event that happened, or "STATE:CLOSED": a state that was entered */
        char word[48], zh[48];
    } words[PUSH_WORDS_MAX]; /* words: what is pushed, and as what */
    size_t n_words;
    uint64_t timeout_ms;
    int utc_offset; /* in which times are told: the configuration's */
    /* Whose references are told; set before push_open(), both outlive it. */
    struct clients *clients;
    const struct drop_settings *drops;
};
void push_settings_read(struct yaml_doc *doc, yaml_node_t *map, struct push_settings *s);

struct push; /* opaque */

/* Follows from where the daemon says. HX_CONFIG with the problem: the secret's file. HX_NOMEM. */
HX_CHECK int push_open(struct event_base *base, hx_client *client, const struct push_settings *s,
                       struct push **out, struct hx_problem *problem);
void push_close(struct push *push); /* before the client is closed; NULL is allowed */
void push_figures(const struct push *push, struct evbuffer *out); /* NULL is allowed */

#endif
