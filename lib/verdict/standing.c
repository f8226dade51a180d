// SPDX-License-Identifier: Apache-2.0
#include "verdict/standing.h"
#include "record/fp_worth.h"
#include "verdict/judge_clock.h"

bool standing_is_bogon(const struct observations *o, const struct vaddr *a)
{
    struct ip v4;
    if (a->meant >= 0) {
        return o->addrs[a->meant].bogon;
    }
    return ip_is_nat64(&a->ip, &v4) ? ip_is_bogon(&v4) : a->bogon;
}

static bool network_of_control(const struct judging *j, const struct vaddr *a)
{
    uint32_t asn = a->asn ? a->asn : a->asn_control;
    for (size_t i = 0; asn && i < j->o->n_addrs; i++) {
        const struct vaddr *c = &j->o->addrs[i];
        if (c->control && (c->asn_control ? c->asn_control : c->asn) == asn) {
            return true;
        }
    }
    return false;
}

/* What the endpoints at an address showed about `host`. */
struct seen {
    bool good;     /* trusted certificate, by us or by the control */
    bool bad_cert; /* another certificate, for us */
    bool answered; /* a page over cleartext */
    bool failed;   /* something failed there */
};

static struct seen look(const struct judging *j, uint32_t addr, struct str host)
{
    const struct observations *o = j->o;
    struct seen s = {0};
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->addr != addr) {
            continue;
        }
        bool named = str_ieq(end->server_name, host);
        s.good =
            s.good || (named && ((outcome_ok(end->tls) && !end->no_verify) ||
                                 outcome_ok(end->ctl_tls)));
        bool dated = judge_clock_dates(j, end);
        s.bad_cert =
            s.bad_cert || (named && outcome_is_cert(end->tls) && !dated);
        /* a redirect that nobody follows is an answer, too */
        s.answered = s.answered || outcome_ok(end->http) ||
                     (end->resp.got_headers && end->resp.status / 100 == 3);
        s.failed = s.failed || outcome_bad(end->tcp) ||
                   (outcome_bad(end->tls) && !dated);
    }
    s.good = s.good || (judging_is_control_host(j, host) &&
                        (o->addrs[addr].flags_control & OBS_VALID_FOR_DOMAIN));
    return s;
}

/* In the record's own country. */
static bool known_as_forged(const struct judging *j, struct str address)
{
    struct str cc = j->o->cc;
    const struct fingerprint *fp =
        j->fps ? fingerprints_match_dns(j->fps, address, cc) : NULL;
    return fp && fp_worth_of(fp, cc) == FP_WORTH_PROOF;
}

enum standing standing_of(const struct judging *j, uint32_t addr,
                          struct str host)
{
    const struct vaddr *a = &j->o->addrs[addr];
    bool mine = judging_is_control_host(j, host);
    struct seen s = look(j, addr, host);
    char text[IP_TEXT_MAX];
    if (s.good) {
        return STAND_GOOD; /* whoever gave the address */
    }
    if (mine && a->translated) {
        return STAND_CONTROL; /* nobody forges one that leads to the site */
    }
    if (standing_is_bogon(j->o, a)) {
        return STAND_FORGED;
    }
    if (mine && a->control) {
        return STAND_CONTROL;
    }
    ip_format(&a->ip, text);
    if (known_as_forged(j, str_c(text))) {
        return STAND_FORGED;
    }
    if (s.bad_cert) {
        return STAND_BAD_CERT;
    }
    if (mine && network_of_control(j, a)) {
        return STAND_NETWORK;
    }
    return s.failed && !s.answered ? STAND_DEAD : STAND_UNKNOWN;
}

bool standing_verified(const struct judging *j, struct str host)
{
    for (size_t i = 0; i < j->o->n_ends; i++) {
        const struct vendpoint *end = &j->o->ends[i];
        if (outcome_ok(end->tls) && !end->no_verify &&
            str_ieq(end->server_name, host)) {
            return true;
        }
    }
    return false;
}

bool standing_site_has_tls(const struct judging *j)
{
    const struct observations *o = j->o;
    for (size_t i = 0; i < o->n_addrs; i++) {
        if (o->addrs[i].control &&
            (o->addrs[i].flags_control & OBS_VALID_FOR_DOMAIN)) {
            return true;
        }
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        if (outcome_ok(o->ends[i].ctl_tls)) {
            return true;
        }
    }
    return false;
}

enum elsewhere standing_elsewhere(const struct judging *j, uint32_t addr)
{
    const struct observations *o = j->o;
    bool tested = false, connects = false, tls_bad = false, closed = false;
    if (o->addrs[addr].flags_control & OBS_VALID_FOR_DOMAIN) {
        return ELSE_SITE;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vendpoint *end = &o->ends[i];
        if (end->addr != addr) {
            continue;
        }
        if (outcome_ok(end->ctl_tls)) {
            return ELSE_SITE;
        }
        tested = tested || end->ctl_tcp.known;
        connects = connects || outcome_ok(end->ctl_tcp);
        tls_bad = tls_bad || outcome_bad(end->ctl_tls);
        closed = closed || (end->port == 443 && outcome_bad(end->ctl_tcp));
    }
    if (!tested) {
        return ELSE_UNTESTED;
    }
    if (!connects) {
        return ELSE_CLOSED;
    }
    /* A site without a certificate in order proves nothing by its lack. */
    return standing_site_has_tls(j) &&
                   (tls_bad || closed || o->addrs[addr].flags_control != 0)
               ? ELSE_OTHER
               : ELSE_SITE;
}

bool standing_rejected(const struct judging *j, uint32_t addr)
{
    enum elsewhere e = standing_elsewhere(j, addr);
    return e == ELSE_CLOSED || e == ELSE_OTHER;
}

/* A neighbour of the control's addresses is trusted unless the control found
 * nothing of the site there. */
bool standing_is_usable(const struct judging *j, uint32_t addr, struct str host)
{
    enum standing s = standing_of(j, addr, host);
    return s == STAND_GOOD || s == STAND_CONTROL ||
           (s == STAND_NETWORK && !standing_rejected(j, addr));
}

bool standing_is_kin(const struct judging *j, uint32_t addr, struct str host)
{
    return judging_is_control_host(j, host) &&
           network_of_control(j, &j->o->addrs[addr]);
}
