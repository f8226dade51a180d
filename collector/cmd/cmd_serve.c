// SPDX-License-Identifier: Apache-2.0
/* `serve`: opens the data, starts the control, ingest and the HTTP server in
 * that order, and ends them in the other. */
#include "collector/cmd/cmd_serve.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "cli/sandbox.h"
#include "collector/api/route.h"
#include "collector/api/service.h"
#include "collector/cmd/cmds.h"
#include "collector/cmd/serve_check.h"
#include "collector/cmd/serve_listen.h"
#include "collector/cmd/serve_watch.h"
#include "collector/cmd/settling.h"
#include "collector/control/control_child.h"
#include "collector/http/http_server.h"
#include "collector/ingest/acceptor.h"
#include "collector/ingest/late_ask.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BODY        ((size_t)32 << 20)
#define MAX_BODY_TOTAL  ((size_t)128 << 20)
#define MAX_CONNECTIONS 2048
#define MIN_CONNECTIONS 16
#define SMALL_PART      8  /* of all connections, for each small server */
#define OTHER_FILES     64 /* descriptors of the store, the threads, the admin */
#define IDLE_S          30
#define REQUEST_S       120
#define MAX_JOBS        4096
#define MAX_LATE        4096 /* records that wait for a control */
#define QUEUE_DEADLINE  (20 * US_PER_S)
#define START_LIMIT     (20 * US_PER_S)
#define DRAIN_LIMIT     (20 * US_PER_S)
#define EXPIRE_EVERY    (3600 * US_PER_S)
#define WATCH_EVERY     (5 * US_PER_S)

static const struct opt options[] = {
    CMD_OPT_DATA,
    {.name = "listen",
     .key = "collector.listen",
     .kind = OPT_STR,
     .def = "127.0.0.1:8080",
     .arg = "ADDR:PORT",
     .help = "where to serve; port 0 picks one"},
    {.name = "control-listen",
     .key = "collector.control_listen",
     .kind = OPT_STR,
     .def = "127.0.0.1:8081",
     .arg = "ADDR:PORT",
     .help = "where our own control serves; 'none' starts none"},
    {.key = "collector.test_helpers",
     .kind = OPT_LIST,
     .arg = "URL",
     .help = "controls told to probes (default: our own); "
             "cloudfront:URL for that type"},
    {.key = "collector.trusted_proxy",
     .kind = OPT_LIST,
     .arg = "ADDR",
     .help = "proxies whose X-Forwarded-For is believed"},
    {.key = "collector.relays",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "addresses that say nothing about who sends: exits of Tor, VPNs"},
    {.key = "collector.control_keys",
     .kind = OPT_LIST,
     .arg = "KEY",
     .help = "public keys of other controls that are believed"},
    {.key = "control.defer",
     .kind = OPT_FLAG,
     .help = "tell probes that run by schedule to leave the control to us"},
    CMD_OPT_ASN_DB,
    SERVE_LISTEN_OPTIONS,
    {.key = "collector.seal_secret",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "the secret keys of records that probes seal for us"},
    {.key = "collector.public_url",
     .kind = OPT_STR,
     .arg = "URL",
     .help = "of this collector, for old clients that ask where to send"},
    {.key = "collector.tests_off",
     .kind = OPT_LIST,
     .arg = "NAME",
     .help = "tests of OONI's that probes are told not to run"},
};

static const struct opt_table table = {
    .command = "serve",
    .synopsis = "parallax-collector serve [options]",
    .summary = "receive and store measurements",
    .text = "Speaks plain HTTP and is meant to stand behind a proxy such as "
            "nginx. An upload is\nacknowledged only once it is on disk. "
            "SIGTERM finishes what was received and ends.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
};

struct serve {
    struct region *region;
    const struct opt_set *set;
    struct store *store;
    struct acceptor acceptor;
    struct site_lists *lists;
    struct handouts *handouts;
    struct ingest *ingest;
    struct late_queue *late_queue;
    struct late_ask *late_ask;
    struct loop *loop;
    struct loop_signal *term, *intr, *hup;
    struct loop_timer *expire, *limit;
    struct control_child *control;
    struct serve_watch *watch;
    struct http_server *http;
    struct serve_listen listen;
    struct opener *opener;
    struct service service;
    char control_url[64];
    unsigned max_connections, small_connections;
    bool bad_control, stopped;
};

static void on_signal(void *arg)
{
    struct serve *s = arg;
    s->stopped = true;
    loop_stop(s->loop);
}

/* The time that is believed. */
static int64_t look_at_clock(struct serve *s)
{
    int64_t now_s = clock_wall_us() / US_PER_S, believed_s = now_s;
    enum store_clock_says says = STORE_CLOCK_GOOD;
    enum err e = store_clock(s->store, now_s, &says, &believed_s);
    if (e != ERR_OK) {
        log_error("serve", "what the clock said cannot be kept: %s",
                  err_str(e));
    }
    if (says == STORE_CLOCK_AHEAD) {
        log_warn("serve", "the clock is days ahead of when this last ran: no "
                          "tags expire until it has been so for a day, or "
                          "what probes send is of the same time");
    } else if (says == STORE_CLOCK_BACK) {
        log_error("serve", "the clock is more than a day behind when this last "
                           "ran: until it has been so for a day, what comes is "
                           "dated by that");
    }
    return believed_s;
}

static void on_expire(void *arg)
{
    struct serve *s = arg;
    int64_t now_s = look_at_clock(s);
    enum err e = store_expire(s->store, now_s, settling_day, &s->service.data);
    if (e != ERR_OK) {
        log_error("serve", "expiry of old tags: %s", err_str(e));
    }
    e = loop_timer_in(s->expire, EXPIRE_EVERY);
    if (e != ERR_OK) {
        log_error("serve", "old tags will not expire: %s", err_str(e));
    }
}

/* ---- the control ------------------------------------------------------------
 */

static void on_control_ready(void *arg, const char *url,
                             const uint8_t key[CRYPTO_PUB_LEN])
{
    struct serve *s = arg;
    struct diag d = {{0}};
    if (control_keys_add(s->acceptor.keys, key, true, &d) != ERR_OK) {
        log_error("serve", "cannot keep the control's key: %s", d.text);
    }
    if (s->control_url[0] == '\0') {
        str_copy(s->control_url, sizeof(s->control_url), url);
        loop_stop(s->loop);
    }
}

static void on_control_failed(void *arg, bool settings)
{
    struct serve *s = arg;
    s->bad_control = settings;
    loop_stop(s->loop);
}

static void on_limit(void *arg)
{
    on_control_failed(arg, false);
}

/* Our own, unless the settings name others. */
static bool wants_control(const struct serve *s)
{
    if (strcmp(opt_str(s->set, "control-listen"), "none") == 0) {
        return false;
    }
    const char *const *helpers = NULL;
    return opt_given(s->set, "control-listen") ||
           opt_list(s->set, "collector.test_helpers", &helpers) == 0;
}

static enum err start_control(struct serve *s, struct diag *d)
{
    struct control_child_config cfg = {
        .listen = opt_str(s->set, "control-listen"),
        .log_level = opt_str(s->set, "log-level"),
        .config_file =
            opt_given(s->set, "config") ? opt_str(s->set, "config") : NULL,
        .on_ready = on_control_ready,
        .on_failed = on_control_failed,
        .arg = s,
    };
    enum err e = control_child_start(s->loop, &cfg, &s->control);
    if (e == ERR_OK) {
        e = loop_timer_in(s->limit, START_LIMIT);
    }
    if (e == ERR_OK) {
        e = loop_run(s->loop);
        loop_timer_stop(s->limit);
    }
    if (e == ERR_OK && !s->stopped && s->control_url[0] == '\0') {
        e = diag_set(d, s->bad_control ? ERR_INVAL : ERR_NET,
                     "the control did not start");
    }
    return e;
}

/* ---- starting ---------------------------------------------------------------
 */

static enum err set_up_service(struct serve *s, struct diag *d)
{
    const char *const *items = NULL;
    enum err e = ERR_OK;
    size_t n = opt_list(s->set, "collector.test_helpers", &items);
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        e = service_add_helper(&s->service, s->region, SERVICE_WEB_CONNECTIVITY,
                               items[i], d);
    }
    n = opt_list(s->set, "collector.trusted_proxy", &items);
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        e = service_add_proxy(&s->service, items[i], d);
    }
    const char *url = opt_str(s->set, "collector.public_url");
    s->service.public_url = url && url[0] ? url : NULL;
    s->service.n_tests_off =
        opt_list(s->set, "collector.tests_off", &s->service.tests_off);
    return e;
}

static enum err open_data(struct serve *s, struct diag *d)
{
    const char *data = opt_str(s->set, "data");
    const char *const *keys = NULL;
    size_t n = opt_list(s->set, "collector.control_keys", &keys);
    enum err e = store_open(data, STORE_WRITE, &s->store, d);
    if (e == ERR_NOSPC) {
        bool freed = serve_check_free_room(data);
        log_warn("serve",
                 "the disk is full: what comes is refused until there is "
                 "room%s",
                 freed ? "" : " (none was kept to start in)");
        e = store_open(data, STORE_SERVE, &s->store, d);
    } else if (e == ERR_OK) {
        serve_check_room(data);
    }
    if (e == ERR_OK) {
        e = acceptor_open(&s->acceptor, data, opt_str(s->set, "asn_db"), keys,
                          n, d);
    }
    const char *relays = opt_str(s->set, "collector.relays");
    if (e == ERR_OK && relays && relays[0]) {
        e = relays_open(relays, &s->acceptor.relays, d);
    }
    if (e == ERR_OK) {
        e = site_lists_load(data, &s->lists, d);
    }
    if (e == ERR_OK) {
        e = handouts_load(data, &s->handouts, d);
    }
    if (e == ERR_OK) {
        e = serve_listen_admin_open(&s->listen, s->set, d);
    }
    return e;
}

static enum err set_up_loop(struct serve *s)
{
    enum err e = loop_new(&s->loop);
    if (e == ERR_OK) {
        e = loop_signal_new(s->loop, SIGTERM, on_signal, s, &s->term);
    }
    if (e == ERR_OK) {
        e = loop_signal_new(s->loop, SIGINT, on_signal, s, &s->intr);
    }
    if (e == ERR_OK) {
        e = loop_signal_new(s->loop, SIGHUP, on_signal, s, &s->hup);
    }
    if (e == ERR_OK) {
        e = loop_timer_new(s->loop, on_expire, s, &s->expire);
    }
    if (e == ERR_OK) {
        e = loop_timer_new(s->loop, on_limit, s, &s->limit);
    }
    return e == ERR_OK ? loop_timer_in(s->expire, 0) : e;
}

/* Before the threads that read what strangers send. */
static void give_up(const struct serve *s)
{
    struct sandbox box;
    struct sandbox_state st;
    char words[SANDBOX_WORDS_MAX];
    sandbox_init(&box);
    sandbox_write(&box, opt_str(s->set, "data"));
    sandbox_enter(&box,
                  SANDBOX_CHANGE | SANDBOX_CONNECT | SANDBOX_SIGNAL |
                      SANDBOX_THREADS,
                  &st);
    sandbox_words(&st, words);
    log_info("serve", "sandbox: %s", words);
}

static unsigned processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 8 ? 8 : (unsigned)n;
}

/* Who asks a control about records that come without one; before ingest, which
 * hands them over. */
static enum err start_late(struct serve *s)
{
    if (s->control_url[0] == '\0') {
        return ERR_OK;
    }
    enum err e = late_queue_new(MAX_LATE, &s->late_queue);
    if (e == ERR_OK) {
        struct late_ask_config cfg = {.loop = s->loop,
                                      .store = s->store,
                                      .fingerprints = s->acceptor.fingerprints,
                                      .queue = s->late_queue,
                                      .control = s->control_url};
        e = late_ask_start(&cfg, &s->late_ask);
    }
    s->service.defers = opt_flag(s->set, "control.defer");
    return e;
}

static enum err start_ingest(struct serve *s)
{
    struct ingest_config cfg = {
        .store = s->store,
        .late = s->late_ask ? s->late_queue : NULL,
        .acceptor = s->acceptor,
        .workers = processors(),
        .max_jobs = MAX_JOBS,
        .max_record = MAX_BODY,
        .deadline_us = QUEUE_DEADLINE,
    };
    return ingest_start(&cfg, &s->ingest);
}

/* As many connections as leave enough descriptors to the store, without which
 * no upload could be kept. The small servers get a part of them. */
static enum err count_connections(struct serve *s, struct diag *d)
{
    unsigned have = fs_descriptors(MAX_CONNECTIONS + OTHER_FILES);
    if (have < MIN_CONNECTIONS + OTHER_FILES) {
        return diag_set(d, ERR_FDLIMIT,
                        "%u descriptors are too few (ulimit -n), %u are needed",
                        have, MIN_CONNECTIONS + OTHER_FILES);
    }
    unsigned all = have - OTHER_FILES < MAX_CONNECTIONS ? have - OTHER_FILES
                                                        : MAX_CONNECTIONS;
    s->small_connections = all / SMALL_PART;
    s->max_connections = all - 2 * s->small_connections;
    return ERR_OK;
}

static enum err start_http(struct serve *s, struct diag *d)
{
    s->service.ingest = s->ingest;
    s->service.store = s->store;
    s->service.data = opt_str(s->set, "data");
    s->service.geo = s->acceptor.geo;
    s->service.lists = s->lists;
    s->service.handouts = s->handouts;
    enum err e = ERR_OK;
    if (s->service.n_helpers == 0 && s->control_url[0] != '\0') {
        e = service_add_helper(&s->service, s->region, SERVICE_WEB_CONNECTIVITY,
                               s->control_url, d);
        s->service.own_control = s->control_url;
    }
    if (e == ERR_OK && s->control_url[0] != '\0') {
        e = serve_watch_start(s->loop, s->control_url, WATCH_EVERY, &s->service,
                              &s->watch);
    }
    if (e == ERR_OK) {
        e = serve_listen_helpers(&s->listen, s->set, s->loop,
                                 s->small_connections, s->region, &s->service,
                                 d);
    }
    if (e == ERR_OK) {
        e = serve_listen_admin(&s->listen, &s->service, d);
    }
    if (e != ERR_OK) {
        return e;
    }
    struct http_config cfg = {
        .listen = opt_str(s->set, "listen"),
        .threads = processors(),
        .max_body = MAX_BODY,
        .max_body_total = MAX_BODY_TOTAL,
        .max_connections = s->max_connections,
        .idle_s = IDLE_S,
        .request_s = REQUEST_S,
        .proxies = s->service.proxies,
        .n_proxies = s->service.n_proxies,
        .fn = route_handle,
        .arg = &s->service,
    };
    return http_server_start(&cfg, &s->http, d);
}

/* First, so that the process has nothing of what is opened later. */
static enum err start_opener(struct serve *s, struct diag *d)
{
    const char *keys = opt_str(s->set, "collector.seal_secret");
    enum err e = keys && keys[0] ? opener_start(keys, &s->opener, d) : ERR_OK;
    s->service.opener = s->opener;
    return e;
}

static enum err serve_run(struct serve *s, struct diag *d)
{
    enum err e = serve_check_values(s->set, s->region, d);
    if (e == ERR_OK) {
        e = serve_check_reach(s->set, s->region, d);
    }
    if (e == ERR_OK && serve_check_alone(s->set, s->region)) {
        log_warn("serve",
                 "nobody behind the proxy can reach the control that probes "
                 "are told of: collector.test_helpers must name one by its "
                 "public URL");
    }
    if (e == ERR_OK) {
        e = count_connections(s, d);
    }
    if (e == ERR_OK) {
        e = set_up_service(s, d);
    }
    if (e == ERR_OK) {
        e = start_opener(s, d);
    }
    if (e == ERR_OK) {
        e = open_data(s, d);
    }
    if (e == ERR_OK) {
        e = set_up_loop(s);
    }
    if (e == ERR_OK && wants_control(s)) {
        e = start_control(s, d);
    }
    if (e == ERR_OK && !s->stopped) {
        give_up(s);
        e = start_late(s);
    }
    if (e == ERR_OK && !s->stopped) {
        e = start_ingest(s);
    }
    if (e == ERR_OK && !s->stopped) {
        e = start_http(s, d);
    }
    if (e == ERR_OK && !s->stopped) {
        fprintf(stderr, "parallax-collector: ready %s control %s\n",
                http_server_url(s->http),
                s->control_url[0] ? s->control_url : "none");
        e = loop_run(s->loop);
    }
    return e;
}

/* Stops accepting, lets what was received become durable and be answered. */
static void drain(struct serve *s)
{
    if (s->http) {
        http_server_quiesce(s->http);
        int64_t until = clock_mono_us() + DRAIN_LIMIT;
        while (http_server_busy(s->http) > 0 && clock_mono_us() < until) {
            usleep(10000);
        }
    }
    serve_listen_stop(&s->listen);
    serve_watch_stop(s->watch);
    ingest_stop(s->ingest);
    http_server_stop(s->http);
    ingest_free(s->ingest);
    late_ask_stop(s->late_ask);
    late_queue_free(s->late_queue);
    control_child_stop(s->control);
    opener_stop(s->opener);
    loop_timer_free(s->expire);
    loop_timer_free(s->limit);
    loop_signal_free(s->term);
    loop_signal_free(s->intr);
    loop_signal_free(s->hup);
    if (s->loop) {
        loop_free(s->loop);
    }
    site_lists_free(s->lists);
    handouts_free(s->handouts);
    acceptor_close(&s->acceptor);
    store_close(s->store);
}

static int command(struct region *r, const struct opt_set *opts)
{
    struct serve *s = calloc(1, sizeof(*s));
    struct diag d = {{0}};
    if (!s) {
        return EXIT_FAILED;
    }
    s->region = r;
    s->set = opts;
    enum err e = serve_run(s, &d);
    drain(s);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector serve: %s\n",
                d.text[0] ? d.text : err_str(e));
    }
    free(s);
    return e == ERR_OK ? EXIT_DONE : e == ERR_INVAL ? EXIT_USAGE : EXIT_FAILED;
}

const struct shell_command cmd_serve = {
    .table = &table,
    .memory = (size_t)4 << 20,
    .run = command,
};
