/* What locks cost, apart from the doors.
 *
 *   bench_locks rights                 rights of 1,000 subscribers to one entry after another
 *   bench_locks chain                  hashing entries of 700 bytes
 *   bench_locks strangers --endpoint E --key FILE --rate N --seconds N
 *       so many connections a second with a key that nobody knows; the file gives the daemon's
 *   bench_locks shut
 *       prints "tcp://127.0.0.1:PORT", hangs up on whoever comes there, until SIGTERM: what
 * strangers cost this machine when no daemon has to do with them
 *
 * Prints one line of JSON. */
#include "bench/tool.h"
#include "config/access/access.h"
#include "hongxin/key.h"
#include "service/locks/rights.h"
#include "store/chain.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum { SUBSCRIBERS = 1000, ENTRIES = 2000, SLOTS = 256 };

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct hx_access *make_access(const char *config)
{
    char path[] = "/tmp/hx-bench-XXXXXX", roles[4096];
    struct hx_problem problem = {""};
    struct hx_access *access = NULL;
    FILE *f = fdopen(mkstemp(path), "w");
    fputs("principal,role,areas,sources,tenant,public_key,state\n", f);
    for (int i = 0; i < SUBSCRIBERS; i++)
        fprintf(f, "desk-%d,company,P-%d,,,%064x,active\n", i, i, i);
    fclose(f);
    snprintf(roles, sizeof roles, "%s/roles.yaml", config);
    int rc = hx_access_load(path, roles, NULL, &access, &problem);
    unlink(path);
    tool_need(rc ? problem.text : "access", rc);
    return access;
}

static int rights(const char *config)
{
    struct hx_access *access = make_access(config);
    hxp_entry e = HONGXIN__V1__ENTRY__INIT;
    hxp_where w = HONGXIN__V1__WHERE__INIT;
    char holder[16], *audience[] = {holder, (char *)"C-03", (char *)"G-041", (char *)"S-02"};
    uint64_t seen = 0;
    w.street = (char *)"S-02";
    w.community = (char *)"C-03";
    w.grid = (char *)"G-041";
    w.estate = (char *)"E-41";
    w.building = (char *)"B-0417";
    e.case_number = 1;
    e.where = &w;
    e.holder = holder;
    e.audience = audience;
    e.n_audience = 4;
    double begun = cpu();
    for (int i = 0; i < ENTRIES; i++) {
        struct rights_tags tags;
        snprintf(holder, sizeof holder, "P-%d", i % SUBSCRIBERS);
        rights_tag_entry(access, &e, &tags);
        for (size_t p = 0; p < SUBSCRIBERS; p++)
            seen += rights_see(hx_access_principal(access, p), &tags);
    }
    double ns = (cpu() - begun) * 1e9 / ENTRIES / SUBSCRIBERS;
    printf("{\"ns\":%.2f,\"seen\":%" PRIu64 ",\"checks\":%d}\n", ns, seen, ENTRIES * SUBSCRIBERS);
    hx_access_free(access);
    return seen == ENTRIES ? 0 : 1;
}

static int chain(void)
{
    enum { N = 400000, SIZE = 700 };
    uint8_t bytes[SIZE] = {0}, hash[HX_CHAIN_HASH];
    struct hx_chain c;
    hx_chain_begin(&c, "00112233445566778899aabbccddeeff", 1);
    double begun = cpu();
    for (uint64_t n = 1; n <= N; n++) {
        bytes[n % SIZE] ^= (uint8_t)n;
        hx_chain_add(&c, n, bytes, SIZE);
    }
    double us = (cpu() - begun) * 1e6 / N;
    hx_chain_hash(&c, hash);
    printf("{\"us\":%.3f,\"bytes\":%d,\"first\":%d}\n", us, SIZE, hash[0]);
    return 0;
}

/* ---- strangers ---- */

static void *knock(void *zmq, const char *endpoint, const struct hx_key *k)
{
    const int none = 0, never = -1;
    void *s = zmq_socket(zmq, ZMQ_DEALER);
    if (!s)
        return NULL;
    zmq_setsockopt(s, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(s, ZMQ_RECONNECT_IVL, &never, sizeof never);
    zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, k->server_key, HX_KEY_TEXT);
    zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, k->public_key, HX_KEY_TEXT);
    zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, k->secret_key, HX_KEY_TEXT);
    zmq_connect(s, endpoint);
    return s;
}

static int strangers(const char *endpoint, const char *file, uint64_t rate, uint64_t seconds)
{
    struct hx_key k;
    void *slots[SLOTS] = {NULL};
    tool_need("key", hx_key_load(file, &k));
    zmq_curve_keypair(k.public_key, k.secret_key);
    void *zmq = zmq_ctx_new();
    int64_t begun = load_mono_us();
    uint64_t n = 0;
    for (; n < rate * seconds; n++) {
        int64_t wait = begun + (int64_t)(n * 1000000 / rate) - load_mono_us();
        if (wait > 0)
            usleep((useconds_t)wait);
        void **slot = &slots[n % SLOTS];
        if (*slot)
            zmq_close(*slot);
        *slot = knock(zmq, endpoint, &k);
    }
    double took = (double)(load_mono_us() - begun) / 1e6;
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i])
            zmq_close(slots[i]);
    zmq_ctx_term(zmq);
    printf("{\"knocked\":%" PRIu64 ",\"per_second\":%.0f}\n", n, (double)n / took);
    return 0;
}

static int shut(void)
{
    const struct linger at_once = {.l_onoff = 1};
    struct sockaddr_in here = {.sin_family = AF_INET};
    socklen_t size = sizeof here;
    int fd, door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (door < 0 || bind(door, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(door, 1024) != 0 || getsockname(door, (struct sockaddr *)&here, &size) != 0)
        tool_die("shut", HX_IO);
    printf("tcp://127.0.0.1:%d\n", ntohs(here.sin_port));
    fflush(stdout);
    while ((fd = accept(door, NULL, NULL)) >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    const char *config = tool_option(argc - 1, argv + 1, "--config", "config");
    if (!strcmp(what, "rights"))
        return rights(config);
    if (!strcmp(what, "chain"))
        return chain();
    if (!strcmp(what, "shut"))
        return shut();
    if (!strcmp(what, "strangers"))
        return strangers(tool_option(argc - 1, argv + 1, "--endpoint", ""),
                         tool_option(argc - 1, argv + 1, "--key", ""),
                         tool_number(argc - 1, argv + 1, "--rate", 1000),
                         tool_number(argc - 1, argv + 1, "--seconds", 5));
    fputs("bench_locks rights|chain|strangers|shut\n", stderr);
    return 2;
}
