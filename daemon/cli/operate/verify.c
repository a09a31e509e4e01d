/* hongxin verify: is a journal as it was written? Offline, from an exported file alone.
 *
 * It reads the file by itself (FORMAT.md, "A journal apart") and shares with the daemon only the
 * arithmetic of the chain: what checks must not trust what is checked. */
#include "cli/ask/query.h"
#include "cli/show/says.h"
#include "hongxin/fact.h"
#include "store/chain.h"
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"public", "KEY", NULL,
     "the key that must have signed: 64 digits, from the daemon's log (event=check_points)"},
    {"pruned", NULL, NULL,
     "entries that are missing were pruned: not a fault, but what they said is not proven"},
    {"segment", "N", "16384",
     "the daemon's limits.check_point_entries: more than twice as many unsigned entries at the end "
     "are a fault"},
    {NULL, NULL, NULL, NULL},
};

enum { ENTRY_MOST = 16 * 1024 * 1024, SEGMENT = 16384, SEGMENT_MOST = 1 << 20 };

struct verify {
    const struct cli *cli;
    struct hx_chain chain;
    uint8_t pinned[crypto_sign_PUBLICKEYBYTES], key[crypto_sign_PUBLICKEYBYTES];
    bool pin, any_key, holes;
    uint64_t entries, covered, points, faults, unproven;
    uint64_t segment, behind; /* behind the last check-point: entries */
};

static void say(struct verify *v, bool fault, uint64_t from, uint64_t upto, const char *what)
{
    v->faults += fault;
    if (v->cli->json)
        printf("{\"from\":%" PRIu64 ",\"upto\":%" PRIu64 ",\"fault\":%s,\"what\":\"%s\"}\n", from,
               upto, fault ? "true" : "false", what);
    else
        cli_say(v->cli, stdout, "entries %" PRIu64 "-%" PRIu64 ": %s\n", from, upto,
                says(v->cli, what));
}

/* ---- check-points ---- */

static void judge_key(struct verify *v, const Hongxin__V1__CheckPointFact *p)
{
    const uint8_t *wanted = v->pin ? v->pinned : v->key;
    if ((v->pin || v->any_key) && memcmp(wanted, p->public_key.data, sizeof v->key) != 0)
        say(v, true, p->from_lsn, p->upto_lsn,
            v->pin ? "signed by another key than --public" : "signed by another key than before");
    memcpy(v->key, p->public_key.data, sizeof v->key);
    v->any_key = true;
}

static void judge(struct verify *v, const Hongxin__V1__CheckPointFact *p)
{
    uint8_t hash[HX_CHAIN_HASH];
    const struct hx_chain *c = &v->chain;
    bool follows = p->from_lsn == c->from && p->upto_lsn == c->next - 1;
    hx_chain_hash(c, hash);
    bool same = follows && memcmp(hash, p->hash.data, sizeof hash) == 0 &&
                memcmp(c->before, p->before.data, sizeof c->before) == 0;
    if (same)
        v->covered += p->upto_lsn - p->from_lsn + 1;
    else if (v->holes)
        say(v, !cli_has(v->cli, "pruned"), p->from_lsn, p->upto_lsn,
            "entries are missing: what was there is not proven");
    else
        say(v, true, p->from_lsn, p->upto_lsn, "not as they were when they were signed");
    v->unproven += !same;
    judge_key(v, p);
    v->points++;
}

static void check_point(struct verify *v, const hxp_entry *e, const Hongxin__V1__CheckPointFact *p)
{
    if (!hx_chain_signed(p)) {
        say(v, true, p->from_lsn, p->upto_lsn, "the signature of their check-point is wrong");
        return; /* nothing is begun anew at it: the next one covers both */
    }
    judge(v, p);
    hx_chain_resume(&v->chain, p->hash.data, e->lsn);
    v->holes = false;
    v->behind = 0;
}

static void take(struct verify *v, const uint8_t *bytes, size_t size)
{
    hxp_entry *e = hongxin__v1__entry__unpack(NULL, size, bytes);
    v->entries++;
    if (!e || e->lsn < v->chain.next) {
        say(v, true, v->chain.next, v->chain.next,
            e ? "an entry stands out of order" : "an entry cannot be read");
        v->holes = false;
    } else {
        const hxp_fact *f = e->n_facts ? e->facts[0] : NULL;
        v->holes |= e->lsn != v->chain.next;
        if (f && f->fact_case == HONGXIN__V1__FACT__FACT_CHECK_POINT)
            check_point(v, e, f->check_point);
        hx_chain_add(&v->chain, e->lsn, bytes, size);
        v->behind++;
    }
    if (e)
        hongxin__v1__entry__free_unpacked(e, NULL);
}

/* Whoever takes the last check-points out of a file can write what he likes behind those that are
 * left. A daemon leaves a segment there, and what came while it was signing. */
static void judge_end(struct verify *v)
{
    uint64_t upto = v->chain.next - 1;
    if (v->pin && !v->points && v->entries)
        say(v, true, v->chain.from, upto, "nothing of it is signed");
    else if (v->behind > 2 * v->segment)
        say(v, true, v->chain.from, upto, "more is unsigned at the end than a daemon leaves there");
}

/* ---- the file ---- */

static bool read_head(struct verify *v, FILE *in)
{
    static const char title[] = "hongxin-journal/1 epoch=";
    char line[256], epoch[33];
    if (!fgets(line, sizeof line, in) || strncmp(line, title, sizeof title - 1) != 0)
        return false;
    const char *digits = line + sizeof title - 1;
    size_t n = strspn(digits, "0123456789abcdef");
    if (n != sizeof epoch - 1 || digits[n] != ' ')
        return false;
    memcpy(epoch, digits, n);
    epoch[n] = '\0';
    hx_chain_begin(&v->chain, epoch, 1);
    return true;
}

/* The next size; 0 at the end, -1 for a file that is cut. */
static int64_t read_size(FILE *in)
{
    uint32_t be;
    if (fread(&be, 1, sizeof be, in) != sizeof be)
        return -1;
    uint32_t size = ntohl(be);
    return size <= ENTRY_MOST ? (int64_t)size : -1;
}

static void read_entries(struct verify *v, FILE *in)
{
    uint8_t *bytes = malloc(ENTRY_MOST);
    int64_t size = -1;
    while (bytes && (size = read_size(in)) > 0 && fread(bytes, 1, (size_t)size, in) == (size_t)size)
        take(v, bytes, (size_t)size);
    if (size != 0)
        say(v, true, v->chain.next, v->chain.next, "the file ends here, in the middle");
    free(bytes);
}

static void print_summary(const struct verify *v, const char *hex)
{
    cli_say(v->cli, stdout,
            "%" PRIu64 " entries; %" PRIu64 " of them as signed in %" PRIu64
            " check-points; %" PRIu64 " behind the last one; %" PRIu64 " faults\n",
            v->entries, v->covered, v->points, v->behind, v->faults);
    if (v->pin || !*hex)
        cli_say(v->cli, stdout, "signed by %s\n", *hex ? hex : says(v->cli, "nobody"));
    else
        cli_say(v->cli, stdout,
                "signed by %s: compare it with what you have noted, or give it as --public\n", hex);
}

static int summary(const struct verify *v)
{
    char hex[2 * sizeof v->key + 1] = "";
    if (v->any_key)
        sodium_bin2hex(hex, sizeof hex, v->key, sizeof v->key);
    if (v->cli->json)
        printf("{\"entries\":%" PRIu64 ",\"covered\":%" PRIu64 ",\"check_points\":%" PRIu64
               ",\"behind\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"public_key\":\"%s\"}\n",
               v->entries, v->covered, v->points, v->behind, v->faults, hex);
    else
        print_summary(v, hex);
    return v->faults ? CLI_NEGATIVE : CLI_OK;
}

static bool read_segment(const struct cli *cli, uint64_t *segment)
{
    const char *text = cli_get(cli, "segment");
    char *end = NULL;
    *segment = text ? strtoull(text, &end, 10) : SEGMENT;
    return !text || (end != text && !*end && *segment >= 1 && *segment <= SEGMENT_MOST);
}

static int run(struct cli *cli)
{
    static struct verify v;
    const char *key = cli_get(cli, "public"), *path = cli->n_operands ? cli->operands[0] : "-";
    v = (struct verify){.cli = cli, .pin = key != NULL};
    if (sodium_init() < 0)
        return CLI_NEGATIVE;
    if (key && (strlen(key) != 64 ||
                sodium_hex2bin(v.pinned, sizeof v.pinned, key, 64, NULL, NULL, NULL) != 0))
        return cli_fail(cli, CLI_USAGE, "--public is 64 digits 0-9 a-f");
    if (!read_segment(cli, &v.segment))
        return cli_fail(cli, CLI_USAGE, "--segment is a number from 1 to 1048576");
    FILE *in = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    if (!in)
        return cli_fail(cli, CLI_USAGE, "%s: %s", path, strerror(errno));
    bool good = read_head(&v, in);
    if (good)
        read_entries(&v, in);
    if (in != stdin)
        fclose(in);
    if (good)
        judge_end(&v);
    return good ? summary(&v) : cli_fail(cli, CLI_USAGE, "%s is no exported journal", path);
}

const struct cli_command cli_verify = {
    .name = "verify",
    .summary = "prove offline that an exported journal is as it was written",
    .operands = "[FILE]",
    .about = "Computes the hash chain over every entry and compares it with the signed "
             "check-points in the journal. Names\n"
             "the entries that are not as they were when they were signed. docs/security.md says "
             "what this proves, and what not.",
    .examples = "  hongxin verify journal.hxj --public 5f0c…\n      against the key that was noted "
                "when the daemon was set up\n",
    .options = options,
    .max_operands = 1,
    .run = run,
};
