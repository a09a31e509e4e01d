/* The configuration of hongxin-wechat: config/wechat.yaml, and the texts for residents. */
#ifndef WECHAT_SETTINGS_H
#define WECHAT_SETTINGS_H

#include "base/log.h"
#include "door/link.h"
#include "door/outbox.h"
#include "http/limits.h"

enum { WX_TEXT_MAX = 600, WX_STATES_MAX = 32, WX_TOLD_MAX = 24, WX_REFUSALS_MAX = 24 };

/* Every text a resident can see; keys of config/texts/wechat.yaml. */
#define WX_TEXTS(X)                                                                                \
    X(welcome, "welcome")                                                                          \
    X(at_place, "at_place")                                                                        \
    X(reported, "reported")                                                                        \
    X(arrives, "arrives")                                                                          \
    X(solved, "solved")                                                                            \
    X(status, "status")                                                                            \
    X(ended, "ended")                                                                              \
    X(nobody, "nobody")                                                                            \
    X(thanks, "thanks")                                                                            \
    X(again, "again")                                                                              \
    X(withdrawn, "withdrawn")                                                                      \
    X(left, "left")                                                                                \
    X(checked, "checked")                                                                          \
    X(goes_on, "goes_on")                                                                          \
    X(joined, "joined")                                                                            \
    X(refused, "refused")                                                                          \
    X(not_taken, "not_taken")                                                                      \
    X(which, "which")                                                                              \
    X(unknown_case, "unknown_case")                                                                \
    X(unknown_place, "unknown_place")                                                              \
    X(added, "added")                                                                              \
    X(picture, "picture")                                                                          \
    X(words_please, "words_please")

enum wx_text {
#define X(name, text) WX_##name,
    WX_TEXTS(X)
#undef X
        WX_TEXTS_COUNT
};
enum wx_language { WX_ZH, WX_EN, WX_LANGUAGES };

/* Messages to residents: the section `tell`. */
struct wx_tell_settings {
    char official[256];            /* official: of the platform ["https://api.weixin.qq.com"] */
    char wecom[256];               /* wecom ["https://qyapi.weixin.qq.com"] */
    char ca_file[512];             /* ca_file: trusted certificates; "" = the system's [""] */
    uint64_t timeout_ms;           /* timeout [5s] */
    struct outbox_settings outbox; /* subscriber ["worker:city/wechat"], retry … */
};

/* What a resident is told of: an event that happened, or "STATE:CLOSED"; or why something was not
 * taken: a code of the daemon. */
struct wx_told {
    char on[48], text[WX_LANGUAGES][WX_TEXT_MAX];
};

struct wechat_settings {
    char listen[128]; /* ["127.0.0.1:54331"] */
    bool proxied;     /* [false] */
    struct link_settings daemon;
    char accounts[512];   /* ["../var/wechat.accounts"] */
    char texts_file[512]; /* ["texts/wechat.yaml"] */
    uint64_t window_ms;   /* time_window: how old a callback may be [5min] */
    int utc_offset;
    enum hx_log_level log_level;
    struct http_limits limits;
    struct wx_tell_settings tell;
    struct wx_told told[WX_TOLD_MAX];
    size_t n_told;
    struct wx_told refusals[WX_REFUSALS_MAX]; /* of any other code: `refused` */
    size_t n_refusals;
    char texts[WX_TEXTS_COUNT][WX_LANGUAGES][WX_TEXT_MAX];
    struct {
        char name[48], text[WX_LANGUAGES][64];
    } states[WX_STATES_MAX]; /* words for states of the life cycle; one that is not there is shown
                                as it is */
    size_t n_states;
};

HX_CHECK int wechat_settings_load(const char *path, struct wechat_settings *s,
                                  struct hx_problem *problem);

#endif
