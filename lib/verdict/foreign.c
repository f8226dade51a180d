// SPDX-License-Identifier: Apache-2.0
#include "verdict/foreign.h"
#include "base/ascii.h"
#include "verdict/judge_redirect.h"
#include "wire/host.h"
#include <stdio.h>
#include <string.h>

/* A shorter word stands in any page. */
#define WORD_MIN 4

/* The registrable domain of the site; false if there is none. */
static bool domain_of(struct str host, char out[HOST_MAX + 1])
{
    char name[HOST_MAX + 1];
    if (host.len == 0 || host.len > HOST_MAX) {
        return false;
    }
    snprintf(name, sizeof(name), STR_FMT, STR_ARG(host));
    str_copy(out, HOST_MAX + 1, host_registrable(name));
    return true;
}

static bool holds(struct str text, struct str word)
{
    for (size_t i = 0; i + word.len <= text.len; i++) {
        if (ascii_lower(text.p[i]) == ascii_lower(word.p[0]) &&
            str_ieq(str_sub(text, i, word.len), word)) {
            return true;
        }
    }
    return false;
}

/* The word before the suffix of the site's domain: "example" of
 * www.example.com. */
static struct str word_of(const char *domain)
{
    return (struct str){domain, strcspn(domain, ".")};
}

static bool says_word(struct str text, const char *domain)
{
    struct str word = word_of(domain);
    return holds(text, word.len >= WORD_MIN ? word : str_c(domain));
}

bool foreign_says_name(struct str text, struct str host)
{
    char domain[HOST_MAX + 1];
    return domain_of(host, domain) && says_word(text, domain);
}

bool foreign_redirect(const struct judging *j, const struct vendpoint *end,
                      struct str host)
{
    struct url base, to;
    struct str location;
    char domain[HOST_MAX + 1], other[HOST_MAX + 1];
    if (!domain_of(host, domain) ||
        !vhttp_header(&end->resp, "location", &location) ||
        url_parse(j->r, end->resp.url, &base, NULL) != ERR_OK ||
        url_resolve(j->r, &base, location, &to, NULL) != ERR_OK) {
        return false;
    }
    if (to.literal.family) {
        return !ip_eq(&to.literal, &j->o->addrs[end->addr].ip) &&
               !(ip_is_bogon(&to.literal) && judge_redirect_near(&to.literal));
    }
    return domain_of(str_c(to.host), other) && strcmp(other, domain) != 0 &&
           !str_ieq(word_of(other), word_of(domain)) &&
           !says_word(str_c(to.host), domain);
}

/* Says of itself that it is an edge of a network that serves many sites: it
 * may refuse a name that it does not know. */
static bool is_edge(const struct vhttp *resp)
{
    static const char *const servers[] = {
        "cloudflare", "akamai",  "cloudfront", "ddos-guard", "fastly",
        "varnish",    "imperva", "qrator",     "gws",        "ecs",
    };
    struct str server;
    if (!vhttp_header(resp, "server", &server)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++) {
        if (holds(server, str_c(servers[i]))) {
            return true;
        }
    }
    return false;
}

bool foreign_may_be_notice(const struct vhttp *resp)
{
    return resp->status / 100 == 2 ||
           ((resp->status == 403 || resp->status == 451) && !is_edge(resp));
}

bool foreign_is_ill(const struct vhttp *resp)
{
    return resp->status / 100 == 5 ||
           (resp->status / 100 == 4 && is_edge(resp));
}

bool foreign_is_nobodys(const struct vhttp *resp)
{
    static const char *const words[] = {
        "welcome to nginx",
        "apache2 ",
        "apache http server",
        "test page",
        "default page",
        "default web",
        "it works!",
        "iis windows",
        "internet information services",
        "cpanel",
        "plesk",
        "directadmin",
        "ispmanager",
        "web hosting",
        "webhosting",
        "account suspended",
        "account has been suspended",
        "parking",
        "parked",
        "for sale",
        "buy this domain",
        "sedoparking",
        "related searches",
        "index of /",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (holds(resp->body, str_c(words[i]))) {
            return true;
        }
    }
    return false;
}
