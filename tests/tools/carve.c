// SPDX-License-Identifier: Apache-2.0
/* carve NEEDLES PATH...
 * carve --plant FILE DIR
 *
 * Looks for texts where nobody should find them, as a laboratory that has the
 * disk would: NEEDLES has one a line; each PATH is a file, such as an image of
 * a disk, or a directory, whose files and their names are searched. Looked for
 * in plain, as UTF-16, base64 and hex, and once more in whatever can be
 * unpacked at any place where zstd (also against the product's dictionary) or
 * gzip begins. A line `@FROM-TO` stands for a time, in seconds since 1970: as a
 * 64-bit number of seconds or microseconds in either byte order, and as a
 * decimal or hexadecimal text of one.
 *
 * Prints PATH: OFFSET: FORM: NEEDLE for each find, then how much was searched.
 * Exit 0 nothing found, 1 something was, 2 a mistake. --plant writes FILE into
 * DIR once in each form, each of which must be found.
 */
#include "base/buf.h"
#include "base/compress.h"
#include "base/diag.h"
#include "base/fs.h"
#include "base/look.h"
#include "record/dictionary.h"

#include <ctype.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define FILE_MAX_BYTES ((size_t)512 << 20)
#define UNPACKED_MAX   ((size_t)64 << 20)
#define DEPTH_MAX      3
#define FORMS_MAX      16

struct form {
    const char *name;
    uint8_t *bytes;
    size_t len;
};

struct needle {
    char *text;
    struct form forms[FORMS_MAX];
    size_t n;
    int64_t from, to; /* a time; 0: a text */
};

static struct needle *needles;
static size_t n_needles;
static size_t finds, searched, unpacked, files;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "carve: %s: %s\n", what, why);
    exit(2);
}

static void *need(void *p)
{
    if (!p) {
        die("memory", "there is none left");
    }
    return p;
}

/* ---- what is looked for -------------------------------------------------- */

static void add_form(struct needle *n, const char *name, const void *bytes,
                     size_t len)
{
    if (n->n == FORMS_MAX || len < 3) {
        return; /* too short to mean anything */
    }
    struct form *f = &n->forms[n->n++];
    *f = (struct form){name, need(malloc(len)), len};
    memcpy(f->bytes, bytes, len);
}

/* As it stands in base64 of something longer, where it begins `shift` bytes
 * behind a group: without the characters that its neighbours share. */
static void add_base64(struct needle *n, size_t shift)
{
    size_t len = strlen(n->text) + shift;
    uint8_t *plain = need(calloc(1, len));
    memcpy(plain + shift, n->text, len - shift);
    size_t room = sodium_base64_encoded_len(
        len, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    char *text = need(malloc(room));
    sodium_bin2base64(text, room, plain, len,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    size_t from = (shift * 8 + 5) / 6;
    size_t to = len * 8 / 6;
    add_form(n, "base64", text + from, to - from);
    free(plain);
    free(text);
}

static void add_forms(struct needle *n)
{
    size_t len = strlen(n->text);
    uint8_t *wide = need(calloc(2, len + 1));
    char *hex = need(malloc(2 * len + 1));
    add_form(n, "plain", n->text, len);
    for (size_t i = 0; i < len; i++) {
        wide[2 * i] = (uint8_t)n->text[i];
    }
    add_form(n, "UTF-16LE", wide, 2 * len);
    memset(wide, 0, 2 * len);
    for (size_t i = 0; i < len; i++) {
        wide[2 * i + 1] = (uint8_t)n->text[i];
    }
    add_form(n, "UTF-16BE", wide, 2 * len);
    sodium_bin2hex(hex, 2 * len + 1, (const uint8_t *)n->text, len);
    add_form(n, "hex", hex, 2 * len);
    for (size_t shift = 0; shift < 3; shift++) {
        add_base64(n, shift);
    }
    free(wide);
    free(hex);
}

static void read_needles(const char *path)
{
    struct buf text;
    struct diag d = {""};
    buf_init(&text, FILE_MAX_BYTES);
    if (fs_read(path, 1 << 20, &text, &d) != ERR_OK) {
        die(path, d.text);
    }
    struct str rest = buf_str(&text);
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len < 3) {
            continue;
        }
        needles = need(realloc(needles, (n_needles + 1) * sizeof(needles[0])));
        struct needle *n = &needles[n_needles++];
        *n = (struct needle){.text = need(strndup(line.p, line.len))};
        if (sscanf(n->text, "@%" SCNd64 "-%" SCNd64, &n->from, &n->to) != 2) {
            n->from = 0;
            add_forms(n);
        }
    }
    buf_fini(&text);
    if (n_needles == 0) {
        die(path, "holds nothing to look for");
    }
}

/* ---- looking ------------------------------------------------------------- */

static void found(const char *where, size_t at, const char *form,
                  const struct needle *n)
{
    finds++;
    printf("%s: %zu: %s: %s\n", where, at, form, n->text);
}

static void look_for_text(const char *where, struct str bytes,
                          const struct needle *n)
{
    for (size_t i = 0; i < n->n; i++) {
        const struct form *f = &n->forms[i];
        const char *at = memmem(bytes.p, bytes.len, f->bytes, f->len);
        if (at) {
            found(where, (size_t)(at - bytes.p), f->name, n);
        }
    }
}

static bool is_then(const struct needle *n, uint64_t v)
{
    uint64_t from = (uint64_t)n->from, to = (uint64_t)n->to;
    return (v >= from && v <= to) || (v >= from * 1000 && v <= to * 1000) ||
           (v >= from * 1000000 && v <= to * 1000000);
}

static void look_for_number(const char *where, struct str bytes,
                            const struct needle *n)
{
    for (size_t i = 0; i + 8 <= bytes.len; i++) {
        uint64_t le = 0, be = 0;
        for (size_t k = 0; k < 8; k++) {
            le |= (uint64_t)(uint8_t)bytes.p[i + k] << (8 * k);
            be = be << 8 | (uint8_t)bytes.p[i + k];
        }
        if (is_then(n, le) || is_then(n, be)) {
            found(where, i, "64 bits", n);
        }
    }
}

/* Runs of digits: 10 to 20 of them. */
static void look_for_digits(const char *where, struct str bytes,
                            const struct needle *n)
{
    for (size_t i = 0; i < bytes.len;) {
        size_t len = 0;
        char text[24];
        while (i + len < bytes.len && isxdigit((uint8_t)bytes.p[i + len])) {
            len++;
        }
        if (len >= 8 && len <= 20) {
            memcpy(text, bytes.p + i, len);
            text[len] = '\0';
            if (is_then(n, strtoull(text, NULL, 10)) ||
                is_then(n, strtoull(text, NULL, 16))) {
                found(where, i, "digits", n);
            }
        }
        i += len ? len : 1;
    }
}

static void search(const char *where, struct str bytes, unsigned depth);

/* ---- what can be unpacked ------------------------------------------------ */

static void inside(const char *where, size_t at, const char *how,
                   struct str bytes, unsigned depth)
{
    char name[600];
    if (bytes.len > 0) {
        unpacked++;
        snprintf(name, sizeof(name), "%.500s[%s at %zu]", where, how, at);
        search(name, bytes, depth + 1);
    }
}

/* What comes out until it ends or makes no sense. */
static void try_zstd(const char *where, struct str bytes, size_t at,
                     const struct str *dict, char *room, unsigned depth)
{
    ZSTD_DCtx *z = need(ZSTD_createDCtx());
    ZSTD_inBuffer in = {bytes.p + at, bytes.len - at, 0};
    ZSTD_outBuffer out = {room, UNPACKED_MAX, 0};
    if (dict) {
        ZSTD_DCtx_refPrefix(z, dict->p, dict->len);
    }
    size_t left = 1;
    while (left != 0 && out.pos < out.size) {
        size_t before = in.pos + out.pos;
        left = ZSTD_decompressStream(z, &out, &in);
        if (ZSTD_isError(left) || in.pos + out.pos == before) {
            break;
        }
    }
    ZSTD_freeDCtx(z);
    inside(where, at, dict ? "zstd with dictionary" : "zstd",
           (struct str){room, out.pos}, depth);
}

static void try_gzip(const char *where, struct str bytes, size_t at, char *room,
                     unsigned depth)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)(bytes.p + at),
                  .avail_in = bytes.len - at > UINT32_MAX
                                  ? UINT32_MAX
                                  : (uInt)(bytes.len - at),
                  .next_out = (Bytef *)room,
                  .avail_out = UNPACKED_MAX};
    if (inflateInit2(&z, 15 + 16) == Z_OK) {
        inflate(&z, Z_SYNC_FLUSH);
        inflateEnd(&z);
        inside(where, at, "gzip", (struct str){room, z.total_out}, depth);
    }
}

static void unpack(const char *where, struct str bytes, unsigned depth)
{
    static const char zstd[] = "\x28\xb5\x2f\xfd", gzip[] = "\x1f\x8b\x08";
    struct str dict = dictionary_text();
    char *room = need(malloc(UNPACKED_MAX));
    for (size_t i = 0; i + 4 <= bytes.len; i++) {
        if (memcmp(bytes.p + i, zstd, 4) == 0) {
            try_zstd(where, bytes, i, NULL, room, depth);
            try_zstd(where, bytes, i, &dict, room, depth);
        } else if (memcmp(bytes.p + i, gzip, 3) == 0) {
            try_gzip(where, bytes, i, room, depth);
        }
    }
    free(room);
}

static void search(const char *where, struct str bytes, unsigned depth)
{
    searched += bytes.len;
    for (size_t i = 0; i < n_needles; i++) {
        if (needles[i].from) {
            look_for_number(where, bytes, &needles[i]);
            look_for_digits(where, bytes, &needles[i]);
        } else {
            look_for_text(where, bytes, &needles[i]);
        }
    }
    if (depth < DEPTH_MAX) {
        unpack(where, bytes, depth);
    }
}

/* ---- files --------------------------------------------------------------- */

static void search_path(const char *path);

static enum err search_entry(void *arg, const char *name)
{
    char path[4096];
    if (fs_join(path, sizeof(path), arg, name) != ERR_OK) {
        die(name, "too long a path");
    }
    search("a name", str_c(name), DEPTH_MAX);
    search_path(path);
    return ERR_OK;
}

static void search_path(const char *path)
{
    struct look seen;
    struct diag d = {""};
    struct buf bytes;
    if (look_link(path, &seen, &d) != ERR_OK) {
        die(path, d.text);
    }
    if (seen.kind == LOOK_DIR) {
        char dir[4096];
        str_copy(dir, sizeof(dir), path);
        if (look_each(dir, search_entry, dir, &d) != ERR_OK) {
            die(path, d.text);
        }
        return;
    }
    if (seen.kind != LOOK_FILE) {
        return;
    }
    buf_init(&bytes, FILE_MAX_BYTES);
    if (fs_read(path, FILE_MAX_BYTES, &bytes, &d) != ERR_OK) {
        die(path, d.text);
    }
    files++;
    search(path, buf_str(&bytes), 0);
    buf_fini(&bytes);
}

/* ---- planting ------------------------------------------------------------ */

static void write_in(const char *dir, const char *name, struct str bytes)
{
    char path[4096];
    struct diag d = {""};
    if (fs_join(path, sizeof(path), dir, name) != ERR_OK ||
        fs_write_atomic(path, bytes, 0600, &d) != ERR_OK) {
        die(name, d.text);
    }
}

static void plant(const char *file, const char *dir)
{
    struct buf plain, out;
    struct diag d = {""};
    uLongf room;
    buf_init(&plain, UNPACKED_MAX);
    buf_init(&out, UNPACKED_MAX);
    if (fs_read(file, UNPACKED_MAX / 4, &plain, &d) != ERR_OK || !plain.p) {
        die(file, d.text);
    }
    write_in(dir, "plain", buf_str(&plain));
    if (compress_pack(buf_str(&plain), 3, &out) != ERR_OK) {
        die(file, "cannot be packed");
    }
    write_in(dir, "zstd", buf_str(&out));
    buf_clear(&out);
    if (buf_add_c(&out, "before it ") != ERR_OK ||
        compress_pack_dcz(buf_str(&plain), 3, dictionary_text(), &out) !=
            ERR_OK) {
        die(file, "cannot be packed");
    }
    write_in(dir, "dcz", buf_str(&out));
    buf_clear(&out);
    for (size_t i = 0; i < plain.len; i++) {
        buf_add_byte(&out, plain.p[i]);
        buf_add_byte(&out, 0);
    }
    write_in(dir, "utf16", buf_str(&out));
    size_t len =
        sodium_base64_encoded_len(plain.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = need(malloc(len));
    sodium_bin2base64(text, len, plain.p, plain.len,
                      sodium_base64_VARIANT_ORIGINAL);
    write_in(dir, "base64", str_c(text));
    free(text);
    room = compressBound(plain.len) + 64;
    uint8_t *packed = need(malloc(room));
    z_stream z = {.next_in = plain.p,
                  .avail_in = (uInt)plain.len,
                  .next_out = packed,
                  .avail_out = (uInt)room};
    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    write_in(dir, "gzip", (struct str){(char *)packed, z.total_out});
    free(packed);
    buf_fini(&plain);
    buf_fini(&out);
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "--plant")) {
        plant(argv[2], argv[3]);
        return 0;
    }
    if (argc < 3) {
        die("usage", "carve NEEDLES PATH..., or carve --plant FILE DIR");
    }
    read_needles(argv[1]);
    for (int i = 2; i < argc; i++) {
        search_path(argv[i]);
    }
    printf("%zu finds in %zu files, %zu bytes, %zu unpacked\n", finds, files,
           searched, unpacked);
    return finds ? 1 : 0;
}
