#include "hotline/clients.h"

#include "base/text.h"
#include "door/secret.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct clients {
    uint8_t hash_key[32]; /* of this process only */
    size_t n;
    struct client all[CLIENTS_MAX];
};

/* ---- reading ---- */

static void hash_token(const struct clients *c, const char *token, uint8_t out[32])
{
    crypto_generichash(out, 32, (const uint8_t *)token, strlen(token), c->hash_key,
                       sizeof c->hash_key);
}

/* A secret of the right length. False when there is none. */
static bool read_secret(struct yaml_doc *doc, yaml_node_t *map, const char *key,
                        char out[CLIENT_SECRET_MAX + 1])
{
    yaml_node_t *node = yaml_doc_get(doc, map, key);
    const char *text = yaml_doc_scalar(doc, node);
    size_t n = strlen(text);
    if (!node)
        return false;
    if (n < CLIENT_SECRET_MIN || n > CLIENT_SECRET_MAX)
        yaml_doc_fault(doc, node, "%s has %d to %d characters", key, CLIENT_SECRET_MIN,
                       CLIENT_SECRET_MAX);
    hx_text_put(out, CLIENT_SECRET_MAX + 1, text);
    return true;
}

static void read_claims(struct yaml_doc *doc, yaml_node_t *map, struct client *client)
{
    static const char *const usual[] = {"reporter", "dispatcher", "callback"};
    yaml_node_t *list = yaml_doc_get(doc, map, "claims"), *item;
    for (size_t i = 0; (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        const char *role = yaml_doc_scalar(doc, item);
        if (i >= CLIENT_CLAIMS_MAX || !*role || strlen(role) >= sizeof client->claims[0])
            yaml_doc_fault(doc, item, "claims is a list of at most %d roles", CLIENT_CLAIMS_MAX);
        else
            hx_text_put(client->claims[client->n_claims++], sizeof client->claims[0], role);
    }
    for (size_t i = 0; !list && i < 3; i++)
        hx_text_put(client->claims[client->n_claims++], sizeof client->claims[0], usual[i]);
}

static void read_client(struct yaml_doc *doc, yaml_node_t *map, struct clients *c)
{
    struct client *client = &c->all[c->n];
    char token[CLIENT_SECRET_MAX + 1] = "";
    yaml_doc_only(doc, map, "name source claims token key");
    yaml_doc_need(doc, map, "name", client->name, sizeof client->name);
    yaml_doc_need(doc, map, "source", client->source, sizeof client->source);
    read_claims(doc, map, client);
    client->has_token = read_secret(doc, map, "token", token);
    client->has_key = read_secret(doc, map, "key", client->key);
    if (client->has_token)
        hash_token(c, token, client->token_hash);
    sodium_memzero(token, sizeof token);
    if (!client->has_token && !client->has_key)
        yaml_doc_fault(doc, map, "%s has neither token nor key", client->name);
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->all[i].name, client->name) == 0)
            yaml_doc_fault(doc, map, "%s stands twice", client->name);
    c->n++;
}

static void read_clients(struct yaml_doc *doc, struct clients *c)
{
    yaml_node_t *root = yaml_doc_root(doc), *list, *item;
    yaml_doc_only(doc, root, "clients");
    list = yaml_doc_get(doc, root, "clients");
    for (size_t i = 0; !doc->rc && (item = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == CLIENTS_MAX)
            yaml_doc_fault(doc, item, "more than %d clients", CLIENTS_MAX);
        else
            read_client(doc, item, c);
    }
    if (!doc->rc && c->n == 0)
        yaml_doc_fault(doc, root, "there are no clients: nobody could come in");
}

static int load(const char *path, const uint8_t hash_key[32], struct clients **out,
                struct hx_problem *problem)
{
    struct clients *c = calloc(1, sizeof *c);
    struct yaml_doc doc = {0};
    int rc = c ? secret_doc_open(&doc, path, problem) : HX_NOMEM;
    if (!rc) {
        memcpy(c->hash_key, hash_key, sizeof c->hash_key);
        read_clients(&doc, c);
        rc = doc.rc;
    }
    secret_doc_close(&doc);
    if (rc) {
        clients_free(c);
        return rc;
    }
    *out = c;
    return HX_OK;
}

int clients_load(const char *path, struct clients **out, struct hx_problem *problem)
{
    uint8_t hash_key[32];
    randombytes_buf(hash_key, sizeof hash_key);
    return load(path, hash_key, out, problem);
}

static size_t place_of(const struct clients *c, const char *name)
{
    size_t i = 0;
    while (i < c->n && strcmp(c->all[i].name, name) != 0)
        i++;
    return i;
}

/* Into `all` goes what `fresh` says; what it does not name is gone. False: no room. */
static bool merge(struct clients *all, const struct clients *fresh)
{
    for (size_t i = 0; i < all->n; i++)
        all->all[i].gone = true;
    for (size_t i = 0; i < fresh->n; i++) {
        size_t at = place_of(all, fresh->all[i].name);
        if (at == CLIENTS_MAX)
            return false;
        uint64_t requests = all->all[at].requests, refused = all->all[at].refused;
        all->all[at] = fresh->all[i];
        all->all[at].requests = requests;
        all->all[at].refused = refused;
        all->n += at == all->n;
    }
    return true;
}

int clients_renew(struct clients *clients, const char *path, struct hx_problem *problem)
{
    struct clients *fresh = NULL, *merged = malloc(sizeof *merged);
    int rc = merged ? load(path, clients->hash_key, &fresh, problem) : HX_NOMEM;
    if (!rc) {
        *merged = *clients;
        if (merge(merged, fresh))
            *clients = *merged;
        else
            rc = hx_problem_set(problem, "%s: more than %d clients since the start: restart", path,
                                CLIENTS_MAX);
    }
    clients_free(fresh);
    clients_free(merged);
    return rc;
}

void clients_free(struct clients *clients)
{
    if (clients)
        sodium_memzero(clients, sizeof *clients);
    free(clients);
}

/* ---- finding ---- */

struct client *clients_at(struct clients *c, size_t i)
{
    return i < c->n ? &c->all[i] : NULL;
}

struct client *clients_by_token(struct clients *c, const char *token)
{
    uint8_t hash[32];
    struct client *found = NULL;
    hash_token(c, token, hash);
    for (size_t i = 0; i < c->n; i++) /* all of them, each time */
        if (sodium_memcmp(hash, c->all[i].token_hash, sizeof hash) == 0 && c->all[i].has_token &&
            !c->all[i].gone)
            found = &c->all[i];
    return found;
}

struct client *clients_by_name(struct clients *c, const char *name)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->all[i].has_key && !c->all[i].gone && strcmp(c->all[i].name, name) == 0)
            return &c->all[i];
    return NULL;
}

bool client_claims(const struct client *client, const char *by)
{
    size_t n = strcspn(by, ":/");
    for (unsigned i = 0; i < client->n_claims; i++)
        if (strlen(client->claims[i]) == n && memcmp(client->claims[i], by, n) == 0)
            return true;
    return false;
}

/* ---- signatures ---- */

bool client_signed(const struct client *client, const struct client_signature *s)
{
    crypto_auth_hmacsha256_state state;
    uint8_t digest[crypto_hash_sha256_BYTES], mac[crypto_auth_hmacsha256_BYTES], given[sizeof mac];
    char hex[2 * sizeof digest + 1];
    const char *parts[] = {s->time, s->idempotency, s->method, s->target};
    size_t n = 0;
    crypto_hash_sha256(digest, s->body, s->size);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)client->key, strlen(client->key));
    for (size_t i = 0; i < 4; i++) {
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)parts[i], strlen(parts[i]));
        crypto_auth_hmacsha256_update(&state, (const uint8_t *)"\n", 1);
    }
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)hex, sizeof hex - 1);
    crypto_auth_hmacsha256_final(&state, mac);
    if (strlen(s->given) != 2 * sizeof mac ||
        sodium_hex2bin(given, sizeof given, s->given, 2 * sizeof mac, NULL, &n, NULL) != 0 ||
        n != sizeof given)
        return false;
    return sodium_memcmp(mac, given, sizeof mac) == 0;
}
