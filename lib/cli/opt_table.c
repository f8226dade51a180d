// SPDX-License-Identifier: Apache-2.0
/* What every command has. */
#include "cli/opt_table.h"

static const struct opt common[] = {
    {.name = "config",
     .kind = OPT_STR,
     .arg = "FILE",
     .help = "read settings from FILE"},
    {.name = "log-level",
     .key = "log_level",
     .kind = OPT_STR,
     .def = "warning",
     .arg = "LEVEL",
     .help = "error, warning, info, debug or trace"},
};

const struct opt *opt_table_common(size_t *n)
{
    *n = sizeof(common) / sizeof(common[0]);
    return common;
}

bool opt_table_has_range(const struct opt *o)
{
    return o->min != 0 || o->max != 0;
}
