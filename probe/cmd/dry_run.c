// SPDX-License-Identifier: Apache-2.0
/* What a run would contact. */
#include "probe/cmd/dry_run.h"

#include "base/clock.h"
#include "base/geo.h"
#include "cli/terminal.h"
#include "engine/public_dns.h"
#include "net/netinfo.h"
#include "net/tls.h"
#include "probe/deliver/checkin.h"

#include <stdio.h>

#define REGION_MAX  ((size_t)1 << 20)
#define RESOLV_CONF "/etc/resolv.conf"

static void line(const char *kind, const char *who, const char *why)
{
    char safe[1024];
    terminal_safe(who, safe, sizeof(safe));
    printf("%s %s%s%s%s\n", kind, safe, why[0] ? " (" : "", why,
           why[0] ? ")" : "");
}

static void print_controls(const char *collector)
{
    struct region *r = region_new(REGION_MAX);
    struct checkin known = {.n_helpers = 0};
    struct diag d = {""};
    char month[CHECKIN_MONTH];
    char why[80];
    if (!r || checkin_cached(r, collector, clock_wall_us() / US_PER_S, &known,
                             month, &d) != ERR_OK) {
        line("control", "those that the collector names", "");
        region_free(r);
        return;
    }
    snprintf(why, sizeof(why), "named in %s; the collector may name others now",
             month);
    for (size_t i = 0; i < known.n_helpers; i++) {
        line("control", known.helpers[i].url, why);
    }
    region_free(r);
}

static void print_system_resolvers(void)
{
    struct netinfo_file file;
    struct netinfo_server servers[NETINFO_SERVERS_MAX];
    size_t n = 0;
    char text[IP_TEXT_MAX];
    netinfo_file_init(&file, RESOLV_CONF);
    if (netinfo_servers(&file, servers, &n) != ERR_OK) {
        line("resolver", "the system's", RESOLV_CONF " cannot be read");
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        ip_format(&servers[i].ip, text);
        line("resolver", text, "the system's: for every name");
    }
    netinfo_file_fini(&file);
}

static void print_public_resolvers(void)
{
    struct public_dns d;
    public_dns_init(&d, NULL, 0, NULL, 0);
    for (size_t i = 0; i < d.n_udp; i++) {
        line("resolver", d.udp[i],
             "public, over UDP: may be asked for names that the run looks up");
    }
    for (size_t i = 0; i < d.n_doh; i++) {
        line(
            "resolver", d.doh[i],
            "public, over HTTPS: may be asked for names that the run looks up, "
            "those of collector and controls, too");
    }
}

void dry_run_print(const struct session_config *cfg)
{
    const struct targets *t = cfg->targets;
    if (cfg->defer) {
        printf("collector not contacted (control.defer), nor any control\n");
    } else if (cfg->collector) {
        line("collector", cfg->collector,
             cfg->upload ? "check-in, test helpers, records; those that wait "
                           "from earlier runs, too"
                         : "check-in, test helpers");
        print_controls(cfg->collector);
    } else {
        printf("collector none is set: without a control, nothing sent\n");
    }
    print_system_resolvers();
    print_public_resolvers();
    for (size_t i = 0; i < t->n_todo; i++) {
        line("site", t->todo[i]->url.text, "");
    }
    fprintf(stderr,
            "%zu site%s would be measured, each at the addresses that its name "
            "is found to have and where it leads on to; %zu refused (no "
            "consent for their class), %zu bad, %zu skipped. Nothing was "
            "sent.\n",
            t->n_todo, t->n_todo == 1 ? "" : "s", t->refused, t->bad,
            t->skipped);
}

enum err dry_run_check(const struct session_config *cfg, struct diag *d)
{
    struct geo *geo = NULL;
    enum err e = tls_store_check(d);
    if (e == ERR_OK && cfg->asn_db) {
        e = geo_open(cfg->asn_db, &geo, d);
    }
    geo_close(geo);
    return e;
}
