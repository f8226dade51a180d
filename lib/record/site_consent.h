// SPDX-License-Identifier: Apache-2.0
/* Which redirects are followed: asked before their host is even looked up. */
#ifndef PARALLAX_RECORD_SITE_CONSENT_H
#define PARALLAX_RECORD_SITE_CONSENT_H

#include "record/site_classes.h"

/* What a volunteer has agreed to. All pointers are borrowed. */
struct site_consent {
    const struct site_classes *classes;
    bool accepted[SITE_CLASSES];
    const char *chosen; /* the host of a site that the volunteer named; what is
                           of its registrable domain was chosen with it. NULL:
                           a list named the site */
};

/* Is the URL's site in no list? */
bool site_consent_unlisted(const struct site_consent *c, const struct url *url);
/* May it be visited? Always, where no list has it. */
bool site_consent_allows(const struct site_consent *c, const struct url *url);

#endif
