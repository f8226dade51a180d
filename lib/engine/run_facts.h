// SPDX-License-Identifier: Apache-2.0
/* What the measurements of a run know of one another. A record is told it as
 * counts, never as names: names are kept as hashes, in memory only.
 *
 * A finding is often no finding because of what happened to other names: one
 * address is given for two names that have nothing to do with each other, a
 * resolver answers for others, a server was just visited, or unrelated names
 * are all led to one place.
 */
#ifndef PARALLAX_ENGINE_RUN_FACTS_H
#define PARALLAX_ENGINE_RUN_FACTS_H

#include "engine/run_networks.h"

#define RUN_FACTS_NAMES 4096 /* then the oldest are forgotten */
#define RUN_FACTS_PAGES 4096
#define RUN_FACTS_MANY  8  /* counts are told up to this */
#define RUN_FACTS_TOLD  16 /* entries of one list of a record */

struct run_name;
struct run_page;

/* Zeroed: nothing is known. */
struct run_facts {
    struct run_name *names;
    size_t n_names, cap_names, next_name;
    struct run_page *pages;
    size_t n_pages, cap_pages, next_page;
};

/* One measurement of a site. */
struct run_visit {
    struct measurement *m;
    const char *const *hosts; /* by depth: that of the site first, then those
                                 that redirects led to */
    size_t n_hosts;
    struct hash_list control; /* run_networks_control */
    bool alike;               /* the page is the control's */
    const struct geo *geo;    /* or NULL */
};

/* Frees what is known. */
void run_facts_fini(struct run_facts *f);
/* Tells the measurement what is known of others: fills in m->run. ERR_NOMEM. */
MUST_USE enum err run_facts_tell(const struct run_facts *f,
                                 const struct run_visit *v);
/* Tells it of one address alone that `host` was given, which the run knows.
 * ERR_NOMEM. */
MUST_USE enum err run_facts_tell_address(const struct run_facts *f,
                                         struct measurement *m,
                                         const char *host, const struct ip *ip);
/* What came in cleartext from `ip` for `host`, which the run knows, had nothing
 * of the site. */
void run_facts_notice(struct run_facts *f, const char *host,
                      const struct ip *ip);
/* Or it was an error of the server's, or an edge's refusal. */
void run_facts_ill(struct run_facts *f, const char *host, const struct ip *ip);
/* A resolver other than the system's gave addresses of `host`, when the line
 * was asked whether it is alive. Nothing is kept of a host that the run does
 * not know. */
void run_facts_heard(struct run_facts *f, const char *host,
                     const char *resolver);
/* Keeps what the measurement saw for those to come. ERR_NOMEM: they will know
 * less than they could. */
MUST_USE enum err run_facts_note(struct run_facts *f,
                                 const struct run_visit *v);

#endif
