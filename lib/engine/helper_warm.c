// SPDX-License-Identifier: Apache-2.0
/* One request to a helper, whose answer is of no interest. */
#include "engine/helper_warm.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/url.h"
#include <stdlib.h>
#include <string.h>

#define WARM_US  (10 * US_PER_S)
#define WARM_MAX ((size_t)64 * 1024)

void helper_warm_init(struct helper_warm *w, struct instruments *in)
{
    *w = (struct helper_warm){.in = in};
}

void helper_warm_fini(struct helper_warm *w)
{
    free(w->url);
    w->url = NULL;
}

static void on_response(void *arg, const struct client_response *res)
{
    (void)arg;
    if (res->failure) {
        log_debug("engine", "the helper cannot be reached: %s", res->failure);
    }
}

static void on_address(void *arg, const char *const *addrs, size_t n,
                       const char *failure)
{
    struct helper_warm *w = arg;
    struct client_request req = {
        .method = "GET",
        .url = w->url,
        .addrs = addrs,
        .n_addrs = n,
        .timeout_us = WARM_US,
        .max_response = WARM_MAX,
        .insecure_loopback = true,
    };

    (void)failure;
    if (n == 0 ||
        client_call(w->in->http, &req, on_response, NULL, NULL) != ERR_OK) {
        log_debug("engine", "the helper is not connected to beforehand");
    }
}

void helper_warm_start(struct helper_warm *w, const char *url)
{
    struct region *r = region_new(WARM_MAX);
    struct url parsed;

    free(w->url);
    w->url = strdup(url);
    if (!r || !w->url || url_parse(r, str_c(url), &parsed, NULL) != ERR_OK ||
        peers_resolve(w->in->peers, parsed.host, on_address, w, NULL) !=
            ERR_OK) {
        log_debug("engine", "the helper is not connected to beforehand");
    }
    region_free(r);
}
