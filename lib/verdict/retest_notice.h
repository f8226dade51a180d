// SPDX-License-Identifier: Apache-2.0
/* What further measurements say of a suspected notice server (judge_notice.h):
 * the answer has to come again; then at most one page is asked for, in
 * cleartext: what the address serves for the site's name, or, where a site has
 * no https to prove itself by, the site's own page.
 */
#ifndef PARALLAX_VERDICT_RETEST_NOTICE_H
#define PARALLAX_VERDICT_RETEST_NOTICE_H

#include "verdict/read/observations.h"
#include "verdict/verdict_data.h"

/* All that was seen so far. */
struct notice_course {
    struct notice n;
    const struct vcontrol *control; /* of the site that the name is of */
    struct url url;                 /* where that was measured */
    unsigned seen;                  /* measurements in which the answer came */
    bool over;                      /* it did not come again */
    bool asked;                     /* the page was */
};

/* Begins with the first measurement and its verdict; `o` is borrowed. */
void retest_notice_begin(struct notice_course *c, const struct observations *o,
                         const struct verdict *v);
/* The site, or where it leads to, was measured again; this is the verdict of
 * that alone. `o` is borrowed. */
void retest_notice_again(struct notice_course *c, const struct observations *o,
                         const struct verdict *again);
/* A page was asked for; `keys` is what was observed, at x_retest[i]. ERR_PARSE,
 * ERR_NOMEM. */
MUST_USE enum err retest_notice_page(struct notice_course *c, struct region *r,
                                     const struct json *record,
                                     const struct json *keys, size_t i,
                                     struct diag *d);
/* Decides `v`, the verdict of all, if it is not yet decided and the evidence is
 * complete; else says in `v` what is wanted next. `may_again`: another
 * measurement of the site may be asked for. ERR_NOMEM. */
MUST_USE enum err retest_notice_settle(const struct notice_course *c,
                                       struct region *r, bool may_again,
                                       struct verdict *v);

#endif
