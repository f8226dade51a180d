// SPDX-License-Identifier: Apache-2.0
#include "engine/run_networks.h"

#include "base/ascii.h"
#include "wire/host.h"
#include <stdio.h>
#include <string.h>

/* A shorter word is nobody's name. */
#define OWNER_MIN 3

static bool is_letter(char c)
{
    char small = ascii_lower(c);
    return small >= 'a' && small <= 'z';
}

/* What kind of company it is, or what all of them do, says nothing of whose. */
static bool is_form(struct str word)
{
    static const char *const forms[] = {
        "llc",        "ltd",      "inc",      "jsc",       "pjsc",
        "ojsc",       "limited",  "ooo",      "the",       "gmbh",
        "company",    "net",      "network",  "networks",  "internet",
        "telecom",    "telekom",  "hosting",  "cloud",     "data",
        "datacenter", "server",   "servers",  "web",       "online",
        "university", "national", "ministry", "institute", "autonomous"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        if (str_ieq_c(word, forms[i])) {
            return true;
        }
    }
    return false;
}

/* One operator has many networks, whose names begin alike: "Akamai
 * International B.V.", "Akamai Technologies, Inc." */
bool run_networks_owner(const char *org, char out[RUN_NETWORKS_OWNER])
{
    while (*org) {
        struct str word = {org, 0};
        while (is_letter(org[word.len])) {
            word.len++;
        }
        if (word.len >= OWNER_MIN && !is_form(word)) {
            int len = snprintf(out, RUN_NETWORKS_OWNER, "org " STR_FMT,
                               STR_ARG(str_sub(word, 0, 32)));
            for (int i = 0; i < len; i++) {
                out[i] = ascii_lower(out[i]);
            }
            return true;
        }
        org += word.len > 0 ? word.len : 1;
    }
    return false;
}

static void add_network(struct hash_list *n, const struct ip *ip, int64_t asn,
                        const struct geo *geo)
{
    char text[IP_TEXT_MAX], word[32], owner[RUN_NETWORKS_OWNER];
    struct geo_entry g;

    ip_format(ip, text);
    geo_lookup(geo, text, &g);
    if (asn <= 0) {
        asn = g.asn;
    }
    if (asn > 0) {
        snprintf(word, sizeof(word), "asn %lld", (long long)asn);
        hash_list_add(n, str_c(word));
        if (run_networks_owner(g.org, owner)) {
            hash_list_add(n, str_c(owner));
        }
    }
}

void run_networks_control(struct hash_list *n, const struct json *answer,
                          const struct geo *geo)
{
    const struct json *addrs = json_path(answer, "dns.addrs");

    for (const struct json *a = json_first(addrs); a; a = json_next(a)) {
        struct ip ip;
        int64_t asn = 0;
        char text[IP_TEXT_MAX];

        if (!ip_parse(json_str(a), &ip)) {
            continue;
        }
        ip_format(&ip, text);
        /* no number: what is known here decides */
        (void)json_i64(
            json_get(json_get(json_get(answer, "ip_info"), text), "asn"), &asn);
        add_network(n, &ip, asn, geo);
    }
}

static bool is_system(const struct obs_query *q)
{
    return q->list == QUERY_MAIN && strcmp(q->engine, "getaddrinfo") == 0;
}

static bool system_gave(const struct measurement *m, const struct ip *ip)
{
    for (size_t i = 0; i < m->n_queries; i++) {
        const struct obs_query *q = &m->queries[i];
        for (size_t k = 0; is_system(q) && k < q->n_answers; k++) {
            if (ip_eq(&q->answers[k].ip, ip)) {
                return true;
            }
        }
    }
    return false;
}

/* An answer that the system's resolver did not give as well: whoever lies may
 * do so in every answer that passes by. */
static bool is_independent(const struct measurement *m,
                           const struct obs_query *q)
{
    bool any = false;

    if (q->list != QUERY_MAIN || is_system(q)) {
        return false;
    }
    for (size_t i = 0; i < q->n_answers; i++) {
        if (q->answers[i].ip.family && system_gave(m, &q->answers[i].ip)) {
            return false;
        }
        any = any || q->answers[i].ip.family;
    }
    return any;
}

static void add_answers(struct hash_list *n, const struct obs_query *q,
                        const struct geo *geo)
{
    for (size_t i = 0; i < q->n_answers; i++) {
        const struct dns_answer *a = &q->answers[i];
        if (a->ip.family) {
            add_network(n, &a->ip, a->asn, geo);
        } else if (a->hostname) {
            hash_list_add(n, str_c(host_registrable(a->hostname)));
        }
    }
}

void run_networks_seen(struct hash_list *n, const struct measurement *m,
                       const char *host, const struct geo *geo)
{
    for (size_t i = 0; i < m->n_tls; i++) {
        const struct obs_tls *t = &m->tls[i];
        if (!t->failure && t->server_name &&
            strcmp(t->server_name, host) == 0) {
            add_network(n, &t->ip, 0, geo);
        }
    }
    for (size_t i = 0; i < m->n_queries; i++) {
        const struct obs_query *q = &m->queries[i];
        if (strcmp(q->hostname, host) == 0 && is_independent(m, q)) {
            add_answers(n, q, geo);
        }
    }
}
