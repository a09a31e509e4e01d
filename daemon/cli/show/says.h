/* What the command says itself, in Chinese: errors, and lines beside what it was asked for.
 *
 * The English text in the source is the key, conversions and all, so that a sentence stands once
 * where it is said. A test fails when one that people see has no Chinese, or other conversions. */
#ifndef CLI_SAYS_H
#define CLI_SAYS_H

#include "cli/command.h"
#include <stdio.h>

struct says {
    const char *en, *zh;
};

/* The text itself, or its Chinese with --zh; the text when there is none. Its conversions are those
 * of the English text. */
__attribute__((format_arg(2))) const char *says(const struct cli *cli, const char *english);

/* fprintf() in the language of the command line. */
void cli_say(const struct cli *cli, FILE *to, const char *english, ...) HX_PRINTF(3, 4);

/* The list, to walk through; *n is its length. */
const struct says *says_all(size_t *n);

#endif
