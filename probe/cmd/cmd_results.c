// SPDX-License-Identifier: Apache-2.0
/* `parallax results`: what waits on this machine, as far as it can be told. */
#include "probe/cmd/cmd_results.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "probe/deliver/spool.h"
#include "probe/deliver/submission.h"
#include "probe/volunteer/paths.h"

#include <stdio.h>
#include <string.h>

static const struct opt results_opts[] = {
    {.name = "json", .kind = OPT_FLAG, .help = "the counts as one JSON object"},
};

static const struct opt_table table = {
    .command = "results",
    .synopsis = "parallax results [list | show ID | delete ID] [--json]",
    .summary = "what is stored here",
    .text =
        "Counts what waits to be sent. What the records say is sealed: no list "
        "of sites is kept\nhere, so none can be shown. list names each by its "
        "ID, day and state; show prints one,\nwhich only works while its key "
        "is in this machine's memory; delete removes one.\nA readable copy of "
        "all records is kept only if you ask for it (`run --out FILE`).\n\n"
        "Exit status: 0 done, 1 failed, 2 wrong usage.",
    .opts = results_opts,
    .n_opts = sizeof(results_opts) / sizeof(results_opts[0]),
    .max_args = 2,
};

#define WHY                                                                    \
    "Sites and findings are sealed: whoever has this device shall not read "   \
    "them. A readable copy is kept only if you ask for one (`parallax run "    \
    "--out FILE`)."

static const char *const priorities[FRAME_PRIORITIES] = {
    [FRAME_INNOCENT] = "works",
    [FRAME_ODD] = "unsettled",
    [FRAME_BLOCKED] = "blocked"};

static const char *const states[] = {[FRAME_DONE] = "done",
                                     [FRAME_WAITING] = "waiting",
                                     [FRAME_HELD] = "held",
                                     [FRAME_REFUSED] = "refused",
                                     [FRAME_PASSED] = "unreadable"};

struct counts {
    size_t all, state[FRAME_PASSED + 1], priority[FRAME_PRIORITIES];
    size_t damaged, lost;
    uint64_t bytes;
};

static struct counts count(const struct spool *s)
{
    struct counts c = {.all = 0};
    for (size_t i = 0; s && i < spool_len(s); i++) {
        struct spool_item item = spool_item(s, i);
        c.all++;
        c.state[item.state]++;
        c.priority[item.priority] += item.state != FRAME_PASSED;
        c.bytes += item.bytes;
    }
    c.damaged = s ? spool_damaged(s) : 0;
    c.lost = s ? spool_lost(s) : 0;
    return c;
}

static int print_json(const struct counts *c)
{
    struct buf out;
    struct jw w;
    buf_init(&out, 4096);
    jw_init(&w, &out);
    jw_obj(&w);
    jw_ki(&w, "records", (int64_t)c->all);
    for (unsigned i = FRAME_WAITING; i <= FRAME_PASSED; i++) {
        jw_ki(&w, states[i], (int64_t)c->state[i]);
    }
    for (unsigned i = 0; i < FRAME_PRIORITIES; i++) {
        jw_ki(&w, priorities[i], (int64_t)c->priority[i]);
    }
    jw_ki(&w, "damaged", (int64_t)c->damaged);
    jw_ki(&w, "lost", (int64_t)c->lost);
    jw_ki(&w, "bytes", (int64_t)c->bytes);
    jw_kc(&w, "why_no_more", WHY);
    jw_obj_end(&w);
    printf(STR_FMT "\n", STR_ARG(buf_str(&out)));
    enum err e = out.failed;
    buf_fini(&out);
    return e == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

static int print_counts(const struct counts *c)
{
    printf("%zu records are stored here (%llu KB): %zu of sites that work, %zu "
           "unsettled, %zu of blocked sites.\n",
           c->all, (unsigned long long)(c->bytes + 999) / 1000,
           c->priority[FRAME_INNOCENT], c->priority[FRAME_ODD],
           c->priority[FRAME_BLOCKED]);
    printf("%zu wait to be sent, %zu are held until the network is known, %zu "
           "were refused, %zu cannot be read.\n",
           c->state[FRAME_WAITING], c->state[FRAME_HELD],
           c->state[FRAME_REFUSED], c->state[FRAME_PASSED]);
    if (c->lost) {
        printf("%zu more cannot be opened any more: their key was in memory "
               "only.\n",
               c->lost);
    }
    printf(WHY "\n");
    return EXIT_DONE;
}

static void print_day(unsigned day)
{
    char text[20];
    bool known = clock_format((int64_t)day * DAY_S, text) == ERR_OK;
    printf("%.10s", known ? text : "?");
}

static int print_list(const struct spool *s)
{
    for (size_t i = 0; s && i < spool_len(s); i++) {
        char name[SPOOL_NAME_MAX];
        struct spool_item item = spool_item(s, i);
        spool_name(s, item.id, name);
        printf("%s  ", name);
        print_day(item.day);
        printf("  %s  %s  %llu bytes\n", states[item.state],
               priorities[item.priority], (unsigned long long)item.bytes);
    }
    fprintf(stderr, "%s\n", WHY);
    return EXIT_DONE;
}

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "parallax results: %s: %s\n", what, why);
    return EXIT_FAILED;
}

/* The frame that a person calls so; false: there is none. */
static bool find(const struct spool *s, const char *name, uint64_t *id)
{
    for (size_t i = 0; s && i < spool_len(s); i++) {
        char is[SPOOL_NAME_MAX];
        *id = spool_item(s, i).id;
        spool_name(s, *id, is);
        if (!strcmp(is, name)) {
            return true;
        }
    }
    return false;
}

static int show(struct spool *s, const char *name)
{
    struct buf bytes, record;
    struct frame f;
    struct diag d = {""};
    uint64_t id;
    if (!find(s, name, &id)) {
        return failed(name, "there is no such record");
    }
    buf_init(&bytes, FRAME_MAX);
    buf_init(&record, SUBMISSION_MAX_RECORD);
    enum err e = spool_load(s, id, &bytes, &f, &d);
    if (e == ERR_OK) {
        e = submission_unpack(f.body, &record);
    }
    if (e == ERR_OK) {
        printf(STR_FMT "\n", STR_ARG(buf_str(&record)));
    }
    buf_fini(&bytes);
    buf_fini(&record);
    return e == ERR_OK ? EXIT_DONE
                       : failed(name, d.text[0] ? d.text : err_str(e));
}

static int delete_one(const char *dir, const struct seal *seal,
                      const char *name)
{
    struct spool *s = NULL;
    struct diag d = {""};
    uint64_t id;
    int pid = 0, status = EXIT_FAILED;
    if (!seal->n) {
        return failed(name, "its key is not here");
    }
    if (spool_open(dir, UINT64_MAX, seal, &s, &d) != ERR_OK) {
        return failed(name, d.text);
    }
    if (!spool_may_send(s, &pid)) {
        fprintf(stderr,
                "parallax results: process %d is measuring or sending; "
                "nothing was deleted\n",
                pid);
    } else if (!find(s, name, &id)) {
        failed(name, "there is no such record");
    } else {
        enum err e = spool_done(s, id);
        status = e == ERR_OK ? EXIT_DONE : failed(name, err_str(e));
    }
    spool_close(s);
    return status;
}

static int look(const struct opt_set *opts, const char *what, const char *id)
{
    char dir[PATHS_MAX];
    struct diag d = {""};
    struct seal seal;
    struct spool *s = NULL;
    int status = EXIT_FAILED;
    enum err e = paths_state(PATHS_SPOOL, dir, &d);
    seal_find(&seal);
    if (e == ERR_OK && id && !strcmp(what, "delete")) {
        status = delete_one(dir, &seal, id);
        seal_fini(&seal);
        return status;
    }
    if (e == ERR_OK) {
        e = spool_look(dir, &seal, &s, &d);
        e = e == ERR_NOTFOUND ? ERR_OK : e; /* nothing was ever stored */
    }
    const struct counts c = count(s);
    if (e != ERR_OK) {
        failed("cannot be looked at", d.text[0] ? d.text : err_str(e));
    } else if (id) {
        status = show(s, id);
    } else if (what) {
        status = print_list(s);
    } else {
        status = opt_flag(opts, "json") ? print_json(&c) : print_counts(&c);
    }
    spool_close(s);
    seal_fini(&seal);
    return status;
}

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    size_t n = opt_args(opts, &args);
    (void)r;
    if (n == 0) {
        return look(opts, NULL, NULL);
    }
    if (n == 1 && !strcmp(args[0], "list")) {
        return look(opts, args[0], NULL);
    }
    if (n == 2 && (!strcmp(args[0], "show") || !strcmp(args[0], "delete"))) {
        return look(opts, args[0], args[1]);
    }
    fprintf(stderr, "parallax results: list, show ID or delete ID\nTry "
                    "`parallax results --help`.\n");
    return EXIT_USAGE;
}

const struct shell_command cmd_results = {
    .table = &table,
    .memory = 1 << 20,
    .run = command,
};
