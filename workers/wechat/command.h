/* What a resident means by a message (对话): a report, or one of a few words, with a case's number
 * or alone; what is only polite is no report. Pure. */
#ifndef WECHAT_COMMAND_H
#define WECHAT_COMMAND_H

#include "wechat/settings.h"

enum { WX_PLACE_MAX = 32 };

struct wx_command {
    enum { WX_REPORT, WX_STATUS, WX_GOOD, WX_BAD, WX_WITHDRAW, WX_ADD, WX_HELP, WX_PICTURE } kind;
    uint64_t case_number;      /* of all but reports and help; 0: his newest case */
    const char *word;          /* of a command with a word: that word; else NULL */
    char place[WX_PLACE_MAX];  /* of a report: the first word that looks like a building's id
                                  (B-0417); "" */
    enum wx_language language; /* English when there are English words and nothing Chinese */
};

void wx_command_read(const char *text, struct wx_command *out);

/* What is said when the daemon has taken it; `code` is that of its answer. */
enum wx_text wx_command_done(const struct wx_command *command, const char *code);

#endif
