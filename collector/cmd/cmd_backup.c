// SPDX-License-Identifier: Apache-2.0
/* `backup`: a copy of the data directory, also while a collector serves; looked
 * through at once, for older copies are removed when there is a newer one. */
#include "collector/cmd/cmd_backup.h"

#include "collector/cmd/cmds.h"
#include "collector/store/store_backup.h"
#include "collector/store/store_verify.h"

#include <stdio.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
};

static const struct opt_table table = {
    .command = "backup",
    .synopsis = "parallax-collector backup [options] DIR",
    .summary = "copy the data directory, also while serving",
    .text =
        "DIR is made, or must be empty. It appears whole or not at all, "
        "and holds every\nmeasurement that was acknowledged before. "
        "`sha256sum -c manifest.sha256` checks it.\n"
        "What is damaged in the store is so in the copy: each damage is told, exit "
        "status 3.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = 1,
};

static void tell(void *arg, const char *words)
{
    (void)arg;
    fprintf(stderr, "parallax-collector backup: %s\n", words);
}

/* What is known to be lost was told when it was lost. */
static int look_through(const char *copy)
{
    struct store_verified seen = {0};
    struct diag d = {{0}};
    enum err e = store_verify(copy, tell, NULL, &seen, &d);
    if (e != ERR_OK) {
        tell(NULL, d.text[0] ? d.text : err_str(e));
        return EXIT_PARTLY;
    }
    if (seen.damage == seen.lost) {
        return EXIT_DONE;
    }
    fprintf(stderr,
            "parallax-collector backup: the copy is made, and so damaged: keep "
            "an older one, too\n");
    return EXIT_PARTLY;
}

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
    return look_through(args[0]);
}

const struct shell_command cmd_backup = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
