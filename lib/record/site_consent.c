// SPDX-License-Identifier: Apache-2.0
#include "record/site_consent.h"

#include "wire/host.h"

#include <string.h>

bool site_consent_unlisted(const struct site_consent *c, const struct url *url)
{
    return site_classes_of(c->classes, url) == SITE_UNLISTED;
}

bool site_consent_allows(const struct site_consent *c, const struct url *url)
{
    int risk = site_classes_of(c->classes, url);

    return risk == SITE_UNLISTED || c->accepted[risk] ||
           (c->chosen && strcmp(host_registrable(c->chosen),
                                host_registrable(url->host)) == 0);
}
