// SPDX-License-Identifier: Apache-2.0
/* `restore`: a data directory made from a backup. */
#include "collector/cmd/cmd_restore.h"

#include "base/clock.h"
#include "collector/cmd/cmds.h"
#include "collector/cmd/settling.h"
#include "collector/store/store_restore.h"
#include "collector/store/store_verify.h"

#include <stdio.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
};

static const struct opt_table table = {
    .command = "restore",
    .synopsis = "parallax-collector restore [options] DIR",
    .summary = "make the data directory from a backup",
    .text = "DIR is what `backup` wrote. The data directory is made, or must "
            "be empty; it\nappears whole or not at all, and is looked through "
            "afterwards as by verify-store.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = 1,
};

static void tell(void *arg, const char *words)
{
    (void)arg;
    fprintf(stderr, "parallax-collector restore: %s\n", words);
}

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    const char *dir = opt_str(opts, "data");
    struct store_verified seen = {0};
    struct diag d = {{0}};
    (void)r;
    if (opt_args(opts, &args) != 1) {
        fprintf(stderr, "parallax-collector restore: from where? Name the "
                        "directory of a backup.\n");
        return EXIT_USAGE;
    }
    enum err e = store_restore(args[0], dir, clock_wall_us() / US_PER_S,
                               settling_day, &d);
    if (e == ERR_OK) {
        e = store_verify(dir, tell, NULL, &seen, &d);
    }
    if (e != ERR_OK) {
        tell(NULL, d.text[0] ? d.text : err_str(e));
        return EXIT_FAILED;
    }
    fprintf(stderr, "%llu records, %llu damages\n",
            (unsigned long long)seen.frames, (unsigned long long)seen.damage);
    return seen.damage == 0 ? EXIT_DONE : EXIT_FAILED;
}

const struct shell_command cmd_restore = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
