// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observations.h"

static size_t hash_ip(const struct ip *ip)
{
    uint64_t h = 0xcbf29ce484222325u ^ ip->family; /* FNV-1a */
    size_t len = ip->family == 4 ? 4 : 16;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ ip->b[i]) * 0x100000001b3u;
    }
    return (size_t)(h ^ (h >> 29));
}

static void hash_put(struct observations *o, uint32_t index)
{
    size_t mask = o->hash_size - 1;
    size_t at = hash_ip(&o->addrs[index].ip) & mask;
    while (o->hash[at]) {
        at = (at + 1) & mask;
    }
    o->hash[at] = index + 1;
}

static enum err hash_room(struct observations *o)
{
    if (o->hash_size >= 2 * (o->n_addrs + 1)) {
        return ERR_OK;
    }
    size_t size = o->hash_size ? o->hash_size * 2 : 64;
    uint32_t *table = region_calloc(o->r, size, sizeof(*table));
    if (!table) {
        return ERR_NOMEM;
    }
    o->hash = table;
    o->hash_size = size;
    for (uint32_t i = 0; i < o->n_addrs; i++) {
        hash_put(o, i);
    }
    return ERR_OK;
}

enum err observations_addr(struct observations *o, const struct ip *ip,
                           uint32_t *index, struct diag *d)
{
    if (o->hash_size) {
        size_t mask = o->hash_size - 1;
        for (size_t at = hash_ip(ip) & mask; o->hash[at];
             at = (at + 1) & mask) {
            if (ip_eq(&o->addrs[o->hash[at] - 1].ip, ip)) {
                *index = o->hash[at] - 1;
                return ERR_OK;
            }
        }
    }
    if (o->n_addrs >= OBS_MAX_ADDRS) {
        return diag_set(d, ERR_PARSE,
                        "test_keys: more than %d distinct addresses",
                        OBS_MAX_ADDRS);
    }
    enum err e = region_grow(o->r, (void **)&o->addrs, &o->cap_addrs,
                             o->n_addrs, sizeof(*o->addrs), OBS_MAX_ADDRS);
    if (!e) {
        e = hash_room(o);
    }
    if (e) {
        return e;
    }
    o->addrs[o->n_addrs] = (struct vaddr){
        .ip = *ip,
        .owner = -1,
        .meant = -1,
        .bogon = ip_is_bogon(ip),
        .loopback = ip_is_loopback(ip),
    };
    hash_put(o, (uint32_t)o->n_addrs);
    *index = (uint32_t)o->n_addrs++;
    return ERR_OK;
}

struct vendpoint *observations_endpoint(const struct observations *o,
                                        int64_t id)
{
    if (id == 0) {
        return NULL;
    }
    for (size_t i = o->n_ends; i-- > 0;) {
        if (o->ends[i].id == id) {
            return &o->ends[i];
        }
    }
    return NULL;
}

struct str observations_name(struct str name)
{
    return name.len > 1 && str_ends(name, ".") ? str_sub(name, 0, name.len - 1)
                                               : name;
}

struct str observations_control_leaf(const struct vcontrol *c,
                                     const struct ip *ip, uint16_t port)
{
    for (const struct json *n = json_first(c->certificates); n;
         n = json_next(n)) {
        struct ip at;
        uint16_t at_port;
        if (ip_endpoint_parse(json_key(n), &at, &at_port) && at_port == port &&
            ip_eq(&at, ip)) {
            return json_str(n);
        }
    }
    return (struct str){NULL, 0};
}
