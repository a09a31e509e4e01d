/* hongxin key: making keys, and keeping the registry of principals, which holds public keys only.
 */
#include "hongxin/key.h"
#include "base/text.h"
#include "cli/operate/registry.h"
#include "cli/show/says.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { HEX = 65 };

static const struct cli_option options[] = {
    {"registry", "FILE", "@file", "the registry of principals (config/principals.csv)"},
    {"roles", "FILE", "@file",
     "the roles it is judged by (roles.yaml of the configuration folder)"},
    {"role", "ROLE",
     "call_centre worker bridge board display company grid_member community street supervisor "
     "operator privacy_officer "
     "auditor",
     "new: its role, as in roles.yaml"},
    {"area", "ID", NULL,
     "new: city, or a street, community, grid, estate or company; may be repeated"},
    {"source", "NAME", NULL, "new: a source it publishes under (its own name); may be repeated"},
    {"tenant", "NAME", NULL, "new: the organisation whose quota it uses (its own name)"},
    {"server", "FILE", "@file",
     "new, rotate: the daemon's public key, or its key file (server.pub beside the registry)"},
    {"out", "FILE", "@file", "new, rotate, server: the key file to write (NAME.key)"},
    {NULL, NULL, NULL, NULL},
};

static const char *registry_path(const struct cli *cli)
{
    const char *path = cli_get(cli, "registry");
    return path ? path : "config/principals.csv";
}

/* The newest row of a principal, without its key: what another key of it gets. */
struct found {
    const char *name;
    char row[4096];
    bool any;
};

static int find_row(void *arg, char *c[REGISTRY_COLUMNS], size_t at)
{
    struct found *f = arg;
    (void)at;
    if (strcmp(c[0], f->name) != 0)
        return 0;
    f->any = true;
    size_t n =
        (size_t)(c[5] - c[0]); /* the first five columns as they stand, with a comma behind */
    if (n < 1 || n >= sizeof f->row)
        return 0;
    memcpy(f->row, c[0], n);
    f->row[n - 1] = '\0';
    for (size_t k = 0; k < n - 1; k++)
        if (!f->row[k])
            f->row[k] = ',';
    return 0;
}

static void hex_of(const char *z85, char out[HEX])
{
    uint8_t bytes[32];
    zmq_z85_decode(bytes, z85);
    for (int i = 0; i < 32; i++)
        sprintf(out + 2 * i, "%02x", bytes[i]);
}

/* ---- making keys ---- */

/* The daemon's public key: from a key file of its own, or a file that holds nothing else. */
static int server_key(const struct cli *cli, char out[HX_KEY_TEXT])
{
    char beside[HX_KEY_PATH], text[256] = "";
    const char *path = cli_get(cli, "server"), *slash = strrchr(registry_path(cli), '/');
    struct hx_key key;
    if (!path) {
        snprintf(beside, sizeof beside, "%.*sserver.pub",
                 slash ? (int)(slash - registry_path(cli)) + 1 : 0, registry_path(cli));
        path = beside;
    }
    if (hx_key_load(path, &key) == HX_OK) {
        memcpy(out, key.public_key, HX_KEY_TEXT);
        hx_key_wipe(&key);
        return CLI_OK;
    }
    FILE *f = fopen(path, "r");
    if (f) {
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
    }
    text[strcspn(text, " \r\n")] = '\0';
    if (!hx_key_is_text(text))
        return cli_fail(cli, CLI_NEGATIVE,
                        "%s holds no public key of the daemon; --server names its file, "
                        "`hongxin key server` makes it",
                        path);
    memcpy(out, text, HX_KEY_TEXT);
    return CLI_OK;
}

static int make_pair(const struct cli *cli, const char *name, struct hx_key *key)
{
    *key = (struct hx_key){.name = ""};
    if (strlen(name) >= 40 ||
        name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")])
        return cli_fail(cli, CLI_USAGE,
                        "a principal's name is at most 39 letters, digits, - _ and .");
    hx_text_put(key->name, sizeof key->name, name);
    if (zmq_curve_keypair(key->public_key, key->secret_key) != 0)
        return cli_fail(cli, CLI_NEGATIVE, "this ZeroMQ has no CURVE");
    return CLI_OK;
}

static const char *key_path(const struct cli *cli, const char *standard)
{
    const char *out = cli_get(cli, "out");
    return out ? out : standard;
}

static int save_pair(const struct cli *cli, const struct hx_key *key, const char *standard)
{
    const char *path = key_path(cli, standard);
    int rc = hx_key_save(path, key);
    if (rc == HX_EXISTS)
        return cli_fail(cli, CLI_NEGATIVE,
                        "%s is there already, and a key is never overwritten; --out names another",
                        path);
    if (rc)
        return cli_fail(cli, CLI_NEGATIVE, "%s: %s", path, strerror(errno));
    return CLI_OK;
}

static void say_pair(const struct cli *cli, const struct hx_key *key, const char *standard)
{
    cli_say(cli, stdout, "%s: secret key of %s, mode 0600; give it to nobody else\n",
            key_path(cli, standard), key->name);
}

static int make_server(const struct cli *cli)
{
    struct hx_key key;
    char path[HX_KEY_PATH];
    const char *registry = registry_path(cli), *slash = strrchr(registry, '/');
    snprintf(path, sizeof path, "%.*sserver.pub", slash ? (int)(slash - registry) + 1 : 0,
             registry);
    int rc = make_pair(cli, "hongxind", &key);
    if (!rc)
        rc = save_pair(cli, &key, "var/server.key");
    FILE *f = rc ? NULL : fopen(path, "w");
    if (!rc && (!f || fprintf(f, "%s\n", key.public_key) < 0))
        rc = cli_fail(cli, CLI_NEGATIVE, "%s: %s", path, strerror(errno));
    if (f && fclose(f) != 0)
        rc = CLI_NEGATIVE;
    if (!rc)
        say_pair(cli, &key, "var/server.key");
    if (!rc)
        cli_say(cli, stdout, "%s: the daemon's public key; every key file gets it\n", path);
    hx_key_wipe(&key);
    return rc;
}

/* The values of a repeated option, with blanks between. */
static void join(const struct cli *cli, const char *option, char *out, size_t size)
{
    size_t at = 0, n = 0;
    const char *value;
    *out = '\0';
    while ((value = cli_next(cli, option, &at)) && n < size)
        n += (size_t)snprintf(out + n, size - n, "%s%s", n ? " " : "", value);
}

static int new_row(const struct cli *cli, const char *name, const struct found *known,
                   char row[4096])
{
    char areas[1024], sources[1024];
    const char *role = cli_get(cli, "role"), *tenant = cli_get(cli, "tenant");
    join(cli, "area", areas, sizeof areas);
    join(cli, "source", sources, sizeof sources);
    if (known->any)
        return cli_fail(cli, CLI_NEGATIVE,
                        "%s has a key already: hongxin key rotate gives it a second one", name);
    if (!role || !*areas)
        return cli_fail(cli, CLI_USAGE, "a new principal needs --role and --area");
    if (strpbrk(role, ",\"\n") || strpbrk(areas, ",\"\n") || strpbrk(sources, ",\"\n") ||
        (tenant && strpbrk(tenant, ",\"\n")))
        return cli_fail(cli, CLI_USAGE,
                        "no commas and quotes in roles, areas, sources and tenants");
    snprintf(row, 4096, "%s,%s,%s,%s,%s", name, role, areas, sources, tenant ? tenant : "");
    return CLI_OK;
}

/* new and rotate: a further row with a fresh key. */
static int add_key(const struct cli *cli, struct registry *r, const char *name, bool fresh)
{
    char row[4096], more[4400], hex[HEX], standard[128];
    struct hx_key key = {.name = ""};
    struct found known = {.name = name};
    registry_rows(r->text, find_row, &known);
    int rc = CLI_OK;
    if (fresh)
        rc = new_row(cli, name, &known, row);
    else if (!known.any)
        rc = cli_fail(cli, CLI_NEGATIVE, "%s is not in %s", name, r->path);
    else
        memcpy(row, known.row, sizeof row);
    if (!rc)
        rc = make_pair(cli, name, &key);
    if (!rc)
        rc = server_key(cli, key.server_key);
    if (!rc) {
        snprintf(standard, sizeof standard, "%s%s.key", name, fresh ? "" : "-new");
        rc = save_pair(cli, &key, standard);
    }
    if (!rc) {
        hex_of(key.public_key, hex);
        const char *end = r->text + strlen(r->text) - 1;
        snprintf(more, sizeof more, "%s%s,%s,active\n", *end == '\n' ? "" : "\n", row, hex);
        bool renamed;
        rc = registry_write(cli, r, more, &renamed);
        if (rc && !renamed) /* a key that nobody knows is of no use */
            unlink(key_path(cli, standard));
        else /* in force, even if a cut of power may still undo it */
            say_pair(cli, &key, standard);
    }
    hx_key_wipe(&key);
    return rc;
}

/* ---- list, revoke ---- */

static int print_row(void *arg, char *c[REGISTRY_COLUMNS], size_t at)
{
    const struct cli *cli = arg;
    (void)at;
    if (cli->json)
        printf("{\"principal\":\"%s\",\"role\":\"%s\",\"areas\":\"%s\",\"sources\":\"%s\","
               "\"tenant\":\"%s\",\"key\":\"%s\","
               "\"state\":\"%s\"}\n",
               c[0], c[1], c[2], c[3], c[4], c[5], c[6]);
    else
        printf("%-24s %-12s %-20s %-20s %.8s %s\n", c[0], c[1], c[2], *c[3] ? c[3] : c[0], c[5],
               c[6]);
    return 0;
}

struct revocation {
    char *text;
    const char *name, *key; /* key: first digits; NULL = all of the principal */
    size_t n;
};

/* "active" and "revoked" differ by a letter in length: the line is rebuilt. */
static int revoke_row(void *arg, char *c[REGISTRY_COLUMNS], size_t at)
{
    struct revocation *v = arg;
    if (strcmp(c[0], v->name) != 0 || strcmp(c[6], "active") != 0 ||
        (v->key && strncmp(c[5], v->key, strlen(v->key)) != 0))
        return 0;
    char *end = v->text + at + strcspn(v->text + at, "\r\n"), *state = end - strlen("active");
    memmove(end + 1, end, strlen(end) + 1);
    memcpy(state, "revoked", strlen("revoked"));
    v->n++;
    return 1; /* rows behind have moved: begin again */
}

static int revoke_keys(const struct cli *cli, struct registry *r, const char *name, const char *key)
{
    struct revocation v = {.text = r->text, .name = name, .key = key};
    if (strlen(r->text) + 65536 > REGISTRY_BYTES)
        return cli_fail(cli, CLI_NEGATIVE, "%s is too large", r->path);
    while (registry_rows(r->text, revoke_row, &v))
        ;
    if (!v.n)
        return cli_fail(cli, CLI_NEGATIVE, "%s has no such key in force", name);
    bool renamed;
    int rc = registry_write(cli, r, "", &renamed);
    if (!rc)
        cli_say(cli, stdout, "%s: %zu keys revoked\n", name, v.n);
    return rc;
}

/* ---- the command ---- */

static int with_registry(const struct cli *cli, const char *verb)
{
    struct registry r;
    const char *name = cli->n_operands > 1 ? cli->operands[1] : NULL,
               *key = cli->n_operands > 2 ? cli->operands[2] : NULL;
    int rc = registry_open(cli, registry_path(cli), &r);
    if (rc || !r.text) {
        registry_close(&r);
        return rc ? rc : CLI_NEGATIVE;
    }
    if (!strcmp(verb, "list"))
        registry_rows(r.text, print_row, (void *)(uintptr_t)cli);
    else if (!name)
        rc = cli_fail(cli, CLI_USAGE, "%s needs the principal's name", verb);
    else if (!strcmp(verb, "revoke"))
        rc = revoke_keys(cli, &r, name, key);
    else
        rc = add_key(cli, &r, name, !strcmp(verb, "new"));
    registry_close(&r);
    return rc;
}

static int run(struct cli *cli)
{
    static const char *const verbs[] = {"new", "rotate", "revoke", "list"};
    const char *verb = cli->n_operands ? cli->operands[0] : "list";
    if (!strcmp(verb, "server"))
        return make_server(cli);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(verb, verbs[i]))
            return with_registry(cli, verb);
    return cli_fail(cli, CLI_USAGE, "\"%s\" is none of server, new, rotate, revoke, list", verb);
}

const struct cli_command cli_key = {
    .name = "key",
    .summary = "make, list, change and revoke the keys of programs and desks",
    .operands = "[server|new NAME|rotate NAME|revoke NAME [KEY]|list]",
    .about = "`server` makes the daemon's own key pair. `new` makes a key file for a principal and "
             "enters its public\n"
             "key into the registry. `rotate` gives it a second key; both are in force until the "
             "old one is revoked.\n"
             "`revoke` takes one key (by its first digits, as in list) or all of them out of "
             "force; a running daemon\n"
             "obeys before the next message it reads, also on connections that stand. The registry "
             "holds no secret.",
    .examples =
        "  hongxin key server\n      the daemon's key pair: var/server.key and config/server.pub\n"
        "  hongxin key new company-P-07 --role company --area P-07\n      a key file "
        "company-P-07.key for the "
        "programs of P-07\n"
        "  hongxin key rotate company-P-07\n      a second key: hand it over, then revoke the "
        "first\n"
        "  hongxin key revoke company-P-07 3fa41c07\n      the key that begins so, at once\n",
    .options = options,
    .max_operands = 3,
    .run = run,
};
