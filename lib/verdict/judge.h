// SPDX-License-Identifier: Apache-2.0
/* Our own verdict: what its parts share. Rules are asked in the order in which
 * a visit happens (name, address, handshake, page); the first that is certain
 * decides. What is not certain is said so.
 */
#ifndef PARALLAX_VERDICT_JUDGE_H
#define PARALLAX_VERDICT_JUDGE_H

#include "verdict/pagediff.h"
#include "verdict/read/observe.h"
#include "verdict/rules.h"
#include "verdict/verdict.h"

#define OWN_MAX_REASONS 8
#define OWN_MAX_IDS     16

/* Ids of the transactions that a reason used. */
struct ids {
    int64_t id[OWN_MAX_IDS];
    size_t n;
};

struct own {
    const struct observations *o;
    const struct fingerprints *fps; /* may be NULL */
    struct region *r;
    struct verdict *v;
    int depth; /* deepest redirect with an observation */
    int at;    /* the one that is, or was last, judged */
    struct reason reasons[OWN_MAX_REASONS];
    size_t n_reasons;
    struct reason alternatives[OWN_MAX_REASONS];
    size_t n_alternatives;
    bool silent; /* the resolver was, but addresses came from others */
    struct ids silent_ids;
    bool nomem;
    bool decided;
};

void ids_add(struct ids *ids, int64_t id);

void own_reason(struct own *w, const char *rule, const struct ids *ids,
                const char *note);
void own_alternative(struct own *w, const char *rule, const struct ids *ids,
                     const char *note);
/* Ends the search; `method` only for X_BLOCKED. */
void own_decide(struct own *w, enum xstate state, const char *method,
                double confidence);

/* What is known about one address for one name. */
enum standing {
    STAND_GOOD,    /* a trusted certificate for the name was seen there */
    STAND_CONTROL, /* the control resolved the name to it */
    STAND_NETWORK, /* in a network that the control's addresses are in */
    STAND_UNKNOWN,
    STAND_DEAD,     /* nothing answers there as this site */
    STAND_BAD_CERT, /* a certificate for something else */
    STAND_FORGED,   /* bogon, or known as a forged answer */
};

/* No public site can have it; nor what NAT64 makes of such a one (RFC 6052,
 * 3.1), which OONI's list does not hold. */
bool own_bogon(const struct vaddr *a);
/* 64:ff9b::/96, which stands for IPv4 (RFC 6052). */
bool own_nat64(const struct ip *ip);
enum standing own_standing(const struct own *w, uint32_t addr, struct str host);
/* We ourselves saw a trusted certificate for the name at some address. */
bool own_verified(const struct own *w, struct str host);
/* The name under which depth `depth` was measured; {NULL,0} if unknown. */
struct str own_host(const struct own *w, int depth);
/* The URL that was measured there, NULL if it cannot be told; region. */
const char *own_url(const struct own *w, int depth);
/* Asks for a comparison of what `end` fetched, with its name and without. */
void own_want_compare(struct own *w, const struct vendpoint *end);
/* Was that step an https one? */
bool own_https(const struct own *w, int depth);
/* The control looked at this name and got a page. */
bool own_control_page(const struct own *w);
bool own_is_control_host(const struct own *w, struct str host);
bool own_cert_failure(struct outcome out);
/* Failures that a censor's packets (or their absence) produce. */
bool own_cut(struct outcome out);

/* The parts; each may call own_decide. */
void own_dns(struct own *w, int depth);
void own_page(struct own *w, const struct vendpoint *end);
void own_failure(struct own *w);
/* http page in order, but is its https side interfered with? */
void own_https_side(struct own *w);
/* The lookup was answered much sooner than its resolver answers others. A
 * sign, no proof. */
bool own_too_early(const struct own *w, const struct vquery *q);
/* So was the same question to another resolver, with an address in common. */
bool own_too_early_elsewhere(const struct own *w, const struct vquery *q);
/* The page looks like nothing the site would send. */
bool own_strange_page(const struct own *w, const struct vendpoint *end,
                      struct httpdiff *diff);

#endif
