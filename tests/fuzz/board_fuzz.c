/* What a browser, or the daemon, might give the board to read: bodies of commands, files of the
 * city and of the rules, keys of one-time codes. */
#include "board/act/verbs.h"
#include "board/city/rules.h"
#include "board/city/table.h"
#include "board/sign/users.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void try_verbs(const char *text, size_t size)
{
    static const char *const verbs[] = {"ack",   "order", "class",  "route", "return",
                                        "merge", "acts",  "events", "report"};
    json_t *body = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    for (size_t i = 0; json_is_object(body) && i < sizeof verbs / sizeof *verbs; i++) {
        struct verb_draft d;
        bool right = verb_draft(verbs[i], body, "HELD", &d);
        if (right ? !*d.type || !json_is_object(d.data) : !*d.problem)
            abort();
        json_decref(d.data);
    }
    json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    try_verbs(text, size);
    json_decref(table_json(text, size));
    json_decref(table_rows(text, size, "G-041"));
    json_decref(rules_yaml(text, size));
    (void)totp_right(text, "123456", 0, NULL);
    free(text);
    return 0;
}
