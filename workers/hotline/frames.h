/* What telephone systems say, read from bytes: FreeSWITCH's event socket and Asterisk's manager
 * interface. Pure functions; any thread. */
#ifndef HOTLINE_FRAMES_H
#define HOTLINE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

enum { FRAME_FIELDS_MAX = 2048, FRAME_BYTES_MAX = 1 << 20, FRAME_BROKEN = -1 };

/* "Name: value" lines, in their order; texts point into the bytes that were read. */
struct frame {
    size_t n;
    struct {
        const char *name, *value;
    } fields[FRAME_FIELDS_MAX];
    char *body; /* of FreeSWITCH: what follows the headers, NULL without; a NUL follows it */
    size_t body_size;
};

/* The first value of a name, in any case of letters; NULL. */
const char *frame_get(const struct frame *f, const char *name);

/* One frame of the event socket: headers up to an empty line, then as many bytes as Content-Length
 * says (they are framed by that length only, whatever they hold). Returns its bytes, 0 when more
 * must come, FRAME_BROKEN when it cannot be one: too large, too many fields, a length that is none.
 * The bytes are overwritten with NULs, and bytes[size] must be writable. */
long esl_frame(char *bytes, size_t size, struct frame *f);

/* The event in the body of a text/event-plain frame: values have %-escapes, which are undone; what
 * would become a NUL or is half an escape stays as it stands. False: too many fields. */
bool esl_event(struct frame *of_event, char *body, size_t size);

/* One packet of the manager interface: lines ended by CRLF, the packet by an empty one. The banner
 * line in front of the first must have been taken away. Returned as above. */
long ami_packet(char *bytes, size_t size, struct frame *f);

#endif
