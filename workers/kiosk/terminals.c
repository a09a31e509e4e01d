#include "kiosk/terminals.h"

#include "base/text.h"
#include "door/secret.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TERMINALS_MAX = 4096, TOKEN_MIN = 32, TOKEN_MAX = 128 };

struct terminals {
    uint8_t hash_key[32]; /* of this process only */
    size_t n;
    struct terminal all[TERMINALS_MAX];
};

static void hash_token(const struct terminals *t, const char *token, uint8_t out[32])
{
    crypto_generichash(out, 32, (const uint8_t *)token, strlen(token), t->hash_key,
                       sizeof t->hash_key);
}

/* ---- reading ---- */

static void read_token(struct yaml_doc *doc, yaml_node_t *map, const struct terminals *all,
                       struct terminal *t)
{
    yaml_node_t *node = yaml_doc_get(doc, map, "token");
    const char *token = yaml_doc_scalar(doc, node);
    size_t n = strlen(token);
    if (!node)
        return;
    if (n < TOKEN_MIN || n > TOKEN_MAX)
        yaml_doc_fault(doc, node, "token has %d to %d characters", TOKEN_MIN, TOKEN_MAX);
    t->has_token = true;
    hash_token(all, token, t->token_hash);
}

static void read_key(struct yaml_doc *doc, yaml_node_t *map, struct terminal *t)
{
    yaml_node_t *node = yaml_doc_get(doc, map, "public_key");
    const char *hex = yaml_doc_scalar(doc, node);
    size_t n = 0;
    if (!node)
        return;
    if (strlen(hex) != 2 * sizeof t->public_key ||
        sodium_hex2bin(t->public_key, sizeof t->public_key, hex, strlen(hex), NULL, &n, NULL) ||
        n != sizeof t->public_key)
        yaml_doc_fault(doc, node, "public_key has the 64 hexadecimal digits of an Ed25519 key");
    t->has_key = true;
}

static void read_rights(struct yaml_doc *doc, yaml_node_t *map, struct terminal *t)
{
    static const char *const words[] = {"onsite", "offline", "pictures"};
    yaml_node_t *list = yaml_doc_get(doc, map, "may"), *item;
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        const char *word = yaml_doc_scalar(doc, item);
        size_t k = 0;
        while (k < 3 && strcmp(words[k], word) != 0)
            k++;
        if (k == 3)
            yaml_doc_fault(doc, item, "may is a list of onsite, offline, pictures");
        t->rights |= 1u << k;
    }
    if (t->rights && !t->has_token)
        yaml_doc_fault(doc, map, "%s has no token", t->name);
    if (t->rights & TERMINAL_OFFLINE && !t->has_key)
        yaml_doc_fault(doc, map, "%s has no public_key", t->name);
    if (t->rights & TERMINAL_ONSITE && !*t->place)
        yaml_doc_fault(doc, map, "%s has no place", t->name);
}

static void read_terminal(struct yaml_doc *doc, yaml_node_t *map, struct terminals *all)
{
    struct terminal *t = &all->all[all->n];
    yaml_doc_only(doc, map, "name place token public_key may");
    yaml_doc_need(doc, map, "name", t->name, sizeof t->name);
    yaml_doc_text(doc, map, "place", t->place, sizeof t->place);
    read_token(doc, map, all, t);
    read_key(doc, map, t);
    read_rights(doc, map, t);
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->all[i].name, t->name) == 0)
            yaml_doc_fault(doc, map, "%s stands twice", t->name);
    all->n++;
}

static void read_all(struct yaml_doc *doc, struct terminals *all)
{
    yaml_node_t *root = yaml_doc_root(doc), *list, *item;
    yaml_doc_only(doc, root, "terminals");
    list = yaml_doc_get(doc, root, "terminals");
    for (size_t i = 0; !doc->rc && (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == TERMINALS_MAX)
            yaml_doc_fault(doc, item, "more than %d terminals", TERMINALS_MAX);
        else
            read_terminal(doc, item, all);
    }
}

int terminals_load(const char *path, struct terminals **out, struct hx_problem *problem)
{
    struct terminals *t = calloc(1, sizeof *t);
    struct yaml_doc doc = {0};
    if (!t)
        return HX_NOMEM;
    *out = t;
    if (!*path)
        return HX_OK;
    randombytes_buf(t->hash_key, sizeof t->hash_key);
    int rc = secret_doc_open(&doc, path, problem);
    if (!rc) {
        read_all(&doc, t);
        rc = doc.rc;
    }
    secret_doc_close(&doc);
    return rc;
}

void terminals_free(struct terminals *t)
{
    if (t)
        sodium_memzero(t, sizeof *t);
    free(t);
}

/* ---- finding ---- */

static const struct terminal *by_token(const struct terminals *t, const char *token)
{
    uint8_t hash[32];
    const struct terminal *found = NULL;
    hash_token(t, token, hash);
    for (size_t i = 0; i < t->n; i++) /* all of them, each time */
        if (sodium_memcmp(hash, t->all[i].token_hash, sizeof hash) == 0 && t->all[i].has_token)
            found = &t->all[i];
    return found;
}

const struct terminal *terminals_admit(const struct terminals *t, struct http_request *request,
                                       enum terminal_right right)
{
    bool several;
    const char *text = http_get_header(request, "Authorization", &several);
    const struct terminal *found =
        !several && strncasecmp(text, "Bearer ", 7) == 0 ? by_token(t, text + 7) : NULL;
    if (found && found->rights & right)
        return found;
    if (found)
        http_problem(request, 403, "NO_RIGHT", "this terminal may not do that");
    else
        http_unauthorized(request, "Bearer realm=\"hongxin\"", *text ? "BAD_TOKEN" : "NO_TOKEN");
    return NULL;
}
