// SPDX-License-Identifier: Apache-2.0
/* A proxy through which a client reaches a server without its name or address
 * being looked up, or contacted, from here: SOCKS5 (RFC 1928, 1929; Tor), which
 * is given the name, or HTTP with CONNECT (RFC 9110 9.3.6). libcurl speaks
 * both; this reads how one is written and tells libcurl.
 */
#ifndef PARALLAX_NET_CLIENT_PROXY_H
#define PARALLAX_NET_CLIENT_PROXY_H

#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>

#define CLIENT_PROXY_TEXT 256

struct client_proxy {
    bool socks;                   /* else HTTP */
    char host[CLIENT_PROXY_TEXT]; /* a name, or an address without brackets */
    uint16_t port;
    char user[CLIENT_PROXY_TEXT]; /* "": none is told; the proxy sees both in
                                     the clear */
    char password[CLIENT_PROXY_TEXT];
};

/* Reads socks5://[USER:PASSWORD@]HOST:PORT or http://..., with %XX in user and
 * password. ERR_INVAL: `d` has a sentence, which does not repeat the text,
 * since that may hold a password. ERR_NOMEM. */
MUST_USE enum err client_proxy_parse(const char *text, struct client_proxy *out,
                                     struct diag *d);

/* Has a libcurl handle connect through the proxy at `addr`, its textual
 * address. ERR_NOMEM. */
MUST_USE enum err client_proxy_apply(const struct client_proxy *p,
                                     const char *addr, void *easy);

#endif
