/* Reads open pages of the board as browsers do, and says how soon each complaint was on them.
 *
 *   bench_pages --port N --cookies FILE --pages N --wanted N
 *
 * FILE holds a cookie to a line; each stands for as many pages as the others. Prints a line of JSON
 * when every page is live, and another when each has had so many complaints: milliseconds from a
 * complaint's receipt in the daemon (`t_rec`) until its bytes were read here. */
#include "bench/tool.h"

#include "base/now.h"
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PIECE_MOST = 1 << 18,
    KNOWN = 8,
    IN_A_PIECE = 256,
    READY = 512,
    SILENCE_MS = 30000,
    COOKIES = 4096
};

struct page {
    int fd;
    bool live;
    uint64_t complaints;
    char *rest; /* of a piece that ended within a block */
    size_t rest_size;
};

/* Nearly all pages get the same bytes: what stands in them is looked for once. */
struct piece {
    char bytes[PIECE_MOST];
    size_t size, n;
    int64_t received_ms[IN_A_PIECE];
};

struct pages {
    struct page *all;
    uint64_t n, live, wanted, done, deliveries;
    int32_t *took_ms;
    char *cookies[COOKIES];
    size_t n_cookies;
    struct piece known[KNOWN];
    unsigned next;
    int epoll;
};

/* ---- what stands in a piece ---- */

/* `2026-10-01T19:35:20.123+08:00` as milliseconds of UTC. */
static int64_t instant(const char *text)
{
    struct tm t = {0};
    char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &t);
    if (!rest || *rest != '.')
        tool_die(text, HX_INVALID);
    int64_t ms = strtol(rest + 1, &rest, 10);
    if (!strptime(rest, "%z", &t))
        tool_die(text, HX_INVALID);
    long east = t.tm_gmtoff; /* timegm() forgets it */
    return ((int64_t)timegm(&t) - east) * 1000 + ms;
}

/* One line of the stream is one entry. */
static void look(struct piece *k)
{
    static const char cause[] = "\"cause\":\"REPORTED\"", when[] = "\"t_rec\":\"";
    k->n = 0;
    for (char *line = k->bytes, *end; line && *line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        const char *t = strstr(line, cause) ? strstr(line, when) : NULL;
        if (t && k->n == IN_A_PIECE)
            tool_die("more complaints in a piece than the bench knows room for", HX_TOOBIG);
        if (t)
            k->received_ms[k->n++] = instant(t + sizeof when - 1);
        if (end)
            *end = '\n';
    }
}

static const struct piece *known(struct pages *p, const char *bytes, size_t size)
{
    for (unsigned i = 0; i < KNOWN; i++)
        if (p->known[i].size == size && memcmp(p->known[i].bytes, bytes, size) == 0)
            return &p->known[i];
    struct piece *k = &p->known[p->next++ % KNOWN];
    memcpy(k->bytes, bytes, size);
    k->bytes[size] = '\0';
    k->size = size;
    look(k);
    return k;
}

/* ---- reading ---- */

static void keep_rest(struct page *page, const char *bytes, size_t size)
{
    free(page->rest);
    page->rest = malloc(size);
    if (!page->rest)
        tool_die("memory", HX_NOMEM);
    memcpy(page->rest, bytes, size);
    page->rest_size = size;
}

/* The bytes that have come, behind what was left. 0 if they do not end a block yet. */
static size_t receive(struct page *page, char *buffer)
{
    size_t had = page->rest_size;
    if (had)
        memcpy(buffer, page->rest, had);
    ssize_t n = recv(page->fd, buffer + had, PIECE_MOST - 1 - had, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        tool_die("a page was cut: it did not keep up", HX_IO);
    size_t size = had + (size_t)n;
    buffer[size] = '\0';
    if (size < 4 || memcmp(buffer + size - 4, "\n\n\r\n", 4) != 0) {
        keep_rest(page, buffer, size);
        return 0;
    }
    page->rest_size = 0;
    return size;
}

static void follow(struct pages *p, struct page *page, const char *bytes, size_t size)
{
    int64_t now = hx_wall_ms();
    const struct piece *k = known(p, bytes, size);
    for (size_t i = 0; i < k->n && page->complaints < p->wanted; i++) {
        p->took_ms[p->deliveries++] = (int32_t)(now - k->received_ms[i]);
        p->done += ++page->complaints == p->wanted;
    }
}

static void read_page(struct pages *p, struct page *page)
{
    static char buffer[PIECE_MOST];
    size_t size = receive(page, buffer);
    if (!size)
        return;
    if (page->live)
        follow(p, page, buffer, size);
    else if (strstr(buffer, "event: live")) {
        page->live = true;
        p->live++;
    }
}

/* Reads what comes, until `have` is `all`. */
static void read_until(struct pages *p, const uint64_t *have, uint64_t all)
{
    struct epoll_event ready[READY];
    while (*have < all) {
        int n = epoll_wait(p->epoll, ready, READY, SILENCE_MS);
        if (n == 0 || (n < 0 && errno != EINTR))
            tool_die("pages are silent", HX_TIMEOUT);
        for (int i = 0; i < n; i++)
            read_page(p, ready[i].data.ptr);
    }
}

/* ---- opening ---- */

static void read_cookies(struct pages *p, const char *path)
{
    FILE *f = fopen(path, "r");
    size_t room = 0;
    char *line = NULL;
    while (f && p->n_cookies < COOKIES && getline(&line, &room, f) > 0) {
        line[strcspn(line, "\n")] = '\0';
        p->cookies[p->n_cookies++] = line;
        line = NULL;
        room = 0;
    }
    free(line);
    if (!p->n_cookies)
        tool_die(path, HX_IO);
    fclose(f);
}

static void open_page(struct pages *p, uint64_t i, uint16_t port)
{
    char head[1024];
    struct page *page = &p->all[i];
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = page};
    int n =
        snprintf(head, sizeof head, "GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n",
                 p->cookies[i * p->n_cookies / p->n]);
    page->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (page->fd < 0 || connect(page->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        send(page->fd, head, (size_t)n, MSG_NOSIGNAL) != n)
        tool_die("connect", HX_IO);
    epoll_ctl(p->epoll, EPOLL_CTL_ADD, page->fd, &event);
}

static void open_pages(struct pages *p, uint16_t port)
{
    struct rlimit many;
    if (getrlimit(RLIMIT_NOFILE, &many) == 0) {
        many.rlim_cur = many.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &many);
    }
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint64_t i = 0; i < p->n; i++)
        open_page(p, i, port);
    read_until(p, &p->live, p->n);
    puts("{}");
    fflush(stdout);
}

/* ---- figures ---- */

static int by_size(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static int32_t share(const struct pages *p, double q)
{
    return p->took_ms[(size_t)((double)(p->deliveries - 1) * q)];
}

int main(int argc, char **argv)
{
    static struct pages p;
    p.n = tool_number(argc, argv, "--pages", 16);
    p.wanted = tool_number(argc, argv, "--wanted", 10);
    p.all = calloc(p.n, sizeof *p.all);
    p.took_ms = calloc(p.n * p.wanted, sizeof *p.took_ms);
    if (!p.all || !p.took_ms)
        tool_die("memory", HX_NOMEM);
    read_cookies(&p, tool_option(argc, argv, "--cookies", "cookies"));
    open_pages(&p, (uint16_t)tool_number(argc, argv, "--port", 0));
    double cpu = tool_cpu_seconds();
    read_until(&p, &p.done, p.n);
    cpu = tool_cpu_seconds() - cpu;
    qsort(p.took_ms, p.deliveries, sizeof *p.took_ms, by_size);
    printf("{\"deliveries\": %" PRIu64
           ", \"p50\": %d, \"p99\": %d, \"max\": %d, \"reader_cpu_us\": %.2f}\n",
           p.deliveries, share(&p, 0.5), share(&p, 0.99), share(&p, 1),
           cpu * 1e6 / (double)p.deliveries);
    return 0;
}
