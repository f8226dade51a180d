// SPDX-License-Identifier: Apache-2.0
/* How an engine is set up. Types only. */
#ifndef PARALLAX_ENGINE_ENGINE_CONFIG_H
#define PARALLAX_ENGINE_ENGINE_CONFIG_H

#include "base/geo.h"

/* Limits of one engine, shared by all its jobs. 0: the default. */
struct engine_limits {
    unsigned jobs;       /* measured at the same time */
    unsigned sockets;    /* open at the same time, DNS included */
    size_t body_memory;  /* bytes of page bodies in flight; a fetch that
                            finds no room waits before it connects */
    size_t region_bytes; /* per measurement */
};

/* All pointers are borrowed until the engine is freed. */
struct engine_config {
    struct engine_limits limits;
    const char *ca_file;         /* NULL: SSL_CERT_FILE, else the system's */
    const struct geo *geo;       /* NULL: no networks of addresses */
    const char *const *doh_urls; /* NULL: the default four */
    size_t n_doh_urls;
    const char *const *udp_resolvers; /* "ip:port"; NULL: the default eight */
    size_t n_udp_resolvers;
    const char *resolv_conf; /* NULL: /etc/resolv.conf */
    bool capture;            /* try libpcap; silently off without the right */
    bool allow_special;      /* connect to addresses that are not public, too;
                                for unit tests, no program sets it */
};

#endif
