/* Numbers of the protocol (PROTOCOL.md, "Limits"). Both sides check them: what is larger is refused
 * with a name, never cut. A daemon may be configured to take smaller messages, never larger ones.
 */
#ifndef HONGXIN_LIMITS_H
#define HONGXIN_LIMITS_H

/* First frame of every message. */
#define HX_PROTOCOL "hongxin/1"

enum {
    HX_EVENT_MAX = 256 * 1024,        /* bytes of one serialized Event */
    HX_REPORTER_MAX = 3500,           /* bytes of one serialized Reporter */
    HX_MESSAGE_MAX = 8 * 1024 * 1024, /* bytes of a message's second frame */
    HX_ITEMS_MAX = 4096,              /* items of one Publish */
    HX_FILTER_MAX = 4096,             /* bytes of one serialized Filter */
    HX_CREDIT_MAX = 4096,             /* messages a subscriber may have granted in all */
    HX_LIST_MAX = 500,                /* cases of one ListAnswer */
    HX_ALIVE_MS = 5000,               /* a subscriber says something at least so often … */
    HX_QUIET_MS = 15000,              /* … and is lost after so long a silence */
};

#endif
