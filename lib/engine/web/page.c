// SPDX-License-Identifier: Apache-2.0
/* The page of a round: what is sent for it, and where it leads to. */
#include "engine/measure.h"
#include "net/headers.h"
#include "net/redirect.h"

#include "base/clock.h"
#include <string.h>

enum err http_headers(struct measure *ms, const struct url *url,
                      const struct obs_header **out, size_t *n)
{
    const struct plan *p = ms->plan;
    struct obs_header *h =
        region_calloc(ms->region, HEADERS_MAX + 1, sizeof(*h));

    if (!h) {
        return ERR_NOMEM;
    }
    size_t count = headers_for(url->https, p->headers, p->n_headers, h);
    const char *cookie = cookies_for(&ms->jar, ms->region, url);
    if (cookie) {
        h[count++] = (struct obs_header){"Cookie", str_c(cookie)};
    }
    *out = h;
    *n = count;
    return ERR_OK;
}

void http_fetched(struct round *r, struct obs_http *http)
{
    struct measure *ms = r->ms;
    struct redirect re;
    enum err e;

    if (http->failure) {
        return;
    }
    e = cookies_take(&ms->jar, ms->region, r->url, http->headers,
                     http->n_headers, clock_wall_us() / US_PER_S);
    if (e == ERR_OK) {
        e = redirect_of(ms->region, r->url, http, &ms->redirects_left,
                        ms->e->cfg.allow_special, &re);
    }
    if (e != ERR_OK) {
        measure_internal(ms, e, "redirect");
        return;
    }
    http->failure = re.failure;
    if (re.follow && ms->m->internal == ERR_OK) {
        round_start(ms, &re.to, r->depth + 1);
    }
}
