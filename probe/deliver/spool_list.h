// SPDX-License-Identifier: Apache-2.0
/* The spool in memory: which files there are, and which frames in them. Shared
 * by the parts of the spool and by nobody else; spool.h is for the others.
 */
#ifndef PARALLAX_PROBE_DELIVER_SPOOL_LIST_H
#define PARALLAX_PROBE_DELIVER_SPOOL_LIST_H

#include "probe/deliver/spool_file.h"
#include "probe/volunteer/paths.h"

#define SPOOL_LIST_FRAMES 100000
#define SPOOL_LIST_FILES  100000
#define SPOOL_LIST_SUFFIX ".spool"
#define SPOOL_LIST_OWN    2 /* files that we append to: what works, the rest */
#define SPOOL_IN_MEMORY   UINT32_MAX /* no file */

struct spool_log {
    char name[SPOOL_NAME_MAX]; /* "": removed */
    uint64_t end;              /* where the next frame goes, if it is ours */
    size_t live;               /* frames that are not done with */
    int fd;                    /* of ours, else -1 */
    bool old;                  /* one frame of an earlier version */
    bool taken;                /* and that is in the spool now */
};

struct spool_entry {
    uint64_t id, at; /* at: in its file, or in `held` */
    uint64_t sum;    /* by which it is known outside */
    uint32_t log;    /* its file, or SPOOL_IN_MEMORY: held */
    uint32_t len;    /* with head and sum */
    uint16_t day;
    uint8_t state, priority;
    bool boxed;
    uint32_t plain_len;
    uint8_t *plain; /* of a boxed one of this run, while there is room */
};

struct spool {
    char dir[PATHS_MAX];
    const struct seal *seal;
    uint64_t max_bytes, bytes, next_id;
    struct spool_log *logs; /* by name, which is by age; then new ones */
    size_t n_logs, cap_logs;
    struct spool_entry *entries; /* by id */
    size_t n, cap;
    const uint8_t *box_key; /* of the collector; NULL: seal for this device */
    bool copies;            /* of boxed frames are kept as they are */
    size_t plain_bytes;     /* of all copies */
    uint32_t own[SPOOL_LIST_OWN]; /* files, or SPOOL_IN_MEMORY: none yet */
    struct buf held;              /* whole frames that are not written yet */
    int64_t burst_us, synced_at;
    bool unsynced; /* something is written that may not be on the disk */
    bool new_name; /* and so may the name of a file */
    int lock_fd;   /* -1: another process sends */
    int holder;
    bool reserved, disk_full;
    bool looks; /* only: nothing may be changed */
    size_t damaged, lost, dropped;
    uint32_t serial; /* of the next name */
};

/* Path of a name in the directory. */
MUST_USE enum err spool_list_path(const struct spool *s, const char *name,
                                  char out[PATHS_MAX]);

/* Lists one more frame, whose id is then s->entries[s->n - 1].id. */
MUST_USE enum err spool_list_frame(struct spool *s, uint32_t log, uint64_t at,
                                   const struct spool_head *h);

/* Lists one more file; *index is its place. */
MUST_USE enum err spool_list_file(struct spool *s, const struct spool_log *log,
                                  uint32_t *index);

/* The i-th frame is listed no more; its file goes with the last one, unless it
 * is still written to. */
MUST_USE enum err spool_list_forget(struct spool *s, size_t i);

/* Forgets the copy in the clear of the i-th frame, if there is one. */
void spool_list_forget_plain(struct spool *s, size_t i);

/* Removes a file without frames, if it is not written to any more. */
MUST_USE enum err spool_list_clear(struct spool *s, uint32_t log);

#endif
