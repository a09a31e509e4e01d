/* A report on its way through the kiosk: read, its pictures made anew and kept, then published,
 * then answered. */
#ifndef KIOSK_REPORT_H
#define KIOSK_REPORT_H

#include "kiosk/kiosk.h"
#include "picture/evidence.h"

enum { REPORT_TEXT_MAX = 4000, REPORT_WORD_MAX = 200 };

struct report_picture {
    const uint8_t *bytes; /* within the request's body */
    size_t size;
    char evidence[sizeof "photo:" + EVIDENCE_NAME]; /* as events name it; "" = not kept yet */
    bool ours; /* kept by this report: nobody else needs it if this one is refused */
};

struct report {
    TAILQ_ENTRY(report) link;
    struct kiosk *kiosk;
    struct http_request *request;
    json_t *body; /* owned: every text below lies in it */
    char id[KIOSK_ID_MAX], class[POLICY_NAME_MAX], call[POLICY_NAME_MAX];
    const char *category, *place, *text, *phone, *name;
    double position[2];
    bool has_position, confidential;
    struct report_picture pictures[PICTURES_MAX];
    size_t n_pictures, n_kept;
};

/* Reads the fields, judges them by the policy. False: the request is answered. */
bool report_read(struct report *r, const struct policy *policy);

/* The fields of a form as JSON, a new reference; its pictures are looked at by their header. NULL:
 * the request is answered. */
json_t *report_form(struct report *r);

/* Makes the pictures anew, keeps them, then publishes; or answers and frees it. */
void pictures_make(struct report *r);
/* The report was refused: what it alone has kept is removed. */
void pictures_drop(struct report *r);
/* It was taken: its pictures stay, whoever else has brought them. */
void pictures_settle(const struct report *r);

/* Hands it to the daemon and answers with what the daemon says; frees it in any case. */
void report_publish(struct report *r);
void report_free(struct report *r);

#endif
