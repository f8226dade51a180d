// SPDX-License-Identifier: Apache-2.0
/* `backup`: a copy of the data directory, also while a collector serves. */
#include "collector/cmd/cmd_backup.h"

#include "collector/cmd/cmds.h"
#include "collector/store/store_backup.h"

#include <stdio.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
};

static const struct opt_table table = {
    .command = "backup",
    .synopsis = "parallax-collector backup [options] DIR",
    .summary = "copy the data directory, also while serving",
    .text = "DIR is made, or must be empty. It appears whole or not at all, "
            "and holds every\nmeasurement that was acknowledged before. "
            "`sha256sum -c manifest.sha256` checks it.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = 1,
};

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    struct store_backed_up done;
    struct diag d = {{0}};
    (void)r;
    if (opt_args(opts, &args) != 1) {
        fprintf(stderr, "parallax-collector backup: where to? Name a "
                        "directory.\n");
        return EXIT_USAGE;
    }
    enum err e = store_backup(opt_str(opts, "data"), args[0], &done, &d);
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector backup: %s\n",
                d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    fprintf(stderr, "%llu measurements in %llu files, %llu bytes\n",
            (unsigned long long)done.measurements,
            (unsigned long long)done.files, (unsigned long long)done.bytes);
    return EXIT_DONE;
}

const struct shell_command cmd_backup = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
