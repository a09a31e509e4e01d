/* The callback runs in a thread of librdkafka's own for each client, so it may wait. What it needs
 * travels as the text that librdkafka keeps for it; the secret is read from its file each time, so
 * that it can be changed while we run. */
#include "kafka/cluster/oauth.h"

#include "base/log.h"
#include "base/text.h"
#include "door/secret.h"
#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ANSWER_MAX = 32768, SECRET_MAX = 1024, WAIT_S = 10, PARTS = 5 };
enum part { URL, USER, SCOPE, SECRET_FILE, CA_FILE };

struct parts {
    char text[PARTS][CLUSTER_TEXT];
};

struct answer {
    char text[ANSWER_MAX];
    size_t size;
};

static void split(const char *config, struct parts *p)
{
    for (size_t i = 0; i < PARTS; i++) {
        size_t n = strcspn(config, "\n");
        snprintf(p->text[i], sizeof p->text[i], "%.*s", (int)n, config);
        config += n + (config[n] != '\0');
    }
}

static size_t on_answer(char *bytes, size_t one, size_t n, void *arg)
{
    struct answer *a = arg;
    if (n > sizeof a->text - 1 - a->size)
        return 0; /* no token is so long */
    memcpy(a->text + a->size, bytes, n);
    a->size += n;
    return one * n;
}

static void prepare(CURL *easy, const struct parts *p, const char *secret, struct answer *a)
{
    curl_easy_setopt(easy, CURLOPT_URL, p->text[URL]);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)WAIT_S);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, p->text[USER]);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, secret);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, a);
    if (*p->text[CA_FILE])
        curl_easy_setopt(easy, CURLOPT_CAINFO, p->text[CA_FILE]);
}

/* "": it is there; otherwise why not. */
static void ask(const struct parts *p, const char *secret, struct answer *a, char why[256])
{
    char body[CLUSTER_TEXT * 3 + 64] = "grant_type=client_credentials", *scope = NULL;
    CURL *easy = curl_easy_init();
    if (easy && *p->text[SCOPE] && (scope = curl_easy_escape(easy, p->text[SCOPE], 0)) != NULL)
        snprintf(body, sizeof body, "grant_type=client_credentials&scope=%s", scope);
    snprintf(why, 256, "no memory");
    if (easy) {
        prepare(easy, p, secret, a);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        CURLcode code = curl_easy_perform(easy);
        hx_text_put(why, 256, code == CURLE_OK ? "" : curl_easy_strerror(code));
    }
    curl_free(scope);
    curl_easy_cleanup(easy);
}

static void hand_over(rd_kafka_t *rk, const struct parts *p, const struct answer *a, char why[256])
{
    json_t *object = json_loadb(a->text, a->size, 0, NULL);
    const char *token = json_string_value(json_object_get(object, "access_token"));
    json_int_t seconds = json_integer_value(json_object_get(object, "expires_in"));
    snprintf(why, 256, "the answer has no access_token");
    if (token) {
        int64_t until = ((int64_t)time(NULL) + (seconds > 0 ? seconds : 300)) * 1000;
        hx_text_put(why, 256, "");
        (void)rd_kafka_oauthbearer_set_token(rk, token, until, p->text[USER], NULL, 0, why, 256);
    }
    json_decref(object);
}

static void on_refresh(rd_kafka_t *rk, const char *config, void *opaque)
{
    struct parts p;
    struct hx_problem problem = {""};
    char secret[SECRET_MAX] = "", why[256] = "";
    struct answer a = {.size = 0};
    (void)opaque;
    split(config, &p);
    if (secret_line_read(p.text[SECRET_FILE], secret, sizeof secret, &problem) != HX_OK)
        snprintf(why, sizeof why, "%.200s", problem.text);
    if (!*why)
        ask(&p, secret, &a, why);
    if (!*why)
        hand_over(rk, &p, &a, why);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(&a, sizeof a);
    if (!*why)
        return;
    hx_log(HX_LOG_WARN, "event=no_token \"%s\"", why);
    (void)rd_kafka_oauthbearer_set_token_failure(rk, why);
}

int oauth_conf(const struct cluster_settings *s, rd_kafka_conf_t *conf, struct hx_problem *problem)
{
    char config[PARTS * CLUSTER_TEXT], secret[SECRET_MAX];
    int rc = secret_line_read(s->sasl.password_file, secret, sizeof secret, problem);
    sodium_memzero(secret, sizeof secret);
    if (rc)
        return rc;
    snprintf(config, sizeof config, "%s\n%s\n%s\n%s\n%s", s->sasl.token_url, s->sasl.user,
             s->sasl.scope, s->sasl.password_file, s->sasl.token_ca_file);
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, on_refresh);
    rd_kafka_conf_enable_sasl_queue(conf, 1); /* served in the background, see client_open() */
    return cluster_set(conf, "sasl.oauthbearer.config", config, problem);
}
