// SPDX-License-Identifier: Apache-2.0
#include "netns.h"

#include "middlebox.h"
#include "util.h"
#include "web.h"
#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// The link between router and world; no host may have these addresses.
#define ROUTER_END "169.254.77.1"
#define WORLD_END  "169.254.77.2"

static void put_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        lab_fail("%s: %s", path, strerror(errno));
    }
    close(fd);
}

void lab_map_user(uid_t inside, uid_t outside_uid, gid_t gid_inside,
                  gid_t outside_gid)
{
    char text[64];
    put_file("/proc/self/setgroups", "deny");
    snprintf(text, sizeof(text), "%u %u 1", inside, outside_uid);
    put_file("/proc/self/uid_map", text);
    snprintf(text, sizeof(text), "%u %u 1", gid_inside, outside_gid);
    put_file("/proc/self/gid_map", text);
}

void lab_mount_private(void)
{
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("lab", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")) {
        lab_fail("cannot mount: %s", strerror(errno));
    }
    lab_mkdir(LAB_RUN_DIR);
    // Where the old /proc is partly hidden (containers) a new one is not
    // allowed; the old one then shows other process ids, no more.
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

void lab_mount_text(const char *dir, const char *name, const char *target,
                    const char *text)
{
    char *path = lab_printf("%s/%s", dir, name);
    lab_file_write(path, text, strlen(text));
    if (mount(path, target, NULL, MS_BIND, NULL) != 0) {
        // A link into /run, which is ours now and empty.
        int why = errno;
        char link[256];
        ssize_t n = readlink(target, link, sizeof(link) - 1);
        char *full = NULL;
        if (why == ENOENT && n > 0) {
            link[n] = 0;
            full =
                link[0] == '/' ? lab_strdup(link) : lab_printf("/etc/%s", link);
            for (char *p = full + 1; (p = strchr(p, '/')); p++) {
                *p = 0;
                mkdir(full, 0755);
                *p = '/';
            }
            lab_file_write(full, text, strlen(text));
            free(full);
        } else {
            lab_fail("%s: cannot be replaced: %s", target, strerror(why));
        }
    }
    free(path);
}

static void ip_batch(const struct lab_str *s)
{
    char *argv[] = {(char *)(uintptr_t) "ip", (char *)(uintptr_t) "-batch",
                    (char *)(uintptr_t) "-", NULL};
    lab_run(argv, s->p);
}

static void no_ipv6(void)
{
    if (access("/proc/sys/net/ipv6", F_OK) == 0) {
        lab_sysctl("net/ipv6/conf/default/disable_ipv6", "1");
        lab_sysctl("net/ipv6/conf/all/disable_ipv6", "1");
    }
}

// Whole packets with true checksums on the wire, as a capture shows them.
static void no_offload(const char *name)
{
    static const uint32_t off[] = {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM,
                                   ETHTOOL_SSG,     ETHTOOL_STSO,
                                   ETHTOOL_SGSO,    ETHTOOL_SGRO};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        lab_fail("socket: %s", strerror(errno));
    }
    for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
        struct ethtool_value v = {.cmd = off[i], .data = 0};
        struct ifreq ifr = {.ifr_data = (void *)&v};
        snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
        if (ioctl(fd, SIOCETHTOOL, &ifr) != 0 && i == 0) {
            lab_fail("%s: cannot switch offloads off: %s", name,
                     strerror(errno));
        }
    }
    close(fd);
}

void lab_router_prepare(void)
{
    no_ipv6();
    lab_sysctl("net/ipv4/ip_forward", "1");
    lab_sysctl("net/ipv4/conf/all/rp_filter", "0");
    lab_sysctl("net/ipv4/conf/default/rp_filter", "0");
    lab_sysctl("net/ipv4/conf/all/send_redirects", "0");
    lab_sysctl("net/ipv4/conf/default/send_redirects", "0");
}

static void queue_packets(void)
{
    char rules[1024];
    snprintf(rules, sizeof(rules),
             "*mangle\n"
             "-A PREROUTING -i v+ -j NFQUEUE --queue-num %d\n"
             "-A PREROUTING -i w0 -j NFQUEUE --queue-num %d\n"
             // This router takes one hop itself, the others are played.
             "-A FORWARD -j TTL --ttl-dec %d\n"
             "COMMIT\n",
             LAB_QUEUE_UP, LAB_QUEUE_DOWN, LAB_HOPS - 1);
    char *argv[] = {(char *)(uintptr_t) "iptables-restore", NULL};
    lab_run(argv, rules);
}

void lab_router_attach(const struct lab_conf *c, pid_t world,
                       const pid_t *volunteer)
{
    struct lab_str s = {0};
    char a[16];
    lab_str_fmt(&s,
                "link set lo up\n"
                "link add w0 type veth peer name w1 netns %d\n"
                "addr add " ROUTER_END "/30 dev w0\n"
                "link set w0 up\n"
                "route add default via " WORLD_END "\n",
                (int)world);
    for (int i = 0; i < c->volunteers; i++) {
        const struct lab_volunteer *v = &c->volunteer[i];
        lab_str_fmt(&s,
                    "link add v%d type veth peer name eth0 netns %d\n"
                    "addr add %s/32 dev v%d\n",
                    i, (int)volunteer[i], lab_addr(v->gateway, a), i);
        lab_str_fmt(&s, "link set v%d up\nroute add %s/32 dev v%d\n", i,
                    lab_addr(v->addr, a), i);
    }
    ip_batch(&s);
    for (int i = 0; i < c->volunteers; i++) {
        // Also what lies in the volunteer's own /24 is behind the router.
        char name[64];
        snprintf(name, sizeof(name), "net/ipv4/conf/v%d/proxy_arp", i);
        lab_sysctl(name, "1");
    }
    lab_str_fini(&s);
    queue_packets();
}

static void put_local(struct lab_str *s, uint32_t addr)
{
    char a[16];
    lab_str_fmt(s, "route replace local %s dev lo\n", lab_addr(addr, a));
}

// Exactly the addresses from..to: what lies beside them is nobody.
static void put_local_range(struct lab_str *s, uint32_t from, uint32_t to)
{
    char a[16];
    while (from <= to) {
        uint32_t size = from & (~from + 1); // largest block that starts here
        int prefix = 32 - __builtin_ctz(size);
        while (size - 1 > to - from) {
            size /= 2;
            prefix++;
        }
        lab_str_fmt(s, "route add local %s/%d dev lo\n",
                    lab_addr(htonl(from), a), prefix);
        from += size;
    }
}

void lab_world_net(const struct lab_conf *c)
{
    struct lab_str s = {0};
    no_ipv6();
    // Not a router: what is for nobody is thrown away without a word.
    lab_sysctl("net/ipv4/ip_forward", "0");
    lab_sysctl("net/ipv4/conf/all/rp_filter", "0");
    lab_sysctl("net/ipv4/conf/default/rp_filter", "0");
    lab_sysctl("net/ipv4/conf/w1/rp_filter", "0");
    lab_sysctl("net/core/somaxconn", "4096");
    lab_str_puts(&s, "link set lo up\n"
                     "addr add " WORLD_END "/30 dev w1\n"
                     "link set w1 up\n"
                     "route add default via " ROUTER_END "\n");
    put_local(&s, c->isp_resolver);
    put_local(&s, inet_addr(LAB_PROXY_ADDR));
    put_local(&s, inet_addr(LAB_CONTROL_RESOLVER));
    for (size_t i = 0; i < c->resolvers; i++) {
        put_local(&s, c->resolver[i].addr);
    }
    for (size_t i = 0; i < c->hosts; i++) {
        const struct lab_host *h = &c->host[i];
        for (int j = 0; (!h->listed || h->no_dns) && j < h->addrs; j++) {
            put_local(&s, h->addr[j]);
        }
    }
    put_local_range(&s, c->first, c->last);
    ip_batch(&s);
    lab_str_fini(&s);
    no_offload("w1");
}

void lab_volunteer_net(const struct lab_volunteer *v)
{
    struct lab_str s = {0};
    char a[16];
    no_ipv6();
    lab_str_fmt(&s, "link set lo up\naddr add %s/24 dev eth0\n",
                lab_addr(v->addr, a));
    lab_str_fmt(&s, "link set eth0 up\nroute add default via %s\n",
                lab_addr(v->gateway, a));
    ip_batch(&s);
    lab_str_fini(&s);
    no_offload("eth0");
}
