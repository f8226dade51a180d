// SPDX-License-Identifier: Apache-2.0
/* `get`: one stored record, byte for byte. */
#include "collector/cmd/cmd_get.h"

#include "base/clock.h"
#include "base/fs.h"
#include "collector/cmd/cmds.h"
#include "collector/store/view.h"

#include <stdio.h>
#include <unistd.h>

#define RECORD_MAX ((size_t)64 << 20)

static const struct opt options[] = {
    CMD_OPT_DATA,
    {.name = "control",
     .kind = OPT_FLAG,
     .help = "print what a control said that was asked about it later"},
};

static const struct opt_table table = {
    .command = "get",
    .synopsis = "parallax-collector get [options] UID",
    .summary = "print one stored measurement",
    .text = "UID is the measurement's, or the measurement_uid that an imported "
            "one came with.\nThe record is printed byte for byte as it is "
            "stored, with nothing added.",
    .opts = options,
    .n_opts = sizeof(options) / sizeof(options[0]),
    .max_args = 1,
};

static int command(struct region *r, const struct opt_set *opts)
{
    const char *const *args = NULL;
    struct store *store = NULL;
    struct diag d = {{0}};
    struct buf b;
    (void)r;
    if (opt_args(opts, &args) != 1) {
        fprintf(stderr, "parallax-collector get: which measurement? Give its "
                        "UID.\n");
        return EXIT_USAGE;
    }
    buf_init(&b, RECORD_MAX);
    enum err e = store_open(opt_str(opts, "data"), STORE_READ, &store, &d);
    if (e == ERR_OK) {
        d.text[0] = '\0'; /* what opening looked for in vain */
        bool late = opt_flag(opts, "control");
        e = late ? view_late(store, VIEW_INTERNAL, args[0], &b)
                 : view_get(store, VIEW_INTERNAL, clock_wall_us() / US_PER_S,
                            args[0], &b);
        if (e == ERR_NOTFOUND && late) {
            diag_set(&d, e, "no control was asked later about %.80s", args[0]);
        } else if (e == ERR_NOTFOUND) {
            diag_set(&d, e, "there is no measurement %.80s", args[0]);
        } else if (e == ERR_PARSE) {
            diag_set(&d, e, "the record of %.80s is damaged", args[0]);
        } else if (e == ERR_IO) {
            diag_set(&d, e, "the record of %.80s is lost or cannot be read",
                     args[0]);
        }
    }
    if (e == ERR_OK) {
        e = fs_write_all(STDOUT_FILENO, b.p, b.len);
    }
    if (e != ERR_OK) {
        fprintf(stderr, "parallax-collector get: %s\n",
                d.text[0] ? d.text : err_str(e));
    }
    buf_fini(&b);
    store_close(store);
    return e == ERR_OK ? EXIT_DONE : EXIT_FAILED;
}

const struct shell_command cmd_get = {
    .table = &table,
    .memory = (size_t)1 << 20,
    .run = command,
};
