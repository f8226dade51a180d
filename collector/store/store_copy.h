// SPDX-License-Identifier: Apache-2.0
/* Files copied with their hashes, for backups (store_backup.c) and from them
 * (store_restore.c). A copy is on the disk when a function returns; the name of
 * it is once fs_fsync_dir was called for its folder.
 */
#ifndef PARALLAX_COLLECTOR_STORE_STORE_COPY_H
#define PARALLAX_COLLECTOR_STORE_STORE_COPY_H

#include "base/crypto.h"
#include "base/diag.h"

#include <limits.h>

/* The list of a backup's files: a line for each, as `sha256sum` writes it. */
#define STORE_COPY_LIST "manifest.sha256"

/* Copies the first `max` bytes of a regular file, or as many as it has, to a
 * new file of its owner's alone; hash and length are those of the copy. Removes
 * what it began when it fails. ERR_INVAL: `from` is no file, or a link. */
MUST_USE enum err store_copy_file(const char *from, const char *to,
                                  uint64_t max, uint8_t sum[SHA256_LEN],
                                  uint64_t *bytes, struct diag *d);
/* Hash of a file. */
MUST_USE enum err store_copy_sum(const char *path, uint8_t sum[SHA256_LEN],
                                 struct diag *d);

/* A copy that is being made. */
struct store_copy {
    char made[PATH_MAX]; /* the directory that shall take the target's place */
    char mark[PATH_MAX]; /* the file beside it that says who makes it */
    int lock;
};

/* Makes the directory beside `target`; one that somebody began and left is
 * removed first. ERR_EXISTS: `target` is there and not an empty directory, or
 * something that we did not begin stands in the way; ERR_BUSY: another one is
 * going on. The caller calls store_copy_end or store_copy_drop. */
MUST_USE enum err store_copy_begin(const char *target, struct store_copy *c,
                                   struct diag *d);
/* Puts it there by one rename; it belongs to whom `target` belonged to. */
MUST_USE enum err store_copy_end(const char *target, struct store_copy *c,
                                 struct diag *d);
/* Removes what was made, after `e`, whose words stand in `d`; returns it. */
MUST_USE enum err store_copy_drop(struct store_copy *c, enum err e,
                                  struct diag *d);

/* Of the names in a data directory, `below` it in this folder, "" for itself:
 * those that stand in no copy, because they are made anew, are of one moment,
 * or must not outlive their day. */
bool store_copy_left_out(const char *below, const char *name);

#endif
