/* Addresses of doors, as ZeroMQ writes them. Any thread. */
#ifndef CONFIG_ENDPOINT_H
#define CONFIG_ENDPOINT_H

#include <stdbool.h>

/* tcp://ADDRESS:PORT (PORT 1 … 65535, or "*" for any free one) or ipc://PATH. */
bool hx_endpoint_valid(const char *endpoint);

/* Whether only this machine can reach a valid endpoint: ipc, 127.0.0.0/8 written in full, [::1] and
 * localhost. Anything else needs keys, so it is refused. */
bool hx_endpoint_local(const char *endpoint);

/* Whether the port is left to the system. */
bool hx_endpoint_any_port(const char *endpoint);

#endif
