// SPDX-License-Identifier: Apache-2.0
/* Cookies of one measurement (RFC 6265), so that redirect chains that set and
 * expect one behave as in a browser. Never kept longer than that.
 */
#ifndef PARALLAX_NET_COOKIES_H
#define PARALLAX_NET_COOKIES_H

#include "record/measurement.h"
#include "wire/url.h"

#define COOKIES_MAX      50
#define COOKIE_BYTES_MAX 4096
#define COOKIES_SENT_MAX 8192

struct cookie {
    struct str name, value;
    const char *domain;
    const char *path;
    bool host_only, secure;
};

struct cookie_jar {
    struct cookie *items;
    size_t n, cap;
};

/* Takes the Set-Cookie headers of a response to `url`. */
MUST_USE enum err cookies_take(struct cookie_jar *jar, struct region *r,
                               const struct url *url,
                               const struct obs_header *headers, size_t n,
                               int64_t now_unix);
/* The value of the Cookie header for `url`; NULL if there is none to send. */
const char *cookies_for(const struct cookie_jar *jar, struct region *r,
                        const struct url *url);

#endif
