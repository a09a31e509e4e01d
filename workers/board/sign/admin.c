#include "board/sign/admin.h"
#include "base/now.h"

#include "base/text.h"
#include "board/sign/users.h"
#include "hongxin/instant.h"
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PASSWORD_MIN = 10, PASSWORD_MAX = 800, AREAS = 32, TICKET_MINUTES = 15 };

struct admin {
    const char *file, *name, *title, *person, *principal, *role, *base;
    const char *areas[AREAS];
    size_t n_areas;
    int64_t valid_ms;
    char secret[PASSWORD_MAX + 2]; /* a password, a ticket, a key of one-time codes */
    char hash[crypto_pwhash_STRBYTES];
    bool off;
};

static const char usage[] =
    "Usage: hongxin-board user COMMAND [NAME] [--file FILE] …\n"
    "\n"
    "  add NAME --principal NAME     a new user, who stands for this principal of the daemon's "
    "registry\n"
    "      --title TEXT              as people call him [NAME]\n"
    "      --person NAME             as events name him, the part behind the slash [NAME]\n"
    "      --role ROLE --area ID     only with a daemon without keys: what he works as, and where\n"
    "  password NAME                 sets his password, read from the terminal or from standard "
    "input\n"
    "  ticket NAME                   prints a sign-in that works once [--valid 15min] [--base "
    "http://…]\n"
    "  totp NAME                     asks him for one-time codes from now on, and prints the key "
    "for his app\n"
    "  disable NAME, enable NAME     his sessions end at once\n"
    "  remove NAME\n"
    "  list\n"
    "\n"
    "  --file FILE                   the users' file [../var/board.users], mode 0600, made when it "
    "is not there\n"
    "\n"
    "A change holds within a second; nothing has to be restarted.\n";

static int fail(const char *what)
{
    fprintf(stderr, "hongxin-board user: %s\n", what);
    return EXIT_FAILURE;
}

/* ---- secrets ---- */

static bool read_line(char *out, size_t size)
{
    struct termios before, quiet;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        fputs("Password 密码: ", stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    bool got = fgets(out, (int)size, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    out[strcspn(out, "\r\n")] = '\0';
    return got;
}

static int take_password(struct admin *a)
{
    if (!read_line(a->secret, sizeof a->secret))
        return fail("no password came");
    size_t n = strlen(a->secret);
    if (n < PASSWORD_MIN || n > PASSWORD_MAX)
        return fail("a password has at least 10 characters");
    if (crypto_pwhash_str(a->hash, a->secret, n, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return fail("out of memory");
    return EXIT_SUCCESS;
}

/* ---- changes, each under the file's lock ---- */

static json_t *find(struct users *u, const char *name)
{
    size_t i;
    json_t *o;
    json_array_foreach (json_object_get(users_json(u), "users"), i, o)
        if (strcmp(json_string_value(json_object_get(o, "name")), name) == 0)
            return o;
    return NULL;
}

static void stamp(json_t *o)
{
    json_object_set_new(o, "stamp", json_integer(hx_wall_ms()));
}

static int add(void *arg, struct users *u)
{
    const struct admin *a = arg;
    json_t *areas = json_array();
    if (find(u, a->name)) {
        json_decref(areas);
        return HX_EXISTS;
    }
    for (size_t i = 0; i < a->n_areas; i++)
        json_array_append_new(areas, json_string(a->areas[i]));
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", a->name, "title",
                          a->title ? a->title : a->name, "person", a->person ? a->person : a->name,
                          "principal", a->principal ? a->principal : "", "role",
                          a->role ? a->role : "", "areas", areas);
    if (!o)
        return HX_INVALID; /* not UTF-8 */
    stamp(o);
    return json_array_append_new(json_object_get(users_json(u), "users"), o) == 0 ? HX_OK
                                                                                  : HX_NOMEM;
}

static int set_password(void *arg, struct users *u)
{
    const struct admin *a = arg;
    json_t *o = find(u, a->name);
    if (!o)
        return HX_NOTFOUND;
    json_object_set_new(o, "password", json_string(a->hash));
    json_object_set_new(o, "given", json_true());
    stamp(o);
    return HX_OK;
}

static int add_ticket(void *arg, struct users *u)
{
    const struct admin *a = arg;
    uint8_t digest[32];
    char hex[sizeof digest * 2 + 1];
    json_t *list = json_object_get(users_json(u), "tickets");
    if (!find(u, a->name))
        return HX_NOTFOUND;
    if (!list) {
        list = json_array();
        json_object_set_new(users_json(u), "tickets", list);
    }
    crypto_generichash(digest, sizeof digest, (const uint8_t *)a->secret, strlen(a->secret), NULL,
                       0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "digest", hex, "name", a->name,
                                          "until", (json_int_t)hx_wall_ms() + a->valid_ms));
    return HX_OK;
}

static int set_totp(void *arg, struct users *u)
{
    const struct admin *a = arg;
    json_t *o = find(u, a->name);
    if (!o)
        return HX_NOTFOUND;
    json_object_set_new(o, "totp", json_string(a->secret));
    stamp(o);
    return HX_OK;
}

static int set_disabled(void *arg, struct users *u)
{
    const struct admin *a = arg;
    json_t *o = find(u, a->name);
    if (!o)
        return HX_NOTFOUND;
    json_object_set_new(o, "disabled", json_boolean(a->off));
    stamp(o);
    return HX_OK;
}

static int take_away(void *arg, struct users *u)
{
    const struct admin *a = arg;
    size_t i;
    json_t *o, *list = json_object_get(users_json(u), "users");
    json_array_foreach (list, i, o)
        if (strcmp(json_string_value(json_object_get(o, "name")), a->name) == 0) {
            json_array_remove(list, i);
            return HX_OK;
        }
    return HX_NOTFOUND;
}

static int change(struct admin *a, int (*fn)(void *arg, struct users *users))
{
    struct hx_problem problem = {""};
    int rc = users_change(a->file, fn, a, &problem);
    if (rc == HX_NOTFOUND)
        return fail("there is no such user");
    if (rc == HX_EXISTS)
        return fail("there is such a user already");
    if (rc)
        return fail(*problem.text ? problem.text : hx_strerror(rc));
    return EXIT_SUCCESS;
}

/* ---- commands ---- */

static int run_add(struct admin *a)
{
    if (!a->principal && !a->role)
        return fail("add needs --principal (or --role, with a daemon without keys)");
    if (strlen(a->name) > USER_TEXT || strpbrk(a->name, "/: \t\n"))
        return fail("a name is a word of at most 100 bytes, without / and :");
    return change(a, add);
}

static int run_password(struct admin *a)
{
    int rc = take_password(a);
    return rc ? rc : change(a, set_password);
}

static int run_ticket(struct admin *a)
{
    uint8_t bytes[24];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(a->secret, sizeof a->secret, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    int rc = change(a, add_ticket);
    if (!rc)
        printf(a->base ? "%s/#ticket=%s\n" : "%s%s\n", a->base ? a->base : "", a->secret);
    return rc;
}

static int run_totp(struct admin *a)
{
    totp_secret(a->secret);
    int rc = change(a, set_totp);
    if (!rc)
        printf("otpauth://totp/hongxin:%s?secret=%s&issuer=hongxin\n", a->name, a->secret);
    return rc;
}

static int run_disable(struct admin *a)
{
    a->off = true;
    return change(a, set_disabled);
}

static int run_enable(struct admin *a)
{
    return change(a, set_disabled);
}

static int run_remove(struct admin *a)
{
    return change(a, take_away);
}

static int run_list(struct admin *a)
{
    struct hx_problem problem = {""};
    struct users *u = NULL;
    struct user user;
    int rc = users_load(a->file, &u, &problem);
    if (rc)
        return fail(problem.text);
    for (size_t i = 0; users_at(u, i, &user); i++)
        printf("%-20s %-20s %-24s %s%s%s%s\n", user.name,
               *user.principal ? user.principal : user.role, user.title,
               *user.hash ? "" : "no password ", *user.totp ? "totp " : "",
               user.given ? "password given " : "", user.disabled ? "disabled" : "");
    users_free(u);
    return EXIT_SUCCESS;
}

static const struct verb {
    const char *word;
    int (*run)(struct admin *a);
    bool named;
} verbs[] = {{"add", run_add, true},         {"password", run_password, true},
             {"ticket", run_ticket, true},   {"totp", run_totp, true},
             {"disable", run_disable, true}, {"enable", run_enable, true},
             {"remove", run_remove, true},   {"list", run_list, false}};

static bool take_option(struct admin *a, int option)
{
    switch (option) {
    case 'f':
        a->file = optarg;
        return true;
    case 't':
        a->title = optarg;
        return true;
    case 'e':
        a->person = optarg;
        return true;
    case 'p':
        a->principal = optarg;
        return true;
    case 'r':
        a->role = optarg;
        return true;
    case 'a':
        if (a->n_areas == AREAS)
            return false;
        a->areas[a->n_areas++] = optarg;
        return true;
    case 'b':
        a->base = optarg;
        return true;
    case 'v':
        return hx_duration_parse(optarg, &a->valid_ms) == HX_OK && a->valid_ms > 0 &&
               a->valid_ms <= HX_DAY;
    default:
        return false;
    }
}

static bool parse(struct admin *a, int argc, char **argv)
{
    static const struct option options[] = {{"file", required_argument, NULL, 'f'},
                                            {"title", required_argument, NULL, 't'},
                                            {"person", required_argument, NULL, 'e'},
                                            {"principal", required_argument, NULL, 'p'},
                                            {"role", required_argument, NULL, 'r'},
                                            {"area", required_argument, NULL, 'a'},
                                            {"base", required_argument, NULL, 'b'},
                                            {"valid", required_argument, NULL, 'v'},
                                            {NULL, 0, NULL, 0}};
    int option;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(a, option))
            return false;
    return true;
}

int admin_main(int argc, char **argv)
{
    struct admin a = {.file = "../var/board.users", .valid_ms = TICKET_MINUTES * HX_MINUTE};
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : EXIT_SUCCESS;
    }
    if (sodium_init() < 0 || !parse(&a, argc, argv) || optind >= argc) {
        fputs("hongxin-board user: unknown option, or one without its value; see --help\n", stderr);
        return 2;
    }
    umask(0077);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(argv[optind], verbs[i].word) != 0)
            continue;
        if (argc - optind != 1 + verbs[i].named)
            break;
        a.name = argv[optind + 1];
        int rc = verbs[i].run(&a);
        sodium_memzero(&a, sizeof a);
        return rc;
    }
    fputs("hongxin-board user: COMMAND and NAME; see --help\n", stderr);
    return 2;
}
