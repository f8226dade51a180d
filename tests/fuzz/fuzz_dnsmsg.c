// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a DNS message; a name that was read can be asked for again and
 * reads back the same. */
#include "wire/dnsmsg.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const char *name)
{
    struct region *r = region_new(1 << 16);
    struct buf b;
    struct dns_msg m;
    buf_init(&b, 4096);
    const struct dns_query_opts o = {.edns = true, .pad_to = 128};
    if (r && name[0] && dnsmsg_query(&b, 1, name, DNS_A, &o) == ERR_OK &&
        (dnsmsg_parse(r, buf_str(&b), &m, NULL) != ERR_OK ||
         strcmp(m.qname, name) != 0)) {
        abort();
    }
    buf_fini(&b);
    region_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new(4 << 20);
    struct dns_msg m;
    struct diag d;
    if (!r) {
        return 0;
    }
    enum err e =
        dnsmsg_parse(r, (struct str){(const char *)data, size}, &m, &d);
    if (e == ERR_OK) {
        round_trip(m.qname);
        for (size_t i = 0; i < m.n_answers; i++) {
            const struct dns_rr *rr = &m.answers[i];
            if (strlen(rr->name) > 4 * DNS_NAME_MAX ||
                (rr->rdata.len > 0 &&
                 (rr->rdata.p < (const char *)data ||
                  rr->rdata.p + rr->rdata.len > (const char *)data + size))) {
                abort();
            }
            round_trip(rr->name);
        }
    } else if (e == ERR_PARSE && d.text[0] == '\0') {
        abort();
    }
    region_free(r);
    return 0;
}
