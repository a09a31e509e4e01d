#include "config/endpoint.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* The part after the scheme; NULL when it is another scheme. */
static const char *after(const char *endpoint, const char *scheme)
{
    size_t n = strlen(scheme);
    return strncmp(endpoint, scheme, n) == 0 ? endpoint + n : NULL;
}

static bool port_valid(const char *port)
{
    char *end;
    if (strcmp(port, "*") == 0)
        return true;
    if (*port < '1' || *port > '9')
        return false;
    long n = strtol(port, &end, 10);
    return *end == '\0' && n <= 65535;
}

bool hx_endpoint_valid(const char *endpoint)
{
    const char *path = after(endpoint, "ipc://"), *address = after(endpoint, "tcp://");
    if (path)
        return *path != '\0';
    const char *colon = address ? strrchr(address, ':') : NULL;
    return colon && colon > address && port_valid(colon + 1) && !strpbrk(address, " /;");
}

/* Only an address counts: a name such as 127.example.org may lead anywhere. */
static bool loopback_v4(const char *address, size_t n)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr in;
    if (n >= sizeof text)
        return false;
    memcpy(text, address, n);
    text[n] = '\0';
    return inet_pton(AF_INET, text, &in) == 1 && ntohl(in.s_addr) >> 24 == 127;
}

bool hx_endpoint_local(const char *endpoint)
{
    const char *address = after(endpoint, "tcp://");
    if (!address)
        return after(endpoint, "ipc://") != NULL;
    const char *colon = strrchr(address, ':');
    size_t n = colon ? (size_t)(colon - address) : strlen(address);
    return (n == 5 && memcmp(address, "[::1]", 5) == 0) ||
           (n == 9 && memcmp(address, "localhost", 9) == 0) || loopback_v4(address, n);
}

bool hx_endpoint_any_port(const char *endpoint)
{
    size_t n = strlen(endpoint);
    return after(endpoint, "tcp://") && n >= 2 && strcmp(endpoint + n - 2, ":*") == 0;
}
