// SPDX-License-Identifier: Apache-2.0
/* HTTP(S) for everything that is not a measurement: control calls, check-in,
 * upload, DoH. Names are not resolved here: whoever calls gives addresses.
 * Redirects are not followed. A client keeps its connections for later calls.
 */
#ifndef PARALLAX_NET_CLIENT_H
#define PARALLAX_NET_CLIENT_H

#include "base/buf.h"
#include "base/loop.h"
#include "net/client_proxy.h"

struct client;
struct client_call;

struct client_header {
    const char *name;
    const char *value;
};

struct client_request {
    const char *method; /* "GET", "POST", "PUT" */
    const char *url;    /* http or https */
    const struct client_header *headers;
    size_t n_headers;
    struct str body;          /* borrowed until done or cancelled */
    const char *const *addrs; /* textual addresses to connect to; tried in
                                 order; NULL only if the host is a literal */
    size_t n_addrs;
    const struct client_proxy *proxy; /* NULL: none. Copied. `addrs` are the
                                         proxy's then, and the host is told to
                                         it alone */
    int64_t timeout_us;               /* whole call */
    size_t max_response;              /* bytes of body */
    bool insecure_loopback; /* plain http allowed only to 127.0.0.0/8, ::1 */
    bool nameless; /* without a User-Agent: so do browsers ask for DNS */
};

/* All of it is valid during the callback only: who keeps any of it keeps a
 * copy. */
struct client_response {
    const char *failure; /* NULL: `status` is valid; else OONI's failure string
                            such as connection_reset, generic_timeout_error */
    enum err internal;   /* not 0: this machine failed, not the peer */
    int status;
    struct str body;
    const char *primary_ip;              /* "" if never connected */
    const struct client_header *headers; /* of the response, names lower case */
    size_t n_headers;
};

typedef void (*client_done_fn)(void *arg, const struct client_response *res);

/* Sets SIGPIPE to be ignored unless the program handles it already. ERR_NOMEM,
 * ERR_FDLIMIT. */
MUST_USE enum err client_new(struct loop *l, const char *user_agent,
                             struct client **out);
/* Cancels what runs. May be called from a callback. NULL allowed. */
void client_free(struct client *c);
/* Certificates are checked against SSL_CERT_FILE, else the system's bundle. The
 * callback comes from the loop, never from inside this call. ERR_INVAL: a bad
 * URL, method or header, or a name without addresses; ERR_ACCESS: plain http to
 * somewhere else than this host, or through a proxy. */
MUST_USE enum err client_call(struct client *c,
                              const struct client_request *req,
                              client_done_fn fn, void *arg,
                              struct client_call **out);
/* No callback afterwards. Does nothing from within the call's own. */
void client_cancel(struct client_call *call);
/* A connection is ready, for which it waited, and the request goes out. Also
 * from within the call's own callback. */
bool client_call_sent(const struct client_call *call);
/* Bytes sent and received by this client so far, headers included. */
void client_bytes(const struct client *c, uint64_t *up, uint64_t *down);

#endif
