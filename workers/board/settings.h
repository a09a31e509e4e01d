/* The configuration of hongxin-board: config/board.yaml is the reference. */
#ifndef BOARD_SETTINGS_H
#define BOARD_SETTINGS_H

#include "base/log.h"
#include "config/reading/problem.h"
#include "door/link.h"
#include "http/limits.h"

enum { BOARD_PATH = 512 };

struct board_settings {
    char listen[128];
    bool proxied; /* TLS ends in front of us: the cookie is Secure */
    struct link_settings daemon;
    char users[BOARD_PATH];    /* who may sign in */
    char sessions[BOARD_PATH]; /* kept over a restart; "" = not kept */
    char photos[BOARD_PATH];   /* folder of photos; "" = none are taken */
    char pages[BOARD_PATH];    /* folder of the built pages; "" = the API only */
    int utc_offset;            /* minutes */
    char zone[64];
    int64_t idle_ms, most_ms; /* a session ends after so long without a request, or in all */
    int64_t heartbeat_ms;     /* between two signs of life on a stream */
    int64_t replay;           /* entries that a stream is sent again at most */
    int64_t looked_at;        /* entries of the journal for one list */
    enum hx_log_level log_level;
    struct http_limits limits;
};

/* HX_OK, or HX_CONFIG, HX_IO, HX_NOMEM with the problem. */
HX_CHECK int board_settings_load(const char *path, struct board_settings *s,
                                 struct hx_problem *problem);

#endif
