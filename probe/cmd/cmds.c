// SPDX-License-Identifier: Apache-2.0
#include "probe/cmd/cmds.h"

#include <stdio.h>

const struct opt_table *const cmd_tables[] = {
    &cmd_run_table,
    &cmd_diagnose_table,
    &cmd_analyze_table,
    &cmd_consent_table,
    &cmd_upload_table,
    &cmd_version_table,
    NULL,
};

bool cmd_options(struct region *r, const struct opt_table *t, int argc,
                 char **argv, struct opt_set **out, int *status)
{
    struct diag d = {""};
    bool help = false;
    enum err e = opt_parse(r, t, cmd_tables, argc, argv, out, &help, &d);
    if (e == ERR_OK && !help) {
        return true;
    }
    if (e == ERR_OK) {
        opt_help(t);
        *status = EXIT_DONE;
        return false;
    }
    fprintf(stderr, "parallax %s: %s\n", t->command,
            d.text[0] ? d.text : err_str(e));
    if (e == ERR_INVAL) {
        fprintf(stderr, "Try `parallax %s --help`.\n", t->command);
    }
    *status = e == ERR_INVAL || e == ERR_PARSE ? EXIT_USAGE : EXIT_FAILED;
    return false;
}
