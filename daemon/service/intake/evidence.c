#include "service/intake/evidence.h"

#include "base/wire.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_SIGNATURE = 15 };

/* When it happened, as the event says. */
static int64_t happened(const struct hx_arrival *in)
{
    const hxp_event *e = in->event;
    return e->t_occ ? e->t_occ : e->t_src ? e->t_src : in->t_rcv;
}

static const char *judge_code(const struct evidence *ev, const struct hx_arrival *in,
                              const struct hx_case *c)
{
    const hxp_event *e = in->event;
    const char *code = e->data ? e->data->onsite_code : "";
    if (!ev->onsite.key)
        return "";
    if (code[0])
        return hx_onsite_good(&ev->onsite, hx_onsite_place(c), happened(in), code)
                   ? ""
                   : "ONSITE_CODE_WRONG";
    bool missing = e->proof == HONGXIN__V1__PROOF__ONSITE_CODE && ev->code_required;
    return missing ? "ONSITE_CODE_MISSING" : "";
}

/* ---- devices ---- */

size_t evidence_signed_part(const uint8_t *bytes, size_t size, uint8_t *out)
{
    const uint8_t *p = bytes, *end = bytes + size;
    size_t n = 0;
    while (p < end) {
        struct hx_wire_field f;
        const uint8_t *from = p;
        p = hx_wire_next(p, end, &f);
        if (!p)
            return 0;
        if (f.number == FIELD_SIGNATURE)
            continue;
        memcpy(out + n, from, (size_t)(p - from));
        n += (size_t)(p - from);
    }
    return n;
}

static bool signature_fits(const struct hx_arrival *in, const struct hx_device *d)
{
    const ProtobufCBinaryData *signature = &in->event->device_signature;
    uint8_t *part = signature->len == crypto_sign_BYTES ? malloc(in->size) : NULL;
    if (!part)
        return false;
    size_t n = evidence_signed_part(in->bytes, in->size, part);
    bool fits = n && crypto_sign_verify_detached(signature->data, part, n, d->key) == 0;
    free(part);
    return fits;
}

/* "holder:P-07/li" speaks for P-07. */
static bool speaks_for(const char *by, const char *holder)
{
    const char *area = strchr(by, ':');
    size_t n = strlen(holder);
    return area && strncmp(area + 1, holder, n) == 0 && (area[1 + n] == '\0' || area[1 + n] == '/');
}

static const char *judge_device(const struct evidence *ev, const struct hx_arrival *in)
{
    const hxp_event *e = in->event;
    const struct hx_device *d = hx_device_find(ev->devices, e->device);
    if (!d)
        return "DEVICE_UNKNOWN";
    if (!speaks_for(e->by, d->holder))
        return "DEVICE_OF_ANOTHER";
    if (!signature_fits(in, d))
        return "DEVICE_SIGNATURE";
    return e->device_seq ? "" : "DEVICE_NO_NUMBER";
}

const char *evidence_prove(void *ctx, const struct hx_arrival *in, const struct hx_case *c)
{
    const struct evidence *ev = ctx;
    if (!c->number)
        return ""; /* a report needs no proof */
    if (in->event->proof == HONGXIN__V1__PROOF__DEVICE_SIGNED && ev->devices) {
        const char *mark = judge_device(ev, in);
        if (mark[0])
            return mark;
    }
    return judge_code(ev, in, c);
}
