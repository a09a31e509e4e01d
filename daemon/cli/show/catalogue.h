/* Words for people: every code of the life cycle in English and Chinese, in one list.
 *
 * Codes are what the wire, the journal and --json carry; people read these words beside them. A
 * test fails when a code of config/life-cycles has no words here. Pure, any thread. */
#ifndef CLI_CATALOGUE_H
#define CLI_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

enum words_kind {
    WORDS_STATE,
    WORDS_EVENT,
    WORDS_CLOCK,
    WORDS_CLASS,
    WORDS_LEVEL,
    WORDS_FLAG,
    WORDS_NOTICE,
    WORDS_CHANGE,
    WORDS_BASIS,
    WORDS_RESULT,
    WORDS_OWNER,
    WORDS_MARK,
    WORDS_ALARM,
    WORDS_REASON,
    WORDS_DELIVERY, /* what became of a notice, why, and by whose fault */
    WORDS_ACT,      /* an administrative act */
    WORDS_LABEL,    /* headings and little words of the command itself */
};

struct words {
    enum words_kind kind;
    const char *code, *en, *zh;
};

/* NULL when the code is not in the list. */
const struct words *words_find(enum words_kind kind, const char *code);

/* The words alone, in one language; the code itself when it is not in the list. */
const char *words_text(enum words_kind kind, const char *code, bool zh);

/* The list, to walk through; *n is its length. */
const struct words *words_all(size_t *n);

#endif
