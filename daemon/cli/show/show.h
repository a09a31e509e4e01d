/* Journal entries and cases as lines for people: "19:05:20 CL-17 BREACH 超时 K_ARRIVE arrival …".
 *
 * English with the Chinese terms beside it, or Chinese first. Codes of the protocol are always
 * shown as they are, so that what is read here can be searched in a log. One thread. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/command.h"
#include "cli/show/catalogue.h"
#include "config/notice/notice_texts.h"
#include "hongxin/instant.h"
#include "hongxin/schema.h"
#include <stdio.h>

enum show_colour { SHOW_PLAIN, SHOW_DIM, SHOW_BOLD, SHOW_RED, SHOW_GREEN, SHOW_YELLOW, SHOW_CYAN };

struct show {
    FILE *out;
    bool zh, colour;
    int utc_offset;
    int64_t day;                         /* local day of the last line; 0 = none yet */
    const struct hx_notice_texts *texts; /* notices are shown with what is read; NULL = without */
};

void show_init(struct show *s, const struct cli *cli, FILE *out);

/* Text in a colour; plain when the output is not a terminal. */
void show_paint(const struct show *s, enum show_colour colour, const char *fmt, ...)
    HX_PRINTF(3, 4);

/* A code with its words, in the order of the chosen language: "HELD 已签收", or "已签收 HELD". */
void show_code(const struct show *s, enum words_kind kind, const char *code);

/* A clock with its words in the chosen language: "K_ARRIVE 到场". */
void show_clock(const struct show *s, const char *clock);

/* Words that only one language needs: a heading. */
const char *show_label(const struct show *s, const char *label);

/* Text from outside, that a terminal must not obey: each control character becomes '?'. */
void show_foreign(const struct show *s, const char *text);

/* Columns that the text takes on a screen: a Chinese character takes two. */
int show_width(const char *text);

/* "19:05:20", with the date in front when it is not the day of `near` (0 = always). */
char *show_time(const struct show *s, int64_t ms, int64_t near, char text[HX_INSTANT_TEXT]);

/* "1 h 2 min", "1 小时 2 分钟": the two largest units; milliseconds only below a second. */
char *show_span(const struct show *s, int64_t ms, char text[HX_INSTANT_TEXT]);

/* All lines of one entry; `facts` are the names of facts to be shown, NULL = all. Returns the
 * number of lines. */
int show_entry(struct show *s, const hxp_entry *e, const char *const *facts);

/* One line about a case: number, state, holder, level, next deadline and time left at `now`. */
void show_case_line(struct show *s, const hxp_case_view *v, int64_t now);

/* "C-03" of "community:C-03": receivers whose id tells what they are are shown without their role.
 */
const char *show_receiver(const char *to);

/* The case of an entry as printed, "-" when it is about none. */
const char *show_number(uint64_t case_number, char text[32]);

#endif
