/* Why the daemon has refused something, in the language of the command line. */
#ifndef CLI_WHY_H
#define CLI_WHY_H

#include "cli/command.h"

/* In Chinese the code, its words, the field and what would have been right ("MISSING_FIELD
 * 缺少必填项：text"); in English what the daemon says, with the code, or the words of a code
 * that stands alone. Either of them as it came where there are no words for it. NULL is "". Cut to
 * `size` bytes; returns `out`. */
char *why_text(const struct cli *cli, const char *code, const char *message, char *out,
               size_t size);

/* The same of a problem as libhongxin has it, "CODE: message"; one that stays as it is, as long as
 * it may be, is returned itself. */
const char *why_problem(const struct cli *cli, const char *problem, char *out, size_t size);

#endif
