/* openapi.yaml as it stands in the source, put into the program by the build. */
#ifndef HOTLINE_OPENAPI_H
#define HOTLINE_OPENAPI_H

#include <stddef.h>

extern const unsigned char hotline_openapi[];
extern const size_t hotline_openapi_size;

#endif
