// SPDX-License-Identifier: Apache-2.0
/* `parallax version`: what was built, and the rules it judges by. */
#include "probe/cmd/cmd_version.h"

#include "base/json_out.h"
#include "net/capture.h"
#include "net/channel.h"
#include "net/fetch.h"
#include "net/tls.h"
#include "probe/volunteer/confine.h"
#include "verdict/verdict.h"

#include <stdio.h>
#include <string.h>

static const struct opt version_opts[] = {
    {.name = "json", .kind = OPT_FLAG, .help = "one JSON object"},
    {.name = "sandbox",
     .kind = OPT_FLAG,
     .help = "what a run gives up on this machine before it measures"},
};

static const struct opt_table table = {
    .command = "version",
    .synopsis = "parallax version [--sandbox] [--json]",
    .summary = "version, build and rules of judgement",
    .opts = version_opts,
    .n_opts = sizeof(version_opts) / sizeof(version_opts[0]),
};

#if defined(__clang__)
#    define COMPILER "clang " __clang_version__
#else
#    define COMPILER "gcc " __VERSION__
#endif

#if defined(__x86_64__)
#    define MACHINE "amd64"
#elif defined(__aarch64__)
#    define MACHINE "arm64"
#elif defined(__arm__)
#    define MACHINE "arm"
#elif defined(__i386__)
#    define MACHINE "386"
#else
#    define MACHINE "unknown"
#endif

/* What a person who reports a fault should be able to name. */
static const struct {
    const char *key;
    const char *prefix; /* before a bare number */
    const char *(*version)(void);
} libraries[] = {
    {"http", "", fetch_version},
    {"tls", "", tls_version},
    {"dns", "c-ares ", channel_version},
    {"capture", "", capture_version},
};

#define N_LIBRARIES (sizeof(libraries) / sizeof(libraries[0]))

/* Part by part: its key, whether it is on, and why not. */
struct part {
    const char *key;
    bool on;
    int e;
};

#define N_PARTS 5

static void parts_of(const struct sandbox_state *st, struct part out[N_PARTS])
{
    const struct part parts[N_PARTS] = {
        {"no_new_privs", st->no_new_privs, 0},
        {"not_dumpable", st->not_dumpable, 0},
        {"no_core", st->no_core, 0},
        {"seccomp", st->seccomp, st->seccomp_e},
        {"landlock", st->landlock, st->landlock_e},
    };
    memcpy(out, parts, sizeof(parts));
}

/* Tried here and now, because no list of what a kernel has is as good. */
static void print_sandbox(void)
{
    struct sandbox_state st;
    struct part parts[N_PARTS];
    confine_run(&st);
    parts_of(&st, parts);
    for (size_t i = 0; i < N_PARTS; i++) {
        const char *why =
            parts[i].on || !parts[i].e ? "" : strerror(parts[i].e);
        printf("sandbox: %s %s%s%s\n", parts[i].key, parts[i].on ? "on" : "off",
               *why ? ": " : "", why);
    }
}

static void write_sandbox(struct jw *w)
{
    struct sandbox_state st;
    struct part parts[N_PARTS];
    confine_run(&st);
    parts_of(&st, parts);
    jw_key(w, "sandbox");
    jw_obj(w);
    for (size_t i = 0; i < N_PARTS; i++) {
        jw_kb(w, parts[i].key, parts[i].on);
    }
    jw_obj_end(w);
}

static int print_json(bool sandbox)
{
    struct buf out;
    struct jw w;
    buf_init(&out, 4096);
    jw_init(&w, &out);
    jw_obj(&w);
    jw_kc(&w, "version", PARALLAX_VERSION);
    jw_kc(&w, "rules_version", VERDICT_RULES_VERSION);
    jw_kc(&w, "data_format_version", "0.2.0");
    jw_kc(&w, "test_version", "0.5.28");
    jw_kc(&w, "architecture", MACHINE);
    jw_kc(&w, "compiler", COMPILER);
    jw_key(&w, "libraries");
    jw_obj(&w);
    for (size_t i = 0; i < N_LIBRARIES; i++) {
        char text[512];
        snprintf(text, sizeof(text), "%s%s", libraries[i].prefix,
                 libraries[i].version());
        jw_kc(&w, libraries[i].key, text);
    }
    jw_obj_end(&w);
    if (sandbox) {
        write_sandbox(&w);
    }
    jw_obj_end(&w);
    enum err e = out.failed;
    if (e == ERR_OK) {
        printf(STR_FMT "\n", STR_ARG(buf_str(&out)));
    }
    buf_fini(&out);
    return e == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

static int command(struct region *r, const struct opt_set *opts)
{
    (void)r;
    if (opt_flag(opts, "json")) {
        return print_json(opt_flag(opts, "sandbox"));
    }
    printf("parallax %s\nrules %s, data format 0.2.0, "
           "web_connectivity 0.5.28\n%s, %s\n",
           PARALLAX_VERSION, VERDICT_RULES_VERSION, MACHINE, COMPILER);
    for (size_t i = 0; i < N_LIBRARIES; i++) {
        printf("%s: %s%s\n", libraries[i].key, libraries[i].prefix,
               libraries[i].version());
    }
    if (opt_flag(opts, "sandbox")) {
        print_sandbox();
    }
    return EXIT_DONE;
}

const struct shell_command cmd_version = {
    .table = &table,
    .memory = 1 << 20,
    .run = command,
};
