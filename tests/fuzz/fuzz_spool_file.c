// SPDX-License-Identifier: Apache-2.0
/* A file of the spool, whatever is in it: what counts as a whole frame encodes
 * to the same bytes; and once the torn end is cut off, the same frames are
 * there and nothing is torn. */
#include "probe/deliver/spool_file.c" /* no library holds the probe */

#include "probe/deliver/frame.c"
#include "probe/volunteer/paths.c"
#include "probe/volunteer/seal.c"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    int fd;
    struct str file;
    size_t n;
    uint64_t sums;
};

static enum err see(void *arg, const struct spool_head *h, uint64_t at,
                    struct str begin)
{
    struct seen *s = arg;
    struct spool_head again = *h;
    struct buf content, frame;
    buf_init(&content, FRAME_MAX_SEALED);
    buf_init(&frame, FRAME_MAX_SEALED + SPOOL_FILE_MORE);
    if (spool_file_read(s->fd, at, &content) != ERR_OK ||
        content.len != h->len || begin.len > content.len ||
        memcmp(begin.p, content.p, begin.len) != 0 ||
        spool_file_encode(&again, buf_str(&content), &frame) != ERR_OK ||
        again.sum != h->sum ||
        !str_eq(buf_str(&frame), str_sub(s->file, at, frame.len))) {
        abort();
    }
    buf_fini(&content);
    buf_fini(&frame);
    s->n++;
    s->sums ^= h->sum;
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct spool_scan found, again;
    struct str file = {(const char *)data, size};
    if (fd < 0) {
        fd = memfd_create("spool", MFD_CLOEXEC);
    }
    if (ftruncate(fd, 0) != 0 || spool_file_write(fd, file, 0) != ERR_OK) {
        return 0;
    }
    struct seen first = {fd, file, 0, 0};
    struct seen second = first;
    if (spool_file_scan(fd, see, &first, &found) != ERR_OK ||
        found.end > found.size || found.size != size) {
        abort();
    }
    if (found.foreign || ftruncate(fd, (off_t)found.end) != 0) {
        return 0;
    }
    if (spool_file_scan(fd, see, &second, &again) != ERR_OK ||
        again.end != found.end || again.size != again.end ||
        second.n != first.n || second.sums != first.sums) {
        abort();
    }
    return 0;
}
