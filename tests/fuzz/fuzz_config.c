// SPDX-License-Identifier: Apache-2.0
/* A configuration file against a table with every kind of option. */
#include "cli/opt.h"
#include "cli/opt_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct opt opts[] = {
    {.name = "flag", .key = "a.flag", .kind = OPT_FLAG},
    {.name = "text", .key = "text", .kind = OPT_STR},
    {.name = "n", .key = "a.n", .kind = OPT_INT, .min = 1, .max = 64},
    {.name = "size", .key = "a.size", .kind = OPT_BYTES, .max = 1 << 30},
    {.name = "list", .key = "a.list", .kind = OPT_LIST},
    {.name = "maybe", .key = "maybe", .kind = OPT_MAYBE},
};
static const struct opt_table table = {.command = "test",
                                       .synopsis = "test",
                                       .opts = opts,
                                       .n_opts =
                                           sizeof(opts) / sizeof(opts[0])};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new((size_t)16 << 20);
    struct opt_set *s = NULL;
    struct diag d = {""};
    const char *const *items;

    if (!r || opt_set_new(r, &table, NULL, &s)) {
        region_free(r);
        return 0;
    }
    if (opt_file_text(s, "config", (struct str){(const char *)data, size},
                      &d)) {
        if (d.text[0] == 0) {
            abort(); /* every refusal says why */
        }
    } else {
        int64_t n = opt_int(s, "a.n");
        size_t len = opt_list(s, "a.list", &items);

        if (opt_given(s, "a.n") && (n < 1 || n > 64)) {
            abort();
        }
        for (size_t i = 0; i < len; i++) {
            if (items[i][0] == 0) {
                abort();
            }
        }
    }
    region_free(r);
    return 0;
}
