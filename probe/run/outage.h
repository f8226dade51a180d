// SPDX-License-Identifier: Apache-2.0
/* Is it the line that fails, and not the sites? Before a run has got anything
 * that is proven to be true (a test helper's answer, a site's certificate), and
 * after its check-in failed, its first measurements are compared: if all of
 * them show the same thing, for everyday sites too, then it is a dead line or a
 * captive portal. In doubt it is neither: a network that blocks much of a list
 * must be measured. Pure.
 */
#ifndef PARALLAX_PROBE_RUN_OUTAGE_H
#define PARALLAX_PROBE_RUN_OUTAGE_H

#include "base/crypto.h"
#include "record/measurement.h"
#include "record/sitelist.h"

enum outage {
    OUTAGE_NONE,
    OUTAGE_LINE,  /* nothing can be reached */
    OUTAGE_PORTAL /* all is led to one place: a login page */
};

/* By what a row can be led away, as others are. */
enum outage_way {
    OUTAGE_ADDRESS, /* its name has one address, that no public site has */
    OUTAGE_REDIRECT,
    OUTAGE_PAGE,
    OUTAGE_CERTIFICATE,
    OUTAGE_WAYS
};

/* What one measurement shows of it. */
struct outage_sign {
    bool proven;   /* something true came: the line works */
    bool reached;  /* a connection was made */
    bool denied;   /* a name server said that there is no such name */
    bool everyday; /* site of class R0 */
    bool unsorted; /* site without a category */
    bool near;     /* redirected to an address that no public site has */
    bool led[OUTAGE_WAYS];
    uint8_t to[OUTAGE_WAYS][SHA256_LEN]; /* to what: its hash */
    const char *host;                    /* borrowed from the site */
};

/* So many rows are needed, of which so many must be everyday sites. Where none
 * are known as such, so many without a category do; but then being led to a
 * public place, as censors lead to theirs, is no sign of an outage. */
#define OUTAGE_ROWS     5
#define OUTAGE_EVERYDAY 2
#define OUTAGE_UNSORTED 8

/* What `m`, of this site, shows. */
void outage_look(const struct measurement *m, const struct site *site,
                 struct outage_sign *out);

/* What `n` rows show, none of which is `proven`. `unheard`: not one byte came
 * in the whole run; then few rows suffice. */
enum outage outage_judge(const struct outage_sign *const *rows, size_t n,
                         bool unheard);

/* The row shows what no outage does, whatever other rows show. */
bool outage_excludes(const struct outage_sign *row);

#endif
