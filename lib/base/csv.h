// SPDX-License-Identifier: Apache-2.0
/* CSV reader (RFC 4180, LF or CRLF, optional UTF-8 BOM) over a text in memory,
 * with the line and column of every field for messages, and a quoting writer.
 * A malformed row is reported and skipped up to its end of line, so that one
 * bad row costs one row.
 */
#ifndef PARALLAX_BASE_CSV_H
#define PARALLAX_BASE_CSV_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/region.h"

#define CSV_MAX_FIELDS 64

struct csv_row {
    struct str field[CSV_MAX_FIELDS];
    unsigned col[CSV_MAX_FIELDS]; /* byte column of each field, from 1 */
    size_t n;
    unsigned line; /* from 1 */
};

struct csv {
    struct str text;
    size_t pos;
    unsigned line;
    char separator; /* a comma, unless the caller changes it */
    char comment;   /* rows that begin with it are passed over like blank ones;
                       0: there are none, unless the caller changes it */
};

/* Begins with the first row of `text`, which is borrowed. */
void csv_init(struct csv *c, struct str text);

/* Next row that is not blank. ERR_NOTFOUND at the end; ERR_PARSE for a bad
 * row (row->line, row->col[0] and `d` say where and what; the next call goes
 * on with the next line). Fields borrow from the text or live in `r`. */
MUST_USE enum err csv_next(struct csv *c, struct region *r, struct csv_row *row,
                           struct diag *d);

/* Appends one field, quoted if needed; a leading = + - @ TAB CR is prefixed
 * with an apostrophe when `guard` (spreadsheets run such cells as formulas). */
void csv_add(struct buf *out, struct str field, bool first, bool guard);

/* Ends a row, with CRLF. */
void csv_end(struct buf *out);

#endif
