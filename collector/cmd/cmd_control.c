// SPDX-License-Identifier: Apache-2.0
/* `control`: the process that measures on probes' behalf. */
#include "collector/cmd/cmd_control.h"

#include "base/hex.h"
#include "collector/cmd/cmds.h"
#include "collector/cmd/list_ports.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cli/sandbox.h"
#include "collector/control/control_answer.h"
#include "collector/control/control_service.h"
#include "collector/http/http_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BODY_TOTAL  ((size_t)16 << 20)
#define MAX_CONNECTIONS 512
#define IDLE_S          60
#define REQUEST_S       30
#define SOCKETS         512
#define OTHER_FILES     64 /* descriptors besides both */
#define LEAST_FILES     (OTHER_FILES + 64)
#define BODY_MEMORY     ((size_t)64 << 20)
#define JOB_REGION      ((size_t)16 << 20)
#define DRAIN_LIMIT     (5 * US_PER_S)

static const struct opt options[] = {
    {.name = "listen",
     .key = "control.listen",
     .kind = OPT_STR,
     .def = "127.0.0.1:8081",
     .arg = "ADDR:PORT",
     .help = "where to serve; port 0 picks one"},
    {.key = "control.resolver",
     .kind = OPT_STR,
     .def = "https://dns.google/dns-query",
     .arg = "URL|ADDR",
     .help = "how names are looked up: a DoH URL or an address"},
    {.key = "control.key",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "secret key that answers are signed with, made if missing "
             "(default: a new one each start, told to serve)"},
    {.key = "control.target_per_minute",
     .kind = OPT_INT,
     .min = 1,
     .max = 100000,
     .def = "10",
     .arg = "N",
     .help = "how often one site is asked in a minute, whoever wants it"},
    {.key = "control.ports",
     .kind = OPT_LIST,
     .arg = "PORT",
     .help = "ports of sites that are asked besides 80, 443, 8080 and 8443"},
    {.key = "control.lists",
     .kind = OPT_LIST,
     .arg = "FILE",
     .help = "signed site lists whose ports are asked, too"},
    {.key = "lists.key",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "public key that they are signed with"},
    CMD_OPT_ASN_DB,
    {.name = "ready-fd",
     .kind = OPT_INT,
     .min = -1,
     .max = 1023,
     .def = "-1",
     .arg = "N",
     .help = "tell address and public key to this descriptor"},
};

static const struct opt_table table = {
    .command = "control",
    .synopsis = "parallax-collector control [options]",
    .summary = "measure sites from here on behalf of probes",
    .text = "A test helper: fetches what a probe asks for, from an uncensored "
            "place, and signs\nwhat it saw. It keeps nothing and never "
            "connects to private addresses.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

struct control_process {
    const struct opt_set *set;
    struct loop *loop;
    struct loop_signal *term, *intr;
    struct loop_timer *drain;
    struct geo *geo;
    struct engine *engine;
    struct control_service *control;
    struct http_server *http;
    struct control_service_config cfg;
    char resolver[300];
    unsigned connections, sockets;
    int64_t drain_until;
};

/* ---- the key ----------------------------------------------------------------
 */

static enum err read_key(const char *path, struct control_service_config *cfg,
                         struct diag *d)
{
    struct buf b;
    buf_init(&b, 1024);
    enum err e = fs_read(path, 1024, &b, d);
    if (e == ERR_OK && hex_decode(str_trim(buf_str(&b)), cfg->secret,
                                  CRYPTO_SECRET_LEN) != ERR_OK) {
        e = diag_set(d, ERR_PARSE, "%s: not a key", path);
    }
    if (e == ERR_OK) {
        /* The second half of an Ed25519 secret is its public key. */
        memcpy(cfg->pub, cfg->secret + CRYPTO_SECRET_LEN - CRYPTO_PUB_LEN,
               CRYPTO_PUB_LEN);
    }
    if (b.p) {
        memset(b.p, 0, b.len);
    }
    buf_fini(&b);
    return e;
}

static enum err make_key(const char *path, struct control_service_config *cfg,
                         struct diag *d)
{
    crypto_keypair(cfg->pub, cfg->secret);
    if (!path) {
        return ERR_OK;
    }
    char hex[2 * CRYPTO_SECRET_LEN + 2];
    hex_encode(cfg->secret, CRYPTO_SECRET_LEN, hex);
    hex[sizeof(hex) - 2] = '\n';
    struct str line = {hex, sizeof(hex) - 1};
    enum err e = fs_write_atomic(path, line, 0600, d);
    memset(hex, 0, sizeof(hex));
    return e;
}

static enum err set_key(struct control_process *p, struct diag *d)
{
    const char *path = opt_str(p->set, "control.key");
    if (path && path[0] && access(path, F_OK) == 0) {
        return read_key(path, &p->cfg, d);
    }
    return make_key(path && path[0] ? path : NULL, &p->cfg, d);
}

/* ---- running ----------------------------------------------------------------
 */

static void on_drain(void *arg)
{
    struct control_process *p = arg;
    if (control_service_in_flight(p->control) == 0 ||
        clock_mono_us() > p->drain_until ||
        loop_timer_in(p->drain, 20 * US_PER_MS) != ERR_OK) {
        loop_stop(p->loop);
    }
}

static void on_signal(void *arg)
{
    struct control_process *p = arg;
    if (p->drain_until == 0) {
        http_server_quiesce(p->http);
        p->drain_until = clock_mono_us() + DRAIN_LIMIT;
    }
    on_drain(p);
}

static enum err set_limits(struct control_process *p, struct diag *d)
{
    struct control_service_config *cfg = &p->cfg;
    const char *const *ports = NULL;
    size_t n = opt_list(p->set, "control.ports", &ports);
    if (n > CONTROL_SERVICE_MAX_PORTS) {
        return diag_set(d, ERR_INVAL, "control.ports: more than %d",
                        CONTROL_SERVICE_MAX_PORTS);
    }
    cfg->target_per_minute =
        (unsigned)opt_int(p->set, "control.target_per_minute");
    for (size_t i = 0; i < n; i++) {
        int64_t port = 0;
        if (str_to_i64(str_c(ports[i]), 1, UINT16_MAX, &port) != ERR_OK) {
            return diag_set(d, ERR_INVAL, "control.ports: '%.20s' is no port",
                            ports[i]);
        }
        cfg->ports[cfg->n_ports++] = (uint16_t)port;
    }
    return ERR_OK;
}

/* A list that is not believed is left out, and the control serves all the same.
 */
static void take_lists(struct control_process *p)
{
    struct control_service_config *cfg = &p->cfg;
    const char *key = opt_str(p->set, "lists.key");
    const char *const *files = NULL;
    size_t n = opt_list(p->set, "control.lists", &files);
    for (size_t i = 0; i < n; i++) {
        struct diag d = {"lists.key is not set"};
        enum err e =
            key ? list_ports_add(files[i], key, clock_wall_us() / US_PER_S,
                                 cfg->ports, &cfg->n_ports,
                                 CONTROL_SERVICE_MAX_PORTS, &d)
                : ERR_INVAL;
        if (e != ERR_OK) {
            log_warn("control", "a list is left out: %s", d.text);
        }
    }
}

/* An address alone means port 53. */
static enum err set_resolver(struct control_process *p, struct diag *d)
{
    const char *text = opt_str(p->set, "control.resolver");
    struct ip ip;
    uint16_t port;
    struct url url;
    if (ip_parse(str_c(text), &ip)) {
        char endpoint[56];
        ip_endpoint(&ip, 53, endpoint);
        str_copy(p->resolver, sizeof(p->resolver), endpoint);
        p->cfg.resolver = p->resolver;
        return ERR_OK;
    }
    struct region *r = region_new((size_t)1 << 16);
    enum err e = r ? ERR_OK : ERR_NOMEM;
    if (r && !ip_endpoint_parse(str_c(text), &ip, &port) &&
        (url_parse(r, str_c(text), &url, NULL) != ERR_OK || !url.https)) {
        e = diag_set(d, ERR_INVAL,
                     "control.resolver '%s' is neither an https URL nor an "
                     "address",
                     text);
    }
    region_free(r);
    p->cfg.resolver = text;
    return e;
}

/* Half of the descriptors is for connections of those who ask, half for what is
 * measured, so that neither can use up the other's. */
static enum err share_descriptors(struct control_process *p, struct diag *d)
{
    unsigned have = fs_descriptors(MAX_CONNECTIONS + SOCKETS + OTHER_FILES);
    if (have < LEAST_FILES) {
        return diag_set(d, ERR_FDLIMIT,
                        "%u descriptors are too few (ulimit -n), %u are needed",
                        have, LEAST_FILES);
    }
    unsigned half = (have - OTHER_FILES) / 2;
    p->connections = half < MAX_CONNECTIONS ? half : MAX_CONNECTIONS;
    p->sockets = half < SOCKETS ? half : SOCKETS;
    return ERR_OK;
}

static enum err set_up(struct control_process *p, struct diag *d)
{
    const char *asn_db = opt_str(p->set, "asn_db");
    enum err e = share_descriptors(p, d);
    if (e == ERR_OK) {
        e = set_resolver(p, d);
    }
    if (e == ERR_OK) {
        e = set_limits(p, d);
    }
    if (e == ERR_OK) {
        take_lists(p);
    }
    if (e == ERR_OK) {
        e = set_key(p, d);
    }
    if (e == ERR_OK && asn_db && asn_db[0]) {
        e = geo_open(asn_db, &p->geo, d);
    }
    if (e == ERR_OK) {
        e = loop_new(&p->loop);
    }
    struct engine_config engine = {
        .limits = {.jobs = CONTROL_SERVICE_MAX_JOBS,
                   .sockets = p->sockets,
                   .body_memory = BODY_MEMORY,
                   .region_bytes = JOB_REGION},
        .geo = p->geo,
    };
    if (e == ERR_OK) {
        e = engine_new(p->loop, &engine, &p->engine);
    }
    p->cfg.loop = p->loop;
    p->cfg.engine = p->engine;
    p->cfg.geo = p->geo;
    return e == ERR_OK ? control_service_new(&p->cfg, &p->control) : e;
}

static enum err start(struct control_process *p, struct diag *d)
{
    struct http_config cfg = {
        .listen = opt_str(p->set, "listen"),
        .loop = p->loop,
        .max_body = CONTROL_BODY_MAX,
        .max_body_total = MAX_BODY_TOTAL,
        .max_connections = p->connections,
        .idle_s = IDLE_S,
        .request_s = REQUEST_S,
        .fn = control_service_handle,
        .arg = p->control,
    };
    enum err e = http_server_start(&cfg, &p->http, d);
    if (e == ERR_OK) {
        e = loop_timer_new(p->loop, on_drain, p, &p->drain);
    }
    if (e == ERR_OK) {
        e = loop_signal_new(p->loop, SIGTERM, on_signal, p, &p->term);
    }
    if (e == ERR_OK) {
        e = loop_signal_new(p->loop, SIGINT, on_signal, p, &p->intr);
    }
    return e;
}

/* It writes no file, and starts nothing. */
static void give_up(void)
{
    struct sandbox box;
    struct sandbox_state st;
    char words[SANDBOX_WORDS_MAX];
    sandbox_init(&box);
    sandbox_enter(&box, SANDBOX_CONNECT, &st);
    sandbox_words(&st, words);
    log_info("control", "sandbox: %s", words);
}

static enum err tell_ready(const struct control_process *p)
{
    char key[2 * CRYPTO_PUB_LEN + 1], line[256];
    int fd = (int)opt_int(p->set, "ready-fd");
    hex_encode(p->cfg.pub, CRYPTO_PUB_LEN, key);
    if (fd < 0) {
        fprintf(stderr, "parallax-collector: control ready %s key %s\n",
                http_server_url(p->http), key);
        return ERR_OK;
    }
    int n =
        snprintf(line, sizeof(line), "%s %s\n", http_server_url(p->http), key);
    return fs_write_all(fd, line, (size_t)n);
}

static void tear_down(struct control_process *p)
{
    control_service_free(p->control);
    http_server_stop(p->http);
    engine_free(p->engine);
    loop_timer_free(p->drain);
    loop_signal_free(p->term);
    loop_signal_free(p->intr);
    if (p->loop) {
        loop_free(p->loop);
    }
    geo_close(p->geo);
    memset(p->cfg.secret, 0, sizeof(p->cfg.secret));
}

static int command(struct region *r, const struct opt_set *opts)
{
    struct control_process p = {.set = opts};
    struct diag d = {{0}};
    (void)r;
    enum err e = set_up(&p, &d);
    if (e == ERR_OK) {
        e = start(&p, &d);
    }
    if (e == ERR_OK) {
        give_up();
        e = tell_ready(&p);
    }
    if (e == ERR_OK) {
        e = loop_run(p.loop);
    }
    tear_down(&p);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector control: %s\n",
                d.text[0] ? d.text : err_str(e));
    }
    return e == ERR_OK ? EXIT_DONE : e == ERR_INVAL ? EXIT_USAGE : EXIT_FAILED;
}

const struct shell_command cmd_control = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
