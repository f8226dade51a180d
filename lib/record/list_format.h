// SPDX-License-Identifier: Apache-2.0
/* In what shape a site list comes: its encoding, its line ends, what separates
 * its columns, which of them hold the URL and the category. Nothing is guessed,
 * because a category that is read wrongly leads to a site that nobody agreed
 * to: a list of which this is not certain is refused whole.
 *
 *   encoding    UTF-8, or UTF-16 with its byte order mark
 *   line ends   LF, CRLF, or CR where there is no LF at all
 *   header      names `url` and `category_code`, once each; that proves the
 *               separator, which is a comma, a semicolon or a tab. `url` alone:
 *               there are no categories
 *               `risk_class` may be there once
 *   no header   rows begin with a URL. Where none of them could be more than a
 *               URL, there is one a line. Where by exactly one separator some
 *               second cell is a known code, it is CSV
 *   rows        none has more cells than the header, or the first row
 *
 * Lines that begin with `#` are comments, before the header too.
 */
#ifndef PARALLAX_RECORD_LIST_FORMAT_H
#define PARALLAX_RECORD_LIST_FORMAT_H

#include "base/csv.h"

#define LIST_FORMAT_NO_COLUMN SIZE_MAX

struct list_format {
    struct str text; /* UTF-8 where a row is not damaged, lines end in LF or
                        CRLF */
    char separator;  /* 0: one URL a line */
    bool header;     /* the first row names the columns */
    size_t url, category; /* columns; the latter may be LIST_FORMAT_NO_COLUMN */
    size_t risk; /* that of `risk_class`, in lists with a header; may be
                    LIST_FORMAT_NO_COLUMN */
};

/* Finds it for the bytes of a list. *out borrows from them, or lives in `r`.
 * ERR_PARSE: refused, `d` (may be NULL) says why in one sentence. ERR_NOMEM. */
MUST_USE enum err list_format_find(struct region *r, struct str bytes,
                                   struct list_format *out, struct diag *d);
/* Begins to read its rows, the header among them. */
void list_format_rows(const struct list_format *f, struct csv *csv);
/* The next row of which any cell is more than space; errors as csv_next. */
MUST_USE enum err list_format_next(struct csv *csv, struct region *r,
                                   struct csv_row *row, struct diag *d);
/* Is the row a header? Then its columns, of which either may be missing. */
bool list_format_is_header(const struct csv_row *row, size_t *url,
                           size_t *category);
/* The byte in a text, meant as one URL, by which it may be several cells; 0 if
 * it is clearly one. */
char list_format_torn(struct str url);

#endif
