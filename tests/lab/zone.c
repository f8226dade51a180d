// SPDX-License-Identifier: Apache-2.0
#include "zone.h"

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

static void put_truth(struct lab_str *s, const char *name, const uint32_t *addr,
                      int addrs)
{
    char text[16];
    for (int i = 0; i < addrs; i++) {
        lab_str_fmt(s, "%s. A %s\n", name, lab_addr(addr[i], text));
    }
}

static void put_name(struct lab_str *s, const struct lab_conf *c, unsigned zone,
                     const char *name, const uint32_t *addr, int addrs)
{
    const struct lab_edit *e = first_edit(c, zone, name);
    if (e) {
        put_edit(s, c, zone, e, name);
    } else {
        put_truth(s, name, addr, addrs);
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
        if (!h->no_dns) {
            put_name(&s, c, zone, h->name, h->addr, h->addrs);
        }
    }
    put_doh_names(&s, c, zone);
    put_extra(&s, c, zone);
    lab_file_write(path, s.p, s.len);
    lab_str_fini(&s);
}

static void put_whoami(struct lab_str *s, const struct lab_conf *c)
{
    char text[16];
    for (int i = 0; i < c->volunteers; i++) {
        lab_str_fmt(s, "  access-control-view: %s/32 v%d\n",
                    lab_addr(c->volunteer[i].addr, text), i);
    }
    for (int i = 0; i < c->volunteers; i++) {
        lab_str_fmt(s,
                    "view:\n  name: v%d\n  view-first: yes\n"
                    "  local-zone: \"%s.\" static\n"
                    "  local-data: \"%s. 60 A %s\"\n",
                    i, WHOAMI, WHOAMI, lab_addr(c->volunteer[i].addr, text));
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

static void write_conf(const struct lab_conf *c, unsigned zone, const char *dir,
                       const char *word)
{
    struct lab_str s = {0};
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
                "  module-config: \"iterator\"\n"
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
                dir, dir, word, dir, dir);
    // Names that unbound keeps from the root by itself.
    static const char *const own[] = {"test", "invalid", "onion", "localhost",
                                      "home.arpa"};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        lab_str_fmt(&s, "  local-zone: \"%s.\" nodefault\n", own[i]);
    }
    put_listen(&s, c, zone);
    if (zone != LAB_ZONE_CONTROL) {
        put_whoami(&s, c);
    }
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
