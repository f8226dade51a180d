// SPDX-License-Identifier: Apache-2.0
/* What a measurement does as a browser would: the headers of a request,
 * cookies, and redirects. One for each visit of a site.
 */
#ifndef PARALLAX_ENGINE_BROWSER_H
#define PARALLAX_ENGINE_BROWSER_H

#include "engine/measure.h"
#include "net/cookies.h"
#include "net/redirect.h"

struct browser {
    struct measure *ms;
    struct cookie_jar jar;
    int redirects_left;
};

/* No cookies yet. */
void browser_init(struct browser *b, struct measure *ms);
/* Headers of a GET for `url`: those of the plan, and the cookies for it. They
 * live as long as the record. ERR_NOMEM. */
MUST_USE enum err browser_headers(struct browser *b, const struct url *url,
                                  const struct obs_header **out, size_t *n);
/* Takes the cookies of a page that came from `url`, and says where it leads
 * to; a redirect that cannot be followed is in *re as a failure. ERR_NOMEM. */
MUST_USE enum err browser_follow(struct browser *b, const struct url *url,
                                 const struct obs_http *http,
                                 struct redirect *re);

#endif
