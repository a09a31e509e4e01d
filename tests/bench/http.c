/* The load generator of HTTP doors: complaints over keep-alive connections, and how long their
 * answers took.
 *
 *   bench_http flood --endpoint HOST:PORT --token T --events N --connections N --batch N
 *       as many as the door takes: each connection sends the next request when it has its answer
 *   bench_http pace --endpoint … --token T --rate N --seconds N --connections N
 *       single reports at an even rate, whatever the answers do
 *   bench_http idle --endpoint … --connections N
 *       opens so many connections, sends nothing, and waits for SIGTERM
 *
 * With --path alone it sends reports to hongxin-kiosk, as its page does.
 * With --key (an EncodingAESKey) and --id it speaks to hongxin-wechat instead: --path is the secret
 * part of the address, --token signs, each request is one encrypted text message.
 *
 * Everywhere: --config FOLDER --tag WORD. Prints one line of JSON; times in microseconds. */
#include "bench/tool.h"
#include "wechat/crypto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 21, ITEM_MAX = 256, SILENCE_MS = 20000 };

struct peer {
    int fd;
    char *in;
    size_t n;
    bool busy;
    int64_t since; /* when its request was due */
    uint64_t items;
};

struct http_load {
    struct load_city city;
    struct peer *peers;
    unsigned n_peers;
    int epoll;
    const char *token, *tag, *endpoint;
    const char *path, *id; /* of WeChat; path alone: of the kiosk; neither: a hotline */
    struct wx_key key;
    uint64_t batch, sent, accepted, answers; /* sent and accepted: complaints */
    int64_t *took_us;
    char *out;
};

/* ---- requests ---- */

static size_t put_complaint(const struct http_load *l, uint64_t n, char *out)
{
    const struct load_place *p = &l->city.places[n % l->city.n];
    return (size_t)snprintf(out, ITEM_MAX,
                            "{\"key\":\"%s-%012" PRIu64 "\",\"class\":\"SMALL\",\"place\":\"%s\","
                            "\"text\":\"water leaks from the ceiling\"}",
                            l->tag, n, p->building);
}

/* One report with its key in the header, or a batch. */
static size_t put_request(struct http_load *l, uint64_t items)
{
    char *body = l->out + 512, head[512];
    size_t n = 0;
    if (l->batch == 1) {
        const struct load_place *p = &l->city.places[l->sent % l->city.n];
        n = (size_t)snprintf(
            body, ITEM_MAX,
            "{\"%s\":\"%s\",\"place\":\"%s\",\"text\":\"water leaks from the ceiling\"}",
            *l->path ? "category" : "class", *l->path ? "light" : "SMALL", p->building);
    } else {
        n = (size_t)sprintf(body, "{\"items\":[");
        for (uint64_t i = 0; i < items; i++) {
            n += put_complaint(l, l->sent + i, body + n);
            body[n++] = i + 1 < items ? ',' : ']';
        }
        body[n++] = '}';
    }
    size_t h = (size_t)snprintf(head, sizeof head,
                                "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"
                                "Content-Type: application/json\r\nIdempotency-Key: %s-%016" PRIu64
                                "\r\nContent-Length: %zu\r\n\r\n",
                                *l->path        ? l->path
                                : l->batch == 1 ? "/v1/complaints"
                                                : "/v1/batch",
                                l->endpoint, l->token, l->tag, l->sent, n);
    memmove(l->out + h, body, n);
    memcpy(l->out, head, h);
    return h + n;
}

/* A text message as the platform sends it in safe mode. */
static size_t put_message(struct http_load *l)
{
    static const uint8_t noise[WX_RANDOM] = "0123456789abcde";
    const struct load_place *p = &l->city.places[l->sent % l->city.n];
    char xml[1024], body[4096], now[24], nonce[24], signature[WX_SIGNATURE_TEXT], *encrypt = NULL;
    snprintf(now, sizeof now, "%" PRId64, load_wall_ms() / 1000);
    snprintf(nonce, sizeof nonce, "%" PRIu64, l->sent);
    snprintf(xml, sizeof xml,
             "<xml><ToUserName><![CDATA[gh_city]]></ToUserName><FromUserName><![CDATA[o-%" PRIu64
             "]]></FromUserName><CreateTime>%s</CreateTime><MsgType><![CDATA[text]]></MsgType>"
             "<Content><![CDATA[%s water leaks]]></Content><MsgId>%s%" PRIu64 "</MsgId></xml>",
             l->sent % 1000, now, p->building, l->tag, l->sent);
    tool_need("encrypt", wx_encrypt(&l->key, l->id, noise, xml, &encrypt));
    const char *const parts[] = {l->token, now, nonce, encrypt};
    tool_need("sign", wx_signature(parts, 4, signature));
    int n = snprintf(
        body, sizeof body,
        "<xml><ToUserName><![CDATA[gh_city]]></ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>",
        encrypt);
    free(encrypt);
    return (size_t)sprintf(
        l->out,
        "POST /wechat/%s?timestamp=%s&nonce=%s&encrypt_type=aes&msg_signature=%s HTTP/1.1\r\n"
        "Host: %s\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s",
        l->path, now, nonce, signature, l->endpoint, n, body);
}

static void send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            tool_die("send", HX_IO);
        bytes += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
}

static void ask(struct http_load *l, struct peer *p, uint64_t items, int64_t since)
{
    size_t size = l->id ? put_message(l) : put_request(l, items);
    p->busy = true;
    p->since = since;
    p->items = items;
    l->sent += items;
    send_all(p->fd, l->out, size);
}

/* ---- answers ---- */

static uint64_t count(const char *text, const char *word)
{
    uint64_t n = 0;
    for (const char *p = text; (p = strstr(p, word)) != NULL; p += strlen(word))
        n++;
    return n;
}

/* True when a whole answer is there and was taken. */
static bool take_answer(struct http_load *l, struct peer *p)
{
    char *body = strstr(p->in, "\r\n\r\n"), *length = strstr(p->in, "Content-Length: ");
    if (!body || !length || p->n < (size_t)(body + 4 - p->in) + strtoull(length + 16, NULL, 10))
        return false;
    uint64_t good = l->id ? count(body, "<Encrypt>") : count(body, "\"result\":\"ACCEPTED\"");
    if (strncmp(p->in, "HTTP/1.1 20", 11) != 0 || good != p->items) {
        fprintf(stderr, "bench: %.600s\n", p->in);
        exit(1);
    }
    l->accepted += good;
    l->took_us[l->answers++] = load_mono_us() - p->since;
    p->n = 0;
    p->busy = false;
    return true;
}

static bool receive(struct http_load *l, struct peer *p)
{
    ssize_t n = recv(p->fd, p->in + p->n, ANSWER_MAX - 1 - p->n, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        tool_die("the door has closed a connection", HX_CLOSED);
    p->n += n > 0 ? (size_t)n : 0;
    p->in[p->n] = '\0';
    return take_answer(l, p);
}

/* ---- runs ---- */

static void flood(struct http_load *l, uint64_t events)
{
    struct epoll_event ready[64];
    for (unsigned i = 0; i < l->n_peers && l->sent < events; i++)
        ask(l, &l->peers[i], l->batch, load_mono_us());
    while (l->accepted < events) {
        int n = epoll_wait(l->epoll, ready, 64, SILENCE_MS);
        if (n == 0)
            tool_die("no answers", HX_TIMEOUT);
        for (int i = 0; i < n; i++) {
            struct peer *p = ready[i].data.ptr;
            if (receive(l, p) && l->sent < events)
                ask(l, p, l->batch, load_mono_us());
        }
    }
}

static struct peer *idle_peer(struct http_load *l)
{
    static unsigned next;
    for (unsigned i = 0; i < l->n_peers; i++) {
        struct peer *p = &l->peers[next++ % l->n_peers];
        if (!p->busy)
            return p;
    }
    return NULL;
}

/* A request that finds no free connection waits, and its waiting counts. */
static void pace(struct http_load *l, uint64_t rate, uint64_t events)
{
    struct epoll_event ready[64];
    int64_t began = load_mono_us();
    while (l->accepted < events) {
        int64_t now = load_mono_us();
        struct peer *p;
        while (l->sent < events && began + (int64_t)(l->sent * 1000000 / rate) <= now &&
               (p = idle_peer(l)) != NULL)
            ask(l, p, 1, began + (int64_t)(l->sent * 1000000 / rate));
        int n = epoll_wait(l->epoll, ready, 64, 1);
        for (int i = 0; i < n; i++)
            (void)receive(l, ready[i].data.ptr);
        if (now - began > (int64_t)(events * 1000000 / rate) + SILENCE_MS * 1000)
            tool_die("no answers", HX_TIMEOUT);
    }
}

static void connect_all(struct http_load *l)
{
    struct rlimit many;
    struct sockaddr_in to = {.sin_family = AF_INET};
    char host[64];
    const char *colon = strrchr(l->endpoint, ':');
    int one = 1;
    if (getrlimit(RLIMIT_NOFILE, &many) == 0) {
        many.rlim_cur = many.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &many);
    }
    snprintf(host, sizeof host, "%.*s", colon ? (int)(colon - l->endpoint) : 0, l->endpoint);
    if (!colon || inet_pton(AF_INET, host, &to.sin_addr) != 1)
        tool_die(l->endpoint, HX_INVALID);
    to.sin_port = htons((uint16_t)atoi(colon + 1));
    l->epoll = epoll_create1(0);
    for (unsigned i = 0; i < l->n_peers; i++) {
        struct peer *p = &l->peers[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = p};
        p->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&to, sizeof to) != 0)
            tool_die("connect", HX_IO);
        setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, p->fd, &event);
    }
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t share(const struct http_load *l, double q)
{
    return l->took_us[(size_t)((double)(l->answers - 1) * q)];
}

static void report(struct http_load *l, int64_t took, double cpu)
{
    qsort(l->took_us, l->answers, sizeof *l->took_us, by_size);
    printf("{\"events\":%" PRIu64 ",\"accepted\":%" PRIu64 ",\"seconds\":%.3f,\"per_second\":%.0f,"
           "\"answer_p50\":%" PRId64 ",\"answer_p99\":%" PRId64 ",\"answer_max\":%" PRId64
           ",\"generator_cpu_us\":%.2f}\n",
           l->sent, l->accepted, (double)took / 1e6, (double)l->accepted * 1e6 / (double)took,
           share(l, 0.5), share(l, 0.99), share(l, 1), cpu * 1e6 / (double)l->accepted);
}

static void prepare(struct http_load *l, int argc, char **argv, uint64_t answers)
{
    l->endpoint = tool_option(argc - 1, argv + 1, "--endpoint", "127.0.0.1:54330");
    l->token = tool_option(argc - 1, argv + 1, "--token", "");
    l->tag = tool_option(argc - 1, argv + 1, "--tag", "h");
    l->id = tool_option(argc - 1, argv + 1, "--id", NULL);
    l->path = tool_option(argc - 1, argv + 1, "--path", "");
    if (l->id)
        tool_need("key", wx_key_parse(tool_option(argc - 1, argv + 1, "--key", ""), &l->key));
    l->n_peers = (unsigned)tool_number(argc - 1, argv + 1, "--connections", 64);
    l->peers = calloc(l->n_peers, sizeof *l->peers);
    l->took_us = calloc(answers + 1, sizeof *l->took_us);
    l->out = malloc(8192 + (size_t)(l->batch + 1) * ITEM_MAX);
    if (!l->peers || !l->took_us || !l->out)
        tool_die("memory", HX_NOMEM);
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/city",
             tool_option(argc - 1, argv + 1, "--config", "config"));
    tool_need("city", load_city_open(&l->city, folder));
    connect_all(l);
}

static void give_room(struct http_load *l)
{
    for (unsigned i = 0; i < l->n_peers; i++)
        if (!(l->peers[i].in = calloc(1, ANSWER_MAX)))
            tool_die("memory", HX_NOMEM);
}

int main(int argc, char **argv)
{
    static struct http_load l;
    const char *mode = argc > 1 ? argv[1] : "";
    bool paced = strcmp(mode, "pace") == 0, idle = strcmp(mode, "idle") == 0;
    uint64_t rate = tool_number(argc - 1, argv + 1, "--rate", 1000);
    uint64_t events = paced ? rate * tool_number(argc - 1, argv + 1, "--seconds", 10)
                            : tool_number(argc - 1, argv + 1, "--events", 10000);
    l.batch = paced ? 1 : tool_number(argc - 1, argv + 1, "--batch", 1);
    events = events / l.batch * l.batch;
    prepare(&l, argc, argv, events);
    if (idle) {
        puts("{}");
        fflush(stdout);
        pause();
        return 0;
    }
    give_room(&l);
    int64_t began = load_mono_us();
    double cpu = tool_cpu_seconds();
    if (paced)
        pace(&l, rate, events);
    else
        flood(&l, events);
    report(&l, load_mono_us() - began, tool_cpu_seconds() - cpu);
    return 0;
}
