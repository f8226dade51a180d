// SPDX-License-Identifier: Apache-2.0
/* What is to be measured: URLs named on the command line, rows of lists,
 * narrowed by consent classes and categories. Reads files, contacts nothing.
 */
#ifndef PARALLAX_PROBE_RUN_TARGETS_H
#define PARALLAX_PROBE_RUN_TARGETS_H

#include "base/diag.h"
#include "probe/volunteer/consent.h"
#include "record/minisign_keys.h"
#include "record/site_consent.h"
#include "record/sitelist.h"

struct targets {
    struct sitelist list; /* every good row */
    const struct site **todo;
    size_t n_todo;
    size_t n_asked; /* the first rows of the list are asked for just now
                       (requests.csv) */
    size_t bad;     /* rows that cannot be read */
    size_t refused; /* rows outside the classes agreed to */
    size_t skipped; /* the same URL again, or a category not asked for */
    const struct site_classes *classes; /* of these rows and of every installed
                                           list; freed with the region */
    bool accepted[CONSENT_CLASSES];
};

struct targets_ask {
    const char *const *urls;
    size_t n_urls;
    const char *url_option; /* before a URL in messages: "--url ", or NULL */
    const char *list;       /* file, or NULL */
    const char *country;    /* of the installed lists, or NULL; beside it
                               global.csv, and requests.csv if there is one */
    const char *categories; /* "NEWS,HUMR", or NULL */
    const struct minisign_keys *keys; /* that signed lists must be signed with;
                                         NULL: that is not checked */
    int64_t now_s; /* seconds since 1970, if the clock is trusted: lists that
                      have expired are passed over; 0: none is */
    const struct consent *consent;
};

/* Everything lives in `r`. ERR_INVAL: a URL of the command line or a category
 * is no good. ERR_NOTFOUND: no list is installed. An installed list that has
 * expired, is not as it was signed, or (one that was taken in) cannot be read,
 * is told to `bad`, and the next directory's taken. Other errors: a
 * file cannot be read. `bad` gets each bad row of a list. */
MUST_USE enum err targets_build(struct region *r, const struct targets_ask *ask,
                                struct targets *out, sitelist_bad_fn bad,
                                void *arg, struct diag *d);

/* The riskiest class that any list gives `site`, one of these: 0 to 3. */
int targets_risk(const struct targets *t, const struct site *site);
/* Is it asked for just now? */
bool targets_asked(const struct targets *t, const struct site *site);

/* What was agreed to when `site`, one of these, is visited. Borrows. */
struct site_consent targets_consent(const struct targets *t,
                                    const struct site *site);

#endif
