/* The on-site code (现场码) of the building in which a terminal stands, for its screen: whoever
 * reads it there has been there. It is never given to anybody who could be elsewhere, so a terminal
 * shows who it is. */
#include "base/text.h"
#include "kiosk/kiosk.h"

#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET_ZONE = 2, PATH_PIECE = 48 };

struct asked {
    struct kiosk *kiosk;
    struct http_request *request;
    char place[64];
};

/* A stroke for each dark run of a line: "M2 3h7". */
static char *path_of(const QRcode *qr)
{
    size_t n = 0, room = (size_t)qr->width * ((size_t)qr->width / 2 + 1) * PATH_PIECE;
    char *path = malloc(room);
    for (int y = 0; path && y < qr->width; y++)
        for (int x = 0, run; x < qr->width; x += run) {
            const unsigned char *row = qr->data + (ptrdiff_t)y * qr->width;
            for (run = 1; x + run < qr->width && (row[x] & 1) == (row[x + run] & 1); run++)
                ;
            if (row[x] & 1)
                n += (size_t)snprintf(path + n, room - n, "M%d %dh%dv1h-%dz", x + QUIET_ZONE,
                                      y + QUIET_ZONE, run, run);
        }
    return path;
}

/* A QR code as what an SVG needs: {"size": 25, "path": "M2 2h7…"}. A new reference, NULL without
 * memory. */
static json_t *qr_of(const char *text)
{
    QRcode *qr = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    char *path = qr ? path_of(qr) : NULL;
    json_t *out =
        path ? json_pack("{s:i, s:s}", "size", qr->width + 2 * QUIET_ZONE, "path", path) : NULL;
    free(path);
    QRcode_free(qr);
    return out;
}

static void on_code(void *arg, int err, const hxp_response *response)
{
    struct asked *a = arg;
    if (err || response->answer_case != HONGXIN__V1__RESPONSE__ANSWER_ONSITE_CODE) {
        kiosk_failed(a->request, err ? err : HX_INVALID);
    } else {
        const Hongxin__V1__OnsiteCodeAnswer *o = response->onsite_code;
        http_answer_json(a->request, 200,
                         json_pack("{s:s, s:s, s:o, s:o}", "place", a->place, "code", o->code,
                                   "until", kiosk_instant(a->kiosk, o->until), "qr",
                                   qr_of(o->code)));
    }
    free(a);
}

void onsite_take(void *kiosk, struct http_request *request)
{
    struct kiosk *k = kiosk;
    const struct terminal *t = terminals_admit(k->terminals, request, TERMINAL_ONSITE);
    hxp_request ask = HONGXIN__V1__REQUEST__INIT;
    Hongxin__V1__OnsiteCodeQuery query = HONGXIN__V1__ONSITE_CODE_QUERY__INIT;
    if (!t || !kiosk_policy(k, request))
        return;
    struct asked *a = malloc(sizeof *a);
    if (!a) {
        kiosk_failed(request, HX_NOMEM);
        return;
    }
    *a = (struct asked){.kiosk = k, .request = request};
    hx_text_put(a->place, sizeof a->place, t->place);
    query.place = a->place;
    ask.ask_case = HONGXIN__V1__REQUEST__ASK_ONSITE_CODE;
    ask.onsite_code = &query;
    int rc = hx_ask_start(k->link.client, &ask, on_code, a);
    if (rc) {
        kiosk_failed(request, rc);
        free(a);
    }
}
