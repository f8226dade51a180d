// SPDX-License-Identifier: Apache-2.0
/* Files: bounded reads, writes that are either whole or absent; and how many
 * may be open. Errors are from this machine; `d` names the path and the reason.
 */
#ifndef PARALLAX_BASE_FS_H
#define PARALLAX_BASE_FS_H

#include "base/buf.h"
#include "base/diag.h"

/* Reads a whole file ("-" is standard input) of at most max bytes; appended
 * to `out`. ERR_LIMIT if larger. */
MUST_USE enum err fs_read(const char *path, size_t max, struct buf *out,
                          struct diag *d);
/* Writes beside the target (O_EXCL, mode), fsync, rename, fsync of the
 * directory. */
MUST_USE enum err fs_write_atomic(const char *path, struct str data, int mode,
                                  struct diag *d);
/* The same; and the bytes that the path stood for before, if it was a file
 * without another name, are overwritten with zeros after that. */
MUST_USE enum err fs_write_over(const char *path, struct str data, int mode,
                                struct diag *d);
/* All of it or an error; EINTR and short writes handled. */
MUST_USE enum err fs_write_all(int fd, const void *p, size_t len);
/* mkdir -p with mode for new ones, whose names are on the disk then. */
MUST_USE enum err fs_mkdirs(const char *path, int mode, struct diag *d);
MUST_USE enum err fs_fsync_dir(const char *path);
/* `a/b`, region-free: writes into out of size; ERR_LIMIT if too long. */
MUST_USE enum err fs_join(char *out, size_t size, const char *dir,
                          const char *name);
/* Takes an exclusive lock on path (created, mode 0600) holding our pid;
 * ERR_BUSY with *holder = pid of the process that has it. The descriptor is
 * the lock: close it to release. */
MUST_USE enum err fs_lock(const char *path, int *fd, int *holder);
/* The same of a directory itself, which stays where a lock file may be removed.
 * *fd is -1 where the file system (NFS) locks no directories. ERR_BUSY:
 * somebody else has it. */
MUST_USE enum err fs_lock_dir(const char *dir, int *fd);
/* Gives a file that root made the owner of another, so that a service can use
 * what root mended. Nothing for others than root. ERR_ACCESS. */
MUST_USE enum err fs_owner_of(const char *path, const char *other);
/* How many descriptors this process may have, after asking for `want`: fewer
 * where the machine allows no more, more where it did already. */
unsigned fs_descriptors(unsigned want);
/* Removes a file whose bytes nobody shall read again: they are overwritten with
 * zeros first, unless the file has another name, which may be someone else's. A
 * link is removed and what it points to left alone. What a disk keeps of
 * overwritten bytes is beyond us (docs/safety.md). */
MUST_USE enum err fs_shred(const char *path, struct diag *d);
/* rm -r of a directory below us; never follows links. */
MUST_USE enum err fs_remove_tree(const char *path, struct diag *d);

#endif
