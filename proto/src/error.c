#include "hongxin/error.h"

const char *hx_strerror(int err)
{
    switch (err) {
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return text;
        HX_ERRORS(X)
#undef X
    }
    return "unknown error";
}

const char *hx_errname(int err)
{
    switch (err) {
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return #name;
        HX_ERRORS(X)
#undef X
    }
    return "UNKNOWN";
}
