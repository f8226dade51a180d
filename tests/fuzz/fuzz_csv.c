// SPDX-License-Identifier: Apache-2.0
/* Rows that are read are written and read again as the same. */
#include "base/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void write_and_read(struct region *r, const struct csv_row *row)
{
    struct csv_row again;
    struct csv c;
    struct buf out;
    struct diag d;

    buf_init(&out, (size_t)1 << 24);
    for (size_t i = 0; i < row->n; i++) {
        csv_add(&out, row->field[i], i == 0, false);
    }
    csv_end(&out);
    must(out.failed == ERR_OK);
    csv_init(&c, buf_str(&out));
    if (row->n == 1 && row->field[0].len == 0) {
        must(csv_next(&c, r, &again, &d) == ERR_NOTFOUND); /* a blank line */
    } else if (!str_starts(row->field[0], "\xef\xbb\xbf")) {
        must(csv_next(&c, r, &again, &d) == ERR_OK);
        must(again.n == row->n);
        for (size_t i = 0; i < row->n; i++) {
            must(str_eq(again.field[i], row->field[i]));
        }
    }
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new((size_t)64 << 20);
    struct csv c;
    struct csv_row row;
    struct diag d;
    enum err e = ERR_OK;

    if (!r) {
        return 0;
    }
    csv_init(&c, (struct str){(const char *)data, size});
    for (size_t rows = 0; e == ERR_OK || e == ERR_PARSE; rows++) {
        must(rows <= size); /* each row takes at least a byte */
        e = csv_next(&c, r, &row, &d);
        if (e == ERR_OK) {
            must(row.n > 0 && row.line > 0);
            write_and_read(r, &row);
        } else if (e == ERR_PARSE) {
            must(row.line > 0 && row.col[0] > 0);
        }
    }
    must(e == ERR_NOTFOUND);
    region_free(r);
    return 0;
}
