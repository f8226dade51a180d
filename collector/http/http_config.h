// SPDX-License-Identifier: Apache-2.0
/* Where a server listens, whom it calls, and what is too much for it. */
#ifndef PARALLAX_COLLECTOR_HTTP_HTTP_CONFIG_H
#define PARALLAX_COLLECTOR_HTTP_HTTP_CONFIG_H

#include "base/loop.h"
#include "collector/http/http.h"
#include "wire/ip.h"

struct http_config {
    const char *listen; /* ADDR:PORT, port 0 picks one; or unix:PATH */
    int listening;      /* 0, or a socket that listens there already (see
                           http_listen.h), taken over also after an error */
    struct loop *loop;  /* run on this loop ... */
    unsigned threads;   /* ... or on so many threads */
    size_t max_body;
    size_t max_body_total;    /* of all requests being read */
    unsigned max_connections; /* the slow make room before; see http_crowd.h */
    unsigned idle_s;    /* a silent connection is closed, and one whose head
                           has not come as a whole */
    unsigned request_s; /* a body must have arrived by then, an answer gone */
    const struct ip *proxies; /* ours, of which each is many people */
    size_t n_proxies;
    http_handler_fn fn;
    void *arg;
};

#endif
