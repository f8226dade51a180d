// SPDX-License-Identifier: Apache-2.0
/* What all endpoints share: where records go, what probes are told, whom we
 * believe about addresses. Filled before the HTTP server starts and, but for
 * what says so, not changed after, so that its threads may read it.
 */
#ifndef PARALLAX_COLLECTOR_API_SERVICE_H
#define PARALLAX_COLLECTOR_API_SERVICE_H

#include "base/diag.h"
#include "collector/api/handouts.h"
#include "collector/api/site_lists.h"
#include "collector/http/http.h"
#include "collector/ingest/ingest.h"
#include "collector/sealed/opener.h"
#include "wire/ip.h"

#include <stdatomic.h>

#define SERVICE_MAX_HELPERS 32
#define SERVICE_MAX_PROXIES 32

/* What a server is for that a test needs ("test helper" in OONI's words). Of
 * the last three we have none. */
enum service_kind {
    SERVICE_WEB_CONNECTIVITY, /* a control */
    SERVICE_TCP_ECHO,
    SERVICE_JSON_HEADERS,
    SERVICE_DNS,
    SERVICE_SSL,
    SERVICE_TRACEROUTE,
    SERVICE_KINDS
};

struct service_helper {
    enum service_kind kind;
    const char *address; /* URL; of an echo ADDR:PORT, or ADDR: port 80 */
    bool cloudfront;     /* reached through that network, by its front name */
    bool local;          /* told to those on this machine only */
};

/* All pointers are borrowed. */
struct service {
    struct ingest *ingest;
    struct store *store;             /* for the admin's listener */
    const char *data;                /* its directory; may be NULL */
    const struct geo *geo;           /* may be NULL */
    const struct site_lists *lists;  /* may be NULL: no lists */
    const struct handouts *handouts; /* may be NULL: none */
    struct opener *opener;           /* may be NULL: no box is opened */
    const char *public_url;          /* of this collector, NULL unknown */
    const char *const
        *tests_off; /* names of tests that probes are not to run */
    size_t n_tests_off;
    struct service_helper helpers[SERVICE_MAX_HELPERS];
    size_t n_helpers;
    struct ip proxies[SERVICE_MAX_PROXIES]; /* whose X-Forwarded-For we take */
    size_t n_proxies;
    bool defers;              /* probes may leave the control to us */
    const char *own_control;  /* that of `helpers` that is ours, or NULL */
    atomic_bool control_down; /* our control does not answer; changes */
};

/* "URL" or "cloudfront:URL"; of an echo "ADDR" or "ADDR:PORT". The address is
 * copied into `r`. An echo or a mirror of headers on a loopback address is
 * `local`: another machine would find something else there, and take it for
 * interference. ERR_INVAL: not written as it should; ERR_LIMIT: too many. */
MUST_USE enum err service_add_helper(struct service *s, struct region *r,
                                     enum service_kind kind, const char *text,
                                     struct diag *d);
/* An address, textual. ERR_INVAL: not one; ERR_LIMIT: too many. */
MUST_USE enum err service_add_proxy(struct service *s, const char *text,
                                    struct diag *d);
/* Address the request came from: the socket's, or what a trusted proxy says;
 * NULL if it cannot be told. IPv4 written as IPv6 is IPv4 (ip_essence). Lives
 * as long as the request. */
const char *service_source(const struct service *s, const struct http_req *req);
/* The same if nobody else can stand between: NULL where a further proxy or a
 * cache took part, and for an address that is not public. Only for the answer
 * to whoever asks; it is neither kept nor logged. */
const char *service_client(const struct service *s, const struct http_req *req);
/* Does who asks run on this machine, with no proxy between? */
bool service_is_local(const struct service *s, const struct http_req *req);
/* Hands the request's body, or another one that `up` names, to ingest as `up`
 * says, whose `source` is filled here. The request is answered by up->done; or
 * as busy at once, and false. */
bool service_submit(struct service *s, struct http_req *req,
                    struct ingest_upload *up);

#endif
