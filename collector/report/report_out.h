// SPDX-License-Identifier: Apache-2.0
/* A directory of files that appears whole or not at all. Files are written
 * into a directory beside the wanted one, each with its SHA-256 and fsync;
 * report_out_commit writes manifest.json and renames. The wanted directory must
 * be missing, empty, or hold nothing but what an earlier manifest of ours
 * names.
 */
#ifndef PARALLAX_COLLECTOR_REPORT_OUT_H
#define PARALLAX_COLLECTOR_REPORT_OUT_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/diag.h"

#define REPORT_OUT_MAX_FILES   16
#define REPORT_OUT_FLUSH_BYTES (256u << 10)

struct report_out;

/* One file being written: append to `buf`, call report_out_flush now and then.
 */
struct report_out_file {
    struct buf buf;
    const char *name; /* borrowed */
    struct sha256 hash;
    uint64_t bytes;
    int fd;
};

/* ERR_EXISTS: the directory is in use by something else; `d` says what. */
MUST_USE enum err report_out_begin(const char *dir, struct report_out **out,
                                   struct diag *d);
MUST_USE enum err report_out_open(struct report_out *o, const char *name,
                                  struct report_out_file *f, struct diag *d);
/* Writes the buffer to the file once it holds REPORT_OUT_FLUSH_BYTES. Returns
 * an earlier failure of the buffer, too. */
MUST_USE enum err report_out_flush(struct report_out_file *f, struct diag *d);
MUST_USE enum err report_out_close(struct report_out *o,
                                   struct report_out_file *f, struct diag *d);
/* Closes the file without writing the rest, after a failure. */
void report_out_drop(struct report_out_file *f);
/* Frees `o` in any case; on failure nothing of it remains on disk. `schema`
 * and `generated` go into the manifest. */
MUST_USE enum err report_out_commit(struct report_out *o, const char *schema,
                                    const char *generated, struct diag *d);
/* Removes everything written and frees. */
void report_out_abort(struct report_out *o);

#endif
