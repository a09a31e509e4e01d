/* What the doctor finds, in Chinese. The store says it in English, with names and numbers in it;
 * here stand its sentences with `*` for what differs, and their Chinese with {1}, {2} … for the
 * same. A test fails when one has none. */
#ifndef CLI_DOCTOR_TEXTS_H
#define CLI_DOCTOR_TEXTS_H

#include <stddef.h>

enum { DOCTOR_TEXT = 512 };

/* The Chinese of a finding, in `out`; the text itself when there is none. */
const char *doctor_text_zh(const char *english, char out[DOCTOR_TEXT]);

#endif
