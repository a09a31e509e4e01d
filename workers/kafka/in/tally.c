#include "kafka/in/tally.h"

#include "base/text.h"
#include "http/figures.h"
#include <stdio.h>
#include <string.h>

uint64_t tally_add(struct tally *t, const char *word)
{
    size_t i = 0;
    while (i < t->n && strncmp(t->rows[i].word, word, TALLY_WORD_MAX - 1) != 0)
        i++;
    if (i == t->n && t->n == TALLY_WORDS) {
        i = TALLY_WORDS - 1;
        hx_text_put(t->rows[i].word, TALLY_WORD_MAX, "other");
    } else if (i == t->n) {
        hx_text_put(t->rows[t->n++].word, TALLY_WORD_MAX, word);
    }
    return ++t->rows[i].n;
}

void tally_write(const struct tally *t, const char *name, const char *label, const char *help,
                 struct evbuffer *out)
{
    char labels[TALLY_WORD_MAX + 32];
    figures_head(out, name, "counter", help);
    for (size_t i = 0; i < t->n; i++) {
        snprintf(labels, sizeof labels, "%s=\"%s\"", label, t->rows[i].word);
        figures_line(out, name, labels, t->rows[i].n);
    }
}
