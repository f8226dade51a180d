// SPDX-License-Identifier: Apache-2.0
/* Where a run is measured from, and who vouches for its clock. */
#include "probe/run/session_place.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "net/netinfo.h"
#include "probe/run/clock_good.h"
#include "probe/volunteer/ownaddr.h"

#include <stdio.h>
#include <string.h>

#define SAMPLE_ONE_IN 16 /* hosts */

#if defined(__x86_64__)
#    define ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#    define ARCHITECTURE "arm64"
#elif defined(__arm__)
#    define ARCHITECTURE "arm"
#elif defined(__i386__)
#    define ARCHITECTURE "386"
#else
#    define ARCHITECTURE "unknown"
#endif

/* The collector's view of us, else the database's of our own public address.
 * Not that of the resolver's address: it is often in another network, and a
 * record under a wrong network is worse than one without. */
static void find_place(struct session *s)
{
    struct checkin *c = &s->checkin;
    const struct ip *own = ownaddr_public(&s->scrub);
    if (c->asn && strcmp(c->cc, "ZZ") != 0) {
        return;
    }
    if (own && s->geo) {
        struct geo_entry g;
        char text[IP_TEXT_MAX];
        ip_format(own, text);
        geo_lookup(s->geo, text, &g);
        if (g.asn && strcmp(g.cc, "ZZ") != 0) {
            c->asn = g.asn;
            str_copy(c->cc, sizeof(c->cc), g.cc);
            str_copy(c->org, sizeof(c->org), g.org);
            return;
        }
    }
    /* half a location is none */
    str_copy(c->cc, sizeof(c->cc), "ZZ");
    c->asn = 0;
    c->org[0] = '\0';
}

/* The first server of resolv.conf, if it is one of the Internet; mostly it is
 * the router at home, and who stands behind that nobody is asked. Its address
 * may be our own: it is told only if ours is known and another, its network
 * always. */
static enum err find_resolver(struct session *s)
{
    struct netinfo_server servers[NETINFO_SERVERS_MAX] = {0};
    struct netinfo_file file;
    struct geo_entry g;
    char text[IP_TEXT_MAX];
    size_t n = 0;
    str_copy(s->resolver_ip, sizeof(s->resolver_ip), "127.0.0.2");
    str_copy(s->resolver_asn, sizeof(s->resolver_asn), "AS0");
    netinfo_file_init(&file, "/etc/resolv.conf");
    enum err e = netinfo_servers(&file, servers, &n);
    netinfo_file_fini(&file);
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e != ERR_OK || n == 0 || ip_is_bogon(&servers[0].ip) ||
        scrub_own_is(&s->scrub, &servers[0].ip)) {
        return ERR_OK;
    }
    ip_format(&servers[0].ip, text);
    if (scrub_own_knows(&s->scrub, &servers[0].ip)) {
        str_copy(s->resolver_ip, sizeof(s->resolver_ip), text);
    }
    if (s->geo) {
        geo_lookup(s->geo, text, &g);
        snprintf(s->resolver_asn, sizeof(s->resolver_asn), "AS%u", g.asn);
        str_copy(s->resolver_org, sizeof(s->resolver_org), g.org);
    }
    return ERR_OK;
}

/* A run that sends nothing has no secret: then the sample is another each time.
 */
static void key_sample(struct session *s)
{
    if (s->cfg->upload) {
        crypto_hmac((struct str){(const char *)s->secret, sizeof(s->secret)},
                    STR("resolvers"), s->sample_key);
    } else {
        crypto_random(s->sample_key, sizeof(s->sample_key));
    }
}

bool session_place_samples(const struct session *s, const struct site *site)
{
    uint8_t mac[SHA256_LEN];
    crypto_hmac(
        (struct str){(const char *)s->sample_key, sizeof(s->sample_key)},
        str_c(site->url.host), mac);
    return mac[0] < 256 / SAMPLE_ONE_IN;
}

/* The secret of this month, if the clock can be believed; else, or if it cannot
 * be turned, the last one. What the run is ordered by stays as it was. */
static enum err make_pseudonym(struct session *s)
{
    uint8_t secret[IDENTITY_SECRET_LEN];
    struct diag d = {""};
    memcpy(secret, s->secret, sizeof(secret));
    if (s->cfg->upload && strcmp(s->env.clock_trust, "none") != 0 &&
        identity_turn(s->start_s, secret, &d) != ERR_OK) {
        log_warn("session", "%s", d.text);
    }
    enum err e = identity_probe(secret, s->checkin.cc, s->checkin.asn,
                                s->start_s, s->x_probe);
    crypto_forget(secret, sizeof(secret));
    return e;
}

/* It was right after all: what the last record said was not. */
static void believe(struct session *s)
{
    if (clock_wall_us() > clock_machine_us() + US_PER_S) {
        clock_hold(0);
        s->start_s = clock_wall_us() / US_PER_S;
        s->start_mono = clock_mono_us();
    }
}

enum err session_place(struct session *s)
{
    struct clock_good clock = clock_good_look(s->checkin.server_s);
    if (clock.right) {
        believe(s);
    }
    find_place(s);
    snprintf(s->asn, sizeof(s->asn), "AS%u", s->checkin.asn);
    enum err e = find_resolver(s);
    if (e != ERR_OK) {
        return e;
    }
    key_sample(s);
    s->env = (struct record_env){
        .probe_cc = s->checkin.cc,
        .probe_asn = s->asn,
        .probe_network_name = s->checkin.org,
        .resolver_asn = s->resolver_asn,
        .resolver_ip = s->resolver_ip,
        .resolver_network_name = s->resolver_org,
        .report_id = "",
        .software_version = PARALLAX_VERSION,
        .test_start_s = s->start_s,
        .platform = "linux",
        .architecture = ARCHITECTURE,
        .clock_trust = clock.trust,
        .clock_source = clock.source,
        .clock_age = clock.age,
        .sandbox = s->sandbox,
        .scrub = &s->scrub,
        .control_deferred = s->cfg->defer,
    };
    if (s->cfg->upload && clock.right) {
        clock_good_set(s->start_s);
    }
    e = make_pseudonym(s);
    return e == ERR_OK ? submission_open_body(&s->env, &s->open) : e;
}
