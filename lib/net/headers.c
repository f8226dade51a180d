// SPDX-License-Identifier: Apache-2.0
/* The table of the browser, and names of headers. */
#include "net/headers.h"

#include "base/ascii.h"

/* Firefox 140 ESR on Windows. All of the set is here: changing the browser
 * means changing this table and nothing else. */
static const char user_agent[] =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 "
    "Firefox/140.0";
static const char accept_types[] =
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
static const char accept_language[] = "en-US,en;q=0.5";

struct browser_header {
    const char *name;
    const char *http; /* NULL: not sent over cleartext */
    const char *https;
};

static const struct browser_header browser[] = {
    {"User-Agent", user_agent, user_agent},
    {"Accept", accept_types, accept_types},
    {"Accept-Language", accept_language, accept_language},
    {"Accept-Encoding", "gzip, deflate", "gzip, deflate, br, zstd"},
    {"Upgrade-Insecure-Requests", "1", "1"},
    {"Sec-Fetch-Dest", NULL, "document"},
    {"Sec-Fetch-Mode", NULL, "navigate"},
    {"Sec-Fetch-Site", NULL, "none"},
    {"Sec-Fetch-User", NULL, "?1"},
    {"Priority", "u=0, i", "u=0, i"},
};

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
