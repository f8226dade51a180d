// SPDX-License-Identifier: Apache-2.0
/* The file of a run that died: only whole frames that waited come out of it. */
#include "probe/deliver/frame.c" /* no library holds the probe */
#include "probe/run/retest_queue.c"
#include "probe/volunteer/paths.c"
#include "probe/volunteer/seal.c"

#include <stdlib.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct seal key = {.keys = {{1, 2, 3}}, .n = 1};

/* Nothing gets as far as the spool. */
enum err spool_add(struct spool *s, const struct frame *f, struct diag *d)
{
    (void)s;
    (void)f;
    return diag_set(d, ERR_INTERNAL, "there is no spool");
}

bool spool_has(const struct spool *s, uint64_t known_by)
{
    (void)s;
    return known_by == 0;
}

enum err spool_sync(struct spool *s, struct diag *d)
{
    (void)s;
    return diag_set(d, ERR_INTERNAL, "there is no spool");
}

struct seen {
    size_t n, bytes;
};

static enum err count(void *arg, const struct frame *f, uint64_t successor)
{
    (void)successor;
    struct seen *s = arg;
    s->n++;
    s->bytes += FRAME_HEAD_LEN + OLD_HEAD_LEN + f->open.len + f->body.len;
    return ERR_OK;
}

/* The bytes as a file. */
static void scan(int fd, struct str bytes)
{
    struct seen s = {0, 0};
    size_t lost = 0;
    if (ftruncate(fd, 0) != 0 || write_at(fd, bytes, 0) != ERR_OK) {
        return;
    }
    if (retest_queue_scan(fd, &key, count, &s, &lost) != ERR_OK ||
        s.bytes > bytes.len) {
        abort();
    }
}

/* The bytes as what a file of today has sealed. */
static void scan_sealed(int fd, struct str bytes)
{
    struct buf sealed, file;
    buf_init(&sealed, FRAME_MAX_SEALED);
    buf_init(&file, FRAME_MAX_SEALED + MAGIC_LEN + HEAD_LEN);
    if (seal_close(&key, bytes, &sealed) != ERR_OK) {
        abort();
    }
    buf_add_c(&file, MAGIC);
    buf_add_u32(&file, (uint32_t)sealed.len);
    buf_add_byte(&file, 1);
    buf_add_u32(&file, 0);
    buf_add_u32(&file, 0);
    buf_add_u32(&file, 0);
    if (buf_add_str(&file, buf_str(&sealed)) != ERR_OK) {
        abort();
    }
    scan(fd, buf_str(&file));
    buf_fini(&sealed);
    buf_fini(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct str bytes = {(const char *)data, size};
    if (fd < 0) {
        fd = memfd_create("parked", MFD_CLOEXEC);
    }
    scan(fd, bytes);
    scan_sealed(fd, bytes);
    return 0;
}
