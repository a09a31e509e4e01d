/* hongxin number: case numbers between their forms. Needs no daemon. */
#include "hongxin/number.h"
#include "cli/command.h"
#include <inttypes.h>
#include <stdio.h>

static int run(struct cli *cli)
{
    char text[HX_NUMBER_TEXT];
    uint64_t number;

    if (!cli->n_operands)
        return cli_fail(cli, CLI_USAGE, "which number? hongxin number CL-17");
    for (int i = 0; i < cli->n_operands; i++) {
        if (hx_number_parse(cli->operands[i], &number))
            return cli_fail(cli, CLI_USAGE, "\"%s\" is not a case number", cli->operands[i]);
        hx_number_format(number, text);
        if (cli->json)
            printf("{\"case_number\":%" PRIu64
                   ",\"number\":\"%s\",\"partition\":%u,\"sequence\":%" PRIu64 "}\n",
                   number, text, hx_number_partition(number), hx_number_sequence(number));
        else
            printf("%s  case_number %" PRIu64 "  partition %u  sequence %" PRIu64 "\n", text,
                   number, hx_number_partition(number), hx_number_sequence(number));
    }
    return CLI_OK;
}

const struct cli_command cli_number = {
    .name = "number",
    .summary = "translate case numbers between the printed form and the wire's",
    .operands = "N…",
    .about =
        "The wire carries a case number as one integer: the partition in its top 13 bits and a\n"
        "sequence below. People see CL-17, or CL-3-17 in partition 3.",
    .examples = "  hongxin number CL-17\n  hongxin number 844424930131985\n      which case a "
                "program means\n",
    .max_operands = 64,
    .run = run,
};
