/* Messages to residents outside of an answer (客服消息): what becomes of their cases, as the texts
 * say.
 *
 * The journal is followed as an outbox (door/outbox.h). Who is to be told is asked of the daemon
 * for each message, which is recorded there, and kept nowhere here: whoever was forgotten is told
 * nothing any more. The platform takes messages only within 48 hours of the resident's last one;
 * what it will never take is dropped and counted. One thread. */
#ifndef WECHAT_TELL_H
#define WECHAT_TELL_H

#include "hongxin/client.h"
#include "wechat/accounts.h"
#include "wechat/settings.h"

struct event_base;
struct evbuffer;
struct tell; /* opaque */

/* HX_NOMEM, HX_IO. All is borrowed. */
HX_CHECK int tell_open(struct event_base *base, hx_client *client, const struct wechat_settings *s,
                       const struct accounts *accounts, struct tell **out);
void tell_close(struct tell *tell); /* before the client is closed; NULL is allowed */
void tell_figures(const struct tell *tell, struct evbuffer *out); /* NULL is allowed */

/* What an `errcode` of the platform means for a message. */
enum tell_verdict {
    TELL_SENT,
    TELL_TOKEN,   /* the access token is not believed: 40001, 40014, 42001 */
    TELL_QUOTA,   /* too many today or this minute: 45009, 45011 */
    TELL_OUTSIDE, /* no message from the resident for 48 hours, or too many without one: 45015,
                     45047 */
    TELL_GONE,    /* he follows no more, or is unknown: 43004, 40003, 60111, 81013 */
    TELL_TROUBLE, /* anything else: later */
};
enum tell_verdict tell_verdict_of(long long errcode);

#endif
