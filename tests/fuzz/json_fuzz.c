/* JSON to an event and back: what was understood prints to JSON that is understood the same way. */
#include "fuzz.h"
#include "hongxin/json.h"

#include <stdlib.h>
#include <string.h>

static char *print(const ProtobufCMessage *m)
{
    json_t *o = hx_json_from_message(m, 480, HX_JSON_SPARSE);
    char *text = o ? json_dumps(o, HX_JSON_DUMP) : NULL;
    json_decref(o);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char problem[HX_JSON_PROBLEM];
    ProtobufCMessage *m = NULL, *again = NULL;
    json_t *o = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (!o || hx_json_to_message(&hongxin__v1__event__descriptor, o, &m, problem)) {
        json_decref(o);
        return 0;
    }
    char *text = print(m);
    json_t *back = text ? json_loads(text, 0, NULL) : NULL;
    if (text &&
        (!back || hx_json_to_message(&hongxin__v1__event__descriptor, back, &again, problem)))
        abort();
    char *second = again ? print(again) : NULL;
    if (second && strcmp(text, second) != 0)
        abort();
    free(text);
    free(second);
    json_decref(o);
    json_decref(back);
    protobuf_c_message_free_unpacked(m, NULL);
    if (again)
        protobuf_c_message_free_unpacked(again, NULL);
    return 0;
}
