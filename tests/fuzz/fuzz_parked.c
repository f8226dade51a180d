// SPDX-License-Identifier: Apache-2.0
/* The file of a run that died: only whole frames that waited come out of it. */
#include "probe/deliver/spool.c" /* no library holds the probe */
#undef MAGIC
#include "probe/run/retest_queue.c"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t n, bytes;
};

static enum err count(void *arg, const struct spool_frame *f)
{
    struct seen *s = arg;
    s->n++;
    s->bytes += SPOOL_HEADER_LEN + HEAD_LEN + f->open.len + f->body.len;
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct seen s = {0, 0};
    if (fd < 0) {
        fd = memfd_create("parked", MFD_CLOEXEC);
    }
    if (ftruncate(fd, 0) != 0 ||
        write_at(fd, (struct str){(const char *)data, size}, 0) != ERR_OK) {
        return 0;
    }
    if (retest_queue_scan(fd, count, &s) != ERR_OK || s.bytes > size) {
        abort();
    }
    return 0;
}
