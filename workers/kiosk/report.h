/* A report on its way through the kiosk: read, then published, then answered. */
#ifndef KIOSK_REPORT_H
#define KIOSK_REPORT_H

#include "kiosk/kiosk.h"

enum { REPORT_TEXT_MAX = 4000, REPORT_WORD_MAX = 200 };

struct report {
    struct kiosk *kiosk;
    struct http_request *request;
    json_t *body; /* owned: every text below lies in it */
    char id[KIOSK_ID_MAX], class[POLICY_NAME_MAX], call[POLICY_NAME_MAX];
    const char *category, *place, *text, *phone, *name;
    double position[2];
    bool has_position, confidential;
};

/* Reads the fields, judges them by the policy. False: the request is answered. */
bool report_read(struct report *r, const struct policy *policy);

/* Hands it to the daemon and answers with what the daemon says; frees it in any case. */
void report_publish(struct report *r);
void report_free(struct report *r);

#endif
