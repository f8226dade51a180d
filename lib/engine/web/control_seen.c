// SPDX-License-Identifier: Apache-2.0
/* An answer of the control's, held beside what was found here. */
#include "engine/web/control_seen.h"

#include <string.h>

#define VALID_FOR_DOMAIN 8   /* of the flags in ip_info */
#define ALIKE            0.7 /* OONI's proportion of lengths */

static const struct json *info_of(const struct json *answer,
                                  const struct ip *ip)
{
    char text[IP_TEXT_MAX];

    ip_format(ip, text);
    return json_get(json_get(answer, "ip_info"), text);
}

static int64_t number(const struct json *n)
{
    int64_t i = 0;

    return json_i64(n, &i) ? i : 0;
}

/* The control found the site at this address, or in its network. */
static bool agrees(const struct json *answer, const struct ip *ours)
{
    const struct json *info = info_of(answer, ours);
    int64_t network = number(json_get(info, "asn"));
    const struct json *list = json_path(answer, "dns.addrs");

    if ((number(json_get(info, "flags")) & VALID_FOR_DOMAIN) != 0) {
        return true;
    }
    for (const struct json *n = json_first(list); n; n = json_next(n)) {
        struct ip ip;

        if (!ip_parse(json_str(n), &ip)) {
            continue;
        }
        if (ip_eq(&ip, ours) ||
            (network != 0 &&
             number(json_get(info_of(answer, &ip), "asn")) == network)) {
            return true;
        }
    }
    return false;
}

void control_seen_read(struct control_seen *s, const struct json *answer,
                       const struct addr_list *ours)
{
    const struct json *http = json_get(answer, "http_request");

    *s = (struct control_seen){.known = true};
    for (size_t i = 0; i < ours->n && !s->addrs_agree; i++) {
        s->addrs_agree = agrees(answer, &ours->items[i].ip);
    }
    s->no_page = json_is_str(json_get(http, "failure"));
    s->status = number(json_get(http, "status_code"));
    s->body_length = number(json_get(http, "body_length"));
    s->status = s->status > 0 ? s->status : 0;
}

bool control_seen_alike(const struct control_seen *s,
                        const struct obs_http *page)
{
    double ours = (double)page->body_bytes, theirs = (double)s->body_length;

    if (page->failure || s->status == 0 || page->status != s->status) {
        return false;
    }
    if (page->body_truncated && theirs >= ours) {
        return true;
    }
    return ours >= theirs ? theirs >= ALIKE * ours : ours >= ALIKE * theirs;
}
