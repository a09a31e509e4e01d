/* Who is it? A bearer token is judged before the body is read, a signature when it is there. */
#include "door/timely.h"
#include "hotline/hotline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CHALLENGE "Bearer realm=\"hongxin\""

static const char *bearer_of(const struct http_request *r)
{
    const char *text = http_get_header(r, "Authorization", NULL);
    return strncasecmp(text, "Bearer ", 7) == 0 ? text + 7 + strspn(text + 7, " ") : NULL;
}

static bool has_one(const struct http_request *r, const char *name)
{
    bool several;
    return *http_get_header(r, name, &several) && !several;
}

bool hotline_admit(void *arg, struct http_request *r)
{
    struct hotline *h = arg;
    const char *token = bearer_of(r);
    bool is_signed = *http_get_header(r, "X-Hongxin-Signature", NULL) != '\0';
    struct client *client = NULL;
    if (token && !is_signed && has_one(r, "Authorization"))
        client = clients_by_token(h->clients, token);
    else if (is_signed && !token && has_one(r, "X-Hongxin-Signature"))
        client = clients_by_name(h->clients, http_get_header(r, "X-Hongxin-Client", NULL));
    if (!client) {
        http_unauthorized(r, CHALLENGE,
                          is_signed ? "BAD_SIGNATURE"
                          : token   ? "BAD_TOKEN"
                                    : "NO_TOKEN");
        return false;
    }
    if (is_signed &&
        !is_timely(http_get_header(r, "X-Hongxin-Time", NULL), h->settings.window_ms)) {
        http_unauthorized(r, CHALLENGE, "SIGNATURE_TIME");
        return false;
    }
    client->requests++;
    http_set_note(r, client);
    return true;
}

struct client *hotline_client(struct hotline *h, struct http_request *r)
{
    struct client *client = http_note(r);
    struct client_signature s = {.time = http_get_header(r, "X-Hongxin-Time", NULL),
                                 .idempotency = http_get_header(r, "Idempotency-Key", NULL),
                                 .method = http_method(r),
                                 .target = http_target(r),
                                 .given = http_get_header(r, "X-Hongxin-Signature", NULL)};
    (void)h;
    if (!*s.given)
        return client;
    s.body = http_body(r, &s.size);
    if (client_signed(client, &s))
        return client;
    client->refused++;
    http_unauthorized(r, CHALLENGE, "BAD_SIGNATURE");
    return NULL;
}
