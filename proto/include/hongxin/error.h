/* Errors: one list, one number each, 0 is success and all others are negative.
 *
 * Foreign codes (LMDB, ZeroMQ, errno) are translated where they arise, in one function each, and
 * never travel further. A function that can fail returns one of these and carries HX_CHECK. */
#ifndef HONGXIN_ERROR_H
#define HONGXIN_ERROR_H

#define HX_CHECK              __attribute__((warn_unused_result))
#define HX_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* X(name, number, text) */
#define HX_ERRORS(X)                                                                               \
    X(OK, 0, "ok")                                                                                 \
    X(NOMEM, -1, "out of memory")                                                                  \
    X(NOTFOUND, -2, "not found")                                                                   \
    X(EXISTS, -3, "exists already")                                                                \
    X(INVALID, -4, "invalid argument or input")                                                    \
    X(CORRUPT, -5, "a stored record cannot be decoded")                                            \
    X(FULL, -6, "no space left in the store or on its disk")                                       \
    X(IO, -7, "input or output failed")                                                            \
    X(BUSY, -8, "in use by another process")                                                       \
    X(AGAIN, -9, "not now, try again")                                                             \
    X(TOOBIG, -10, "larger than the limit")                                                        \
    X(BADVERSION, -11, "made by another version")                                                  \
    X(CONFIG, -12, "configuration error")                                                          \
    X(DENIED, -13, "not permitted")                                                                \
    X(TIMEOUT, -14, "no answer in time")                                                           \
    X(CLOSED, -15, "closed")                                                                       \
    X(MISMATCH, -16, "does not match what is stored")

enum hx_err {
#define X(name, number, text) HX_##name = (number),
    HX_ERRORS(X)
#undef X
};

/* Static English text; "unknown error" for a number not in the list. */
const char *hx_strerror(int err);

/* The name without prefix, e.g. "NOTFOUND", for logs. */
const char *hx_errname(int err);

#endif
