// SPDX-License-Identifier: Apache-2.0
/* Measures one URL with the engine alone and prints the record:
 *   measure_once URL [--helper URL] [--udp IP:PORT] [--doh URL] [--special]
 *                [--capture] [--control RESOLVER] [--compare ADDR]
 */
#include "base/log.h"
#include "engine/engine.h"
#include "record/keys.h"
#include "record/record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
    struct loop *loop;
    struct measurement *m;
};

static void on_done(void *arg, struct measurement *m)
{
    struct run *run = arg;

    run->m = m;
    loop_stop(run->loop);
}

static void print(const struct measurement *m)
{
    struct record_env env = {
        .probe_cc = "ZZ",
        .probe_asn = "AS0",
        .probe_network_name = "",
        .resolver_asn = "AS0",
        .resolver_ip = "127.0.0.2",
        .resolver_network_name = "",
        .report_id = "",
        .software_version = PARALLAX_VERSION,
        .platform = "linux",
        .architecture = "amd64",
        .clock_trust = "none",
    };
    struct buf b;
    struct jw w;

    buf_init(&b, (size_t)64 << 20);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "test_keys");
    jw_obj(&w);
    if (keys_write(&w, m, &env) != ERR_OK) {
        fprintf(stderr, "cannot write the record\n");
    }
    jw_obj_end(&w);
    jw_obj_end(&w);
    if (b.failed == ERR_OK) {
        printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
    }
    if (m->internal != ERR_OK) {
        fprintf(stderr, "internal: %s: %s\n", err_str(m->internal),
                m->internal_what);
    }
    fprintf(stderr, "runtime %.1f ms, region %zu KiB, packets %zu\n",
            (double)m->runtime_us / 1000, region_used(m->region) / 1024,
            m->n_packets);
    buf_fini(&b);
}

int main(int argc, char **argv)
{
    struct engine_config cfg = {0};
    struct control_helper helper[4];
    struct plan plan = {.helpers = helper};
    struct run run = {0};
    struct engine *e = NULL;
    struct region *r = region_new(1 << 20);
    struct url url;
    struct ip ip;
    struct diag d;
    const char *doh[1], *udp[1];
    int status = 1;

    log_setup("measure_once", LOG_DEBUG);
    for (int i = 2; i < argc; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--special") == 0) {
            cfg.allow_special = true;
            continue;
        } else if (strcmp(argv[i], "--capture") == 0) {
            cfg.capture = true;
            continue;
        } else if (strcmp(argv[i], "--helper") == 0 && plan.n_helpers < 4) {
            helper[plan.n_helpers++] = (struct control_helper){next, "https"};
        } else if (strcmp(argv[i], "--udp") == 0) {
            udp[0] = next;
            cfg.udp_resolvers = udp;
            cfg.n_udp_resolvers = 1;
        } else if (strcmp(argv[i], "--doh") == 0) {
            doh[0] = next;
            cfg.doh_urls = doh;
            cfg.n_doh_urls = *next ? 1 : 0;
        } else if (strcmp(argv[i], "--control") == 0) {
            plan.kind = PLAN_CONTROL;
            plan.resolver = next;
            plan.count_body_bytes = (uint64_t)16 << 20;
        } else if (strcmp(argv[i], "--compare") == 0 &&
                   ip_parse(str_c(next), &ip)) {
            plan.kind = PLAN_COMPARE;
            plan.compare = &ip;
        }
        i++;
    }
    if (argc < 2 || url_parse(r, str_c(argv[1]), &url, &d) != ERR_OK) {
        fprintf(stderr, "%s\n", argc < 2 ? "no URL" : d.text);
        goto out;
    }
    plan.input = argv[1];
    plan.url = &url;
    if (loop_new(&run.loop) != ERR_OK ||
        engine_new(run.loop, &cfg, &e) != ERR_OK ||
        engine_submit(e, &plan, on_done, &run, NULL) != ERR_OK ||
        loop_run(run.loop) != ERR_OK || !run.m) {
        goto out;
    }
    print(run.m);
    region_free(run.m->region);
    status = 0;
out:
    engine_free(e);
    if (run.loop) {
        loop_free(run.loop);
    }
    region_free(r);
    return status;
}
