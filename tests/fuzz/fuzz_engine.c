// SPDX-License-Identifier: Apache-2.0
/* What the engine reads itself: DNS replies, packets, cookies, redirects,
 * resolv.conf, hosts and route tables. The first byte chooses. */
#include "net/capture.h"
#include "net/cookies.h"
#include "net/dnsreply.h"
#include "net/netinfo.h"
#include "net/redirect.h"

#include "wire/dnsmsg.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_header(struct region *r, const char *name, struct str value)
{
    struct obs_header h = {name, value};
    struct obs_http http = {.status = 302, .headers = &h, .n_headers = 1};
    struct cookie_jar jar = {0};
    struct redirect re;
    struct url url;
    int left = 1;

    if (url_parse(r, STR("https://www.example.com/a/b"), &url, NULL) !=
        ERR_OK) {
        abort();
    }
    if (cookies_take(&jar, r, &url, &h, 1, 1800000000) == ERR_OK) {
        (void)cookies_for(&jar, r, &url);
    }
    if (redirect_of(r, &url, &http, &left, false, &re) == ERR_OK && re.follow &&
        left != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netinfo_server servers[NETINFO_SERVERS_MAX];
    struct ip hosts[NETINFO_HOSTS_MAX], ip = {.family = 4};
    struct capture_packet packet;
    struct region *r = region_new(1 << 20);
    size_t n = 0;

    if (size < 1 || !r) {
        region_free(r);
        return 0;
    }
    struct str s = {(const char *)data + 1, size - 1};
    struct dns_exchange x = {.type = DNS_A, .raw = s};
    switch (data[0] % 7) {
    case 0:
        if (dnsreply_decode(r, &x) == ERR_OK) {
            struct dnsreply_merge m = {0};
            dnsreply_merge(&m, &x);
        }
        break;
    case 1:
        (void)capture_parse(s, &packet);
        break;
    case 2:
        one_header(r, "Set-Cookie", s);
        break;
    case 3:
        one_header(r, "Location", s);
        break;
    case 4:
        if (netinfo_parse_servers(s, servers, &n) == ERR_OK &&
            n > NETINFO_SERVERS_MAX) {
            abort();
        }
        break;
    case 5:
        if (netinfo_parse_hosts(s, "a", hosts) > NETINFO_HOSTS_MAX) {
            abort();
        }
        break;
    default:
        (void)netinfo_parse_route(s, &ip);
        ip.family = 6;
        (void)netinfo_parse_route6(s, &ip);
        break;
    }
    region_free(r);
    return 0;
}
