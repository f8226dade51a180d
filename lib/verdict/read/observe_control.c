// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/observe_control.h"

#include "base/hex.h"
#include "record/scrub.h"
#include "verdict/read/field.h"
#include <string.h>

#define CONTROL "test_keys.control"

/* A control that does not say whether it failed has said nothing. */
static enum err read_failure(const struct json *obj, struct at at,
                             struct outcome *out, struct diag *d)
{
    const struct json *n = json_get(obj, "failure");
    return n ? field_outcome(n, at, out, d) : ERR_OK;
}

static enum err read_http(struct observations *o, const struct json *n,
                          struct diag *d)
{
    struct vcontrol *c = &o->control;
    const char *list = CONTROL ".http_request";
    if (json_is_null(n)) {
        return ERR_OK;
    }
    enum err e = field_obj(n, AT_KEY(list, NULL), 64, d);
    if (!e) {
        e = read_failure(n, AT_KEY(list, "failure"), &c->http, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "status_code"), AT_KEY(list, "status_code"),
                      &c->status, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "body_length"), AT_KEY(list, "body_length"),
                      &c->body_length, d);
    }
    if (!e) {
        e = field_str(json_get(n, "title"), AT_KEY(list, "title"), &c->title,
                      d);
    }
    if (!e) {
        e = field_obj(json_get(n, "headers"), AT_KEY(list, "headers"), SIZE_MAX,
                      d);
    }
    c->headers = json_get(n, "headers");
    c->doubtful = c->doubtful || (outcome_bad(c->http) && c->status > 0);
    return e;
}

static enum err read_dns(struct observations *o, const struct json *n,
                         struct diag *d)
{
    struct vcontrol *c = &o->control;
    const char *list = CONTROL ".dns";
    const struct json *addrs = json_get(n, "addrs");
    if (json_is_null(n)) {
        return ERR_OK;
    }
    enum err e = field_obj(n, AT_KEY(list, NULL), 64, d);
    if (!e) {
        e = read_failure(n, AT_KEY(list, "failure"), &c->dns, d);
    }
    if (!e) {
        e = field_arr(addrs, AT_KEY(list, "addrs"), OBS_MAX_CONTROL, d);
    }
    if (e || !outcome_ok(c->dns)) {
        c->doubtful = c->doubtful || (outcome_bad(c->dns) && json_len(addrs));
        return e;
    }
    size_t i = 0;
    for (const struct json *a = json_first(addrs); a && !e; a = json_next(a)) {
        struct at at = AT_I(CONTROL ".dns.addrs", i++, NULL);
        struct str text;
        struct ip ip;
        uint32_t index = 0;
        e = field_str(a, at, &text, d);
        if (e || str_eq_c(text, SCRUBBED)) {
            continue;
        }
        e = ip_parse(text, &ip) ? observations_addr(o, &ip, &index, d)
                                : field_fail(at, "not an IP address", d);
        if (!e && !o->addrs[index].control) {
            o->addrs[index].control = true;
            c->n_addrs++;
        }
    }
    return e;
}

static enum err read_ip_info(struct observations *o, const struct json *n,
                             struct diag *d)
{
    const char *list = CONTROL ".ip_info";
    enum err e = field_obj(n, AT_KEY(list, NULL), OBS_MAX_CONTROL, d);
    for (const struct json *m = json_first(n); m && !e; m = json_next(m)) {
        struct ip ip;
        uint32_t index;
        int64_t asn, flags;
        if (!ip_parse(json_key(m), &ip)) {
            continue;
        }
        e = field_obj(m, AT_NAME(list, json_key(m), NULL), 64, d);
        if (!e) {
            e = field_i64(json_get(m, "asn"), AT_NAME(list, json_key(m), "asn"),
                          &asn, d);
        }
        if (!e) {
            e = field_i64(json_get(m, "flags"),
                          AT_NAME(list, json_key(m), "flags"), &flags, d);
        }
        if (!e) {
            e = observations_addr(o, &ip, &index, d);
        }
        if (!e) {
            struct vaddr *a = &o->addrs[index];
            a->asn_control = asn > 0 && asn <= UINT32_MAX ? (uint32_t)asn : 0;
            a->flags_control = flags;
        }
    }
    return e;
}

/* The address, or the IPv4 one that a translator's address stands for: the
 * control looks at the site itself, not at its translation. A network may have
 * a prefix of its own for that; then the control does not know the address. */
static bool stands_for(const struct vaddr *a, const struct ip *other)
{
    struct ip v4;
    return ip_eq(&a->ip, other) ||
           (ip_is_nat64(&a->ip, &v4) && ip_eq(&v4, other)) ||
           (!a->control && ip_embeds(&a->ip, other));
}

/* What the control says of one endpoint. */
struct said {
    struct outcome result;
    struct str name; /* in the handshake */
    bool tls;
    bool doubtful; /* its "status" says the opposite of its failure */
};

/* What is said of the translated address itself counts less. OONI looks at the
 * failure alone. */
static void mark(struct outcome *any, struct outcome *exact, bool is_exact,
                 const struct said *said)
{
    if (is_exact) {
        *exact = said->result;
    }
    if (!said->doubtful && (!is_exact || !any->known)) {
        *any = said->result;
    }
}

/* An endpoint under two spellings, that connects by one and not by the other.
 */
static bool contradicts(struct outcome before, const struct said *said)
{
    return before.known && said->result.known &&
           outcome_ok(before) != outcome_ok(said->result);
}

/* Finds endpoints by address and port, so that two ways to write an IPv6
 * address are one; of those with a handshake, the ones at the same name. */
static void mark_endpoints(struct observations *o, struct str key,
                           const struct said *said)
{
    struct ip ip;
    uint16_t port;
    if (!ip_endpoint_parse(key, &ip, &port)) {
        return;
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        struct vendpoint *end = &o->ends[i];
        const struct vaddr *mine = &o->addrs[end->addr];
        if (end->port != port || !stands_for(mine, &ip)) {
            continue;
        }
        bool exact = ip_eq(&mine->ip, &ip);
        if (!said->tls) {
            end->doubtful =
                end->doubtful || (exact && contradicts(end->exact_tcp, said));
            mark(&end->ctl_tcp, &end->exact_tcp, exact, said);
        } else if (str_eq(end->server_name, observations_name(said->name))) {
            end->doubtful =
                end->doubtful || (exact && contradicts(end->exact_tls, said));
            mark(&end->ctl_tls, &end->exact_tls, exact, said);
        }
    }
}

static enum err read_endpoints(struct observations *o, const struct json *n,
                               const char *list, bool tls, struct diag *d)
{
    enum err e = field_obj(n, AT_KEY(list, NULL), OBS_MAX_CONTROL, d);
    for (const struct json *m = json_first(n); m && !e; m = json_next(m)) {
        struct str key = json_key(m);
        struct said said = {.tls = tls};
        bool status = true;
        e = field_obj(m, AT_NAME(list, key, NULL), 64, d);
        if (!e) {
            e = read_failure(m, AT_NAME(list, key, "failure"), &said.result, d);
        }
        if (!e && tls) {
            e = field_str(json_get(m, "server_name"),
                          AT_NAME(list, key, "server_name"), &said.name, d);
        }
        if (!e) {
            said.doubtful = json_bool(json_get(m, "status"), &status) &&
                            said.result.known &&
                            status != outcome_ok(said.result);
            o->control.doubtful = o->control.doubtful || said.doubtful;
            mark_endpoints(o, key, &said);
        }
    }
    return e;
}

/* Ours says which certificates it was shown, and who had issued them: a hash
 * for each endpoint. */
static enum err read_hashes(struct observations *o, const struct json *n,
                            const char *list, bool issuers, struct diag *d)
{
    enum err e = field_obj(n, AT_KEY(list, NULL), OBS_MAX_CONTROL, d);
    for (const struct json *m = json_first(n); m && !e; m = json_next(m)) {
        struct str key = json_key(m), hash;
        struct ip ip;
        uint16_t port;
        e = field_str(m, AT_NAME(list, key, NULL), &hash, d);
        if (e || !ip_endpoint_parse(key, &ip, &port)) {
            continue;
        }
        for (size_t i = 0; i < o->n_ends; i++) {
            struct vendpoint *end = &o->ends[i];
            if (end->port == port && stands_for(&o->addrs[end->addr], &ip)) {
                *(issuers ? &end->ctl_issuer : &end->ctl_leaf) = hash;
            }
        }
    }
    return e;
}

static enum err read_certificates(struct observations *o,
                                  const struct json *ours, struct diag *d)
{
    const struct json *certs = json_get(ours, "certificates");
    enum err e =
        read_hashes(o, certs, CONTROL ".x_parallax.certificates", false, d);
    if (!e) {
        o->control.certificates = certs;
        e = read_hashes(o, json_get(ours, "issuers"),
                        CONTROL ".x_parallax.issuers", true, d);
    }
    return e;
}

static bool same_host(const struct observations *o, struct str host)
{
    return str_ieq(o->control.host, host);
}

static void mark_translated(struct observations *o)
{
    for (size_t i = 0; i < o->n_addrs; i++) {
        struct vaddr *a = &o->addrs[i];
        for (size_t k = 0; k < o->n_addrs && a->ip.family == 6; k++) {
            const struct vaddr *c = &o->addrs[k];
            a->translated = a->translated || (c->control && c->ip.family == 4 &&
                                              stands_for(a, &c->ip));
        }
    }
}

/* Translators may have a prefix that no public site can be in: one's own
 * network or one for documents, in which RFC 6052 has its examples. */
static void mark_meant(struct observations *o)
{
    for (size_t i = 0; i < o->n_addrs; i++) {
        struct vaddr *a = &o->addrs[i];
        for (size_t k = 0; k < o->n_addrs && a->ip.family == 6 && a->meant < 0;
             k++) {
            if (ip_embeds(&a->ip, &o->addrs[k].ip)) {
                a->meant = (int)k;
            }
        }
    }
}

static void mark_networks(struct observations *o)
{
    for (size_t i = 0; i < o->n_addrs; i++) {
        struct vaddr *a = &o->addrs[i];
        uint32_t asn = a->asn ? a->asn : a->asn_control;
        for (size_t k = 0; asn && k < o->n_addrs && !a->control_network; k++) {
            const struct vaddr *c = &o->addrs[k];
            uint32_t other = c->asn_control ? c->asn_control : c->asn;
            a->control_network = c->control && other == asn;
        }
    }
}

/* Which lookups the control answers for, and which endpoints only it knew. */
static void cross_reference(struct observations *o)
{
    mark_networks(o);
    mark_meant(o);
    mark_translated(o);
    for (size_t i = 0; i < o->n_queries; i++) {
        struct vquery *q = &o->queries[i];
        q->ctl = o->control.dns.known && same_host(o, q->host);
    }
    for (size_t i = 0; i < o->n_ends; i++) {
        const struct vaddr *a = &o->addrs[o->ends[i].addr];
        o->ends[i].origin_control = a->owner < 0 && a->control;
    }
}

/* The control of old shook hands nowhere but for the page. Where it got that by
 * https, from among these addresses, they can be shaken hands with. */
static void mark_old_handshakes(struct observations *o)
{
    const struct outcome good = {.known = true};
    bool page = o->old && o->url.text && o->url.https &&
                outcome_ok(o->control.http) && o->control.status > 0;
    for (size_t i = 0; page && i < o->n_ends; i++) {
        struct vendpoint *end = &o->ends[i];
        const struct vaddr *a = &o->addrs[end->addr];
        if (end->depth == 0 && !end->ctl_tls.known &&
            (a->control || a->control_network)) {
            end->ctl_tls = good;
        }
    }
}

/* The host of a URL that we would not measure ourselves (a password, a port or
 * an A-label that cannot be), but somebody did. */
static struct str bare_host(struct str url)
{
    struct str none = {NULL, 0};
    size_t skip = str_ieq(str_sub(url, 0, 7), STR("http://"))    ? 7
                  : str_ieq(str_sub(url, 0, 8), STR("https://")) ? 8
                                                                 : url.len;
    struct str host = str_sub(url, skip, url.len);
    for (size_t i = 0; i < host.len; i++) {
        if ((unsigned char)host.p[i] <= ' ' ||
            strchr("\"<>\\^`{|}\x7f", host.p[i])) {
            return none;
        }
        if (strchr("/?#", host.p[i])) {
            host.len = i;
        }
    }
    size_t user = str_find_char(host, '@');
    if (user != SIZE_MAX) {
        host = str_sub(host, user + 1, host.len);
    }
    if (str_starts(host, "[")) {
        host = str_sub(host, 1, host.len);
        size_t end = str_find_char(host, ']');
        host.len = end != SIZE_MAX ? end : 0;
    } else if (str_find_char(host, ':') != SIZE_MAX) {
        host.len = str_find_char(host, ':');
    }
    return host.len > 0 ? observations_name(host) : none;
}

static enum err read_host(struct observations *o, const struct json *req,
                          struct ip *literal, struct diag *d)
{
    struct at at = AT_KEY("test_keys.x_control_request", "http_request");
    struct str text = o->input;
    struct url url;
    enum err e = o->old
                     ? ERR_OK
                     : field_str(json_get(req, "http_request"), at, &text, d);
    if (e) {
        return e;
    }
    if (url_parse(o->r, text, &url, NULL) == ERR_OK) {
        o->control.host = str_c(url.host);
        *literal = url.literal;
        return ERR_OK;
    }
    o->control.host = bare_host(text);
    return o->control.host.len > 0
               ? ERR_OK
               : field_fail(at, "not a URL that can be measured", d);
}

/* A site that is named by its address has that one, though the control, which
 * resolved nothing, lists none: it is no address known from the control. */
static enum err add_literal(struct observations *o, const struct ip *literal,
                            struct diag *d)
{
    uint32_t index;
    if (literal->family == 0) {
        return ERR_OK;
    }
    enum err e = observations_addr(o, literal, &index, d);
    if (!e) {
        o->addrs[index].control = true;
    }
    return e;
}

/* Where the page was found, in the end. */
static enum err read_final(struct observations *o, const struct json *n,
                           struct diag *d)
{
    struct str url = {NULL, 0};
    enum err e = field_str(json_get(n, "final_url"),
                           AT_KEY(CONTROL ".x_parallax", "final_url"), &url, d);
    o->control.led_to_https =
        !e && str_ieq(str_sub(url, 0, 8), STR("https://"));
    return e;
}

/* Why there is no page, in more words than the protocol has. */
static enum err read_page(struct observations *o, const struct json *n,
                          struct diag *d)
{
    struct vcontrol *c = &o->control;
    const char *list = CONTROL ".x_parallax";
    enum err e = field_obj(n, AT_KEY(list, NULL), 64, d);
    if (!e && json_get(n, "page_failure")) {
        e = field_outcome(json_get(n, "page_failure"),
                          AT_KEY(list, "page_failure"), &c->page, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "page_status"), AT_KEY(list, "page_status"),
                      &c->page_status, d);
    }
    if (!e) {
        e = field_i64(json_get(n, "page_length"), AT_KEY(list, "page_length"),
                      &c->page_length, d);
    }
    return e;
}

/* What is on the page, in numbers. What cannot be read says nothing. */
static enum err read_text(struct observations *o, const struct json *n,
                          struct diag *d)
{
    struct vcontrol *c = &o->control;
    const char *list = CONTROL ".x_parallax";
    struct str hash = {NULL, 0}, sketch = {NULL, 0};
    enum err e = field_str(json_get(n, "body_sha256"),
                           AT_KEY(list, "body_sha256"), &hash, d);
    if (!e) {
        e = field_i64(json_get(n, "body_hashed"), AT_KEY(list, "body_hashed"),
                      &c->hashed, d);
    }
    if (!e) {
        e = field_str(json_get(n, "body_sketch"), AT_KEY(list, "body_sketch"),
                      &sketch, d);
    }
    if (e || hex_decode(hash, c->sha256, sizeof(c->sha256)) != ERR_OK) {
        c->hashed = 0;
    }
    if (e || !sketch_parse(sketch, &c->sketch)) {
        c->sketch.n = 0;
    }
    return e;
}

/* What it met at first, and tried again. */
static enum err read_firsts(struct observations *o, const struct json *n,
                            struct diag *d)
{
    const char *list = CONTROL ".x_parallax.first_failures";
    enum err e = field_obj(n, AT_KEY(list, NULL), OBS_MAX_CONTROL, d);
    for (const struct json *m = json_first(n); m && !e; m = json_next(m)) {
        struct outcome first = {0};
        struct ip ip;
        uint16_t port;
        e = field_outcome(m, AT_NAME(list, json_key(m), NULL), &first, d);
        if (e || !ip_endpoint_parse(json_key(m), &ip, &port)) {
            continue;
        }
        for (size_t i = 0; i < o->n_ends; i++) {
            struct vendpoint *end = &o->ends[i];
            if (end->port == port && stands_for(&o->addrs[end->addr], &ip)) {
                end->ctl_first = first;
            }
        }
    }
    return e;
}

/* Of the control that does not count no more is read than whether it got a
 * page, and whether it found the name. */
static bool has_page(const struct json *ctl)
{
    const struct json *http = json_get(ctl, "http_request");
    int64_t status = 0;
    return json_is_obj(http) && json_is_null(json_get(http, "failure")) &&
           json_i64(json_get(http, "status_code"), &status) && status > 0;
}

static bool has_name(const struct json *ctl)
{
    return json_len(json_path(ctl, "dns.addrs")) > 0;
}

enum other_control observe_control_other(const struct json *tk)
{
    const struct json *other = json_get(tk, "x_other_control");
    const struct json *ctl = json_get(other, "control");
    if (!json_is_obj(other) || has_page(json_get(tk, "control"))) {
        return OTHER_UNASKED;
    }
    if (json_len(ctl) == 0) {
        return OTHER_SILENT;
    }
    if (has_page(ctl)) {
        return OTHER_PAGE;
    }
    return has_name(ctl) && !has_name(json_get(tk, "control")) ? OTHER_FOUND
                                                               : OTHER_PAGELESS;
}

enum err observe_control(struct observations *o, const struct json *tk,
                         const struct json *ctl, struct diag *d)
{
    const struct json *req = json_get(tk, "x_control_request");
    struct ip literal = {0};
    enum err e =
        field_obj(req, AT_KEY("test_keys.x_control_request", NULL), 64, d);
    if (!e) {
        e = field_obj(ctl, AT_KEY(CONTROL, NULL), 64, d);
    }
    /* An empty object is what old probes wrote when the control failed. */
    if (e || (json_len(req) == 0 && !o->old) || json_len(ctl) == 0) {
        return e;
    }
    e = read_host(o, req, &literal, d);
    if (!e) {
        e = read_dns(o, json_get(ctl, "dns"), d);
    }
    if (!e) {
        e = read_http(o, json_get(ctl, "http_request"), d);
    }
    if (!e) {
        e = read_page(o, json_get(ctl, "x_parallax"), d);
    }
    if (!e) {
        e = read_text(o, json_get(ctl, "x_parallax"), d);
    }
    if (!e) {
        e = read_final(o, json_get(ctl, "x_parallax"), d);
    }
    if (!e) {
        e = read_firsts(o, json_path(ctl, "x_parallax.first_failures"), d);
    }
    if (!e) {
        e = read_ip_info(o, json_get(ctl, "ip_info"), d);
    }
    if (!e) {
        e = read_endpoints(o, json_get(ctl, "tcp_connect"),
                           CONTROL ".tcp_connect", false, d);
    }
    if (!e) {
        e = read_endpoints(o, json_get(ctl, "tls_handshake"),
                           CONTROL ".tls_handshake", true, d);
    }
    if (!e) {
        e = read_certificates(o, json_get(ctl, "x_parallax"), d);
    }
    if (!e) {
        o->control.present = true;
        cross_reference(o);
        mark_old_handshakes(o);
        e = add_literal(o, &literal, d);
    }
    return e;
}
