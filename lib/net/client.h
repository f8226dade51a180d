// SPDX-License-Identifier: Apache-2.0
/* HTTP(S) for everything that is not a measurement: control calls, check-in,
 * upload, DoH carried by libcurl. Never resolves names by the system's
 * getaddrinfo: a caller gives addresses, or a resolver hook does. Redirects
 * are not followed. Keeps connections alive per client.
 */
#ifndef PARALLAX_NET_CLIENT_H
#define PARALLAX_NET_CLIENT_H

#include "base/buf.h"
#include "base/loop.h"

struct http_client;
struct http_call;

struct http_header {
    const char *name;
    const char *value;
};

struct http_request {
    const char *method; /* "GET", "POST", "PUT" */
    const char *url;    /* http or https */
    const struct http_header *headers;
    size_t n_headers;
    struct str body;          /* borrowed until done or cancelled */
    const char *const *addrs; /* textual addresses to connect to; tried in
                                 order; NULL only if the host is a literal */
    size_t n_addrs;
    int64_t timeout_us;     /* whole call */
    size_t max_response;    /* bytes of body */
    bool insecure_loopback; /* plain http allowed only to 127.0.0.0/8, ::1 */
};

struct http_response {
    const char *failure; /* NULL: `status` is valid; else OONI's failure string
                            such as connection_reset, generic_timeout_error */
    enum err internal;   /* not 0: this machine failed, not the peer */
    int status;
    struct str body;                   /* valid during the callback */
    const char *primary_ip;            /* "" if never connected */
    const struct http_header *headers; /* of the response, names lower case;
                                          valid during the callback */
    size_t n_headers;
};

typedef void (*http_done_fn)(void *arg, const struct http_response *res);

/* Sets SIGPIPE to be ignored unless the program handles it already. */
MUST_USE enum err http_client_new(struct loop *l, const char *user_agent,
                                  struct http_client **out);
void http_client_free(struct http_client *c); /* cancels what runs */
/* Certificates are checked against SSL_CERT_FILE, else the system's bundle. The
 * callback comes from the loop, never from inside this call. ERR_INVAL: a bad
 * URL, method or header, or a name without addresses; ERR_ACCESS: plain http to
 * somewhere else than this host. */
MUST_USE enum err http_call(struct http_client *c,
                            const struct http_request *req, http_done_fn fn,
                            void *arg, struct http_call **out);
void http_call_cancel(struct http_call *call); /* no callback afterwards */
/* Bytes sent and received by this client so far, headers included. */
void http_client_bytes(const struct http_client *c, uint64_t *up,
                       uint64_t *down);

#endif
