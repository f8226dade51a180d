// SPDX-License-Identifier: Apache-2.0
// DNS as a censor on the wire handles it: reads the question of a query,
// writes an answer to it. Pure, every length checked.
#ifndef LAB_DNSFORGE_H
#define LAB_DNSFORGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_DNS_A     1
#define LAB_DNS_CNAME 5
#define LAB_DNS_AAAA  28

struct lab_question {
    char name[256]; // lower case, dots, no dot at the end
    uint16_t type;
    size_t end; // of the question section
};

// false: not a query with one question that we understand.
bool lab_dns_question(const uint8_t *p, size_t len, struct lab_question *q);

// Writes the answer to `query`: NXDOMAIN, or NOERROR with `rdata` (4 or 16
// bytes; 0: none). Returns its length, 0 when it does not fit.
size_t lab_dns_forge(uint8_t *out, size_t max, const uint8_t *query,
                     const struct lab_question *q, bool nxdomain,
                     const uint8_t *rdata, size_t rdlen);

#endif
