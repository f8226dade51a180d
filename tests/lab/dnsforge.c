// SPDX-License-Identifier: Apache-2.0
#include "dnsforge.h"

#include <string.h>

bool lab_dns_question(const uint8_t *p, size_t len, struct lab_question *q)
{
    // One question, QR clear, opcode QUERY.
    if (len < 17 || p[2] & 0xf8 || p[4] || p[5] != 1) {
        return false;
    }
    size_t at = 12;
    size_t n = 0;
    while (p[at]) {
        size_t label = p[at];
        if (label > 63 || at + 1 + label >= len ||
            n + label + 1 >= sizeof(q->name)) {
            return false;
        }
        if (n) {
            q->name[n++] = '.';
        }
        for (size_t i = 1; i <= label; i++) {
            uint8_t c = p[at + i];
            if (!c) {
                return false;
            }
            q->name[n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        }
        at += 1 + label;
    }
    if (at + 5 > len) {
        return false;
    }
    q->name[n] = 0;
    q->type = (uint16_t)(p[at + 1] << 8 | p[at + 2]);
    q->end = at + 5;
    return true;
}

size_t lab_dns_forge(uint8_t *out, size_t max, const uint8_t *query,
                     const struct lab_question *q, bool nxdomain,
                     const uint8_t *rdata, size_t rdlen)
{
    size_t need = q->end + (rdlen ? 12 + rdlen : 0);
    if (need > max) {
        return 0;
    }
    memcpy(out, query, q->end); // the question byte for byte, case too
    out[2] = (uint8_t)(0x80 | (query[2] & 0x01));
    out[3] = (uint8_t)(0x80 | (nxdomain ? 3 : 0));
    out[6] = 0;
    out[7] = rdlen ? 1 : 0;
    memset(out + 8, 0, 4);
    if (rdlen) {
        static const uint8_t head[] = {0xc0, 12, 0, 0, 0, 1, 0, 0, 0, 60, 0};
        uint8_t *a = out + q->end;
        memcpy(a, head, sizeof(head));
        a[3] = rdlen == 4 ? LAB_DNS_A : LAB_DNS_AAAA;
        a[11] = (uint8_t)rdlen;
        memcpy(a + 12, rdata, rdlen);
    }
    return need;
}
