/* The texts of notices in Chinese and English: one catalogue that a city may change.
 *
 * A text names the case, the clock and its deadline, what is missing, who holds it, who was told
 * before, and the one thing expected now. It is made of ids, codes and the catalogue alone: nothing
 * that a reporter wrote can come into it, and a reason that the catalogue does not know is left
 * out. Immutable once loaded, then any thread. */
#ifndef CONFIG_NOTICE_TEXTS_H
#define CONFIG_NOTICE_TEXTS_H

#include "config/reading/problem.h"
#include "engine/rules/rules.h"
#include "hongxin/schema.h"

enum { HX_NOTICE_TEXT = 2048 }; /* bytes that a rendered text takes at most, with its NUL */

struct hx_notice_texts; /* opaque */

/* Reads and checks a catalogue against the life cycle: every kind of notice, in both languages,
 * with known placeholders only; a sentence for every event that a clock with a ladder waits for.
 * `rules` is borrowed and must live as long. HX_CONFIG with "file:line: what"; HX_IO, HX_NOMEM. */
HX_CHECK int hx_notice_texts_load(const char *path, const struct hx_rules *rules,
                                  struct hx_notice_texts **out, struct hx_problem *problem);
/* The same from a text; `name` is named in messages. */
HX_CHECK int hx_notice_texts_parse(const char *name, const char *text, const struct hx_rules *rules,
                                   struct hx_notice_texts **out, struct hx_problem *problem);
/* The catalogue that belongs to this life cycle: ../texts/notices.yaml beside it. HX_NOTFOUND when
 * there is none. */
HX_CHECK int hx_notice_texts_beside(const char *life_cycle, const struct hx_rules *rules,
                                    struct hx_notice_texts **out, struct hx_problem *problem);
void hx_notice_texts_free(struct hx_notice_texts *texts);

/* The text of a notice of this entry. Cut at whole characters when it would be longer. A kind that
 * is not known gives an empty text. */
char *hx_notice_text(const struct hx_notice_texts *texts, const hxp_entry *entry,
                     const hxp_notice_fact *notice, bool zh, char text[HX_NOTICE_TEXT]);

#endif
