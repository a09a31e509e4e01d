/* Inside of access: shared by the reader of roles.yaml and that of principals.csv. */
#ifndef CONFIG_ACCESS_IMPL_H
#define CONFIG_ACCESS_IMPL_H

#include "base/arena.h"
#include "config/access/access.h"

enum { ACCESS_ROLES = 64, ACCESS_TENANTS = 1024, ACCESS_WATCHED = 256 };

/* Names by number: areas as they are, sources with a '@' in front. */
struct access_names {
    const char **list;
    uint32_t *slots; /* number + 1; 0 = free */
    size_t n, cap;   /* cap: slots, a power of two, at least twice n */
};

struct hx_access {
    struct hx_arena arena; /* everything below */
    struct hx_access_role roles[ACCESS_ROLES];
    size_t n_roles;
    struct hx_tenant tenants[ACCESS_TENANTS]; /* the first is the default */
    size_t n_tenants;
    struct hx_watched watched[ACCESS_WATCHED];
    size_t n_watched;
    struct hx_principal *principals;
    size_t n_principals;
    struct hx_access_key *keys; /* sorted by bytes */
    size_t n_keys;
    struct access_names names;
};

HX_CHECK int access_roles_load(struct hx_access *a, const char *path, struct hx_problem *problem);
const struct hx_access_role *access_role(const struct hx_access *a, const char *name);

/* The tenant of this name: an own one like the default when there is none. -1 without room. */
int access_tenant(struct hx_access *a, const char *name);

#endif
