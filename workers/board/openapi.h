/* openapi.yaml as it stands in the source, put into the program by the build. */
#ifndef BOARD_OPENAPI_H
#define BOARD_OPENAPI_H

#include <stddef.h>

extern const unsigned char board_openapi[];
extern const size_t board_openapi_size;

#endif
