/* Inputs of many events: rows of a table or lines of JSON, one after the other, each as a record or
 * as a row that cannot be read. One thread. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/command.h"
#include "mapping/record.h"

struct input_row {
    uint64_t row, line;
    const char *text; /* as it stands in the input; valid until the next row */
    size_t size;
    struct record record; /* for record_fini() before the next row; event NULL = cannot be read */
    char problem[RECORD_PROBLEM];
};

struct input {
    void *state;
    /* HX_OK with a row, readable or not; HX_NOTFOUND at the end; other errors end the run. */
    int (*next)(struct input *in, struct input_row *row);
    /* How far it is, in bytes; size 0 = not known. */
    void (*progress)(const struct input *in, uint64_t *at, uint64_t *size);
    void (*close)(struct input *in);
};

/* Each returns CLI_OK or the exit code after a message. A path of "-" is standard input. */
HX_CHECK int input_open_csv(const struct cli *cli, const char *path, struct input *in);

/* With --map the keys of the objects are read as the columns of a table. Without it they are those
 * of the schema; `stable` gives a line without id an id made of its row and content, otherwise a
 * new one. */
HX_CHECK int input_open_lines(const struct cli *cli, const char *path, bool stable,
                              struct input *in);

#endif
