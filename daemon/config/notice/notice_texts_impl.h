/* What the reader and the writer of notice texts share. */
#ifndef CONFIG_NOTICE_TEXTS_IMPL_H
#define CONFIG_NOTICE_TEXTS_IMPL_H

#include "config/notice/notice_texts.h"
#include "engine/case/case.h"

enum { TEXT_MAX = 768, NOTICES = 8, AWAITS = 32, REASONS = 96 };

/* One text in both languages. */
struct text {
    char of[2][TEXT_MAX]; /* 0 = English, 1 = Chinese */
};

/* X(name): what only some notices have; said by a part of its own. */
#define PARTS(X)                                                                                   \
    X(told)                                                                                        \
    X(passed)                                                                                      \
    X(also)                                                                                        \
    X(why)                                                                                         \
    X(instead)                                                                                     \
    X(undelivered)                                                                                 \
    X(lines)                                                                                       \
    X(drill)

enum part {
#define X(name) PART_##name,
    PARTS(X)
#undef X
        N_PARTS
};

struct awaited {
    char event[HX_NAME_MAX];
    struct text name, expects;
};

struct reason {
    char why[HX_REF_MAX]; /* with * for what differs */
    struct text text;
};

struct hx_notice_texts {
    const struct hx_rules *rules;
    struct text notices[NOTICES]; /* by kind; empty = not there */
    struct awaited awaits[AWAITS];
    size_t n_awaits;
    struct text parts[N_PARTS];
    struct reason reasons[REASONS];
    size_t n_reasons;
};

/* Names of parts, by enum part. */
extern const char *const notice_part_names[N_PARTS];

/* Number of a kind of notice; 0 when there is none of this name. */
int notice_kind_of(const char *name);
/* What is said of an event that is waited for; NULL when nothing is. */
const struct awaited *notice_awaited(const struct hx_notice_texts *t, const char *event);
/* Whether this is the name of a placeholder. */
bool notice_word_known(const char *name, size_t n);

#endif
