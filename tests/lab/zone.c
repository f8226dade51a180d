// SPDX-License-Identifier: Apache-2.0
#include "zone.h"

#include "nameserver.h"
#include "six.h"
#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Answers the address it is asked from.
#define WHOAMI "whoami.v4.powerdns.org"

static const struct lab_edit *first_edit(const struct lab_conf *c,
                                         unsigned zone, const char *name)
{
    for (size_t i = 0; i < c->edits; i++) {
        if (c->edit[i].zones & zone && lab_name_match(c->edit[i].name, name)) {
            return &c->edit[i];
        }
    }
    return NULL;
}

// The records of `name` by the edit `e`; all `answer` lines of one NAME
// count together.
static void put_edit(struct lab_str *s, const struct lab_conf *c, unsigned zone,
                     const struct lab_edit *e, const char *name)
{
    switch (e->kind) {
    case LAB_EDIT_ANSWER:
        for (size_t i = 0; i < c->edits; i++) {
            const struct lab_edit *a = &c->edit[i];
            if (a->zones & zone && a->kind == LAB_EDIT_ANSWER &&
                strcmp(a->name, e->name) == 0) {
                lab_str_fmt(s, "%s. %s %s\n", name, a->type, a->value);
            }
        }
        break;
    case LAB_EDIT_EMPTY:
        lab_str_fmt(s, "%s. TXT \"nothing here\"\n", name);
        break;
    case LAB_EDIT_CNAME:
        lab_str_fmt(s, "%s. CNAME %s.\n", name, e->value);
        break;
    case LAB_EDIT_REMOVE:
        break;
    }
}

static void put_truth(struct lab_str *s, const struct lab_conf *c,
                      const char *name, const uint32_t *addr, int addrs,
                      bool six_too)
{
    char text[46];
    uint8_t six[16];
    for (int i = 0; i < addrs; i++) {
        lab_str_fmt(s, "%s. A %s\n", name, lab_addr(addr[i], text));
        if (six_too && lab_six_names(c)) {
            lab_six_site(addr[i], six);
            lab_str_fmt(s, "%s. AAAA %s\n", name, lab_six_text(six, text));
        }
    }
}

// The addresses of a host in a zone, or for a country (NULL: none); 0: no
// region is for them.
static int regional(const struct lab_host *h, unsigned zone, const char *cc,
                    uint32_t addr[LAB_MAX_ADDRS])
{
    int n = 0;
    for (int i = 0; i < h->regions; i++) {
        if (cc ? strcmp(h->region[i].cc, cc) == 0
               : (h->region[i].zones & zone) != 0) {
            addr[n++] = h->region[i].addr;
        }
    }
    return n;
}

// Who forges AAAA records alone leaves the true A records; who forges A
// records has thought of AAAA.
static bool leaves_a(const struct lab_conf *c, unsigned zone,
                     const struct lab_edit *e)
{
    for (size_t i = 0; i < c->edits; i++) {
        const struct lab_edit *a = &c->edit[i];
        if (a->zones & zone && a->kind == LAB_EDIT_ANSWER &&
            strcmp(a->name, e->name) == 0 && strcmp(a->type, "A") == 0) {
            return false;
        }
    }
    return e->kind == LAB_EDIT_ANSWER;
}

static void put_name(struct lab_str *s, const struct lab_conf *c, unsigned zone,
                     const char *name, const uint32_t *addr, int addrs)
{
    const struct lab_edit *e = first_edit(c, zone, name);
    if (e) {
        put_edit(s, c, zone, e, name);
    }
    if (!e || leaves_a(c, zone, e)) {
        put_truth(s, c, name, addr, addrs, !e);
    }
}

// Names that only a `dns` line knows, and wildcards.
static void put_extra(struct lab_str *s, const struct lab_conf *c,
                      unsigned zone)
{
    for (size_t i = 0; i < c->edits; i++) {
        const struct lab_edit *e = &c->edit[i];
        if (!(e->zones & zone) || lab_host_find(c, e->name)) {
            continue;
        }
        bool seen = false;
        for (size_t j = 0; j < i; j++) {
            seen = seen || (c->edit[j].zones & zone &&
                            strcmp(c->edit[j].name, e->name) == 0);
        }
        if (!seen && first_edit(c, zone, e->name) == e) {
            put_edit(s, c, zone, e, e->name);
        }
    }
}

static void put_doh_names(struct lab_str *s, const struct lab_conf *c,
                          unsigned zone)
{
    for (size_t i = 0; i < c->resolvers; i++) {
        const char *name = c->resolver[i].doh;
        bool seen = !name || lab_host_find(c, name);
        for (size_t j = 0; !seen && j < i; j++) {
            seen = c->resolver[j].doh && !strcmp(c->resolver[j].doh, name);
        }
        if (seen) {
            continue;
        }
        uint32_t addr[LAB_MAX_ADDRS];
        int n = 0;
        for (size_t j = i; j < c->resolvers && n < LAB_MAX_ADDRS; j++) {
            if (c->resolver[j].doh && !strcmp(c->resolver[j].doh, name)) {
                addr[n++] = c->resolver[j].addr;
            }
        }
        put_name(s, c, zone, name, addr, n);
    }
}

static void write_zone(const struct lab_conf *c, unsigned zone,
                       const char *path)
{
    struct lab_str s = {0};
    lab_str_puts(&s, "$TTL 60\n"
                     ". SOA a.root-servers.net. admin.root-servers.net. "
                     "1 3600 600 86400 60\n"
                     ". NS a.root-servers.net.\n"
                     "a.root-servers.net. A 198.41.0.4\n");
    for (size_t i = 0; i < c->hosts; i++) {
        const struct lab_host *h = &c->host[i];
        uint32_t addr[LAB_MAX_ADDRS];
        int n = h->no_dns ? 0 : regional(h, zone, NULL, addr);
        if (!h->no_dns) {
            put_name(&s, c, zone, h->name, n ? addr : h->addr,
                     n ? n : h->addrs);
        }
    }
    put_doh_names(&s, c, zone);
    put_extra(&s, c, zone);
    if (lab_six_any(c, LAB_V6_NAT64)) {
        // By these a host finds out the prefix (RFC 7050).
        lab_str_puts(&s, "ipv4only.arpa. A 192.0.0.170\n"
                         "ipv4only.arpa. A 192.0.0.171\n");
    }
    lab_file_write(path, s.p, s.len);
    lab_str_fini(&s);
}

// What a country's volunteers are told and others are not.
static void put_country(struct lab_str *s, const struct lab_conf *c,
                        unsigned zone, const char *cc)
{
    for (size_t i = 0; i < c->hosts; i++) {
        const struct lab_host *h = &c->host[i];
        uint32_t addr[LAB_MAX_ADDRS];
        int n = h->no_dns ? 0 : regional(h, 0, cc, addr);
        char text[46];
        uint8_t six[16];
        if (!n || first_edit(c, zone, h->name)) {
            continue;
        }
        lab_str_fmt(s, "  local-zone: \"%s.\" static\n", h->name);
        for (int j = 0; j < n; j++) {
            lab_str_fmt(s, "  local-data: \"%s. 60 A %s\"\n", h->name,
                        lab_addr(addr[j], text));
            if (lab_six_names(c)) {
                lab_six_site(addr[j], six);
                lab_str_fmt(s, "  local-data: \"%s. 60 AAAA %s\"\n", h->name,
                            lab_six_text(six, text));
            }
        }
    }
}

// What depends on who asks.
static void put_views(struct lab_str *s, const struct lab_conf *c,
                      unsigned zone)
{
    char text[16];
    for (int i = 0; i < c->volunteers; i++) {
        lab_str_fmt(s, "  access-control-view: %s/32 v%d\n",
                    lab_addr(c->volunteer[i].addr, text), i);
        lab_str_fmt(s, "  access-control-view: %s/32 v%d\n",
                    lab_addr(c->volunteer[i].shadow, text), i);
        lab_str_fmt(s, "  access-control-view: 127.77.%d.1/32 v%d\n", i, i);
    }
    // A resolver that answers whatever is asked answers this, too.
    const struct lab_edit *e = first_edit(c, zone, WHOAMI);
    bool forged = e && e->kind == LAB_EDIT_ANSWER && strcmp(e->type, "A") == 0;
    for (int i = 0; i < c->volunteers; i++) {
        lab_str_fmt(s,
                    "view:\n  name: v%d\n  view-first: yes\n"
                    "  local-zone: \"%s.\" static\n"
                    "  local-data: \"%s. 60 A %s\"\n",
                    i, WHOAMI, WHOAMI,
                    forged ? e->value : lab_addr(c->volunteer[i].addr, text));
        put_country(s, c, zone, c->volunteer[i].cc);
    }
}

static void put_listen(struct lab_str *s, const struct lab_conf *c,
                       unsigned zone)
{
    char text[16];
    if (zone == LAB_ZONE_ISP) {
        lab_str_fmt(s, "  interface: %s\n", lab_addr(c->isp_resolver, text));
    } else if (zone == LAB_ZONE_CONTROL) {
        lab_str_puts(s, "  interface: " LAB_CONTROL_RESOLVER "\n");
    } else {
        for (size_t i = 0; i < c->resolvers; i++) {
            lab_addr(c->resolver[i].addr, text);
            lab_str_fmt(s, "  interface: %s\n", text);
            if (c->resolver[i].doh) {
                lab_str_fmt(s, "  interface: %s@443\n", text);
            }
        }
    }
}

// Any hash will do: the zone is not signed at all.
#define SOME_DS                                                                \
    "12345 13 2 "                                                              \
    "3490a6806d47f17a34c29e2ce80e8a999ffbe4be3490a6806d47f17a34c29e2c"

static bool any_bogus(const struct lab_conf *c, unsigned zone)
{
    for (size_t i = 0; i < c->zones; i++) {
        if (c->zone[i].kind == LAB_ZONE_BOGUS && c->zone[i].zones & zone) {
            return true;
        }
    }
    return false;
}

// What ails zones, in the `server` part.
static void put_zone_faults(struct lab_str *s, const struct lab_conf *c,
                            unsigned zone)
{
    for (size_t i = 0; i < c->zones; i++) {
        const struct lab_zone_fault *z = &c->zone[i];
        if (z->kind == LAB_ZONE_BOGUS && z->zones & zone) {
            lab_str_fmt(s, "  trust-anchor: \"%s. DS %s\"\n", z->name, SOME_DS);
        } else if (z->kind == LAB_ZONE_RFC8020 && z->zones & zone) {
            lab_str_fmt(s, "  local-zone: \"%s.\" static\n", z->name);
        }
    }
}

// Whether a `dns control` line says what the control is told of the name.
static bool told_to_control(const struct lab_conf *c, const char *name)
{
    for (size_t i = 0; i < c->edits; i++) {
        if (c->edit[i].zones == LAB_ZONE_CONTROL &&
            strcmp(c->edit[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

// Zones whose own servers are asked. A name that does not exist for AAAA does
// not for whoever takes that to the letter (RFC 8020), the others ask on.
static void put_zone_servers(struct lab_str *s, const struct lab_conf *c,
                             unsigned zone)
{
    for (size_t i = 0; i < c->zones; i++) {
        const struct lab_zone_fault *z = &c->zone[i];
        const char *addr = lab_nameserver_addr(z->kind);
        bool meant = (z->zones & zone) != 0;
        if (zone == LAB_ZONE_CONTROL && told_to_control(c, z->name)) {
            continue;
        }
        if (addr && meant == (z->kind != LAB_ZONE_RFC8020)) {
            lab_str_fmt(s, "stub-zone:\n  name: \"%s.\"\n  stub-addr: %s@%d\n",
                        z->name, addr, LAB_NAMESERVER_PORT);
        }
    }
}

static void write_conf(const struct lab_conf *c, unsigned zone, const char *dir,
                       const char *word)
{
    struct lab_str s = {0};
    bool dns64 = zone == LAB_ZONE_ISP && lab_six_any(c, LAB_V6_NAT64);
    lab_str_fmt(&s,
                "server:\n"
                "  directory: \"%s/dns\"\n"
                "  chroot: \"\"\n"
                "  username: \"\"\n"
                "  pidfile: \"\"\n"
                "  logfile: \"%s/dns/%s.log\"\n"
                "  use-syslog: no\n"
                "  verbosity: 1\n"
                "  do-daemonize: no\n"
                "  num-threads: 1\n"
                "  do-ip6: no\n"
                "  access-control: 0.0.0.0/0 allow\n"
                "  module-config: \"%s%siterator\"\n"
                "  ede: %s\n"
                "  qname-minimisation: no\n"
                "  do-not-query-localhost: no\n"
                "  minimal-responses: yes\n"
                "  so-reuseport: no\n"
                "  msg-cache-size: 4m\n"
                "  rrset-cache-size: 4m\n"
                "  outgoing-range: 64\n"
                "  incoming-num-tcp: 256\n"
                "  https-port: 443\n"
                "  tls-service-key: \"%s/certs/leaf.key\"\n"
                "  tls-service-pem: \"%s/certs/doh.pem\"\n",
                dir, dir, word, dns64 ? "dns64 " : "",
                any_bogus(c, zone) ? "validator " : "",
                zone == LAB_ZONE_ISP ? "no" : "yes", dir, dir);
    if (dns64) {
        char prefix[64];
        lab_str_fmt(&s, "  dns64-prefix: %s\n", lab_six_prefix(c, prefix));
    }
    // Names that unbound keeps from the root by itself.
    static const char *const own[] = {"test", "invalid", "onion", "localhost",
                                      "home.arpa"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        lab_str_fmt(&s, "  local-zone: \"%s.\" nodefault\n", own[i]);
    }
    put_zone_faults(&s, c, zone);
    put_listen(&s, c, zone);
    if (zone != LAB_ZONE_CONTROL) {
        put_views(&s, c, zone);
    }
    put_zone_servers(&s, c, zone);
    lab_str_fmt(&s,
                "remote-control:\n  control-enable: no\n"
                "auth-zone:\n  name: \".\"\n  zonefile: \"%s/dns/%s.zone\"\n"
                "  for-upstream: yes\n  for-downstream: no\n"
                "  fallback-enabled: no\n",
                dir, word);
    char *path = lab_printf("%s/dns/%s.conf", dir, word);
    lab_file_write(path, s.p, s.len);
    free(path);
    path = lab_printf("%s/dns/%s.zone", dir, word);
    write_zone(c, zone, path);
    free(path);
    lab_str_fini(&s);
}

bool lab_zone_has_control(const struct lab_conf *c)
{
    for (size_t i = 0; i < c->edits; i++) {
        if (c->edit[i].zones == LAB_ZONE_CONTROL) {
            return true;
        }
    }
    for (size_t i = 0; i < c->hosts; i++) {
        uint32_t addr[LAB_MAX_ADDRS];
        if (regional(&c->host[i], LAB_ZONE_CONTROL, NULL, addr)) {
            return true;
        }
    }
    return false;
}

void lab_zone_write(const struct lab_conf *c, const char *dir)
{
    char *path = lab_printf("%s/dns", dir);
    lab_mkdir(path);
    free(path);
    write_conf(c, LAB_ZONE_ISP, dir, "isp");
    write_conf(c, LAB_ZONE_PUBLIC, dir, "public");
    if (lab_zone_has_control(c)) {
        write_conf(c, LAB_ZONE_CONTROL, dir, "control");
    }
}
