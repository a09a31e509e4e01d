/* What the configuration says about telephone systems. */
#ifndef HOTLINE_CALLS_SETTINGS_H
#define HOTLINE_CALLS_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

enum { CALLS_MAX = 8 };

struct calls_settings {
    size_t n;
    struct calls_system {
        enum { CALLS_FREESWITCH, CALLS_ASTERISK } kind; /* kind: freeswitch or asterisk */
        char host[128];                                 /* host: an address ["127.0.0.1"] */
        uint16_t port;                                  /* port [8021 or 5038] */
        char user[64];                                  /* user: of Asterisk's manager interface */
        char password_file[512]; /* password_file: its first line; mode 0600 */
        char mapping[512];       /* mapping: of the names of an event */
        char source[64];         /* source: under which its facts are published */
        char events[256];        /* events: that are asked for ["CHANNEL_HANGUP_COMPLETE"] or taken
                                    ["Hangup UserEvent Cdr"] */
    } all[CALLS_MAX];
};

#endif
