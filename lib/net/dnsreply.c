// SPDX-License-Identifier: Apache-2.0
/* From the bytes of a DNS answer to what the record says of it. */
#include "net/dnsreply.h"
#include "record/failure.h"

#include "wire/dnsmsg.h"

static void decode_rr(const struct dns_rr *rr, struct dns_exchange *x,
                      size_t *of_type)
{
    struct dns_answer *a = &x->answers[x->n_answers];

    *a = (struct dns_answer){.org = "", .ttl = rr->ttl};
    if (rr->type == x->type && rr->ip.family != 0) {
        a->type = dnsmsg_type_name(x->type);
        a->ip = rr->ip;
        (*of_type)++;
    } else if (rr->type == x->type && x->type == DNS_HTTPS) {
        (*of_type)++; /* what it says stays in the bytes */
        return;
    } else if (rr->type == DNS_CNAME && rr->target) {
        a->type = "CNAME";
        a->hostname = rr->target;
    } else {
        return;
    }
    x->n_answers++;
}

enum err dnsreply_decode(struct region *r, struct dns_exchange *x)
{
    struct dns_msg msg;
    struct diag d;
    size_t of_type = 0;
    enum err e = dnsmsg_parse(r, x->raw, &msg, &d);

    x->n_answers = 0;
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e != ERR_OK || !msg.qr) {
        x->failure = failure_text(FAILURE_MISBEHAVING);
        return ERR_OK;
    }
    x->rcode = msg.rcode;
    x->truncated = msg.tc;
    if (msg.n_answers > 0) {
        x->answers = region_calloc(r, msg.n_answers, sizeof(*x->answers));
        if (!x->answers) {
            return ERR_NOMEM;
        }
        for (size_t i = 0; i < msg.n_answers; i++) {
            decode_rr(&msg.answers[i], x, &of_type);
        }
    }
    x->failure = failure_text(failure_from_rcode(msg.rcode));
    if (!x->failure && of_type == 0 && !msg.tc) {
        x->failure = failure_text(FAILURE_NO_ANSWER);
    }
    return ERR_OK;
}

void dnsreply_merge(struct dnsreply_merge *m, const struct dns_exchange *x)
{
    for (size_t i = 0; !x->failure && i < x->n_answers; i++) {
        const struct dns_answer *a = &x->answers[i];
        bool known = false;

        if (a->hostname) {
            if (!m->cname) {
                m->cname = a->hostname;
            }
            continue;
        }
        for (size_t k = 0; k < m->n_addrs; k++) {
            known = known || ip_eq(&m->addrs[k], &a->ip);
        }
        if (!known && m->n_addrs < DNS_ADDRS_MAX) {
            m->addrs[m->n_addrs++] = a->ip;
        }
    }
}
