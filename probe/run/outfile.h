// SPDX-License-Identifier: Apache-2.0
/* --out: records as JSON Lines, appended. A line that could not be written
 * whole is taken back, so that the file never ends in half a record.
 */
#ifndef PARALLAX_PROBE_RUN_OUTFILE_H
#define PARALLAX_PROBE_RUN_OUTFILE_H

#include "base/diag.h"
#include "base/str.h"

struct outfile;

/* "-" is standard output. What an earlier run left in half a line, because it
 * was cut off, is left alone on a line of its own. */
MUST_USE enum err outfile_open(const char *path, struct outfile **out,
                               struct diag *d);

/* Appends a line, whole or not at all; the newline is added. */
MUST_USE enum err outfile_line(struct outfile *o, struct str line,
                               struct diag *d);

/* Flushes to the disk and closes. NULL is allowed. */
MUST_USE enum err outfile_close(struct outfile *o, struct diag *d);

#endif
