// SPDX-License-Identifier: Apache-2.0
/* What is to be done with one URL. Types only. A caller of the engine fills in
 * a plan; plan_tasks.h decides which tasks it takes.
 */
#ifndef PARALLAX_ENGINE_PLAN_H
#define PARALLAX_ENGINE_PLAN_H

#include "record/measurement.h"
#include "record/scrub.h"
#include "record/site_consent.h"
#include "wire/url.h"

enum plan_kind {
    PLAN_PROBE,   /* the site as a volunteer reaches it (web/) */
    PLAN_CONTROL, /* the same from elsewhere, for others (control/) */
    PLAN_COMPARE, /* one address, with the site's name and without (sni/) */
    PLAN_UNNAMED, /* one address, once, without any name: is it open? (sni/) */
    PLAN_PAGE     /* the page of an http URL from one address (page/) */
};

/* Why a control connects to an address. */
enum plan_connect {
    PLAN_CONNECT_PAGE,   /* for the page: without it there is no answer */
    PLAN_CONNECT_BESIDE, /* the site's name leads there, too */
    PLAN_CONNECT_NAMED   /* only whoever asks says that it is the site's */
};

/* Where the probe can ask a control. */
struct control_helper {
    const char *url;
    const char *type; /* "https", "cloudfront"; NULL: "https" */
};

/* All pointers are borrowed until the job is done. */
struct plan {
    enum plan_kind kind;
    const char *input;    /* the URL's text, as the record names it */
    const char *category; /* or NULL */
    const struct url *url;
    int64_t first_id;   /* added to every transaction id: those of a further
                           measurement differ from the first one's */
    int64_t timeout_us; /* of the whole measurement; 0: only that of each
                           step */
    const struct obs_header *headers; /* replace our own of these names; a
                                         control sends those of the probe */
    size_t n_headers;

    /* PLAN_PROBE */
    const struct control_helper *helpers; /* in the order to be tried; `again`
                                             begins with the second */
    size_t n_helpers;
    const struct site_consent *consent; /* asked before a redirect's host is
                                           looked up; NULL: all are followed */
    /* the public ones are asked whatever the system's says */
    bool all_resolvers;
    bool doh; /* look the name up over HTTPS, too, even if it is not yet time
                 for that (public_dns.h) */
    const char *client_resolver; /* for the record's key of that name */
    const struct scrub *own;     /* the volunteer's addresses: none of them is
                                    told to a control; or NULL */
    bool sensitive; /* its name is never asked about for another's sake */
    bool again; /* a further measurement: it does not follow a redirect whose
                   target tells anything of `own`, and what was known of the
                   system's resolver before it does not count */

    /* PLAN_COMPARE, PLAN_PAGE, PLAN_UNNAMED: the address; for the last it
     * stands in the URL, too */
    const struct ip *compare;
    bool only_told; /* PLAN_PAGE: the address was asked before in the run; what
                       is known of it is told, and nothing is sent */

    /* PLAN_CONTROL */
    const struct ip *extra_addrs; /* connected to besides those it resolves */
    size_t n_extra_addrs;
    /* May it connect there now? What may not is left out; a page without such
     * an address ends in `internal` ERR_BUSY. NULL: it may. */
    bool (*may_connect)(void *arg, const struct ip *ip, enum plan_connect why);
    void *may_connect_arg;
    unsigned tries;       /* the first page that came is asked for so many times
                             more, to see whether its server cuts off some visitors */
    const char *resolver; /* DoH URL or "ip:port" */
    uint64_t count_body_bytes; /* read and count so much of a page, though less
                                  is kept; 0: read what is kept */
};

#endif
