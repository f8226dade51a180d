// SPDX-License-Identifier: Apache-2.0
/* `parallax version`: what was built, and the rules it judges by. */
#include "probe/cmd/cmd_version.h"

#include "base/json_out.h"
#include "net/capture.h"
#include "net/channel.h"
#include "net/fetch.h"
#include "net/tls.h"
#include "verdict/verdict.h"

#include <stdio.h>

static const struct opt version_opts[] = {
    {.name = "json", .kind = OPT_FLAG, .help = "one JSON object"},
};

static const struct opt_table table = {
    .command = "version",
    .synopsis = "parallax version [--json]",
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

static int print_json(void)
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
        return print_json();
    }
    printf("parallax %s\nrules %s, data format 0.2.0, "
           "web_connectivity 0.5.28\n%s, %s\n",
           PARALLAX_VERSION, VERDICT_RULES_VERSION, MACHINE, COMPILER);
    for (size_t i = 0; i < N_LIBRARIES; i++) {
        printf("%s: %s%s\n", libraries[i].key, libraries[i].prefix,
               libraries[i].version());
    }
    return EXIT_DONE;
}

const struct shell_command cmd_version = {
    .table = &table,
    .memory = 1 << 20,
    .run = command,
};
