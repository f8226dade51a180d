// SPDX-License-Identifier: Apache-2.0
// The lines of scenario files: what the line and the censor do.
#include "lines.h"

#include "util.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The page of a censor that was given no other; its length is a fact other
// tests rely on (body_proportion of 188 to 1533).
const char lab_block_page[] =
    "<!doctype html>\n<html>\n<head>\n<title>Access Denied</title>\n</head>\n"
    "<body>\n<h1>Access Denied</h1>\n<p>This page is blocked by order of the "
    "network operator, sector nine.</p>\n</body>\n</html>\n";
_Static_assert(sizeof(lab_block_page) == 189, "the block page has 188 bytes");

static struct lab_rule *rule_add(struct lab_line *l, enum lab_on on,
                                 enum lab_act act)
{
    struct lab_conf *c = l->conf;
    c->rule = lab_grow(c->rule, c->rules, &c->rules_cap, sizeof(*c->rule));
    struct lab_rule *r = &c->rule[c->rules++];
    *r = (struct lab_rule){
        .where = l->where, .on = on, .act = act, .to_client = true};
    return r;
}

static bool read_link(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    if (!lab_line_peek(l)) {
        return lab_line_fail(l, "link: rtt, rate, loss or down is missing");
    }
    if (lab_line_is(l, "down")) {
        if (!lab_line_once(l, LAB_SET_DOWN, "link down")) {
            return false;
        }
        if (!lab_line_is(l, "at")) {
            return lab_line_fail(l, "link down: \"at TIME for TIME\"");
        }
        if (!lab_line_duration(l, &c->down_at_us)) {
            return false;
        }
        if (!lab_line_is(l, "for")) {
            return lab_line_fail(l, "link down: \"at TIME for TIME\"");
        }
        return lab_line_duration(l, &c->down_for_us);
    }
    while (lab_line_peek(l)) {
        bool ok;
        if (lab_line_is(l, "rtt")) {
            ok = lab_line_once(l, LAB_SET_RTT, "link rtt") &&
                 lab_line_duration(l, &c->rtt_us);
        } else if (lab_line_is(l, "rate")) {
            ok = lab_line_once(l, LAB_SET_RATE, "link rate") &&
                 lab_line_bits(l, &c->link_rate_bps);
        } else if (lab_line_is(l, "loss")) {
            ok = lab_line_once(l, LAB_SET_LOSS, "link loss") &&
                 lab_line_percent(l, &c->link_loss);
        } else {
            ok =
                lab_line_fail(l, "link: unknown word \"%s\"", lab_line_peek(l));
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool read_type(struct lab_line *l, const char **type)
{
    bool six = lab_line_is(l, "AAAA");
    *type = six ? "AAAA" : "A";
    return six || lab_line_is(l, "A") ||
           lab_line_fail(l, "A or AAAA is missing");
}

static bool read_rdata(struct lab_line *l, const char *type, char **text,
                       uint8_t rdata[16])
{
    char *w = lab_line_next(l);
    int family = strcmp(type, "A") == 0 ? AF_INET : AF_INET6;
    if (!w || inet_pton(family, w, rdata) != 1) {
        return lab_line_fail(l, "\"%s\" is not an address of type %s",
                             w ? w : "", type);
    }
    *text = lab_strdup(w);
    return true;
}

static bool read_dns(struct lab_line *l)
{
    struct lab_edit e = {.where = l->where};
    if (lab_line_is(l, "isp")) {
        e.zones = LAB_ZONE_ISP;
    } else if (lab_line_is(l, "all")) {
        e.zones = LAB_ZONE_ALL;
    } else if (lab_line_is(l, "control")) {
        e.zones = LAB_ZONE_CONTROL;
    } else {
        return lab_line_fail(l, "dns: isp, all or control is missing");
    }
    char *verb = lab_line_next(l);
    if (!verb || !lab_line_name(l, &e.name)) {
        return verb ? false : lab_line_fail(l, "dns: nothing to do");
    }
    if (strcmp(verb, "answer") == 0) {
        uint8_t rdata[16];
        e.kind = LAB_EDIT_ANSWER;
        if (!read_type(l, &e.type) || !read_rdata(l, e.type, &e.value, rdata)) {
            return false;
        }
    } else if (strcmp(verb, "remove") == 0) {
        e.kind = LAB_EDIT_REMOVE;
    } else if (strcmp(verb, "empty") == 0) {
        e.kind = LAB_EDIT_EMPTY;
    } else if (strcmp(verb, "cname") == 0) {
        e.kind = LAB_EDIT_CNAME;
        if (!lab_line_name(l, &e.value)) {
            return false;
        }
    } else {
        return lab_line_fail(l, "dns: unknown word \"%s\"", verb);
    }
    struct lab_conf *c = l->conf;
    c->edit = lab_grow(c->edit, c->edits, &c->edits_cap, sizeof(*c->edit));
    c->edit[c->edits++] = e;
    return true;
}

static bool read_inject(struct lab_line *l)
{
    if (!lab_line_is(l, "dns")) {
        return lab_line_fail(l, "inject: \"dns\" is missing");
    }
    struct lab_rule *r = rule_add(l, LAB_ON_DNS, LAB_INJECT);
    if (!lab_line_name(l, &r->name)) {
        return false;
    }
    if (lab_line_is(l, "nxdomain")) {
        r->answer = LAB_ANSWER_NXDOMAIN;
    } else if (lab_line_is(l, "empty")) {
        r->answer = LAB_ANSWER_EMPTY;
    } else {
        const char *type = NULL;
        char *text;
        if (!read_type(l, &type) || !read_rdata(l, type, &text, r->rdata)) {
            return false;
        }
        r->answer = type[1] ? LAB_ANSWER_AAAA : LAB_ANSWER_A;
    }
    while (lab_line_peek(l)) {
        if (lab_line_option(l, "delay")) {
            if (!lab_line_duration(l, &r->delay_us)) {
                return false;
            }
        } else if (lab_line_option(l, "twice")) {
            r->twice = true;
        } else if (lab_line_option(l, "wrong-id")) {
            r->wrong_id = true;
        } else {
            return lab_line_end(l);
        }
    }
    return true;
}

static bool read_after(struct lab_line *l, struct lab_rule *r)
{
    int64_t after = 0;
    if (!lab_line_bytes(l, NULL, &after)) {
        return false;
    }
    r->after_bytes = (size_t)after;
    return true;
}

// [ttl N | ttl copy] [to client|server|both] [after SIZE]
static bool read_forging(struct lab_line *l, struct lab_rule *r, bool to)
{
    bool ends = r->act == LAB_RST || r->act == LAB_FIN;
    while (lab_line_peek(l)) {
        long v = 0;
        if (lab_line_option(l, "ttl")) {
            if (lab_line_is(l, "copy")) {
                r->ttl = LAB_TTL_COPY;
            } else if (lab_line_int(l, "ttl", 1, 255, &v)) {
                r->ttl = (int)v;
            } else {
                return false;
            }
        } else if (to && lab_line_option(l, "to")) {
            const char *whom = lab_line_next(l);
            bool both = whom && strcmp(whom, "both") == 0;
            r->to_client = both || (whom && strcmp(whom, "client") == 0);
            r->to_server = both || (whom && strcmp(whom, "server") == 0);
            if (!r->to_client && !r->to_server) {
                return lab_line_fail(l, "to: client, server or both");
            }
        } else if (ends && lab_line_option(l, "after")) {
            if (!read_after(l, r)) {
                return false;
            }
        } else {
            return lab_line_end(l);
        }
    }
    return true;
}

static bool read_string_at(struct lab_line *l, struct lab_rule *r)
{
    char *s = lab_line_next(l);
    if (!s || !*s) {
        return lab_line_fail(l, "the string to look for is missing");
    }
    r->name = lab_strdup(s);
    return lab_line_addr_port(l, &r->addr, &r->port);
}

// What is forged goes to the client, what is dropped is lost to both, unless
// the line says.
static bool read_sni_http(struct lab_line *l, enum lab_act act)
{
    bool sni = lab_line_is(l, "sni");
    if (sni || lab_line_is(l, "http")) {
        struct lab_rule *r = rule_add(l, sni ? LAB_ON_SNI : LAB_ON_HTTP, act);
        r->to_server = act == LAB_DROP;
        return (sni ? lab_line_name(l, &r->name) : read_string_at(l, r)) &&
               read_forging(l, r, true);
    }
    return lab_line_fail(l, "%s: unknown word \"%s\"", l->word[0],
                         lab_line_peek(l) ? lab_line_peek(l) : "");
}

static bool read_rst(struct lab_line *l)
{
    return read_sni_http(l, LAB_RST);
}

static bool read_fin(struct lab_line *l)
{
    return read_sni_http(l, LAB_FIN);
}

static bool read_drop(struct lab_line *l)
{
    if (lab_line_is(l, "dns")) {
        struct lab_rule *r = rule_add(l, LAB_ON_DNS, LAB_DROP);
        return lab_line_name(l, &r->name);
    }
    if (lab_line_is(l, "ip")) {
        struct lab_rule *r = rule_add(l, LAB_ON_IP, LAB_DROP);
        return lab_line_addr_port(l, &r->addr, &r->port);
    }
    return read_sni_http(l, LAB_DROP);
}

static bool read_reject(struct lab_line *l)
{
    if (!lab_line_is(l, "ip")) {
        return lab_line_fail(l, "reject: \"ip\" is missing");
    }
    struct lab_rule *r = rule_add(l, LAB_ON_IP, LAB_REJECT);
    return lab_line_addr_port(l, &r->addr, &r->port) &&
           read_forging(l, r, false);
}

static bool read_unreachable(struct lab_line *l)
{
    struct lab_rule *r = rule_add(l, LAB_ON_IP, LAB_UNREACHABLE);
    return lab_line_addr_port(l, &r->addr, &r->port);
}

// `page http` forges a page; any other `page` is a line of the world.
static bool read_page(struct lab_line *l)
{
    if (!lab_line_is(l, "http")) {
        return lab_world_page(l);
    }
    struct lab_rule *r = rule_add(l, LAB_ON_HTTP, LAB_PAGE);
    if (!read_string_at(l, r)) {
        return false;
    }
    if (!lab_line_peek(l)) {
        r->body = lab_strdup(lab_block_page);
        r->body_len = sizeof(lab_block_page) - 1;
        return true;
    }
    return lab_line_content(l, &r->body, &r->body_len) &&
           (r->body_len <= 65536 ||
            lab_line_fail(l, "a forged page may have 64 KiB"));
}

static bool read_throttle(struct lab_line *l)
{
    bool sni = lab_line_is(l, "sni");
    if (!sni && !lab_line_is(l, "ip")) {
        return lab_line_fail(l, "throttle: sni or ip is missing");
    }
    struct lab_rule *r =
        rule_add(l, sni ? LAB_ON_SNI : LAB_ON_IP, LAB_THROTTLE);
    if (!(sni ? lab_line_name(l, &r->name)
              : lab_line_addr_port(l, &r->addr, &r->port))) {
        return false;
    }
    if (!lab_line_peek(l)) {
        return lab_line_fail(l, "throttle: delay, loss or rate is missing");
    }
    while (lab_line_peek(l)) {
        bool ok;
        if (lab_line_option(l, "delay")) {
            ok = lab_line_duration(l, &r->delay_us);
        } else if (lab_line_option(l, "loss")) {
            ok = lab_line_percent(l, &r->loss);
        } else if (lab_line_option(l, "rate")) {
            ok = lab_line_bits(l, &r->rate_bps);
        } else {
            ok = lab_line_end(l);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool read_freeze(struct lab_line *l)
{
    bool sni = lab_line_is(l, "sni");
    if (!sni && !lab_line_is(l, "ip")) {
        return lab_line_fail(l, "freeze: sni or ip is missing");
    }
    struct lab_rule *r = rule_add(l, sni ? LAB_ON_SNI : LAB_ON_IP, LAB_FREEZE);
    if (!(sni ? lab_line_name(l, &r->name)
              : lab_line_addr_port(l, &r->addr, &r->port))) {
        return false;
    }
    return lab_line_is(l, "after")
               ? read_after(l, r)
               : lab_line_fail(l, "freeze: \"after SIZE\" is missing");
}

// alert sni NAME N
static bool read_alert(struct lab_line *l)
{
    long v = 0;
    if (!lab_line_is(l, "sni")) {
        return lab_line_fail(l, "alert: \"sni\" is missing");
    }
    struct lab_rule *r = rule_add(l, LAB_ON_SNI, LAB_ALERT);
    if (!lab_line_name(l, &r->name) || !lab_line_int(l, "alert", 0, 255, &v)) {
        return false;
    }
    r->alert = (uint8_t)v;
    return read_forging(l, r, false);
}

static bool read_residual(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    if (!lab_line_once(l, LAB_SET_RESIDUAL, "residual") ||
        !lab_line_duration(l, &c->residual_us)) {
        return false;
    }
    if (!lab_line_is(l, "scope")) {
        return true;
    }
    if (lab_line_is(l, "pair")) {
        c->scope = LAB_SCOPE_PAIR;
    } else if (lab_line_is(l, "server")) {
        c->scope = LAB_SCOPE_SERVER;
    } else if (lab_line_is(l, "tuple")) {
        c->scope = LAB_SCOPE_TUPLE;
    } else {
        return lab_line_fail(l, "scope: pair, server or tuple");
    }
    return true;
}

static bool read_hop(struct lab_line *l)
{
    long v = 0;
    if (!lab_line_once(l, LAB_SET_HOP, "hop") ||
        !lab_line_int(l, "hop", 1, LAB_HOPS, &v)) {
        return false;
    }
    l->conf->hop = (int)v;
    return true;
}

static bool read_on_path(struct lab_line *l)
{
    l->conf->on_path = true;
    return lab_line_once(l, LAB_SET_ON_PATH, "on-path");
}

static bool read_no_reassembly(struct lab_line *l)
{
    l->conf->no_reassembly = true;
    return lab_line_once(l, LAB_SET_NO_REASSEMBLY, "no-reassembly");
}

static bool read_router(struct lab_line *l)
{
    long n = 0;
    if (!lab_line_int(l, "router", 1, LAB_HOPS, &n)) {
        return false;
    }
    if (!lab_line_is(l, "silent")) {
        return lab_line_fail(l, "router: \"silent\" is missing");
    }
    l->conf->router[n].silent = true;
    return lab_line_once(l, (enum lab_setting)(LAB_SET_ROUTER + n),
                         "that this router is silent");
}

static bool read_ipv6(struct lab_line *l)
{
    static const char *const word[] = {"off", "on", "unrouted", "nat64"};
    struct lab_conf *c = l->conf;
    if (!lab_line_once(l, LAB_SET_IPV6, "ipv6")) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        if (lab_line_is(l, word[i])) {
            c->v6 = (enum lab_v6)(LAB_V6_OFF + i);
            return true;
        }
    }
    return lab_line_fail(l, "ipv6: on, off, unrouted or nat64");
}

// mitm sni NAME ca trusted|untrusted; mitm all [ca trusted|untrusted]
static bool read_mitm(struct lab_line *l)
{
    bool all = lab_line_is(l, "all");
    if (!all && !lab_line_is(l, "sni")) {
        return lab_line_fail(l, "mitm: sni or all is missing");
    }
    struct lab_rule *r = rule_add(l, LAB_ON_SNI, LAB_MITM);
    r->name = all ? lab_strdup("*") : NULL;
    if (!all && !lab_line_name(l, &r->name)) {
        return false;
    }
    if (all && !lab_line_peek(l)) {
        return true;
    }
    if (!lab_line_is(l, "ca")) {
        return lab_line_fail(l, "mitm: \"ca trusted\" or \"ca untrusted\"");
    }
    r->trusted = lab_line_is(l, "trusted");
    return r->trusted || lab_line_is(l, "untrusted") ||
           lab_line_fail(l, "mitm: \"ca trusted\" or \"ca untrusted\"");
}

static bool read_portal(struct lab_line *l)
{
    struct lab_rule *r = rule_add(l, LAB_ON_IP, LAB_PORTAL);
    return lab_line_once(l, LAB_SET_PORTAL, "a portal") &&
           lab_line_place(l, NULL, &r->addr);
}

// [+-]N with s, m, h or d, at most some centuries.
static bool read_offset(struct lab_line *l, int64_t *seconds)
{
    const char *w = lab_line_next(l);
    char *end = NULL;
    long v = w ? strtol(w, &end, 10) : 0;
    int64_t unit = !w || end == w      ? 0
                   : !strcmp(end, "s") ? 1
                   : !strcmp(end, "m") ? 60
                   : !strcmp(end, "h") ? 3600
                   : !strcmp(end, "d") ? 86400
                                       : 0;
    if (!unit || v > 200000 * INT64_C(86400) / unit ||
        v < -200000 * INT64_C(86400) / unit) {
        return lab_line_fail(l, "clock offset: \"%s\" is not like -3h",
                             w ? w : "");
    }
    *seconds = v * unit;
    return true;
}

static bool read_clock(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    if (!lab_line_once(l, LAB_SET_CLOCK, "the clock")) {
        return false;
    }
    c->clock = true;
    if (lab_line_is(l, "offset")) {
        return read_offset(l, &c->clock_s);
    }
    if (!lab_line_is(l, "at")) {
        return lab_line_fail(l, "clock: at or offset is missing");
    }
    c->clock_at = true;
    const char *w = lab_line_next(l);
    struct tm tm = {0};
    struct tm back;
    const char *end = w ? strptime(w, "%Y-%m-%d %H:%M:%S", &tm) : NULL;
    int day = tm.tm_mday;
    c->clock_s = end && !*end ? timegm(&tm) : -1;
    // 1970-01-01 is the first day there is; 31 February is none.
    if (c->clock_s < 0 || !gmtime_r(&c->clock_s, &back) ||
        back.tm_mday != day) {
        return lab_line_fail(
            l, "clock at: \"%s\" is not like \"2026-01-31 23:59:59\"",
            w ? w : "");
    }
    return true;
}

static bool read_control(struct lab_line *l)
{
    struct lab_conf *c = l->conf;
    if (!lab_line_once(l, LAB_SET_CONTROL, "what ails the control")) {
        return false;
    }
    if (lab_line_is(l, "down")) {
        c->control_down = true;
        return true;
    }
    if (lab_line_is(l, "delay")) {
        return lab_line_duration(l, &c->control_delay_us);
    }
    return lab_line_fail(l, "control: down or delay is missing");
}

bool lab_scenario_resolver(struct lab_line *l)
{
    struct lab_rule *r;
    if (!lab_line_once(l, LAB_SET_ISP_TROUBLE, "what ails the resolver")) {
        return false;
    }
    if (lab_line_is(l, "down")) {
        r = rule_add(l, LAB_ON_IP, LAB_DROP);
        r->port = 53;
        return true;
    }
    if (lab_line_is(l, "delay")) {
        r = rule_add(l, LAB_ON_IP, LAB_DELAY);
        r->port = 53;
        return lab_line_duration(l, &r->delay_us);
    }
    return lab_line_fail(l, "resolver isp: an address, down or delay");
}

const struct lab_directive lab_scenario_directives[] = {
    {"link", read_link},
    {"dns", read_dns},
    {"inject", read_inject},
    {"drop", read_drop},
    {"reject", read_reject},
    {"rst", read_rst},
    {"fin", read_fin},
    {"page", read_page},
    {"throttle", read_throttle},
    {"freeze", read_freeze},
    {"alert", read_alert},
    {"residual", read_residual},
    {"unreachable", read_unreachable},
    {"hop", read_hop},
    {"on-path", read_on_path},
    {"no-reassembly", read_no_reassembly},
    {"router", read_router},
    {"ipv6", read_ipv6},
    {"control", read_control},
    {"mitm", read_mitm},
    {"portal", read_portal},
    {"clock", read_clock},
    {NULL, NULL},
};
