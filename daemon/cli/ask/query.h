/* What the asking commands share. One thread. */
#ifndef CLI_QUERY_H
#define CLI_QUERY_H

#include "cli/link.h"
#include "hongxin/schema.h"
#include <stdio.h>

typedef Hongxin__V1__CaseAnswer hxp_case_answer;
typedef Hongxin__V1__Filter hxp_filter;

/* Asks for the case that the first operand names: CL-17, 17, or an outside reference (with
 * --source), as of --at when that is given. CLI_OK with *answer (hx_response_free) and the open
 * client, or the exit code after a message. */
HX_CHECK int query_case(const struct cli *cli, bool history, hx_client **client,
                        hxp_response **answer);

/* The secret of a case, from the first line of a file; "-" is standard input. A command line can be
 * read by others. CLI_USAGE when there is none. */
enum { QUERY_SECRET = 64 };
HX_CHECK int query_secret(const struct cli *cli, const char *path, char secret[QUERY_SECRET]);

/* The filter that --place, --holder, --class, --level and --facts describe; each may be given
 * several times, or as a list with commas. */
enum { QUERY_WORDS = 64 };
struct query_filter {
    hxp_filter filter;
    char *words[5][QUERY_WORDS]; /* owned */
};
HX_CHECK int query_filter(const struct cli *cli, struct query_filter *f);
void query_filter_fini(struct query_filter *f);

/* The words of an option as a list; *n of them, owned by the caller. CLI_USAGE for too many. */
HX_CHECK int query_words(const struct cli *cli, const char *option, char *words[QUERY_WORDS],
                         size_t *n);

/* A message as JSON: without a line end into `out`, or as one line on standard output. */
void query_write_json(const struct cli *cli, const ProtobufCMessage *message, FILE *out);
void query_print_json(const struct cli *cli, const ProtobufCMessage *message);

/* The same with the numbers that are 0: for figures, where 0 is an answer. */
void query_print_figure(const struct cli *cli, const ProtobufCMessage *message);

/* An entry as one line, with its event decoded in place of the bytes. */
void query_print_entry(const struct cli *cli, const hxp_entry *e);

/* A serialized entry, decoded; NULL when it cannot be. To be freed with
 * hongxin__v1__entry__free_unpacked(). */
hxp_entry *query_entry(const ProtobufCBinaryData *bytes);

#endif
