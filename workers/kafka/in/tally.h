/* How often each word was said: codes of answers, reasons of dead letters. Words come from closed
 * sets of ours; should there be more than there is room for, the rest is counted as "other". */
#ifndef KAFKA_TALLY_H
#define KAFKA_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct evbuffer;

enum { TALLY_WORDS = 96, TALLY_WORD_MAX = 48 };

struct tally {
    size_t n;
    struct {
        char word[TALLY_WORD_MAX];
        uint64_t n;
    } rows[TALLY_WORDS];
};

/* How often it was said now. */
uint64_t tally_add(struct tally *t, const char *word);
/* "hongxin_NAME{LABEL="word"} n", with its head. */
void tally_write(const struct tally *t, const char *name, const char *label, const char *help,
                 struct evbuffer *out);

#endif
