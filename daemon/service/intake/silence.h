/* Silence of a source is an alarm (A11): roles.yaml says of which sources and after how long.
 * Whatever a principal says, also a Ping, is a sign of life of its sources. After a restart the
 * time begins anew. Loop thread only. */
#ifndef SERVICE_INTAKE_SILENCE_H
#define SERVICE_INTAKE_SILENCE_H

#include "config/access/access.h"
#include "hongxin/error.h"
#include "hongxin/instant.h"
#include <stdbool.h>

struct service;

enum { SILENCE_MAX = 256 };

struct silence {
    struct silent_source {
        char source[HX_PRINCIPAL_MAX];
        int64_t after_ms;
        struct hx_mono heard;
        bool silent; /* the alarm is out: it is in the journal */
        bool told;   /* its alarm, or its end, is in the batch that runs */
    } list[SILENCE_MAX];
    size_t n;
};

/* From a registry that comes into force; sources that were watched before keep their time. */
void silence_use(struct silence *s, const struct hx_access *access);

void silence_heard(struct silence *s, const struct hx_principal *who);

/* True when silence_write() has an alarm to write. */
bool silence_due(const struct silence *s);

/* In the batch of a turn. */
HX_CHECK int silence_write(struct service *s);
/* The batch was committed, or not: then it is all still to be written. */
void silence_settle(struct silence *s, bool committed);

#endif
