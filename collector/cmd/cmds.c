// SPDX-License-Identifier: Apache-2.0
#include "collector/cmd/cmds.h"

#include "base/log.h"

#include <stdio.h>
#include <string.h>

const struct opt_table *const collector_tables[] = {
    &serve_options, &control_options, &import_options,
    &stats_options, &report_options,  &fingerprints_options,
    NULL,
};

static void set_log_level(const char *name)
{
    static const char *const levels[] = {"error", "warning", "info", "debug",
                                         "trace"};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(levels[i], name) == 0) {
            log_setup("parallax-collector", (enum log_level)i);
        }
    }
}

struct opt_set *cmd_options(struct region *r, const struct opt_table *table,
                            int argc, char **argv, int *code)
{
    struct opt_set *set = NULL;
    bool help = false;
    struct diag d;
    enum err e =
        opt_parse(r, table, collector_tables, argc, argv, &set, &help, &d);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector %s: %s\n", table->command, d.text);
        *code = e == ERR_INVAL || e == ERR_PARSE ? EXIT_USAGE : EXIT_FAILED;
        return NULL;
    }
    if (help) {
        opt_help(table);
        *code = EXIT_DONE;
        return NULL;
    }
    set_log_level(opt_str(set, "log-level"));
    return set;
}
