// SPDX-License-Identifier: Apache-2.0
/* `index rebuild`: the index made again from the segments. */
#include "collector/cmd/cmd_index.h"

#include "base/look.h"
#include "collector/cmd/cmds.h"
#include "collector/store/view.h"

#include <stdio.h>
#include <string.h>

static const struct opt options[] = {
    CMD_OPT_DATA,
    {.name = "foreign",
     .kind = OPT_FLAG,
     .help = "take in segments that are another store's"},
};

static const struct opt_table table = {
    .command = "index",
    .synopsis = "parallax-collector index rebuild [options]",
    .summary = "make the index of a data directory again",
    .text =
        "rebuild reads all segments and puts a new index in the place of "
        "the old one, whose\ncounts of refused and repeated uploads it "
        "keeps. What the old one knew of and\nthe segments do not hold is "
        "kept as lost: stats, verify-store and /health say so.\nSegments of another "
        "store are refused (a wrong disk, a copy in the wrong place)\nunless "
        "--foreign takes them in.\nAn index "
        "that is damaged or of an older version is made again without "
        "being asked\nfor, unless records would be lost.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = 1,
};

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    struct store *store = NULL;
    struct store_stats stats = {0};
    struct diag d = {{0}};
    (void)r;
    if (opt_args(opts, &args) != 1 || strcmp(args[0], "rebuild") != 0) {
        fprintf(stderr, "parallax-collector index: 'rebuild' is what it can "
                        "do\n");
        return EXIT_USAGE;
    }
    const char *data = opt_str(opts, "data");
    struct look seen;
    enum err e = look_at(data, &seen, &d); /* no new one is made */
    if (e == ERR_OK) {
        e = store_rebuild(data, opt_flag(opts, "foreign"), &store, &d);
    }
    if (e == ERR_OK) {
        e = view_stats(store, VIEW_INTERNAL, &stats);
    }
    if (e == ERR_OK) {
        fprintf(stderr, "%llu measurements in the index\n",
                (unsigned long long)stats.measurements);
        if (stats.lost > 0) {
            fprintf(stderr,
                    "%llu that the old one knew of are lost: verify-store "
                    "names them\n",
                    (unsigned long long)stats.lost);
        }
    } else {
        fprintf(stderr, "parallax-collector index: %s\n",
                d.text[0] ? d.text : err_str(e));
    }
    store_stats_fini(&stats);
    store_close(store);
    return e == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

const struct shell_command cmd_index = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
