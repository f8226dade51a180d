// SPDX-License-Identifier: Apache-2.0
#include "netns.h"

#include "middlebox.h"
#include "six.h"
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
#define WORLD_END  LAB_WORLD_END
#define GATEWAY6   "fe80::1" // of every volunteer

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

// Without the second that an address is first asked about, and without what
// a host says about routers nobody has.
static void with_ipv6(void)
{
    static const char *const key[][2] = {
        {"accept_dad", "0"},           {"dad_transmits", "0"},
        {"router_solicitations", "0"}, {"accept_ra", "0"},
        {"forwarding", "0"},           {"disable_ipv6", "0"},
    };
    if (access("/proc/sys/net/ipv6", F_OK) != 0) {
        lab_fail("this system has no IPv6");
    }
    for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++) {
        char name[64];
        snprintf(name, sizeof(name), "net/ipv6/conf/default/%s", key[i][0]);
        lab_sysctl(name, key[i][1]);
        snprintf(name, sizeof(name), "net/ipv6/conf/all/%s", key[i][0]);
        lab_sysctl(name, key[i][1]);
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

void lab_router_prepare(const struct lab_conf *c)
{
    if (lab_six_on(c)) {
        with_ipv6();
    } else {
        no_ipv6();
    }
    lab_sysctl("net/ipv4/ip_forward", "1");
    lab_sysctl("net/ipv4/conf/all/rp_filter", "0");
    lab_sysctl("net/ipv4/conf/default/rp_filter", "0");
    lab_sysctl("net/ipv4/conf/all/send_redirects", "0");
    lab_sysctl("net/ipv4/conf/default/send_redirects", "0");
}

// All that is not of this link: the middlebox knows what it is for.
static void queue_six(const struct lab_conf *c)
{
    char rules[512];
    char prefix[64];
    snprintf(rules, sizeof(rules),
             "*mangle\n"
             "-A PREROUTING -i v+ -d 2000::/3 -j NFQUEUE --queue-num %d\n"
             "-A PREROUTING -i v+ -d %s -j NFQUEUE --queue-num %d\n"
             "COMMIT\n",
             LAB_QUEUE_UP, lab_six_prefix(c, prefix), LAB_QUEUE_UP);
    char *argv[] = {(char *)(uintptr_t) "ip6tables-restore", NULL};
    lab_run(argv, rules);
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
        if (v->v6 != LAB_V6_OFF) {
            char six[46];
            lab_str_fmt(&s,
                        "addr add " GATEWAY6 "/64 dev v%d nodad\n"
                        "route add %s/128 dev v%d\n",
                        i, lab_six_text(v->addr6, six), i);
        }
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
    if (lab_six_on(c)) {
        queue_six(c);
    }
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

static void turn(struct lab_str *s, uint32_t addr, uint16_t port, int to)
{
    char a[16];
    lab_str_fmt(s,
                "-A PREROUTING -i w1 -p tcp -d %s --dport %u -j REDIRECT "
                "--to-ports %d\n",
                lab_addr(addr, a), port, to);
}

static void turn_host(struct lab_str *s, const struct lab_host *h)
{
    for (int p = 0; p < h->ports; p++) {
        for (int a = 0; h->port[p].tls && a < h->addrs; a++) {
            turn(s, h->addr[a], h->port[p].port, LAB_MITM_PORT);
        }
        for (int a = 0; h->port[p].tls && a < h->regions; a++) {
            turn(s, h->region[a].addr, h->port[p].port, LAB_MITM_PORT);
        }
    }
}

static bool mitm_name(const struct lab_conf *c, const char *name)
{
    for (size_t i = 0; i < c->rules; i++) {
        if (c->rule[i].act == LAB_MITM &&
            lab_name_match(c->rule[i].name, name)) {
            return true;
        }
    }
    return false;
}

// Connections that the interceptor or the portal takes. Only what could be
// meant is turned: an address where nobody listens stays as it is.
static void turn_connections(const struct lab_conf *c)
{
    struct lab_str s = {0};
    lab_str_puts(&s, "*nat\n");
    size_t none = s.len;
    for (size_t i = 0; i < c->rules; i++) {
        if (c->rule[i].act == LAB_PORTAL) {
            lab_str_fmt(&s,
                        "-A PREROUTING -i w1 -p tcp --dport 80 -j REDIRECT "
                        "--to-ports %d\n",
                        LAB_PORTAL_PORT);
        }
    }
    for (size_t i = 0; i < c->hosts; i++) {
        if (mitm_name(c, c->host[i].name)) {
            turn_host(&s, &c->host[i]);
        }
    }
    for (size_t i = 0; i < c->resolvers; i++) {
        if (c->resolver[i].doh && mitm_name(c, c->resolver[i].doh)) {
            turn(&s, c->resolver[i].addr, 443, LAB_MITM_PORT);
        }
    }
    if (s.len > none) {
        lab_str_puts(&s, "COMMIT\n");
        char *argv[] = {(char *)(uintptr_t) "iptables-restore", NULL};
        lab_run(argv, s.p);
    }
    lab_str_fini(&s);
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
        for (int j = 0; j < h->regions; j++) {
            put_local(&s, h->region[j].addr);
        }
    }
    for (size_t i = 0; i < c->execs; i++) {
        put_local(&s, c->exec[i].addr);
    }
    put_local_range(&s, c->first, c->last);
    if (lab_six_on(c)) {
        // What is 20 bytes longer as IPv6 must fit as well.
        lab_str_puts(&s, "link set w1 mtu 1480\n");
    }
    ip_batch(&s);
    lab_str_fini(&s);
    no_offload("w1");
    turn_connections(c);
}

void lab_volunteer_net(const struct lab_volunteer *v)
{
    struct lab_str s = {0};
    char a[16];
    if (v->v6 == LAB_V6_OFF) {
        no_ipv6();
    } else {
        with_ipv6();
    }
    lab_str_puts(&s, "link set lo up\nlink set eth0 up\n");
    if (v->v6 != LAB_V6_NAT64) {
        lab_str_fmt(&s, "addr add %s/24 dev eth0\n", lab_addr(v->addr, a));
        lab_str_fmt(&s, "route add default via %s\n", lab_addr(v->gateway, a));
    }
    if (v->v6 != LAB_V6_OFF) {
        char six[46];
        lab_str_fmt(&s,
                    "addr add %s/64 dev eth0 nodad\n"
                    "route add default via " GATEWAY6 " dev eth0\n",
                    lab_six_text(v->addr6, six));
    }
    ip_batch(&s);
    lab_str_fini(&s);
    no_offload("eth0");
}
