// SPDX-License-Identifier: Apache-2.0
/* What this machine says about its network: name servers, hosts file, routes.
 * Files are looked at again when they change, because networks change during
 * a run.
 */
#ifndef PARALLAX_NET_NETINFO_H
#define PARALLAX_NET_NETINFO_H

#include "base/buf.h"
#include "wire/ip.h"

#define NETINFO_SERVERS_MAX 3 /* as in resolv.conf(5) */
#define NETINFO_HOSTS_MAX   8

/* A small file kept in memory until it changes. */
struct netinfo_file {
    const char *path;
    struct buf text;
    int64_t mtime_ns;
    uint64_t inode, size;
};

/* Borrows `path`; reads nothing yet. */
void netinfo_file_init(struct netinfo_file *f, const char *path);
/* Frees the text. */
void netinfo_file_fini(struct netinfo_file *f);

struct netinfo_server {
    struct ip ip;
    uint32_t scope; /* interface of a link-local address, else 0 */
};

/* Up to NETINFO_SERVERS_MAX name servers of a resolv.conf; 127.0.0.1 if it
 * names none or is not there. Fails if this machine is out of memory or
 * descriptors, or if the file names servers of which none can be understood:
 * asking another one instead would look like interference. */
MUST_USE enum err netinfo_servers(struct netinfo_file *f,
                                  struct netinfo_server *out, size_t *n);
/* Addresses of `host` in a hosts file; *n is 0 if not there. Fails as
 * netinfo_servers does for want of memory or descriptors. */
MUST_USE enum err netinfo_hosts(struct netinfo_file *f, const char *host,
                                struct ip out[NETINFO_HOSTS_MAX], size_t *n);
/* May a forged private address be connected to? Only if packets to it leave
 * by the default route and it is not on a network of this machine. */
bool netinfo_leaves_by_default(const struct ip *ip);

/* For tests: netinfo_servers and netinfo_hosts from text. */
MUST_USE enum err netinfo_parse_servers(struct str text,
                                        struct netinfo_server *out, size_t *n);
/* For tests: see above. Returns how many. */
size_t netinfo_parse_hosts(struct str text, const char *host,
                           struct ip out[NETINFO_HOSTS_MAX]);
/* For tests: is the best match of `ip` in a /proc/net/route the default? */
bool netinfo_parse_route(struct str text, const struct ip *ip);
/* For tests: the same in a /proc/net/ipv6_route. */
bool netinfo_parse_route6(struct str text, const struct ip *ip);

#endif
