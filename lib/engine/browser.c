// SPDX-License-Identifier: Apache-2.0
/* Requests and what follows from their answers. */
#include "engine/browser.h"
#include "net/headers.h"

#include "base/clock.h"

void browser_init(struct browser *b, struct measure *ms)
{
    *b = (struct browser){.ms = ms, .redirects_left = REDIRECTS_MAX};
}

enum err browser_headers(struct browser *b, const struct url *url,
                         const struct obs_header **out, size_t *n)
{
    const struct plan *p = b->ms->plan;
    struct region *region = b->ms->region;
    struct obs_header *h = region_calloc(region, HEADERS_MAX + 1, sizeof(*h));

    if (!h) {
        return ERR_NOMEM;
    }
    size_t count = headers_for(url->https, p->headers, p->n_headers, h);
    const char *cookie = cookies_for(&b->jar, region, url);
    if (cookie) {
        count = headers_with_cookie(h, count, cookie);
    }
    *out = h;
    *n = count;
    return ERR_OK;
}

enum err browser_follow(struct browser *b, const struct url *url,
                        const struct obs_http *http, struct redirect *re)
{
    struct region *region = b->ms->region;
    enum err e = ERR_OK;

    if (!http->failure) {
        e = cookies_take(&b->jar, region, url, http->headers, http->n_headers,
                         clock_wall_us() / US_PER_S);
    }
    if (e == ERR_OK) {
        e = redirect_of(region, url, http, &b->redirects_left,
                        b->ms->in->cfg.allow_special, re);
    }
    return e;
}
