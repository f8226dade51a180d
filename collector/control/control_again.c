// SPDX-License-Identifier: Apache-2.0
#include "collector/control/control_again.h"

#include "base/json.h"
#include "base/json_out.h"
#include "collector/control/control_answer.h"

#include <string.h>

struct again {
    const struct json_doc *doc;
    const struct json *info; /* "ip_info" of the answer */
    const struct control_request *q;
    const struct geo *geo;
};

static bool asked(const struct control_request *q, const struct ip *ip)
{
    for (size_t i = 0; i < q->n_addrs; i++) {
        if (ip_eq(&q->addrs[i], ip)) {
            return true;
        }
    }
    return false;
}

/* The flags that the answer has for an address; 0 if it lists it not. */
static int64_t flags_of(const struct again *a, const char *address)
{
    int64_t flags = 0;
    return json_i64(json_get(json_get(a->info, address), "flags"), &flags)
               ? flags
               : 0;
}

/* Was it named by the first one alone, and is none of this one's? */
static bool hidden(const struct again *a, const struct ip *ip)
{
    char text[IP_TEXT_MAX];
    ip_format(ip, text);
    int64_t flags = flags_of(a, text);
    return (flags & CONTROL_ADDR_PROBE) != 0 &&
           (flags & CONTROL_ADDR_OURS) == 0 && !asked(a->q, ip) &&
           !ip_eq(&a->q->url.literal, ip);
}

/* Members are endpoints. */
static void write_endpoints(struct jw *w, const struct again *a,
                            const struct json *obj)
{
    jw_obj(w);
    for (const struct json *n = json_first(obj); n; n = json_next(n)) {
        struct ip ip;
        uint16_t port;
        if (!ip_endpoint_parse(json_key(n), &ip, &port) || !hidden(a, &ip)) {
            jw_key_str(w, json_key(n));
            jw_raw(w, json_span(a->doc, n));
        }
    }
    jw_obj_end(w);
}

static void write_address(struct jw *w, const struct ip *ip, int64_t asn,
                          int64_t flags)
{
    char text[IP_TEXT_MAX];
    ip_format(ip, text);
    jw_key(w, text);
    jw_obj(w);
    jw_ki(w, "asn", asn);
    jw_ki(w, "flags", flags);
    jw_obj_end(w);
}

static void write_info(struct jw *w, const struct again *a)
{
    jw_obj(w);
    for (const struct json *n = json_first(a->info); n; n = json_next(n)) {
        struct ip ip;
        int64_t asn = 0, flags = 0;
        if (!ip_parse(json_key(n), &ip) || hidden(a, &ip) ||
            !json_i64(json_get(n, "asn"), &asn) ||
            !json_i64(json_get(n, "flags"), &flags)) {
            continue;
        }
        bool named = asked(a->q, &ip) || ip_eq(&a->q->url.literal, &ip);
        flags &= ~(int64_t)CONTROL_ADDR_PROBE;
        write_address(w, &ip, asn, flags | (named ? CONTROL_ADDR_PROBE : 0));
    }
    for (size_t i = 0; i < a->q->n_addrs; i++) {
        char text[IP_TEXT_MAX];
        ip_format(&a->q->addrs[i], text);
        if (!json_get(a->info, text)) {
            struct geo_entry entry = {0};
            geo_lookup(a->geo, text, &entry);
            write_address(w, &a->q->addrs[i], entry.asn,
                          control_answer_flags(&a->q->addrs[i]));
        }
    }
    jw_obj_end(w);
}

static bool is_endpoints(struct str key)
{
    static const char *const names[] = {"tcp_connect", "tls_handshake",
                                        "first_failures", "certificates",
                                        "issuers"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_eq_c(key, names[i])) {
            return true;
        }
    }
    return false;
}

static void write_members(struct jw *w, const struct again *a,
                          const struct json *obj)
{
    jw_obj(w);
    for (const struct json *n = json_first(obj); n; n = json_next(n)) {
        struct str key = json_key(n);
        jw_key_str(w, key);
        if (is_endpoints(key)) {
            write_endpoints(w, a, n);
        } else if (str_eq_c(key, "ip_info")) {
            write_info(w, a);
        } else if (str_eq_c(key, "x_parallax")) {
            write_members(w, a, n); /* has neither of these two again */
        } else {
            jw_raw(w, json_span(a->doc, n));
        }
    }
    jw_obj_end(w);
}

enum err control_again_write(struct buf *out, struct str answer,
                             const struct control_request *q,
                             const struct geo *geo)
{
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    enum err e = json_parse(answer, NULL, &doc, &d);
    if (e != ERR_OK) {
        return e;
    }
    const struct json *root = json_root(doc);
    struct again a = {doc, json_get(root, "ip_info"), q, geo};
    struct jw w;
    jw_init(&w, out);
    write_members(&w, &a, root);
    json_doc_free(doc);
    return out->failed;
}

bool control_again_good(struct str answer)
{
    struct json_doc *doc = NULL;
    struct diag d = {{0}};
    if (json_parse(answer, NULL, &doc, &d) != ERR_OK) {
        return false;
    }
    const struct json *page = json_get(json_root(doc), "http_request");
    int64_t status = 0;
    bool good = json_is_obj(page) && json_is_null(json_get(page, "failure")) &&
                json_i64(json_get(page, "status_code"), &status) &&
                status >= 200 && status < 300;
    json_doc_free(doc);
    return good;
}
