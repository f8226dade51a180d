// SPDX-License-Identifier: Apache-2.0
/* What is asked of the DNS, and what one exchange and a whole lookup give,
 * whatever carries them (lookup.h, doh.h).
 */
#ifndef PARALLAX_NET_DNSREPLY_H
#define PARALLAX_NET_DNSREPLY_H

#include "record/measurement.h"

#define DNS_ADDRS_MAX 64

/* One query and its answer; or an answer that came besides (extra). */
struct dns_exchange {
    const char *engine; /* "udp", "tcp", "doh" */
    const char *server; /* "ip:port", URL */
    uint16_t type;      /* DNS_A, DNS_AAAA, DNS_HTTPS */
    int64_t t0, t;      /* monotonic clock */
    const char *failure;
    int rcode;
    struct dns_answer *answers; /* without the networks of addresses */
    size_t n_answers;
    struct str raw;
    bool truncated;
    bool unchecked; /* signatures needed not be checked */
    bool extra;     /* came besides the result: later, or with another id */
    uint16_t local_port; /* 0 unknown */
};

/* What a lookup gave in the end. `addrs` is valid during the callback only;
 * strings live in the region of the request. */
struct lookup_result {
    int64_t t0, t;       /* monotonic clock */
    const char *failure; /* NULL: at least one address */
    enum err internal;   /* not 0: this machine failed */
    const struct ip *addrs;
    size_t n_addrs;
    const char *cname; /* first target of the chain, or NULL */
    bool hosts_file;   /* this machine's own file said so; nobody was asked */
};

enum lookup_via {
    LOOKUP_SYSTEM,
    LOOKUP_UDP,
    LOOKUP_DOH
};

/* The addresses of one host by one way. */
struct lookup_request {
    enum lookup_via via;
    const char *host;      /* in ASCII; borrowed until the lookup is gone */
    const char *server;    /* "ip:port" or URL; NULL for the system's;
                              borrowed until the lookup is gone */
    bool only_a;           /* not AAAA */
    bool only_https;       /* type 65 alone (RFC 9460), which has no address */
    int64_t repeat_us;     /* what no server answers in this time is asked once
                              more, for as long; 0: 4 s, and not again */
    bool unchecked;        /* signatures need not be checked */
    bool linger;           /* go on listening for 500 ms after the lookup */
    struct region *region; /* all that is handed out lives here */
    /* For each result of a query, and each answer that came besides. Or
     * NULL. */
    void (*on_exchange)(void *arg, const struct dns_exchange *x);
    /* All queries have their result. */
    void (*on_done)(void *arg, const struct lookup_result *res);
    /* Nothing is listened for any more; the lookup is gone after this. Or
     * NULL. */
    void (*on_closed)(void *arg);
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
