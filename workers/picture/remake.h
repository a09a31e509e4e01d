/* Strangers' pictures are made anew in a process of their own: this program once more, with nothing
 * but a socket to us, little time, no right to write files or to gain any. A decoder that is
 * overcome there can spoil one picture. One thread: that of the loop. */
#ifndef PICTURE_REMAKE_H
#define PICTURE_REMAKE_H

#include "picture/picture.h"

struct event_base;
struct remaker; /* opaque */

enum { REMAKE_AT_ONCE = 2 };

/* `most_ms`: how long one picture may take. Whether this machine confines a process is tried at
 * once from the loop, with nothing: that it does not (event=picture_not_confined) is in the log
 * before the first picture comes. HX_NOMEM. */
HX_CHECK int remaker_open(struct event_base *base, const struct picture_limits *limits,
                          uint64_t most_ms, struct remaker **out);
/* What is under way gets its callback with HX_CLOSED. NULL is allowed. */
void remaker_close(struct remaker *r);

/* HX_OK with the picture, borrowed for the call; HX_INVALID: it cannot be decoded, or its decoder
 * died of it; HX_TOOBIG: too many pixels; HX_TIMEOUT: longer than it may; HX_NOMEM, HX_IO (no
 * process to be had, or none that is confined: then nothing was looked at, and the log says why);
 * HX_CLOSED. */
typedef void remade_fn(void *arg, int err, const uint8_t *bytes, size_t size);

/* Takes its turn: REMAKE_AT_ONCE are made at a time. The bytes are borrowed until the callback,
 * which comes later, exactly once. HX_NOMEM: then it does not come. */
HX_CHECK int remaker_start(struct remaker *r, const uint8_t *bytes, size_t size, remade_fn *fn,
                           void *arg);

/* The other side: main() of the process, "--remake PIXELS EDGE SECONDS" with the picture on its
 * standard input. Its exit code. */
int remake_main(int argc, char **argv);

#endif
