/* The pictures of a report: from a form to files that events name. */
#include "base/log.h"
#include "kiosk/form.h"
#include "kiosk/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- out of the form ---- */

static bool refuse(struct report *r, int status, const char *code, const char *text)
{
    http_problem(r->request, status, code, "%s", text);
    return false;
}

static bool take_picture(struct report *r, const struct form_part *part)
{
    const struct kiosk_settings *s = &r->kiosk->settings;
    struct picture_head head;
    if (r->n_pictures == s->pictures)
        return refuse(r, 422, "TOO_MANY_PICTURES", "more pictures than one report may bring");
    if (part->size > s->picture_bytes)
        return refuse(r, 413, "PICTURE_TOO_LARGE", "a picture has more bytes than are taken");
    if (picture_look(part->bytes, part->size, &head) != HX_OK)
        return refuse(r, 415, "NOT_A_PICTURE", "pictures are JPEG or PNG");
    if (!picture_fits(&head, &s->picture))
        return refuse(r, 422, "TOO_MANY_PIXELS", "a picture has more pixels than are taken");
    r->pictures[r->n_pictures++] =
        (struct report_picture){.bytes = part->bytes, .size = part->size};
    return true;
}

/* Texts are texts; what is not one in JSON is written as JSON: confidential=true,
 * position=[114.4,36.0]. */
static json_t *value_of(const struct form_part *part)
{
    bool is_text = strcmp(part->name, "confidential") != 0 && strcmp(part->name, "position") != 0;
    return is_text ? json_stringn((const char *)part->bytes, part->size)
                   : json_loadb((const char *)part->bytes, part->size,
                                JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
}

static bool take_part(struct report *r, const struct form_part *part, json_t *body)
{
    if (strcmp(part->name, "picture") == 0)
        return take_picture(r, part);
    if (part->is_file)
        return refuse(r, 422, "UNKNOWN_FIELD", "files are named picture");
    if (json_object_get(body, part->name))
        return refuse(r, 422, "BAD_FIELD", "a field stands twice");
    json_t *value = part->size <= KIOSK_BODY_MAX ? value_of(part) : NULL;
    if (!value || json_object_set_new(body, part->name, value) != 0)
        return refuse(r, 422, "BAD_FIELD", "a field is not UTF-8, or too long");
    return true;
}

json_t *report_form(struct report *r)
{
    struct form form;
    size_t size;
    const char *bytes = http_body(r->request, &size);
    json_t *body = json_object();
    int rc = form_read(http_get_header(r->request, "Content-Type", NULL), bytes, size, &form);
    bool right = rc == HX_OK && body;
    if (!right)
        (void)refuse(r, 400, "BAD_FORM", "not multipart/form-data, or with too many parts");
    for (size_t i = 0; right && i < form.n; i++)
        right = take_part(r, &form.parts[i], body);
    if (right)
        return body;
    json_decref(body);
    return NULL;
}

/* ---- made anew and kept ---- */

static void fail(struct report *r, int err)
{
    pictures_drop(r); /* before anybody is told */
    if (err == HX_INVALID)
        http_problem(r->request, 422, "BAD_PICTURE", "a picture cannot be read");
    else if (err == HX_TOOBIG)
        http_problem(r->request, 422, "TOO_MANY_PIXELS",
                     "a picture has more pixels than are taken");
    else if (err == HX_TIMEOUT)
        http_problem(r->request, 422, "PICTURE_TOO_SLOW", "a picture takes too long to read");
    else
        kiosk_failed(r->request, err);
    report_free(r);
}

static bool keep(struct report *r, const uint8_t *bytes, size_t size)
{
    struct report_picture *p = &r->pictures[r->n_kept];
    char name[EVIDENCE_NAME];
    if (evidence_put(r->kiosk->settings.evidence, bytes, size, name, &p->ours) != HX_OK) {
        hx_log(HX_LOG_ERROR, "event=picture_not_kept \"the evidence folder takes nothing\"");
        return false;
    }
    snprintf(p->evidence, sizeof p->evidence, "photo:%s", name);
    r->n_kept++;
    r->kiosk->pictures++;
    return true;
}

static void on_made(void *arg, int err, const uint8_t *bytes, size_t size)
{
    struct report *r = arg;
    if (!err && !keep(r, bytes, size))
        err = HX_IO;
    if (err)
        fail(r, err);
    else
        pictures_make(r);
}

void pictures_make(struct report *r)
{
    if (r->n_kept == r->n_pictures) {
        report_publish(r);
        return;
    }
    const struct report_picture *p = &r->pictures[r->n_kept];
    int rc = remaker_start(r->kiosk->remaker, p->bytes, p->size, on_made, r);
    if (rc)
        fail(r, rc);
}

/* ---- who needs them ---- */

/* The same picture in another report that is under way; NULL. */
static struct report_picture *elsewhere(const struct report *r, const struct report_picture *p)
{
    struct report *other;
    TAILQ_FOREACH(other, &r->kiosk->under_way, link)
    for (size_t i = 0; other != r && i < other->n_kept; i++)
        if (strcmp(other->pictures[i].evidence, p->evidence) == 0)
            return &other->pictures[i];
    return NULL;
}

void pictures_settle(const struct report *r)
{
    struct report *other;
    for (size_t i = 0; i < r->n_kept; i++)
        TAILQ_FOREACH(other, &r->kiosk->under_way, link)
    for (size_t k = 0; k < other->n_kept; k++)
        if (strcmp(other->pictures[k].evidence, r->pictures[i].evidence) == 0)
            other->pictures[k].ours = false;
}

void pictures_drop(struct report *r)
{
    for (size_t i = 0; i < r->n_kept; i++) {
        struct report_picture *p = &r->pictures[i], *same = elsewhere(r, p);
        if (p->ours && same)
            same->ours = true; /* whoever is refused last removes it */
        else if (p->ours)
            evidence_remove(r->kiosk->settings.evidence, p->evidence + sizeof "photo:" - 1);
    }
}

/* ---- read again ---- */

void picture_take(void *kiosk, struct http_request *request)
{
    struct kiosk *k = kiosk;
    uint8_t *bytes = NULL;
    size_t size;
    if (!terminals_admit(k->terminals, request, TERMINAL_PICTURES))
        return;
    int rc = evidence_get(k->settings.evidence, http_param(request, 0), &bytes, &size);
    if (rc == HX_NOTFOUND) {
        http_problem(request, 404, "NO_PICTURE", "there is no such picture");
    } else if (rc) {
        kiosk_failed(request, rc);
    } else {
        http_set_header(request, "Content-Security-Policy", "default-src 'none'");
        http_answer(request, 200, "image/jpeg", bytes, size);
    }
    free(bytes);
}
