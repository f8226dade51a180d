// SPDX-License-Identifier: Apache-2.0
/* What one DNS exchange gave, whatever carried it. */
#ifndef PARALLAX_NET_DNSREPLY_H
#define PARALLAX_NET_DNSREPLY_H

#include "record/measurement.h"

#define DNS_ADDRS_MAX 64

/* One query and its answer; or an answer that came besides (extra). */
struct dns_exchange {
    const char *engine; /* "udp", "tcp", "doh" */
    const char *server; /* "ip:port", URL */
    uint16_t type;      /* DNS_A, DNS_AAAA */
    int64_t t0, t;      /* monotonic clock */
    const char *failure;
    int rcode;
    struct dns_answer *answers; /* networks not filled in */
    size_t n_answers;
    struct str raw;
    bool truncated;
    bool extra; /* late, further or wrong id: not the result of the query */
    uint16_t local_port; /* 0 unknown */
};

/* What a lookup gave in the end. */
struct lookup_result {
    int64_t t0, t;
    const char *failure; /* NULL: at least one address */
    enum err internal;
    const struct ip *addrs;
    size_t n_addrs;
    const char *cname; /* first target of the chain, or NULL */
};

enum lookup_via {
    LOOKUP_SYSTEM,
    LOOKUP_UDP,
    LOOKUP_DOH
};

struct lookup_request {
    enum lookup_via via;
    const char *host;   /* A-label, borrowed until closed */
    const char *server; /* "ip:port" or URL; NULL for the system's */
    bool only_a;
    bool linger;           /* go on listening for 500 ms after the lookup */
    struct region *region; /* all that is handed out lives here */
    void (*on_exchange)(void *arg, const struct dns_exchange *x); /* or NULL */
    void (*on_done)(void *arg, const struct lookup_result *res);
    void (*on_closed)(void *arg); /* or NULL; after which it is gone */
    void *arg;
};

/* Reads x->raw into failure, rcode, answers, truncated. ERR_NOMEM only. */
MUST_USE enum err dnsreply_decode(struct region *r, struct dns_exchange *x);

/* What all exchanges of one lookup gave together. */
struct dnsreply_merge {
    struct ip addrs[DNS_ADDRS_MAX];
    size_t n_addrs;
    const char *cname;
};

/* Adds what an exchange gave, if it did not fail: the first CNAME, and each
 * address once, up to DNS_ADDRS_MAX. */
void dnsreply_merge(struct dnsreply_merge *m, const struct dns_exchange *x);

#endif
