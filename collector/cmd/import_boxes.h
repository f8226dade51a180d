// SPDX-License-Identifier: Apache-2.0
/* Files of sealed records, for cmd_import.c alone: each box is opened by the
 * process that has the key, and gives one record.
 */
#ifndef PARALLAX_COLLECTOR_CMD_IMPORT_BOXES_H
#define PARALLAX_COLLECTOR_CMD_IMPORT_BOXES_H

#include "base/diag.h"
#include "base/stream.h"
#include "collector/sealed/opener.h"

/* Gets a record; or, with `bad`, what a box held instead of one. An error ends
 * the file. */
typedef enum err (*import_boxes_fn)(void *arg, const struct stream_item *it,
                                    const struct diag *bad);

/* Goes through a file of boxes. `opener` NULL: ERR_ACCESS, there is no key. The
 * error is that of `fn`, or of reading; `d` says it. */
MUST_USE enum err import_boxes(const char *path, struct opener *opener,
                               import_boxes_fn fn, void *arg, struct diag *d);

#endif
