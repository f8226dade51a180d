// SPDX-License-Identifier: Apache-2.0
/* The ways to the collector, in the order in which they are tried: the normal
 * one, further addresses of it, proxies. A way that failed rests for a while,
 * longer each time, by chance a little more or less, so that devices behind one
 * blocked name do not knock in step. No I/O, no clock, no chance of its own.
 */
#ifndef PARALLAX_PROBE_DELIVER_WAYS_H
#define PARALLAX_PROBE_DELIVER_WAYS_H

#include "base/region.h"
#include "net/client_proxy.h"
#include "wire/url.h"

#define WAYS_MAX     16
#define WAYS_FURTHER 4
#define WAYS_PROXIES 4
#define WAYS_NONE    SIZE_MAX
#define WAYS_ORDER   "direct,further,proxy"

enum way_kind {
    WAY_DIRECT,
    WAY_FURTHER,
    WAY_PROXY
};

#define WAY_KINDS 3

/* What the volunteer and the lists he believes say. */
struct ways_config {
    const char *collector;      /* URL */
    const char *const *further; /* URLs */
    size_t n_further;
    const char *const *proxies; /* as client_proxy_parse reads them */
    size_t n_proxies;
    const char *order; /* kinds, by comma; NULL: WAYS_ORDER */
};

struct way {
    enum way_kind kind;
    struct url url;
    const char *base;                 /* its text, without the last slash */
    const struct client_proxy *proxy; /* WAY_PROXY only */
    unsigned fails;                   /* in a row */
    int64_t rests_until;              /* monotonic, us; 0: it does not */
};

struct ways {
    struct way way[WAYS_MAX];
    size_t n; /* 1 at least */
};

/* Is `url` one that may be a collector's? https, or http to this machine; else
 * ERR_INVAL with a sentence. */
MUST_USE enum err ways_check_url(const char *url, struct diag *d);

/* All ways, in their order; what they hold lives in `r`. Proxies are tried for
 * the collector's own address first, then for the further ones, as far as
 * WAYS_MAX goes. ERR_INVAL: a URL, a proxy or the order is no good, or there
 * is no way: `d` has a sentence. */
MUST_USE enum err ways_make(struct region *r, const struct ways_config *cfg,
                            struct ways *out, struct diag *d);

/* The next way for a request that tried those in `tried` (a bit for each): the
 * first one that does not rest; where all do and none was tried yet, the one
 * that rests the shortest. WAYS_NONE: there is no more. */
size_t ways_next(const struct ways *w, uint32_t tried, int64_t now_us);

/* Way `i` failed, or worked. `chance`: any number. */
void ways_failed(struct ways *w, size_t i, int64_t now_us, uint32_t chance);
void ways_worked(struct ways *w, size_t i);

/* A pause of `base_us`, doubled for each of `fails` after the first, as far as
 * `most_us`, and by chance half as much to half as much more. */
int64_t ways_pause(int64_t base_us, unsigned fails, int64_t most_us,
                   uint32_t chance);

/* May an answer of this HTTP status have been made before the collector was
 * reached, so that another way is worth it? */
bool ways_status_is_between(int status);

/* The kind as a setting says it, and as a person is told: "directly",
 * "by a further address", "by proxy". */
const char *ways_name(enum way_kind k);
const char *ways_words(enum way_kind k);

#endif
