/* The codes with which something is refused, in words for people: one table for everybody who says
 * them (the command, the doors, the board). Codes are those of Reply.code, Problem.code and of the
 * doors' problems; PROTOCOL.md says what each requires. Of RULES_REFUSED the message says it all:
 * it is not in the list. The list is open: a newer daemon has codes that are not in it. Pure
 * functions, any thread. */
#ifndef HONGXIN_CODE_H
#define HONGXIN_CODE_H

#include <stddef.h>

struct hx_code {
    const char *name;    /* as on the wire: NOT_HOLDER */
    const char *zh, *en; /* why, in a few words; neither ends with a stop */
};

/* NULL for a code that is not in the table, and for NULL. */
const struct hx_code *hx_code_find(const char *name);

/* A refusal in one line, for those who read either language: the code, its Chinese, and what the
 * message adds to them: "NOT_HOLDER 本单位不是承办单位: required: …". A message that names
 * the code says it once. Either may be NULL or "". Cut to `size` bytes, never inside of a letter;
 * returns `out`. */
char *hx_code_line(const char *code, const char *message, char *out, size_t size);

/* The whole table, to walk through; *n is its length. */
const struct hx_code *hx_code_all(size_t *n);

#endif
