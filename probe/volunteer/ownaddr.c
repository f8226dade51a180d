// SPDX-License-Identifier: Apache-2.0
/* This machine's own addresses. */
#include "probe/volunteer/ownaddr.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_ADDRS 64

static bool to_ip(const struct sockaddr *sa, struct ip *out)
{
    *out = (struct ip){.family = 0};
    if (sa && sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;
        out->family = 4;
        memcpy(out->b, &in->sin_addr, 4);
    } else if (sa && sa->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)sa;
        out->family = 6;
        memcpy(out->b, &in6->sin6_addr, 16);
    }
    return out->family != 0;
}

/* That of an interface which has one. */
static void add_mac(struct scrub *s, const struct sockaddr *sa)
{
    static const uint8_t none[6] = {0};
    if (!sa || sa->sa_family != AF_PACKET || s->n_macs == SCRUB_MAX_MACS) {
        return;
    }
    const struct sockaddr_ll *ll = (const void *)sa;
    if (ll->sll_halen == 6 && memcmp(ll->sll_addr, none, 6) != 0) {
        memcpy(s->mac[s->n_macs++], ll->sll_addr, 6);
    }
}

static void add(struct scrub *s, const struct ip *ip)
{
    if (s->n_own < SCRUB_MAX_OWN && !scrub_own_is(s, ip)) {
        s->own[s->n_own++] = *ip;
    }
}

/* A link-local address reaches nothing outside, and its text tells the
 * hardware address: it is scrubbed but does not count as being online. */
void ownaddr_sort(const struct ip *addrs, size_t n, struct scrub *out,
                  bool *online)
{
    bool v4 = false;
    *out = (struct scrub){.n_own = 0};
    for (size_t i = 0; i < n; i++) {
        if (!ip_is_special(&addrs[i])) {
            add(out, &addrs[i]);
            out->known4 = out->known4 || addrs[i].family == 4;
            out->known6 = out->known6 || addrs[i].family == 6;
        }
        v4 = v4 || (addrs[i].family == 4 && !ip_is_never(&addrs[i]));
    }
    bool reach = v4 || out->known6;
    for (size_t i = 0; i < n; i++) {
        if (ip_is_special(&addrs[i]) && !ip_is_loopback(&addrs[i])) {
            add(out, &addrs[i]);
            reach = reach || !ip_is_never(&addrs[i]);
        }
    }
    *online = reach;
}

enum err ownaddr_find(struct scrub *out, bool *online)
{
    struct ifaddrs *list = NULL;
    struct ip addrs[MAX_ADDRS];
    size_t n = 0;
    if (getifaddrs(&list) != 0) {
        return err_from_errno(errno);
    }
    struct scrub macs = {.n_macs = 0};
    for (struct ifaddrs *i = list; i && n < MAX_ADDRS; i = i->ifa_next) {
        add_mac(&macs, i->ifa_addr);
        if ((i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK) &&
            to_ip(i->ifa_addr, &addrs[n])) {
            n++;
        }
    }
    freeifaddrs(list);
    ownaddr_sort(addrs, n, out, online);
    memcpy(out->mac, macs.mac, sizeof(out->mac));
    out->n_macs = macs.n_macs;
    return ERR_OK;
}

/* Our own HTTP client goes by no proxy; whoever sets one means that the network
 * shall not see this machine, and may have seen to it in other ways, too. */
bool ownaddr_is_proxied(void)
{
    static const char *const names[] = {
        "http_proxy",   "https_proxy",       "all_proxy", "socks_proxy",
        "HTTP_PROXY",   "HTTPS_PROXY",       "ALL_PROXY", "SOCKS_PROXY",
        "SOCKS_SERVER", "TORSOCKS_CONF_FILE"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) {
            return true;
        }
    }
    const char *preload = getenv("LD_PRELOAD"); /* torsocks, proxychains */
    return preload && (strstr(preload, "sock") || strstr(preload, "proxy"));
}

void ownaddr_learn(struct scrub *s, const struct ip *ip)
{
    if (ip->family == 0 || ip_is_special(ip)) {
        return;
    }
    if (!scrub_own_is(s, ip)) {
        size_t at = s->n_own < SCRUB_MAX_OWN ? s->n_own++ : SCRUB_MAX_OWN - 1;
        s->own[at] = *ip;
    }
    s->known4 = s->known4 || ip->family == 4;
    s->known6 = s->known6 || ip->family == 6;
}

const struct ip *ownaddr_public(const struct scrub *s)
{
    for (size_t i = 0; i < s->n_own; i++) {
        if (!ip_is_special(&s->own[i])) {
            return &s->own[i];
        }
    }
    return NULL;
}
