// SPDX-License-Identifier: Apache-2.0
/* Frames in one file, behind each other. */
#include "probe/deliver/spool_file.h"

#include "base/crypto.h"
#include "base/cur.h"
#include "base/look.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MARK     "PXF"
#define MARK_LEN 3u
#define STATE_AT 9u
#define CHUNK    16384u
/* A power cut may leave a file longer than what was written to it. */
#define ZEROS "\0\0\0\0\0\0\0\0"
/* Places in one file that look like a frame and are none: after so many the
 * rest counts as torn, so that no bytes make the search long. */
#define FALSE_MAX 64

/* ---- bytes --------------------------------------------------------------- */

/* Begins the hash of a frame with its head, the state left out. */
static void sum_head(struct sha256 *h, struct str head)
{
    crypto_sha256_init(h);
    crypto_sha256_add(h, str_sub(head, 0, STATE_AT));
    crypto_sha256_add(
        h, str_sub(head, STATE_AT + 1, SPOOL_FILE_HEAD - STATE_AT - 1));
}

static uint64_t first_of(const void *sum)
{
    struct cur c = cur_of(sum, SPOOL_FILE_SUM);
    return cur_u64(&c);
}

enum err spool_file_encode(struct spool_head *h, struct str content,
                           struct buf *out)
{
    uint8_t sum[SHA256_LEN];
    struct sha256 hash;
    struct buf head;
    if (content.len > FRAME_MAX_SEALED) {
        return ERR_LIMIT;
    }
    h->len = (uint32_t)content.len;
    buf_init(&head, SPOOL_FILE_HEAD);
    buf_add_c(&head, h->boxed ? MARK "b" : MARK "d");
    buf_add_u32(&head, (uint32_t)content.len);
    buf_add_byte(&head, (uint8_t)h->priority);
    buf_add_byte(&head, (uint8_t)h->state);
    enum err e = buf_add_u16(&head, h->day);
    if (e == ERR_OK) {
        sum_head(&hash, buf_str(&head));
        crypto_sha256_add(&hash, content);
        crypto_sha256_end(&hash, sum);
        h->sum = first_of(sum);
        buf_add_str(out, buf_str(&head));
        buf_add_str(out, content);
        e = buf_add(out, sum, SPOOL_FILE_SUM);
    }
    buf_fini(&head);
    return e;
}

static bool read_head(struct str bytes, struct spool_head *out)
{
    struct cur c = cur_of(bytes.p, bytes.len);
    struct str mark = cur_bytes(&c, MARK_LEN);
    uint8_t kind = cur_u8(&c);
    uint32_t len = cur_u32(&c);
    uint8_t priority = cur_u8(&c);
    uint8_t state = cur_u8(&c);
    uint16_t day = cur_u16(&c);
    if (c.bad || !str_eq_c(mark, MARK) || (kind != 'b' && kind != 'd') ||
        len > FRAME_MAX_SEALED || priority >= FRAME_PRIORITIES ||
        (state != FRAME_DONE && !frame_state_known(state))) {
        return false;
    }
    *out = (struct spool_head){.len = len,
                               .priority = (enum frame_priority)priority,
                               .state = (enum frame_state)state,
                               .day = day,
                               .boxed = kind == 'b'};
    return true;
}

bool spool_file_whole(struct str bytes, struct spool_head *out,
                      struct str *content)
{
    uint8_t sum[SHA256_LEN];
    struct sha256 hash;
    if (!read_head(bytes, out) ||
        bytes.len != (size_t)out->len + SPOOL_FILE_MORE) {
        return false;
    }
    *content = str_sub(bytes, SPOOL_FILE_HEAD, out->len);
    sum_head(&hash, bytes);
    crypto_sha256_add(&hash, *content);
    crypto_sha256_end(&hash, sum);
    out->sum = first_of(sum);
    return memcmp(bytes.p + SPOOL_FILE_HEAD + out->len, sum, SPOOL_FILE_SUM) ==
           0;
}

/* ---- the file ------------------------------------------------------------ */

/* As many bytes as there are, up to `len`. */
static enum err read_some(int fd, void *p, size_t len, uint64_t at, size_t *got)
{
    *got = 0;
    while (*got < len) {
        ssize_t n = pread(fd, (char *)p + *got, len - *got, (off_t)(at + *got));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return err_from_errno(errno);
        }
        if (n == 0) {
            break;
        }
        *got += (size_t)n;
    }
    return ERR_OK;
}

enum err spool_file_write(int fd, struct str data, uint64_t at)
{
    size_t put = 0;
    while (put < data.len) {
        ssize_t n = pwrite(fd, data.p + put, data.len - put, (off_t)(at + put));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? err_from_errno(errno) : ERR_IO;
        }
        put += (size_t)n;
    }
    return ERR_OK;
}

enum err spool_file_mark(int fd, uint64_t at, enum frame_state state)
{
    char byte = (char)state;
    return spool_file_write(fd, (struct str){&byte, 1}, at + STATE_AT);
}

struct scan {
    int fd;
    struct spool_scan *out;
    unsigned tries; /* that looked like a frame and were none */
    bool nothing;   /* was written to it */
    char begin[SPOOL_FILE_BEGIN];
    size_t begin_len;
};

/* Goes through the content, and compares the sum behind it. */
static enum err check_content(struct scan *s, struct sha256 *hash,
                              uint64_t from, struct spool_head *h, bool *whole)
{
    char chunk[CHUNK];
    uint8_t sum[SHA256_LEN];
    uint32_t len = h->len;
    size_t got = 0;
    s->begin_len = len < SPOOL_FILE_BEGIN ? len : SPOOL_FILE_BEGIN;
    for (uint32_t at = 0; at < len; at += (uint32_t)got) {
        uint32_t want = len - at < CHUNK ? len - at : CHUNK;
        enum err e = read_some(s->fd, chunk, want, from + at, &got);
        if (e != ERR_OK || got != want) {
            return e;
        }
        if (at == 0) {
            memcpy(s->begin, chunk, s->begin_len);
        }
        crypto_sha256_add(hash, (struct str){chunk, got});
    }
    enum err e = read_some(s->fd, chunk, SPOOL_FILE_SUM, from + len, &got);
    crypto_sha256_end(hash, sum);
    h->sum = first_of(sum);
    *whole = e == ERR_OK && got == SPOOL_FILE_SUM &&
             memcmp(chunk, sum, SPOOL_FILE_SUM) == 0;
    return e;
}

/* Is there a whole frame? */
static enum err check_at(struct scan *s, uint64_t at, struct spool_head *h,
                         bool *whole)
{
    char head[SPOOL_FILE_HEAD];
    size_t got = 0;
    struct sha256 hash;
    *whole = false;
    enum err e = read_some(s->fd, head, sizeof(head), at, &got);
    struct str bytes = {head, got};
    if (e != ERR_OK || !read_head(bytes, h) ||
        h->len + (uint64_t)SPOOL_FILE_MORE > s->out->size - at) {
        return e;
    }
    sum_head(&hash, bytes);
    return check_content(s, &hash, at + SPOOL_FILE_HEAD, h, whole);
}

/* The next place from `at` on where a frame may begin, or the file's end. */
static enum err next_mark(const struct scan *s, uint64_t at, uint64_t *found)
{
    char chunk[CHUNK];
    size_t got = 0;
    *found = s->out->size;
    while (at < s->out->size) {
        enum err e = read_some(s->fd, chunk, CHUNK, at, &got);
        size_t i = str_find((struct str){chunk, got}, STR(MARK));
        if (e != ERR_OK || got < MARK_LEN) {
            return e;
        }
        if (i != SIZE_MAX) {
            *found = at + i;
            return ERR_OK;
        }
        at += got - (MARK_LEN - 1);
    }
    return ERR_OK;
}

/* From a place where no frame is to the next whole one, or to the end. */
static enum err resume(struct scan *s, uint64_t *at, struct spool_head *h,
                       bool *whole)
{
    enum err e = ERR_OK;
    while (e == ERR_OK && !*whole && *at < s->out->size) {
        if (s->tries++ == FALSE_MAX) {
            *at = s->out->size;
            break;
        }
        e = next_mark(s, *at + 1, at);
        if (e == ERR_OK && *at < s->out->size) {
            e = check_at(s, *at, h, whole);
        }
    }
    return e;
}

/* The same, but for a digit at its end that is larger than ours. */
static bool is_newer(const char *magic, size_t len)
{
    const size_t last = SPOOL_FILE_START - 1;
    return len == SPOOL_FILE_START &&
           memcmp(magic, SPOOL_FILE_MAGIC, last) == 0 && magic[last] <= '9' &&
           magic[last] > SPOOL_FILE_MAGIC[last];
}

static enum err begin_scan(struct scan *s)
{
    char magic[SPOOL_FILE_START];
    struct look seen;
    size_t got = 0;
    enum err e = look_fd(s->fd, &seen);
    if (e != ERR_OK) {
        return e;
    }
    s->out->size = seen.bytes;
    e = read_some(s->fd, magic, sizeof(magic), 0, &got);
    bool empty =
        got < sizeof(magic) && memcmp(magic, SPOOL_FILE_MAGIC, got) == 0;
    bool zeros = got > 0 && memcmp(magic, ZEROS, got) == 0;
    s->out->foreign =
        !empty && !zeros && memcmp(magic, SPOOL_FILE_MAGIC, sizeof(magic)) != 0;
    s->out->newer = s->out->foreign && is_newer(magic, got);
    s->nothing = empty || zeros;
    return e;
}

enum err spool_file_scan(int fd, spool_file_fn fn, void *arg,
                         struct spool_scan *out)
{
    struct scan s = {.fd = fd, .out = out};
    uint64_t at = SPOOL_FILE_START;
    *out = (struct spool_scan){.end = SPOOL_FILE_START};
    enum err e = begin_scan(&s);
    if (e != ERR_OK || out->foreign || s.nothing) {
        out->end = 0;
        return e;
    }
    while (e == ERR_OK && at < out->size) {
        struct spool_head h;
        bool whole = false;
        e = check_at(&s, at, &h, &whole);
        if (e == ERR_OK && !whole) {
            e = resume(&s, &at, &h, &whole);
            out->damaged += whole;
        }
        if (e == ERR_OK && whole) {
            e = fn(arg, &h, at, (struct str){s.begin, s.begin_len});
            at += (uint64_t)h.len + SPOOL_FILE_MORE;
            out->end = at;
        }
    }
    return e;
}

enum err spool_file_read(int fd, uint64_t at, struct buf *out)
{
    char chunk[CHUNK];
    size_t got = 0;
    struct spool_head h;
    struct str content = STR("");
    struct buf frame;
    enum err e = read_some(fd, chunk, SPOOL_FILE_HEAD, at, &got);
    if (e != ERR_OK || !read_head((struct str){chunk, got}, &h)) {
        return e ? e : ERR_PARSE;
    }
    size_t len = (size_t)h.len + SPOOL_FILE_MORE;
    buf_init(&frame, len);
    while (e == ERR_OK && frame.len < len) {
        size_t left = len - frame.len;
        e = read_some(fd, chunk, left < CHUNK ? left : CHUNK, at + frame.len,
                      &got);
        if (e == ERR_OK) {
            e = got ? buf_add(&frame, chunk, got) : ERR_PARSE;
        }
    }
    if (e == ERR_OK && !spool_file_whole(buf_str(&frame), &h, &content)) {
        e = ERR_PARSE;
    }
    if (e == ERR_OK) {
        e = buf_add_str(out, content);
    }
    buf_fini(&frame);
    return e;
}
