/* The life cycle of complaints as the daemon has it, read with the daemon's own loader. One thread.
 */
#ifndef CLI_RULES_FILE_H
#define CLI_RULES_FILE_H

#include "engine/rules.h"
#include "hongxin/client.h"

/* Asks for the file and reads it. NULL when the daemon does not show it, or it cannot be read. */
struct hx_rules *rules_file_ask(hx_client *client);

/* Reads it from a configuration folder. NULL when it cannot be read. */
struct hx_rules *rules_file_load(const char *config_folder);
void rules_file_free(struct hx_rules *rules);

#endif
