// SPDX-License-Identifier: Apache-2.0
/* Writes cells of tables. */
#include "collector/html/table.h"

void table_cell(struct buf *b, const char *label, const char *attr)
{
    buf_printf(b, "<td data-l=\"%s\"%s>", label, attr);
}
