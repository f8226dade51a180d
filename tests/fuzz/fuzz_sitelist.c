// SPDX-License-Identifier: Apache-2.0
/* A list is refused whole, in words, or every row of it is kept, bad or a
 * duplicate; what is kept is http(s), not a private address, and is called what
 * it is. */
#include "record/sitelist.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_bad(void *arg, const char *file, unsigned line, unsigned col,
                   const char *reason)
{
    size_t *n = arg;

    if (!file || line == 0 || col == 0 || reason[0] == 0) {
        abort();
    }
    ++*n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new((size_t)64 << 20);
    struct sitelist list = {.n = 0};
    struct diag why = {""};
    size_t bad = 0;

    if (!r) {
        return 0;
    }
    enum err e =
        sitelist_parse(r, "list", (struct str){(const char *)data, size}, &list,
                       on_bad, &bad, &why);
    if (e == ERR_PARSE && (list.rows || list.n || bad || !why.text[0])) {
        abort();
    }
    if (e == ERR_OK) {
        if (list.rows != list.n + list.bad + list.duplicate ||
            list.bad != bad) {
            abort();
        }
        for (size_t i = 0; i < list.n; i++) {
            const struct site *s = &list.sites[i];

            if (strncmp(s->url.text, "http", 4) != 0 || s->risk < 0 ||
                s->risk > 3 || s->input != s->url.text ||
                (s->url.literal.family && ip_is_special(&s->url.literal))) {
                abort();
            }
        }
    }
    region_free(r);
    return 0;
}
