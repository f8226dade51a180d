// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a URL and, after a line feed, as a reference to resolve against
 * it. What comes out parses again to the same text, and holds nothing that
 * could be misread. */
#include "wire/url.h"
#include "wire/url_site.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct region *r, const struct url *u)
{
    struct url again;
    if (strlen(u->text) > URL_MAX || u->target[0] != '/' || !u->host[0] ||
        u->port == 0) {
        abort();
    }
    for (const char *p = u->text; *p; p++) {
        if (*p <= ' ' || *p > '~' || *p == '#') {
            abort();
        }
    }
    if (strpbrk(u->host, "/@?\\ %")) {
        abort();
    }
    if (url_parse(r, str_c(u->text), &again, NULL) != ERR_OK ||
        strcmp(again.text, u->text) != 0 || again.port != u->port ||
        strcmp(again.host, u->host) != 0 || again.https != u->https) {
        abort();
    }
}

/* The name of a site is its own. */
static void check_site(struct region *r, struct str text)
{
    const char *input = region_strndup(r, text.p, text.len);
    const char *site = input ? url_site(r, input) : NULL;
    const char *again = site ? url_site(r, site) : NULL;
    if (again && strcmp(site, again) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new(4 << 20);
    struct str rest = {(const char *)data, size}, first;
    struct url base, u;
    struct diag d;
    if (!r) {
        return 0;
    }
    if (size > 0 && str_next(&rest, '\n', &first)) {
        check_site(r, first);
        if (url_parse(r, first, &base, &d) == ERR_OK) {
            check(r, &base);
            if (url_resolve(r, &base, rest, &u, &d) == ERR_OK) {
                check(r, &u);
            }
        }
    }
    region_free(r);
    return 0;
}
