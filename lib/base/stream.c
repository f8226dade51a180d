// SPDX-License-Identifier: Apache-2.0
/* JSON values, one after the other, out of files of many kinds. */
#include "base/stream.h"

#include "base/ascii.h"
#include "base/inflater.h"
#include "base/json.h"
#include "base/look.h"
#include "base/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK       ((size_t)64 << 10)
#define PENDING     ((size_t)33 << 20)
#define TAR_BLOCK   512
#define TAR_SUM     148 /* where the sum of the head stands */
#define TAR_SUM_LEN 8

struct stream {
    const char *file;
    struct inflater *in;
    struct buf b;
    size_t pos;
    bool ended;      /* no more bytes for the present member */
    enum err broken; /* why nothing of the file follows what was read */
    bool begun;
    bool marked; /* the mark of byte order that may begin a text is behind us */
    unsigned line;
    uint64_t record;
    /* of an archive */
    bool tar;
    uint64_t member_left;
    uint64_t padding;
    char member[101];
    uint8_t head[TAR_BLOCK]; /* read ahead to tell an archive */
    size_t head_len, head_pos;
};

enum err stream_open(const char *path, struct stream **out, struct diag *d)
{
    int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
                                    : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return diag_set(d, err_from_errno(errno), "%s: %s", path,
                        strerror(errno));
    }
    struct look seen;
    if (look_fd(fd, &seen) == ERR_OK && seen.kind == LOOK_DIR) {
        close(fd);
        return diag_set(d, ERR_INVAL, "%s: is a directory", path);
    }
    struct stream *s = calloc(1, sizeof(*s));
    if (!s) {
        close(fd);
        return ERR_NOMEM;
    }
    s->file = strcmp(path, "-") == 0 ? "standard input" : path;
    s->line = 1;
    buf_init(&s->b, PENDING);
    enum err e = inflater_open(fd, &s->in);
    if (e != ERR_OK) {
        stream_close(s);
        return diag_set(d, e, "%s: %s", path, err_str(e));
    }
    *out = s;
    return ERR_OK;
}

void stream_close(struct stream *s)
{
    if (s) {
        inflater_close(s->in);
        buf_fini(&s->b);
        free(s);
    }
}

/* ---- bytes ------------------------------------------------------------------
 */

/* Uncompressed bytes of the file, those read ahead first. */
static enum err raw_read(struct stream *s, void *p, size_t size, size_t *got)
{
    if (s->head_pos < s->head_len) {
        size_t n = s->head_len - s->head_pos;
        n = n < size ? n : size;
        memcpy(p, s->head + s->head_pos, n);
        s->head_pos += n;
        *got = n;
        return ERR_OK;
    }
    return inflater_read(s->in, p, size, got);
}

/* Exactly `size` bytes; *got is less only at the end. */
static enum err raw_read_all(struct stream *s, uint8_t *p, size_t size,
                             size_t *got)
{
    *got = 0;
    while (*got < size) {
        size_t n = 0;
        enum err e = raw_read(s, p + *got, size - *got, &n);
        if (e != ERR_OK) {
            return e;
        }
        if (n == 0) {
            break;
        }
        *got += n;
    }
    return ERR_OK;
}

static enum err raw_skip(struct stream *s, uint64_t n)
{
    uint8_t waste[4096];
    while (n > 0) {
        size_t got = 0;
        size_t want = n < sizeof(waste) ? (size_t)n : sizeof(waste);
        enum err e = raw_read(s, waste, want, &got);
        if (e != ERR_OK) {
            return e;
        }
        if (got == 0) {
            return ERR_PARSE;
        }
        n -= got;
    }
    return ERR_OK;
}

static enum err begin(struct stream *s)
{
    s->begun = true;
    size_t got = 0;
    /* what else is wrong is met again behind what was read */
    if (raw_read_all(s, s->head, sizeof(s->head), &got) == ERR_NOMEM) {
        return ERR_NOMEM;
    }
    s->head_len = got;
    s->head_pos = 0;
    s->tar = got == TAR_BLOCK && memcmp(s->head + 257, "ustar", 5) == 0;
    s->ended = s->tar; /* until the first member is found */
    return ERR_OK;
}

/* ---- archives ---------------------------------------------------------------
 */

static bool octal(const uint8_t *p, size_t len, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    while (i < len && p[i] == ' ') {
        i++;
    }
    for (; i < len && p[i] >= '0' && p[i] <= '7'; i++) {
        v = v * 8 + (uint64_t)(p[i] - '0');
    }
    *out = v;
    return i == len || p[i] == '\0' || p[i] == ' ';
}

/* What a member's head adds up to, its sum taken as blanks. */
static bool head_whole(const uint8_t h[TAR_BLOCK])
{
    uint64_t want = 0, sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        sum += i >= TAR_SUM && i < TAR_SUM + TAR_SUM_LEN ? ' ' : h[i];
    }
    return octal(h + TAR_SUM, TAR_SUM_LEN, &want) && want == sum;
}

/* The name goes to people's terminals: what does not belong there is '?'. */
static void take_name(struct stream *s, const uint8_t *name)
{
    char raw[sizeof(s->member)];
    size_t n = 0;
    memcpy(raw, name, sizeof(raw) - 1);
    raw[sizeof(raw) - 1] = '\0';
    struct str rest = str_c(raw);
    while (rest.len > 0) {
        struct str from = rest;
        bool odd = plain_next(&rest) == UTF8_REPLACEMENT;
        size_t len = odd ? 1 : from.len - rest.len;
        memcpy(s->member + n, odd ? "?" : from.p, len);
        n += len;
    }
    s->member[n] = '\0';
}

/* Goes to the next regular file; ERR_NOTFOUND at the end of the archive. */
static enum err next_member(struct stream *s)
{
    enum err e = raw_skip(s, s->member_left + s->padding);
    s->member_left = s->padding = 0;
    while (e == ERR_OK) {
        uint8_t h[TAR_BLOCK];
        size_t got = 0;
        uint64_t size = 0;
        e = raw_read_all(s, h, sizeof(h), &got);
        if (e != ERR_OK) {
            break;
        }
        if (got == 0 || h[0] == '\0') {
            return ERR_NOTFOUND;
        }
        if (got < sizeof(h)) {
            return ERR_PARSE;
        }
        if (memcmp(h + 257, "ustar", 5) != 0 || !head_whole(h) ||
            !octal(h + 124, 12, &size)) {
            return ERR_PARSE;
        }
        uint64_t padding = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
        if (h[156] == '0' || h[156] == '\0') {
            take_name(s, h);
            s->member_left = size;
            s->padding = padding;
            s->ended = s->marked = false;
            s->line = 1;
            return ERR_OK;
        }
        e = raw_skip(s, size + padding);
    }
    return e;
}

/* ---- values -----------------------------------------------------------------
 */

static struct str view(const struct stream *s)
{
    return str_sub(buf_str(&s->b), s->pos, SIZE_MAX);
}

/* The next piece of the file, at most `max` bytes of it; s->ended at its end.
 * What came before an error is read first. */
static enum err fill_piece(struct stream *s, size_t max, size_t *got)
{
    uint8_t chunk[CHUNK];
    size_t n = max < sizeof(chunk) ? max : sizeof(chunk);
    *got = 0;
    if (s->tar && n > s->member_left) {
        n = (size_t)s->member_left;
    }
    enum err e = n > 0 ? raw_read(s, chunk, n, got) : ERR_OK;
    if (e == ERR_NOMEM) {
        return e;
    }
    if (e != ERR_OK) {
        *got = 0;
        s->broken = e;
    } else if (*got == 0 && s->tar && s->member_left > 0) {
        s->broken = ERR_PARSE;
    }
    s->ended = *got == 0;
    s->member_left -= s->tar ? *got : 0;
    return *got > 0 ? buf_add(&s->b, chunk, *got) : ERR_OK;
}

/* More bytes, as many again as are there, so that a large value is looked at
 * a few times only. ERR_LIMIT: there is no room for one more. */
static enum err fill(struct stream *s)
{
    buf_drop(&s->b, s->pos);
    s->pos = 0;
    size_t want = s->b.len > CHUNK ? s->b.len : CHUNK;
    size_t room = s->b.max - s->b.len;
    enum err e = room > 0 || s->ended ? ERR_OK : ERR_LIMIT;
    want = want < room ? want : room;
    while (e == ERR_OK && want > 0 && !s->ended) {
        size_t got = 0;
        e = fill_piece(s, want, &got);
        want -= got;
    }
    return e;
}

static void advance(struct stream *s, size_t n)
{
    struct str v = str_sub(view(s), 0, n);
    const char *end;
    while (v.len > 0 && (end = memchr(v.p, '\n', v.len))) {
        s->line++;
        v = str_sub(v, (size_t)(end - v.p) + 1, SIZE_MAX);
    }
    s->pos += n;
}

/* Some programs begin a text in UTF-8 with this. */
static void skip_mark(struct stream *s)
{
    struct str v = view(s);
    if (!s->marked && v.len >= 3) {
        s->marked = true;
        s->pos += memcmp(v.p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    }
}

/* Also what stands before each value of a text sequence (RFC 7464). */
static void skip_space(struct stream *s)
{
    struct str v = view(s);
    size_t n = 0;
    while (n < v.len && (ascii_isspace(v.p[n]) || v.p[n] == '\x1e')) {
        n++;
    }
    advance(s, n);
}

/* After something that is no value: on to the next line that begins one. */
static enum err resync(struct stream *s)
{
    for (;;) {
        struct str v = view(s);
        size_t at = str_find(str_sub(v, 1, SIZE_MAX), STR("\n{"));
        if (at != SIZE_MAX) {
            advance(s, at + 2);
            return ERR_OK;
        }
        if (s->ended) {
            advance(s, v.len);
            return ERR_OK;
        }
        advance(s, v.len > 1 ? v.len - 1 : 0);
        enum err e = fill(s);
        if (e != ERR_OK) {
            return e;
        }
    }
}

/* `d` holds what was wrong with the value. */
static enum err bad_value(struct stream *s)
{
    s->record++;
    enum err e = resync(s);
    return e == ERR_OK ? ERR_PARSE : e;
}

/* All that could be read of the file was handed out. */
static enum err say_broken(struct stream *s, struct diag *d)
{
    char what[64] = "cut off or damaged";
    if (s->broken != ERR_PARSE) {
        str_copy(what, sizeof(what), err_str(s->broken));
    }
    diag_set(d, ERR_IO, "%s%s%s in line %u: nothing from there on can be read",
             s->member, s->member[0] ? ": " : "", what, s->line);
    return ERR_IO;
}

/* What is packed in a way that is not read, or again within an archive; NULL:
 * it is something else. */
static const char *packed_as(struct str v)
{
    static const struct {
        const char *begins;
        const char *name;
    } known[] = {
        {"\xFD"
         "7zXZ",
         "xz"},
        {"BZh", "bzip2"},
        {"PK\x03\x04", "zip"},
        {"\x1F\x8B", "gzip"},
        {"\x28\xB5\x2F\xFD", "zstd"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (str_starts(v, known[i].begins)) {
            return known[i].name;
        }
    }
    return NULL;
}

/* `d` says what was wrong with the value at the front. */
static enum err no_value(struct stream *s, struct str v, struct diag *d)
{
    const char *packed = s->line == 1 ? packed_as(v) : NULL;
    if (packed) {
        diag_set(d, ERR_PARSE, "is %s: unpack it first", packed);
    }
    if (packed && !s->tar) { /* nothing in it is what it looks like */
        return ERR_IO;
    }
    return bad_value(s);
}

/* The value at the front, reading on as needed; ERR_NOTFOUND if only white
 * space was left. */
static enum err take_value(struct stream *s, struct stream_item *item,
                           struct diag *d)
{
    for (;;) {
        skip_mark(s);
        skip_space(s);
        struct str v = view(s);
        item->line = s->line;
        size_t len = 0;
        enum err e = v.len == 0
                         ? ERR_OK
                         : json_value_len(v, &json_default_limits, &len, d);
        if (e == ERR_PARSE || e == ERR_LIMIT) {
            return no_value(s, v, d);
        }
        if (e != ERR_OK) {
            return e;
        }
        if (len > 0) {
            s->record++;
            item->text = str_sub(v, 0, len);
            advance(s, len);
            return ERR_OK;
        }
        if (s->ended && s->broken != ERR_OK) {
            return say_broken(s, d);
        }
        if (s->ended) {
            if (v.len == 0) {
                return ERR_NOTFOUND;
            }
            /* A line that was cut off behind a colon takes the next one for
             * its value: that one is read again by itself. */
            diag_set(d, ERR_PARSE, "ends in the middle of a value");
            return bad_value(s);
        }
        e = fill(s);
        if (e == ERR_LIMIT) {
            diag_set(d, e, "larger than %zu bytes", PENDING);
            return bad_value(s);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
}

enum err stream_next(struct stream *s, struct stream_item *item, struct diag *d)
{
    *item = (struct stream_item){.file = s->file, .member = s->member};
    diag_set(d, ERR_OK, "%s", "");
    enum err e = s->begun ? ERR_OK : begin(s);
    if (e == ERR_OK) {
        e = take_value(s, item, d);
    }
    while (e == ERR_NOTFOUND && s->tar) {
        e = next_member(s);
        if (e != ERR_OK && e != ERR_NOTFOUND && e != ERR_NOMEM) {
            s->broken = e;
            e = say_broken(s, d);
        }
        if (e != ERR_OK) {
            break;
        }
        e = take_value(s, item, d);
    }
    item->record = s->record;
    return e;
}
