/* One event, published and its answer shown: for `publish` and the commands that stand for an
 * event. One thread. */
#ifndef CLI_PUBLISH_H
#define CLI_PUBLISH_H

#include "cli/command.h"
#include <jansson.h>

/* Which case the event is about: CL-17, 17, or the outside reference it was reported with. CLI_OK,
 * or the exit code after a message. */
HX_CHECK int publish_set_case(const struct cli *cli, json_t *object, const char *text);

/* Publishes the event that the object describes (record.h) and prints the answer. CLI_OK when it
 * was taken, CLI_NEGATIVE when it was refused, otherwise the exit code after a message. */
HX_CHECK int publish_object(const struct cli *cli, const json_t *object);

#endif
