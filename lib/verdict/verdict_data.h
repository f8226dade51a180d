// SPDX-License-Identifier: Apache-2.0
/* What a verdict holds. */
#ifndef PARALLAX_VERDICT_VERDICT_DATA_H
#define PARALLAX_VERDICT_VERDICT_DATA_H

#include "verdict/method.h"
#include "verdict/rules.h"
#include "verdict/xstate.h"

enum opt_bool {
    OPT_NULL = -1,
    OPT_FALSE = 0,
    OPT_TRUE = 1
};

struct reason {
    enum note note;     /* what is said, and with it the rule that says so */
    const int64_t *ids; /* transaction ids it used */
    size_t n_ids;
    int64_t
        bytes; /* received when it fell silent; 0: nothing is said of that */
};

/* Where the system's resolver led to, when that is not the site's (see
 * judge_notice.h). */
struct notice {
    bool suspect; /* of a notice server */
    bool agreed;  /* another resolver gave an address of the site */
    bool proven;  /* the site has shown itself elsewhere, */
    bool vouched; /* by a certificate */
    bool near;    /* the address is in the volunteer's own network */
    bool foreign; /* what came in cleartext has nothing of the site */
    bool fetched; /* and it came for this site */
    bool apart;   /* names that are hosted apart were led there */
    bool alias;   /* the answer says that the name is another one's: customers
                     of a network for delivery are led so */
    bool ill;     /* what it says in cleartext is said by an edge or cache that
                     is ill, */
    bool led;     /* or leads to a site with a true certificate */
    bool vague;   /* ... may be the site's own, or of an old address */
    bool heard;   /* this site's visit got an answer in cleartext there, which
                     was followed where it led */
    bool tls;     /* somebody answers at the port of https, too */
    int family;   /* 4, 6: the answer's addresses of the other family are the
                     site's; 0: none is */
    int64_t id;   /* of the connection by which it came; 0: none */
    int64_t lookup;
    const char *target;    /* URL of a redirect, whose name is suspected alike,
                              but no control has looked; NULL: none */
    const char *at;        /* the address */
    const char *elsewhere; /* one of the site's, unless that is proven; NULL:
                              none is known */
};

struct verdict {
    /* OONI-compatible; NULL strings are JSON null */
    const char *dns_experiment_failure;
    const char *dns_consistency; /* consistent, inconsistent, NULL */
    const char *control_failure; /* copied from the observation */
    const char *http_experiment_failure;
    enum opt_bool body_length_match;
    double body_proportion;
    enum opt_bool status_code_match;
    enum opt_bool headers_match;
    enum opt_bool title_match;
    int64_t x_dns_flags, x_blocking_flags, x_null_null_flags;
    enum opt_bool accessible;
    const char *blocking; /* tcp_ip, dns, http-diff, http-failure; "false";
                             NULL for null */
    /* ours */
    enum xstate state;
    enum method method; /* METHOD_NONE unless blocked */
    double confidence;  /* 0..1 of the state */
    const struct reason *reasons;
    size_t n_reasons;
    const struct reason *alternatives;
    size_t n_alternatives;
    const char *internal_what; /* X_INTERNAL: what failed, or NULL */
    bool want_again; /* a second measurement, a little later, would settle it */
    bool uncompared; /* ... because a control is asked later: what failed may be
                        chance, and nobody knows yet if it fails elsewhere */
    const char *want_url; /* of the target of a redirect; NULL: of the site */
    bool first_cut; /* it was cut off, and so was the control's first attempt */
    bool stay_away; /* ... but that target tells the volunteer's address, or
                       may: it is never visited a second time */
    const char *want_compare; /* address at which want_url is to be fetched with
                                 and without its name instead; or NULL */
    struct notice notice;
    const char *want_page; /* address at which the page of want_url is to be
                              fetched in cleartext instead; or NULL */
    double want_if_faster; /* only where the line is faster by far than so many
                              bytes a second; 0: wherever */
};

#endif
