// SPDX-License-Identifier: Apache-2.0
#include "mmdb.h"

#include "six.h"
#include "util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Types of the format's data section.
enum {
    MMDB_STRING = 2,
    MMDB_U16 = 5,
    MMDB_U32 = 6,
    MMDB_MAP = 7,
    MMDB_U64 = 9,
    MMDB_ARRAY = 11
};

#define IPV4_DEPTH 96 // IPv4 lives under ::/96
#define NONE       UINT32_MAX

struct tree {
    struct node {
        uint32_t child[2]; // NONE, a node, or LEAF | data offset
    } * node;

    size_t nodes, cap;
    struct lab_str data;
};

#define LEAF 0x80000000u

static void put_control(struct lab_str *s, int type, size_t size)
{
    unsigned char b[6];
    size_t n = 0;
    size_t first = size < 29 ? size : size < 285 ? 29 : 30;
    if (type > 7) {
        b[n++] = (unsigned char)first;
        b[n++] = (unsigned char)(type - 7);
    } else {
        b[n++] = (unsigned char)((unsigned)type << 5 | first);
    }
    if (first == 29) {
        b[n++] = (unsigned char)(size - 29);
    } else if (first == 30) {
        b[n++] = (unsigned char)((size - 285) >> 8);
        b[n++] = (unsigned char)(size - 285);
    }
    lab_str_add(s, b, n);
}

static void put_string(struct lab_str *s, const char *text)
{
    size_t n = strlen(text);
    put_control(s, MMDB_STRING, n);
    lab_str_add(s, text, n);
}

static void put_uint(struct lab_str *s, int type, uint64_t v)
{
    unsigned char b[8];
    size_t n = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
        unsigned char byte = (unsigned char)(v >> shift);
        if (n || byte) {
            b[n++] = byte;
        }
    }
    put_control(s, type, n);
    lab_str_add(s, b, n);
}

static uint32_t put_network(struct tree *t, uint32_t asn, const char *org,
                            const char *cc)
{
    uint32_t at = (uint32_t)t->data.len;
    put_control(&t->data, MMDB_MAP, cc[0] ? 3 : 2);
    put_string(&t->data, "autonomous_system_number");
    put_uint(&t->data, MMDB_U32, asn);
    put_string(&t->data, "autonomous_system_organization");
    put_string(&t->data, org);
    if (cc[0]) {
        put_string(&t->data, "country");
        put_control(&t->data, MMDB_MAP, 1);
        put_string(&t->data, "iso_code");
        put_string(&t->data, cc);
    }
    return at;
}

static uint32_t node_new(struct tree *t, uint32_t both)
{
    t->node = lab_grow(t->node, t->nodes, &t->cap, sizeof(*t->node));
    t->node[t->nodes] = (struct node){{both, both}};
    return (uint32_t)t->nodes++;
}

// Sets `addr`/`prefix` (host order) to a record; to be called with shorter
// prefixes first.
static void tree_set(struct tree *t, uint32_t addr, int prefix, uint32_t data)
{
    uint32_t at = 0;
    int depth = IPV4_DEPTH + prefix;
    for (int i = 0; i < depth; i++) {
        int bit =
            i < IPV4_DEPTH ? 0 : (int)(addr >> (31 - (i - IPV4_DEPTH)) & 1);
        uint32_t next = t->node[at].child[bit];
        if (i == depth - 1) {
            t->node[at].child[bit] = LEAF | data;
            return;
        }
        if (next == NONE || next & LEAF) {
            next = node_new(t, next); // a shorter prefix holds on below
            t->node[at].child[bit] = next;
        }
        at = next;
    }
}

// The 96 bits of `prefix` lead to what the 96 zeros before IPv4 lead to.
static void tree_alias(struct tree *t, const char *prefix)
{
    uint8_t key[16];
    uint32_t four = 0;
    uint32_t at = 0;
    inet_pton(AF_INET6, prefix, key);
    for (int i = 0; i < IPV4_DEPTH; i++) {
        four = t->node[four].child[0];
    }
    for (int i = 0; i < IPV4_DEPTH - 1; i++) {
        int bit = key[i / 8] >> (7 - i % 8) & 1;
        uint32_t next = t->node[at].child[bit];
        if (next == NONE) {
            next = node_new(t, NONE);
            t->node[at].child[bit] = next;
        }
        at = next;
    }
    t->node[at].child[key[11] & 1] = four;
}

// A volunteer's own /64.
static void tree_set_six(struct tree *t, const uint8_t key[16], uint32_t data)
{
    uint32_t at = 0;
    for (int i = 0; i < 63; i++) {
        int bit = key[i / 8] >> (7 - i % 8) & 1;
        uint32_t next = t->node[at].child[bit];
        if (next == NONE || next & LEAF) {
            next = node_new(t, next);
            t->node[at].child[bit] = next;
        }
        at = next;
    }
    t->node[at].child[key[7] & 1] = LEAF | data;
}

static void put_be32(struct lab_str *s, uint32_t v)
{
    v = htonl(v);
    lab_str_add(s, &v, 4);
}

static void put_metadata(struct lab_str *s, size_t nodes)
{
    lab_str_puts(s, "\xab\xcd\xefMaxMind.com");
    put_control(s, MMDB_MAP, 9);
    put_string(s, "binary_format_major_version");
    put_uint(s, MMDB_U16, 2);
    put_string(s, "binary_format_minor_version");
    put_uint(s, MMDB_U16, 0);
    put_string(s, "build_epoch");
    put_uint(s, MMDB_U64, (uint64_t)time(NULL));
    put_string(s, "database_type");
    put_string(s, "Parallax-Lab-ASN");
    put_string(s, "description");
    put_control(s, MMDB_MAP, 1);
    put_string(s, "en");
    put_string(s, "Networks of the lab");
    put_string(s, "ip_version");
    put_uint(s, MMDB_U16, 6);
    put_string(s, "languages");
    put_control(s, MMDB_ARRAY, 1);
    put_string(s, "en");
    put_string(s, "node_count");
    put_uint(s, MMDB_U32, nodes);
    put_string(s, "record_size");
    put_uint(s, MMDB_U16, 32);
}

static void tree_write(const struct tree *t, const char *path)
{
    struct lab_str s = {0};
    for (size_t i = 0; i < t->nodes; i++) {
        for (int b = 0; b < 2; b++) {
            uint32_t v = t->node[i].child[b];
            uint32_t nodes = (uint32_t)t->nodes;
            put_be32(&s, v == NONE  ? nodes
                         : v & LEAF ? nodes + 16 + (v & ~LEAF)
                                    : v);
        }
    }
    static const char separator[16];
    lab_str_add(&s, separator, sizeof(separator));
    lab_str_add(&s, t->data.p ? t->data.p : "", t->data.len);
    put_metadata(&s, t->nodes);
    lab_file_write(path, s.p, s.len);
    lab_str_fini(&s);
}

struct public_org {
    const char *net;
    int prefix;
    uint32_t asn;
    const char *org;
    const char *cc;
};

// Networks of the well-known public resolvers and of the routers.
static const struct public_org networks[] = {
    {"130.192.0.0", 16, 137, "Consortium GARR", "IT"},
    {"90.147.80.0", 24, 137, "Consortium GARR", "IT"},
    {"185.191.181.0", 24, 137, "Consortium GARR", "IT"},
    {"62.40.96.0", 19, 20965, "GEANT", "NL"},
    {"8.8.8.0", 24, 15169, "Google LLC", "US"},
    {"8.8.4.0", 24, 15169, "Google LLC", "US"},
    {"9.9.9.0", 24, 19281, "Quad9", "US"},
    {"149.112.112.0", 24, 19281, "Quad9", "US"},
    {"1.1.1.0", 24, 13335, "Cloudflare, Inc.", "US"},
    {"1.0.0.0", 24, 13335, "Cloudflare, Inc.", "US"},
    {"172.64.41.0", 24, 13335, "Cloudflare, Inc.", "US"},
    {"208.67.220.0", 22, 36692, "Cisco OpenDNS, LLC", "US"},
    {"38.175.119.0", 24, 34939, "NextDNS, Inc.", "US"},
};

void lab_mmdb_write(const struct lab_conf *c, const char *path)
{
    struct tree t = {0};
    node_new(&t, NONE);
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        const struct public_org *o = &networks[i];
        tree_set(&t, ntohl(inet_addr(o->net)), o->prefix,
                 put_network(&t, o->asn, o->org, o->cc));
    }
    uint32_t asn = 64512;
    for (uint32_t net = c->first & ~0xffu; net <= c->last; net += 256, asn++) {
        char org[32] = "";
        snprintf(org, sizeof(org), "Lab Hosting %u", asn - 64512 + 1);
        tree_set(&t, net, 24, put_network(&t, asn, org, "US"));
    }
    for (int i = 0; i < c->volunteers; i++) {
        const struct lab_volunteer *v = &c->volunteer[i];
        char org[40];
        snprintf(org, sizeof(org), "Lab Access Network %u", v->asn);
        const char *name = v->asn == 137 ? "Consortium GARR" : org;
        uint32_t data = put_network(&t, v->asn, name, v->cc);
        tree_set(&t, ntohl(v->addr) & ~0xffu, 24, data);
        if (v->addr6_given) {
            tree_set_six(&t, v->addr6, data);
        }
    }
    for (size_t i = 0; i < c->asns; i++) {
        const struct lab_asn *a = &c->asn[i];
        tree_set(&t, ntohl(a->addr), a->prefix,
                 put_network(&t, a->asn, a->org, a->cc));
    }
    tree_alias(&t, LAB_SIX_SITES);
    tree_alias(&t, LAB_SIX_VOLUNTEERS);
    tree_alias(&t, LAB_SIX_NAT64);
    tree_write(&t, path);
    free(t.node);
    lab_str_fini(&t.data);
}
