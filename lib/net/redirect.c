// SPDX-License-Identifier: Apache-2.0
/* Reads Location as a browser would. */
#include "net/redirect.h"
#include "base/ascii.h"
#include "net/headers.h"
#include "record/failure.h"

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 ||
           status == 308;
}

static bool port_allowed(uint16_t port)
{
    return port == 80 || port == 443 || port == 8080 || port == 8443;
}

static bool has_scheme(struct str ref)
{
    size_t n = 0;

    while (n < ref.len && (ascii_isalnum(ref.p[n]) || ref.p[n] == '+' ||
                           ref.p[n] == '-' || ref.p[n] == '.')) {
        n++;
    }
    return n > 0 && n < ref.len && ref.p[n] == ':';
}

/* Why the target is not gone to; NULL: it is. */
static const char *refusal(const struct url *to, int left, bool allow_special)
{
    if (left <= 0) {
        return failure_text(FAILURE_REDIRECT_COUNT);
    }
    if (!port_allowed(to->port) && !allow_special) {
        return failure_text(FAILURE_REDIRECT_PORT);
    }
    if (to->literal.family != 0 && !allow_special &&
        ip_is_special(&to->literal)) {
        return failure_text(FAILURE_REDIRECT_ADDRESS);
    }
    return NULL;
}

enum err redirect_of(struct region *r, const struct url *from,
                     const struct obs_http *http, int *left, bool allow_special,
                     struct redirect *out)
{
    const struct obs_header *loc =
        headers_find(http->headers, http->n_headers, "location");
    struct redirect re = {0};

    if (http->failure || !is_redirect(http->status) || !loc) {
        *out = re;
        return ERR_OK;
    }
    enum err e = url_resolve(r, from, loc->value, &re.to, NULL);
    if (e == ERR_NOTFOUND) {
        re.failure = failure_text(FAILURE_REDIRECT_HOST);
    } else if (e == ERR_PARSE) {
        bool web = str_starts(loc->value, "http:") ||
                   str_starts(loc->value, "https:") || !has_scheme(loc->value);
        re.failure =
            failure_text(web ? FAILURE_REDIRECT_URL : FAILURE_REDIRECT_SCHEME);
    } else if (e != ERR_OK) {
        return e;
    } else {
        re.leads = true;
        re.failure = refusal(&re.to, *left, allow_special);
        re.follow = !re.failure;
        *left -= re.follow;
    }
    *out = re;
    return ERR_OK;
}
