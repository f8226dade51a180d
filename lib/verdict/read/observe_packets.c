// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_packets.h"
#include "verdict/read/field.h"

#define PACKETS "x_evidence.packets"

/* Paths change by a hop or two while a connection lasts; a forger's distance
 * need not be larger than that either, so one hop is not counted. */
#define TTL_SLACK 1

struct packet {
    int64_t id, ttl, sport;
    struct str src, flags;
};

static enum err read_packet(const struct json *n, size_t i, struct packet *p,
                            struct diag *d)
{
    enum err e = field_obj(n, AT_I(PACKETS, i, NULL), SIZE_MAX, d);
    if (!e) {
        e = field_i64(json_get(n, "transaction_id"),
                      AT_I(PACKETS, i, "transaction_id"), &p->id, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "ttl"), AT_I(PACKETS, i, "ttl"), &p->ttl, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "sport"), AT_I(PACKETS, i, "sport"),
                      &p->sport, d);
    }
    if (!e) {
        e = field_str(json_get(n, "src"), AT_I(PACKETS, i, "src"), &p->src, d);
    }
    if (!e) {
        e = field_str(json_get(n, "flags"), AT_I(PACKETS, i, "flags"),
                      &p->flags, d);
    }
    return e;
}

/* Did the server of this endpoint send it? */
static bool from_server(const struct observations *o,
                        const struct vendpoint *end, const struct packet *p)
{
    struct ip ip;
    return p->sport == end->port && ip_parse(p->src, &ip) &&
           ip_eq(&ip, &o->addrs[end->addr].ip);
}

static bool ends_connection(struct str flags)
{
    return str_find(flags, STR("RST")) != SIZE_MAX ||
           str_find(flags, STR("FIN")) != SIZE_MAX;
}

enum err observe_packets(struct observations *o, const struct json *tk,
                         struct diag *d)
{
    const struct json *evidence = json_get(tk, "x_evidence");
    enum err e =
        field_obj(evidence, AT_KEY("test_keys", "x_evidence"), SIZE_MAX, d);
    const struct json *arr = json_get(evidence, "packets");
    if (!e) {
        e = field_arr(arr, AT_KEY(PACKETS, NULL), OBS_MAX_PACKETS, d);
    }
    size_t i = 0;
    for (const struct json *n = json_first(arr); n && !e; n = json_next(n)) {
        struct packet p = {0};
        e = read_packet(n, i++, &p, d);
        struct vendpoint *end = e ? NULL : observations_endpoint(o, p.id);
        if (!end || p.ttl <= 0 || !from_server(o, end, &p)) {
            continue;
        }
        if (str_eq_c(p.flags, "SYN,ACK")) {
            end->syn_ttl = p.ttl;
        } else if (end->syn_ttl && ends_connection(p.flags) &&
                   (p.ttl > end->syn_ttl + TTL_SLACK ||
                    p.ttl < end->syn_ttl - TTL_SLACK)) {
            end->odd_distance = true;
        }
    }
    return e;
}
