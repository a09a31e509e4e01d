#include "wechat/accounts.h"

#include "base/text.h"
#include "config/reading/yaml_doc.h"
#include "door/secret.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MIN = 16 };

#define SECRET_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

struct accounts {
    size_t n;
    struct account all[ACCOUNTS_MAX];
};

static void read_secret(struct yaml_doc *doc, yaml_node_t *map, const char *token, const char *key,
                        struct account *a)
{
    char text[64];
    if (!yaml_doc_get(doc, map, token))
        return;
    yaml_doc_need(doc, map, token, a->secrets[a->n].token, sizeof a->secrets[a->n].token);
    yaml_doc_text(doc, map, key, text, sizeof text);
    if (a->n == 0)
        a->safe = *text != '\0';
    if (a->safe && wx_key_parse(text, &a->secrets[a->n].key) != HX_OK)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, key), "%s is an EncodingAESKey of 43 characters",
                       key);
    sodium_memzero(text, sizeof text);
    a->n++;
}

static void read_account(struct yaml_doc *doc, yaml_node_t *map, struct account *a)
{
    char kind[16];
    yaml_doc_only(doc, map,
                  "path kind id token key previous_token previous_key source secret agent");
    yaml_doc_need(doc, map, "path", a->path, sizeof a->path);
    yaml_doc_need(doc, map, "kind", kind, sizeof kind);
    yaml_doc_text(doc, map, "id", a->id, sizeof a->id);
    yaml_doc_need(doc, map, "source", a->source, sizeof a->source);
    a->kind = strcmp(kind, "wecom") == 0 ? ACCOUNT_WECOM : ACCOUNT_OFFICIAL;
    if (strcmp(kind, "wecom") != 0 && strcmp(kind, "official") != 0)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "kind"), "kind is official or wecom");
    if (strlen(a->path) < PATH_MIN)
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "path"), "path has %d characters or more",
                       PATH_MIN);
    read_secret(doc, map, "token", "key", a);
    read_secret(doc, map, "previous_token", "previous_key", a);
    yaml_doc_text(doc, map, "secret", a->secret, sizeof a->secret);
    a->agent = (uint64_t)yaml_doc_int(doc, map, "agent", 0);
    if (strspn(a->secret, SECRET_LETTERS) != strlen(a->secret))
        yaml_doc_fault(doc, yaml_doc_get(doc, map, "secret"), "secret has letters and digits only");
    if (a->n == 0)
        yaml_doc_fault(doc, map, "token is missing");
    if (a->kind == ACCOUNT_WECOM && !a->safe)
        yaml_doc_fault(doc, map, "key is missing: WeCom has no plain mode");
    crypto_generichash(a->person_key, sizeof a->person_key, (const uint8_t *)a->id, strlen(a->id),
                       (const uint8_t *)a->path, strlen(a->path) > 64 ? 64 : strlen(a->path));
}

static void read_accounts(struct yaml_doc *doc, struct accounts *all)
{
    yaml_node_t *root = yaml_doc_root(doc), *list, *map;
    yaml_doc_only(doc, root, "accounts");
    list = yaml_doc_get(doc, root, "accounts");
    for (size_t i = 0; !doc->rc && (map = yaml_doc_item(doc, list, i)) != NULL; i++) {
        if (i == ACCOUNTS_MAX)
            yaml_doc_fault(doc, map, "more than %d accounts", ACCOUNTS_MAX);
        else
            read_account(doc, map, &all->all[all->n++]);
    }
    if (!doc->rc && all->n == 0)
        yaml_doc_fault(doc, root, "there are no accounts");
}

int accounts_load(const char *path, struct accounts **out, struct hx_problem *problem)
{
    struct accounts *all = calloc(1, sizeof *all);
    struct yaml_doc doc = {0};
    int rc = all ? secret_doc_open(&doc, path, problem) : HX_NOMEM;
    if (!rc) {
        read_accounts(&doc, all);
        rc = doc.rc;
    }
    secret_doc_close(&doc);
    if (rc) {
        accounts_free(all);
        return rc;
    }
    *out = all;
    return HX_OK;
}

/* Where an account of the file belongs: the place it has had, or the next free one. */
static size_t place_of(const struct accounts *all, size_t n, const char *path)
{
    size_t i = 0;
    while (i < n && strcmp(all->all[i].path, path) != 0)
        i++;
    return i;
}

/* Into `all` goes what `fresh` says; what it does not name is gone. False: no room. */
static bool merge(struct accounts *all, const struct accounts *fresh)
{
    for (size_t i = 0; i < all->n; i++)
        all->all[i].gone = true;
    for (size_t i = 0; i < fresh->n; i++) {
        size_t at = place_of(all, all->n, fresh->all[i].path);
        if (at == ACCOUNTS_MAX)
            return false;
        all->all[at] = fresh->all[i];
        all->n += at == all->n;
    }
    return true;
}

int accounts_renew(struct accounts *accounts, const char *path, struct hx_problem *problem)
{
    struct accounts *fresh = NULL, *merged = malloc(sizeof *merged);
    int rc = merged ? accounts_load(path, &fresh, problem) : HX_NOMEM;
    if (!rc) {
        *merged = *accounts;
        if (merge(merged, fresh))
            *accounts = *merged;
        else
            rc = hx_problem_set(problem, "%s: more than %d accounts since the start: restart", path,
                                ACCOUNTS_MAX);
    }
    accounts_free(fresh);
    accounts_free(merged);
    return rc;
}

void accounts_free(struct accounts *accounts)
{
    if (accounts)
        sodium_memzero(accounts, sizeof *accounts);
    free(accounts);
}

const struct account *accounts_by_path(const struct accounts *accounts, const char *path)
{
    const struct account *found = NULL;
    char given[sizeof accounts->all[0].path] = "";
    hx_text_put(given, sizeof given, path);
    for (size_t i = 0; i < accounts->n; i++)
        if (sodium_memcmp(given, accounts->all[i].path, strlen(accounts->all[i].path) + 1) == 0 &&
            !accounts->all[i].gone)
            found = &accounts->all[i];
    return found;
}

size_t accounts_count(const struct accounts *accounts)
{
    return accounts->n;
}

const struct account *accounts_at(const struct accounts *accounts, size_t i)
{
    return &accounts->all[i];
}
