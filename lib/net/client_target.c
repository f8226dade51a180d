// SPDX-License-Identifier: Apache-2.0
/* Reads the URL with libcurl's own parser, so that what is checked here is what
 * is asked for afterwards.
 */
#include "net/client_target.h"
#include "wire/ip.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* *literal: it is an address at all. */
static bool is_here(struct str text, bool *literal)
{
    struct ip ip;

    *literal = ip_parse(text, &ip);
    return *literal && ip_is_loopback(&ip);
}

static struct str without_brackets(const char *host)
{
    struct str s = str_c(host);

    if (s.len >= 2 && s.p[0] == '[' && s.p[s.len - 1] == ']') {
        return str_sub(s, 1, s.len - 2);
    }
    return s;
}

/* Who is going to be contacted, and may it be in the clear? */
static enum err check_host(const struct client_target *t, const char *host,
                           bool clear)
{
    bool host_literal, literal;
    bool clear_ok = is_here(without_brackets(host), &host_literal);

    if ((!host_literal || t->proxied) && t->n_addrs == 0) {
        return ERR_INVAL; /* names are never resolved here */
    }
    if (t->n_addrs > 0) {
        clear_ok = clear_ok || t->insecure_loopback;
    }
    for (size_t i = 0; i < t->n_addrs; i++) {
        if (!is_here(str_c(t->addrs[i]), &literal)) {
            clear_ok = false;
        }
        if (!literal) {
            return ERR_INVAL;
        }
    }
    return clear && (!clear_ok || t->proxied) ? ERR_ACCESS : ERR_OK;
}

static enum err from_curlu(CURLUcode rc)
{
    if (rc == CURLUE_OK) {
        return ERR_OK;
    }
    return rc == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_INVAL;
}

static enum err get(CURLU *u, CURLUPart part, unsigned flags, char **out)
{
    return from_curlu(curl_url_get(u, part, out, flags));
}

enum err client_target_check(const struct client_target *t, uint16_t *port)
{
    char *scheme = NULL, *host = NULL, *number = NULL;
    CURLU *u = curl_url();
    enum err e = u ? ERR_OK : ERR_NOMEM;

    if (!e) {
        e = from_curlu(
            curl_url_set(u, CURLUPART_URL, t->url, CURLU_DISALLOW_USER));
    }
    if (!e) {
        e = get(u, CURLUPART_SCHEME, 0, &scheme);
    }
    if (!e) {
        e = get(u, CURLUPART_HOST, 0, &host);
    }
    if (!e) {
        e = get(u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &number);
    }
    if (!e && strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) {
        e = ERR_INVAL;
    }
    if (!e) {
        e = check_host(t, host, strcmp(scheme, "https") != 0);
    }
    if (!e) {
        *port = (uint16_t)strtoul(number, NULL, 10);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(number);
    curl_url_cleanup(u);
    return e;
}
