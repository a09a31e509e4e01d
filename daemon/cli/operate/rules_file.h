/* The life cycle of complaints as the daemon has it, read with the daemon's own loader. One thread.
 */
#ifndef CLI_RULES_FILE_H
#define CLI_RULES_FILE_H

#include "cli/command.h"
#include "config/notice/notice_texts.h"
#include "config/versions/versions.h"
#include "hongxin/client.h"

/* Asks for every version that was ever in force, and the tables of holidays that they name
 * (hx_versions_free). NULL when the daemon does not show them, or they cannot be read. */
struct hx_versions *rules_file_ask(hx_client *client);

/* Reads it from a configuration folder. NULL when it cannot be read. */
struct hx_rules *rules_file_load(const char *config_folder);
void rules_file_free(struct hx_rules *rules);

/* The texts of notices as the daemon has them, and the rules that they lean on. */
struct rules_texts {
    struct hx_versions *versions;
    struct hx_notice_texts *texts;
};

/* CLI_OK, or the exit code after a message: the daemon does not show them, or they cannot be read.
 * To be freed in both cases. */
HX_CHECK int rules_texts_ask(const struct cli *cli, hx_client *client, struct rules_texts *out);
void rules_texts_free(struct rules_texts *texts);

#endif
