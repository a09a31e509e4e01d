/* The addresses that we know (newcomers.h), kept over a restart: without them everybody would be a
 * newcomer like any other when the daemon comes back while strangers flood it.
 *
 * Text, an address a line as newcomers_address_write() has it; empty lines and those that begin
 * with # are passed over. An operator may add lines while the daemon is down, or remove the file.
 * It is written beside and renamed, without waiting for the disk: a cut of power may take what was
 * learnt last, which is then learnt anew. */
#ifndef SERVICE_DOORS_KNOWN_FILE_H
#define SERVICE_DOORS_KNOWN_FILE_H

#include "hongxin/error.h"
#include "service/doors/newcomers.h"
#include <stddef.h>
#include <stdint.h>

/* Makes the file's addresses known; HX_OK also when there is no file. Lines that are no address are
 * counted in the log (event=known_addresses) and passed over. HX_IO: errno. */
HX_CHECK int known_file_load(const char *path, struct newcomers *into, int64_t now_us);

/* HX_IO: errno, and the file is as it was. HX_TOOBIG: a path of 1,024 bytes or more. */
HX_CHECK int known_file_save(const char *path, const uint64_t *addresses, size_t n);

#endif
