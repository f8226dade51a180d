// SPDX-License-Identifier: Apache-2.0
/* The table of the browser, and names of headers. */
#include "net/headers.h"

#include "base/ascii.h"
#include <string.h>

/* Firefox 153 ESR of Debian, on a 64-bit PC: packets of this machine say Linux,
 * and the request must not say anything else. All of the set is here: changing
 * the browser means changing this table and nothing else. */
static const char user_agent[] =
    "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
static const char accept_types[] =
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
static const char accept_language[] = "en-US,en;q=0.9";

struct browser_header {
    const char *name;
    const char *http; /* NULL: not sent over cleartext */
    const char *https;

    enum {
        ANY_VERSION,
        HTTP1_ONLY,
        HTTP2_ONLY
    } version;
};

static const struct browser_header browser[] = {
    {"User-Agent", user_agent, user_agent, ANY_VERSION},
    {"Accept", accept_types, accept_types, ANY_VERSION},
    {"Accept-Language", accept_language, accept_language, ANY_VERSION},
    {"Accept-Encoding", "gzip, deflate", "gzip, deflate, br, zstd",
     ANY_VERSION},
    {"Connection", "keep-alive", "keep-alive", HTTP1_ONLY},
    {"Upgrade-Insecure-Requests", "1", "1", ANY_VERSION},
    {"Sec-Fetch-Dest", NULL, "document", ANY_VERSION},
    {"Sec-Fetch-Mode", NULL, "navigate", ANY_VERSION},
    {"Sec-Fetch-Site", NULL, "none", ANY_VERSION},
    {"Sec-Fetch-User", NULL, "?1", ANY_VERSION},
    {"Priority", "u=0, i", "u=0, i", ANY_VERSION},
    {"TE", NULL, "trailers", HTTP2_ONLY},
};

const char *headers_user_agent(void)
{
    return user_agent;
}

bool headers_suits(const char *name, bool http2)
{
    for (size_t i = 0; i < sizeof(browser) / sizeof(browser[0]); i++) {
        if (str_ieq_c(str_c(name), browser[i].name)) {
            return browser[i].version != (http2 ? HTTP1_ONLY : HTTP2_ONLY);
        }
    }
    return true;
}

size_t headers_with_cookie(struct obs_header *h, size_t n, const char *cookie)
{
    size_t at = 0;

    while (at < n &&
           !str_ieq_c(str_c(h[at].name), "Upgrade-Insecure-Requests")) {
        at++;
    }
    memmove(h + at + 1, h + at, (n - at) * sizeof(*h));
    h[at] = (struct obs_header){"Cookie", str_c(cookie)};
    return n + 1;
}

const struct obs_header *headers_find(const struct obs_header *h, size_t n,
                                      const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (str_ieq_c(str_c(h[i].name), name)) {
            return &h[i];
        }
    }
    return NULL;
}

size_t headers_for(bool https, const struct obs_header *given, size_t n_given,
                   struct obs_header out[HEADERS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < sizeof(browser) / sizeof(browser[0]); i++) {
        const char *value = https ? browser[i].https : browser[i].http;
        const struct obs_header *other =
            headers_find(given, n_given, browser[i].name);

        if (!value || n == HEADERS_MAX) {
            continue;
        }
        out[n++] = (struct obs_header){
            .name = browser[i].name,
            .value = other ? other->value : str_c(value),
        };
    }
    return n;
}

static bool is_token_char(char c)
{
    if (ascii_isalnum(c)) {
        return true;
    }
    for (const char *p = "!#$%&'*+-.^_`|~"; *p; p++) {
        if (*p == c) {
            return true;
        }
    }
    return false;
}

const char *headers_canonical(struct region *r, struct str name)
{
    char *s = region_strndup(r, name.p ? name.p : "", name.len);
    bool up = true;

    if (!s) {
        return NULL;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (!is_token_char(s[i])) {
            return s;
        }
    }
    for (char *p = s; *p; p++) {
        *p = up ? ascii_upper(*p) : ascii_lower(*p);
        up = *p == '-';
    }
    return s;
}
