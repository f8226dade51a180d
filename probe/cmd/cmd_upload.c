// SPDX-License-Identifier: Apache-2.0
/* `parallax upload`: sends what waits, and nothing else. */
#include "probe/cmd/cmd_upload.h"

#include "net/tls.h"
#include "probe/cmd/cmds.h"
#include "probe/cmd/paused.h"
#include "probe/cmd/ways_of.h"
#include "probe/deliver/backend.h"
#include "probe/deliver/upload.h"
#include "probe/run/retest_queue.h"
#include "probe/volunteer/collector_key.h"
#include "probe/volunteer/confine.h"
#include "probe/volunteer/consent.h"
#include "probe/volunteer/paths.h"

#include "base/json_out.h"

#include <signal.h>
#include <stdio.h>

static const struct opt upload_opts[] = {
    {.name = "collector",
     .key = "collector",
     .kind = OPT_STR,
     .arg = "URL",
     .help = "where to send the records"},
    {.name = "retry-refused",
     .kind = OPT_FLAG,
     .help = "send those the collector refused once more"},
    CMD_OPT_SEAL_KEY,
    WAYS_OF_OPTS,
    {.name = "json", .kind = OPT_FLAG, .help = "the counts as one JSON object"},
};

static const struct opt_table table = {
    .command = "upload",
    .synopsis = "parallax upload [--collector URL] [--retry-refused]",
    .summary = "send the records that wait",
    .text = "Measures nothing. What cannot be sent stays. Exit status: 0 "
            "nothing waits any more,\n1 nothing could be done, 2 wrong usage "
            "or no consent, 3 some records still wait, or were\nrefused.",
    .opts = upload_opts,
    .n_opts = sizeof(upload_opts) / sizeof(upload_opts[0]),
};

struct sending {
    struct loop *loop;
    struct engine *engine;
    struct backend *backend;
    struct ways_config ways; /* to the collector */
    struct seal seal;
    uint8_t key[CRYPTO_BOX_KEY_LEN];
    enum collector_key_from key_from; /* none: there is none to seal for */
    struct spool *spool;
    struct upload *upload;
    struct loop_signal *on_int, *on_term;
    bool interrupted;
    bool by_schedule;
    uint64_t most; /* bytes; 0: no limit */
    size_t lost;   /* parked records whose key is gone */
};

static uint64_t bytes_of(const struct sending *s)
{
    uint64_t up = 0, down = 0;
    if (s->backend) {
        backend_bytes(s->backend, &up, &down);
    }
    return up + down;
}

static void on_change(void *arg)
{
    struct sending *s = arg;
    bool over = s->most && bytes_of(s) >= s->most;
    s->interrupted = s->interrupted || over;
    if (over || upload_idle(s->upload)) {
        loop_stop(s->loop);
    }
}

static void on_interrupt(void *arg)
{
    struct sending *s = arg;
    s->interrupted = true;
    loop_stop(s->loop);
}

static enum err start(struct sending *s, struct diag *d)
{
    /* the engine measures nothing here: it finds the collector's address */
    struct engine_config cfg = {.limits = {.jobs = 1,
                                           .sockets = 64,
                                           .body_memory = 1u << 20,
                                           .region_bytes = 1u << 20}};
    char dir[PATHS_MAX];
    struct retest_left left = {.taken = 0}; /* sent like all others */
    struct diag why = {""};
    seal_load(&s->seal, &why);
    enum err e = tls_store_check(d);
    if (e == ERR_OK) {
        e = paths_state(PATHS_SPOOL, dir, d);
    }
    if (e == ERR_OK) {
        e = spool_open(dir, UINT64_MAX, &s->seal, &s->spool, d);
    }
    if (e == ERR_OK) {
        spool_box(s->spool, s->key_from != COLLECTOR_KEY_NONE ? s->key : NULL,
                  s->key_from == COLLECTOR_KEY_SET);
        e = retest_queue_recover(dir, &s->seal, s->spool, &left, d);
        s->lost = left.lost;
    }
    if (e == ERR_OK) {
        e = loop_new(&s->loop);
    }
    if (e == ERR_OK) {
        e = engine_new(s->loop, &cfg, &s->engine);
    }
    if (e == ERR_OK) {
        e = backend_new(s->loop, s->engine, &s->ways, &s->backend, d);
    }
    if (e == ERR_OK) {
        e = upload_new(s->loop, s->backend, s->spool, on_change, s, &s->upload);
    }
    if (e == ERR_OK) {
        e = loop_signal_new(s->loop, SIGINT, on_interrupt, s, &s->on_int);
    }
    if (e == ERR_OK) {
        e = loop_signal_new(s->loop, SIGTERM, on_interrupt, s, &s->on_term);
    }
    return e;
}

static void stop(struct sending *s)
{
    if (s->engine) {
        engine_free(s->engine);
    }
    if (s->backend) {
        backend_stop(s->backend);
    }
    upload_free(s->upload);
    backend_free(s->backend);
    spool_close(s->spool);
    seal_fini(&s->seal);
    if (s->on_int) {
        loop_signal_free(s->on_int);
    }
    if (s->on_term) {
        loop_signal_free(s->on_term);
    }
    if (s->loop) {
        loop_free(s->loop);
    }
}

/* What is in the spool when sending is over. */
struct left {
    size_t waiting, refused, damaged, passed, lost;
};

static void print_json(const struct upload_counts *c, const struct left *left)
{
    struct buf out;
    struct jw w;
    buf_init(&out, 4096);
    jw_init(&w, &out);
    jw_obj(&w);
    jw_ki(&w, "sent", (int64_t)c->sent);
    jw_ki(&w, "waiting", (int64_t)left->waiting);
    jw_ki(&w, "refused", (int64_t)left->refused);
    jw_ki(&w, "damaged", (int64_t)left->damaged);
    jw_ki(&w, "unreadable", (int64_t)left->passed);
    jw_ki(&w, "lost", (int64_t)left->lost);
    jw_key(&w, "ways");
    jw_obj(&w);
    for (int k = 0; k < WAY_KINDS; k++) {
        jw_ki(&w, ways_name((enum way_kind)k), (int64_t)c->by_way[k]);
    }
    jw_obj_end(&w);
    jw_kc(&w, "failure", c->last_string[0] ? c->last_string : NULL);
    jw_kc(&w, "words", c->last_failure[0] ? c->last_failure : NULL);
    jw_obj_end(&w);
    printf(STR_FMT "\n", STR_ARG(buf_str(&out)));
    buf_fini(&out);
}

/* Said where it was another one than the normal. */
static void say_ways(const struct upload_counts *c)
{
    for (int k = WAY_DIRECT + 1; k < WAY_KINDS; k++) {
        if (c->by_way[k]) {
            fprintf(stderr, "parallax upload: %zu went %s\n", c->by_way[k],
                    ways_words((enum way_kind)k));
        }
    }
}

static int tell(const struct sending *s, bool json)
{
    const struct upload_counts *c = upload_counts_of(s->upload);
    const struct left left = {
        .waiting = spool_count(s->spool, FRAME_WAITING) +
                   spool_count(s->spool, FRAME_HELD),
        .refused = spool_count(s->spool, FRAME_REFUSED),
        .damaged = spool_damaged(s->spool),
        .passed = spool_count(s->spool, FRAME_PASSED),
        .lost = spool_lost(s->spool) + s->lost,
    };
    if (json) {
        print_json(c, &left);
    } else {
        fprintf(s->by_schedule ? stderr : stdout,
                "%zu sent, %zu waiting, %zu refused by the collector, %zu "
                "damaged, %zu unreadable\n",
                c->sent, left.waiting, left.refused, left.damaged, left.passed);
    }
    say_ways(c);
    if (left.lost) {
        fprintf(stderr, "parallax upload: " SPOOL_LOST_TEXT "\n", left.lost);
    }
    if (c->last_failure[0]) {
        fprintf(stderr, "parallax upload: %s\n", c->last_failure);
    }
    bool unsent = left.damaged || left.passed || left.lost;
    if (left.waiting == 0 && !unsent) {
        return c->refused ? EXIT_PARTLY : EXIT_DONE;
    }
    return c->sent || c->held || s->interrupted || unsent ? EXIT_PARTLY
                                                          : EXIT_FAILED;
}

static int upload_all(struct sending *to, bool json, bool retry,
                      uint64_t *bytes)
{
    struct sending s = *to;
    struct diag d = {""};
    int pid = 0;
    int status = EXIT_FAILED;
    enum err e = start(&s, &d);
    if (e == ERR_OK && !spool_may_send(s.spool, &pid)) {
        fprintf(stderr,
                "parallax upload: process %d is measuring or sending; it "
                "sends what waits\n",
                pid);
        status = EXIT_PARTLY;
    } else if (e == ERR_OK) {
        struct sandbox_state st;
        confine_run(&st);
        upload_send_held(s.upload);
        if (retry) {
            upload_send_refused(s.upload);
        }
        upload_drain(s.upload);
        e = upload_idle(s.upload) ? ERR_OK : loop_run(s.loop);
        status = tell(&s, json);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax upload: %s\n",
                d.text[0] ? d.text : err_str(e));
        status = EXIT_FAILED;
    }
    *bytes = bytes_of(&s);
    stop(&s);
    return status;
}

/* The ways to the collector, and its key. */
static enum err find_collector(struct region *r, const struct opt_set *opts,
                               const struct list_orders *orders,
                               struct sending *s, struct diag *d)
{
    const char *collector = opt_str(opts, "collector");
    const char *const *given = NULL;
    size_t n = opt_list(opts, "collector.seal_key", &given);
    enum err e = ways_of(r, opts, collector, orders, &s->ways, d);
    return e ? e
             : collector_key_find(collector, given, n, orders, s->key,
                                  &s->key_from, d);
}

int cmd_upload_all(struct region *r, const struct opt_set *opts,
                   const struct list_orders *orders, uint64_t most,
                   uint64_t *bytes)
{
    struct sending s = {.by_schedule = true, .most = most};
    struct diag d = {""};
    *bytes = 0;
    if (find_collector(r, opts, orders, &s, &d) != ERR_OK) {
        fprintf(stderr, "parallax upload: %s\n", d.text);
        return EXIT_FAILED;
    }
    return upload_all(&s, false, false, bytes);
}

static int command(struct region *r, const struct opt_set *opts)
{
    const char *collector = opt_str(opts, "collector");
    struct sending s = {.loop = NULL};
    struct consent consent;
    struct list_orders orders = {.everywhere = false};
    struct diag d = {""};
    uint64_t bytes;
    if (!collector || !collector[0]) {
        fprintf(stderr, "parallax upload: no collector is set; use --collector "
                        "URL, or `collector = URL` in the config file\n");
        return EXIT_USAGE;
    }
    if (ways_check_url(collector, &d) != ERR_OK) {
        fprintf(stderr, "parallax upload: %s\n", d.text);
        return EXIT_USAGE;
    }
    if (!consent_required(&consent, "upload")) {
        return EXIT_USAGE;
    }
    if (paused_orders(r, opts, &orders, &d) != ERR_OK ||
        find_collector(r, opts, &orders, &s, &d) != ERR_OK) {
        fprintf(stderr, "parallax upload: %s\n", d.text);
        return EXIT_USAGE;
    }
    return upload_all(&s, opt_flag(opts, "json"),
                      opt_flag(opts, "retry-refused"), &bytes);
}

const struct shell_command cmd_upload = {
    .table = &table,
    .memory = 64 << 20,
    .run = command,
};
