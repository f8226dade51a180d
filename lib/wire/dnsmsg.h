// SPDX-License-Identifier: Apache-2.0
/* DNS messages (RFC 1035, EDNS0 RFC 6891, padding RFC 7830): bytes <-> structs,
 * no I/O. Never follows more than DNSMSG_MAX_HOPS compression pointers, and
 * only backwards.
 */
#ifndef PARALLAX_WIRE_DNSMSG_H
#define PARALLAX_WIRE_DNSMSG_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/region.h"
#include "wire/ip.h"

#define DNS_NAME_MAX    255
#define DNSMSG_MAX_HOPS 64
#define DNSMSG_MAX_RRS  512

enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_TXT = 16,
    DNS_AAAA = 28,
    DNS_OPT = 41,
    DNS_HTTPS = 65,
    DNS_ANY = 255
};

enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4,
    DNS_REFUSED = 5
};

struct dns_rr {
    const char *name; /* lower case, no trailing dot, escapes as \DDD */
    uint16_t type, cls;
    uint32_t ttl;
    struct ip ip;       /* A, AAAA */
    const char *target; /* CNAME, NS */
    struct str rdata;   /* borrowed from the message */
};

struct dns_msg {
    uint16_t id;
    bool qr, aa, tc, rd, ra, ad;
    uint8_t opcode;
    uint16_t rcode;    /* with the EDNS extension bits */
    const char *qname; /* "" if there is no question */
    uint16_t qtype, qclass;
    uint16_t qdcount;
    struct dns_rr *answers; /* answer section only */
    size_t n_answers;
    bool edns;
    uint16_t edns_size;
};

struct dns_query_opts {
    bool edns; /* EDNS0 with size 4096 */
    bool dnssec_ok;
    bool no_subnet; /* with an empty client subnet: none is to be passed on
                       (RFC 7871, section 7.1.2); for IPv4, as browsers do */
    bool unchecked; /* CD: signatures need not be checked (RFC 4035, 3.2.2) */
    size_t pad_to;  /* block length of RFC 8467 padding, 0 = none */
};

/* Builds a query with RD. ERR_INVAL if the name cannot be encoded. */
MUST_USE enum err dnsmsg_query(struct buf *out, uint16_t id, const char *name,
                               uint16_t type, const struct dns_query_opts *o);
/* ERR_PARSE names the offset. Result lives in `r` and borrows `msg`. */
MUST_USE enum err dnsmsg_parse(struct region *r, struct str msg,
                               struct dns_msg *out, struct diag *d);

/* "A", "AAAA", ..., or "TYPE123" (RFC 3597), which lives in storage of the
 * thread until the next call. */
const char *dnsmsg_type_name(uint16_t type);

#endif
