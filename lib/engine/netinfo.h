// SPDX-License-Identifier: Apache-2.0
/* What this machine says about its network: name servers, hosts file, routes.
 * Read anew when asked, because networks change during a run.
 */
#ifndef PARALLAX_ENGINE_NETINFO_H
#define PARALLAX_ENGINE_NETINFO_H

#include "wire/ip.h"

#define NETINFO_SERVERS_MAX 3 /* as in resolv.conf(5) */
#define NETINFO_HOSTS_MAX   8

/* Name servers of a resolv.conf (NULL: /etc/resolv.conf); 127.0.0.1 if it
 * names none. Returns how many. */
size_t netinfo_servers(const char *path, struct ip out[NETINFO_SERVERS_MAX]);
/* Addresses of `host` in a hosts file (NULL: /etc/hosts); 0 if not there. */
size_t netinfo_hosts(const char *path, const char *host,
                     struct ip out[NETINFO_HOSTS_MAX]);
/* May a forged private address be connected to? Only if packets to it leave
 * by the default route and it is not on a network of this machine. */
bool netinfo_leaves_by_default(const struct ip *ip);

/* The same from text, for tests. */
size_t netinfo_parse_servers(struct str text,
                             struct ip out[NETINFO_SERVERS_MAX]);
size_t netinfo_parse_hosts(struct str text, const char *host,
                           struct ip out[NETINFO_HOSTS_MAX]);
/* True if the best match of `ip` in a /proc/net/route is the default. */
bool netinfo_parse_route(struct str text, const struct ip *ip);
bool netinfo_parse_route6(struct str text, const struct ip *ip);

#endif
