// SPDX-License-Identifier: Apache-2.0
#include "base/compress.h"
#include "base/crypto.h"
#include "base/fs.h"
#include "base/inflater.h"
#include "record/dictionary.h"
#include "tests/unit/tmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#define BIG 300000

static char big[BIG];
static struct buf packed, plain;

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < BIG; i++) {
        big[i] = (char)('a' + i % 8 + (i * i / 1000) % 7);
    }
    buf_init(&packed, (size_t)1 << 20);
    buf_init(&plain, (size_t)1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_fini(&packed);
    buf_fini(&plain);
    return 0;
}

static void add_gzip(struct str in)
{
    z_stream z = {.zalloc = NULL};
    static char out[BIG + 1000];

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, 0), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)in.p;
    z.avail_in = (unsigned)in.len;
    z.next_out = (unsigned char *)out;
    z.avail_out = sizeof(out);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_add(&packed, out, sizeof(out) - z.avail_out);
    deflateEnd(&z);
}

/* Reads `packed` through the streaming reader, `step` bytes at a time. */
static enum err read_all(size_t step)
{
    char name[64];
    tmp_path(name, sizeof(name), "test_compress.XXXXXX");
    int fd = mkstemp(name);
    struct inflater *i = NULL;
    static char chunk[BIG];
    size_t got = 1;
    enum err e;

    assert_true(fd >= 0);
    unlink(name);
    assert_int_equal(fs_write_all(fd, packed.p, packed.len), ERR_OK);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    buf_clear(&plain);
    e = inflater_open(fd, &i);
    while (!e && got > 0) {
        e = inflater_read(i, chunk, step, &got);
        if (!e) {
            buf_add(&plain, chunk, got);
        }
    }
    inflater_close(i);
    return e;
}

static void assert_plain(struct str want)
{
    assert_int_equal(plain.len, want.len);
    assert_memory_equal(plain.p, want.p, want.len);
}

static void zstd_packs_and_unpacks(void **state)
{
    (void)state;
    assert_int_equal(compress_pack((struct str){big, BIG}, 3, &packed), ERR_OK);
    assert_true(packed.len < BIG / 4);
    assert_int_equal(compress_detect(buf_str(&packed)), COMPRESS_ZSTD);
    assert_int_equal(compress_unpack(buf_str(&packed), &plain), ERR_OK);
    assert_plain((struct str){big, BIG});
    buf_clear(&packed);
    buf_clear(&plain);
    assert_int_equal(compress_pack((struct str){NULL, 0}, 3, &packed), ERR_OK);
    assert_int_equal(compress_unpack(buf_str(&packed), &plain), ERR_OK);
    assert_int_equal(plain.len, 0);
}

static void a_packer_gives_the_same_bytes_each_time(void **state)
{
    struct compress_packer *packer = compress_packer_new();
    const struct str texts[] = {
        {big, BIG}, {NULL, 0}, {big + 1000, 20000}, {big, BIG}};
    (void)state;
    assert_non_null(packer);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str one = texts[i];
        buf_clear(&packed);
        buf_clear(&plain);
        assert_int_equal(compress_pack(one, 3, &packed), ERR_OK);
        assert_int_equal(compress_packer_pack(packer, one, 3, &plain), ERR_OK);
        assert_plain(buf_str(&packed));
        buf_clear(&plain);
        assert_int_equal(compress_packer_pack(NULL, one, 3, &plain), ERR_OK);
        assert_plain(buf_str(&packed));
    }
    compress_packer_free(packer);
}

static void zstd_unpack_stops_at_the_maximum(void **state)
{
    struct buf small;

    (void)state;
    assert_int_equal(compress_pack((struct str){big, BIG}, 3, &packed), ERR_OK);
    buf_init(&small, BIG - 1);
    buf_add_c(&small, "kept");
    assert_int_equal(compress_unpack(buf_str(&packed), &small), ERR_LIMIT);
    assert_string_equal((const char *)small.p, "kept");
    /* the same where the frame does not tell its size: two frames */
    assert_int_equal(compress_pack((struct str){big, BIG}, 3, &packed), ERR_OK);
    small.max = BIG + 100;
    assert_int_equal(compress_unpack(buf_str(&packed), &small), ERR_LIMIT);
    assert_string_equal((const char *)small.p, "kept");
    assert_int_equal(small.failed, ERR_OK);
    buf_fini(&small);
}

static void zstd_unpack_refuses_damage(void **state)
{
    (void)state;
    assert_int_equal(compress_unpack(STR(""), &plain), ERR_PARSE);
    assert_int_equal(compress_unpack(STR("not zstd at all"), &plain),
                     ERR_PARSE);
    assert_int_equal(compress_pack((struct str){big, BIG}, 3, &packed), ERR_OK);
    for (size_t cut = 0; cut < packed.len; cut += 97) {
        assert_int_equal(
            compress_unpack(str_sub(buf_str(&packed), 0, cut), &plain),
            ERR_PARSE);
    }
    packed.p[packed.len / 2] ^= 1;
    assert_int_equal(compress_unpack(buf_str(&packed), &plain), ERR_PARSE);
    packed.p[packed.len / 2] ^= 1;
    buf_add_c(&packed, "rest");
    assert_int_equal(compress_unpack(buf_str(&packed), &plain), ERR_PARSE);
    assert_int_equal(plain.len, 0);
}

/* A text that the dictionary has nearly whole. */
static void dcz_leaves_out_what_both_ends_have(void **state)
{
    (void)state;
    struct str dict = {big, 20000}, text = {big + 5000, 10000}, shared;
    uint8_t hash[SHA256_LEN];
    assert_int_equal(compress_pack(text, 9, &packed), ERR_OK);
    size_t alone = packed.len;
    buf_clear(&packed);
    buf_add_c(&packed, "kept");
    assert_int_equal(compress_pack_dcz(text, 9, dict, &packed), ERR_OK);
    assert_true(packed.len < alone / 2);
    shared = str_sub(buf_str(&packed), 4, packed.len);
    assert_true(compress_is_dcz(shared));
    crypto_sha256(dict, hash);
    assert_memory_equal(shared.p + 8, hash, sizeof(hash));
    assert_int_equal(compress_unpack_dcz(shared, dict, &plain), ERR_OK);
    assert_plain(text);
    buf_clear(&plain);
    /* without it, and with another */
    assert_int_equal(compress_unpack(shared, &plain), ERR_PARSE);
    dict.len--;
    assert_int_equal(compress_unpack_dcz(shared, dict, &plain), ERR_NOTFOUND);
    assert_int_equal(plain.len, 0);
}

/* Frames in spools name it by this: whoever changes it must add another. */
static void the_dictionary_of_records_never_changes(void **state)
{
    char name[DICTIONARY_NAME_MAX];
    (void)state;
    dictionary_name(name);
    assert_string_equal(name, "fad7a0be4010cb6ce93ff6629377a7e4"
                              "394b7ba96f07e15d6bfe33b35b15abf4");
}

static void dcz_unpack_refuses_damage(void **state)
{
    (void)state;
    struct str dict = {big, 20000}, all;
    struct buf small;
    assert_int_equal(
        compress_pack_dcz((struct str){big, BIG}, 3, dict, &packed), ERR_OK);
    all = buf_str(&packed);
    for (size_t cut = 0; cut < all.len; cut += 97) {
        assert_int_equal(
            compress_unpack_dcz(str_sub(all, 0, cut), dict, &plain), ERR_PARSE);
    }
    for (size_t at = 0; at < all.len; at += at < 60 ? 1 : 97) {
        packed.p[at] ^= 1;
        enum err e = compress_unpack_dcz(all, dict, &plain);
        /* a match that is found elsewhere, too, gives the same bytes */
        bool same =
            e == ERR_OK && plain.len == BIG && memcmp(plain.p, big, BIG) == 0;
        assert_true(same || e == ERR_PARSE || e == ERR_NOTFOUND ||
                    e == ERR_LIMIT);
        assert_int_equal(plain.len, same ? BIG : 0);
        buf_clear(&plain);
        packed.p[at] ^= 1;
    }
    assert_int_equal(plain.len, 0);
    buf_init(&small, BIG - 1);
    assert_int_equal(compress_unpack_dcz(all, dict, &small), ERR_LIMIT);
    assert_int_equal(small.len, 0);
    buf_fini(&small);
    buf_clear(&packed);
    assert_int_equal(compress_pack((struct str){big, BIG}, 3, &packed), ERR_OK);
    assert_int_equal(compress_unpack_dcz(buf_str(&packed), dict, &plain),
                     ERR_PARSE);
}

static void reader_gives_plain_files_as_they_are(void **state)
{
    (void)state;
    assert_int_equal(read_all(10), ERR_OK);
    assert_int_equal(plain.len, 0);
    buf_add_c(&packed, "x");
    assert_int_equal(read_all(10), ERR_OK);
    assert_plain(STR("x"));
    buf_add(&packed, big, BIG);
    assert_int_equal(read_all(70000), ERR_OK);
    assert_plain(buf_str(&packed));
}

static void reader_joins_all_members_of_gzip(void **state)
{
    (void)state;
    add_gzip((struct str){big, 100000});
    add_gzip((struct str){NULL, 0});
    add_gzip((struct str){big + 100000, BIG - 100000});
    for (size_t step = 1; step < 70000; step = step * 7 + 1) {
        assert_int_equal(read_all(step), ERR_OK);
        assert_plain((struct str){big, BIG});
    }
    buf_add(&packed, "\0\0\0\0", 4); /* padding */
    assert_int_equal(read_all(70000), ERR_OK);
    buf_add_c(&packed, "x");
    assert_int_equal(read_all(70000), ERR_PARSE);
}

static void reader_joins_all_frames_of_zstd(void **state)
{
    (void)state;
    assert_int_equal(compress_pack((struct str){big, 100000}, 3, &packed),
                     ERR_OK);
    assert_int_equal(compress_pack((struct str){NULL, 0}, 3, &packed), ERR_OK);
    assert_int_equal(
        compress_pack((struct str){big + 100000, BIG - 100000}, 3, &packed),
        ERR_OK);
    for (size_t step = 1; step < 70000; step = step * 7 + 1) {
        assert_int_equal(read_all(step), ERR_OK);
        assert_plain((struct str){big, BIG});
    }
    buf_add_c(&packed, "x");
    assert_int_equal(read_all(70000), ERR_PARSE);
}

static void reader_refuses_files_that_are_cut_off(void **state)
{
    size_t len;

    (void)state;
    add_gzip((struct str){big, BIG});
    len = packed.len;
    for (packed.len = 4; packed.len < len; packed.len += 101) {
        assert_int_equal(read_all(70000), ERR_PARSE);
    }
    buf_clear(&packed);
    assert_int_equal(compress_pack((struct str){big, BIG}, 3, &packed), ERR_OK);
    len = packed.len;
    for (packed.len = 4; packed.len < len; packed.len += 101) {
        assert_int_equal(read_all(70000), ERR_PARSE);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A frame may ask for gigabytes: a peer's gets 8 MiB, and the words for it. */
static void a_window_that_is_too_wide_is_told_apart(void **state)
{
    (void)state;

    static const struct {
        int log;
        enum err want;
    } rows[] = {{20, ERR_OK}, {23, ERR_OK}, {24, ERR_INVAL}, {27, ERR_INVAL}};

    char out[4096];
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ZSTD_CCtx *c = ZSTD_createCCtx();
        assert_non_null(c);
        ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, rows[i].log);
        ZSTD_inBuffer from = {"abc", 3, 0}, none = {"", 0, 0};
        ZSTD_outBuffer to = {out, sizeof(out), 0};
        size_t left = ZSTD_compressStream2(c, &to, &from, ZSTD_e_continue);
        if (!ZSTD_isError(left)) {
            left = ZSTD_compressStream2(c, &to, &none, ZSTD_e_end);
        }
        ZSTD_freeCCtx(c);
        assert_int_equal(left, 0);
        struct buf got;
        buf_init(&got, 1 << 20);
        assert_int_equal(compress_unpack((struct str){out, to.pos}, &got),
                         rows[i].want);
        assert_int_equal(got.len, rows[i].want == ERR_OK ? 3 : 0);
        buf_fini(&got);
    }
}

static void what_is_filled_up_unpacks_to_the_same(void **state)
{
    (void)state;
    static const size_t lens[] = {8, 9, 1031, 1032, 1033, 100000};
    for (size_t i = 0; i < 2 * sizeof(lens) / sizeof(lens[0]); i++) {
        size_t len = lens[i / 2];
        buf_clear(&packed);
        buf_clear(&plain);
        enum err e =
            i % 2 ? compress_pack_dcz(STR("a text"), 3, STR("a te"), &packed)
                  : compress_pack(STR("a text"), 3, &packed);
        assert_int_equal(e, ERR_OK);
        size_t before = packed.len;
        assert_int_equal(compress_skip(len, &packed), ERR_OK);
        assert_int_equal(packed.len, before + len);
        e = i % 2 ? compress_unpack_dcz(buf_str(&packed), STR("a te"), &plain)
                  : compress_unpack(buf_str(&packed), &plain);
        assert_int_equal(e, ERR_OK);
        assert_true(str_eq_c(buf_str(&plain), "a text"));
    }
    assert_int_equal(compress_skip(7, &packed), ERR_INVAL);
}

/* Also of a frame that a large piece takes whole. */
static void
reader_gives_what_is_before_the_damage_in_pieces_of_any_size(void **state)
{
    (void)state;
    static const size_t steps[] = {512, 4096, 65536, BIG};
    static char text[BIG];
    uint32_t x = 1;
    for (size_t i = 0; i < BIG; i++) {
        x = x * 1664525u + 1013904223u;
        text[i] = i % 8 == 0 ? (char)('a' + (x >> 28)) : 'z';
    }
    assert_int_equal(compress_pack((struct str){text, BIG}, 3, &packed),
                     ERR_OK);
    memset(packed.p + packed.len - 60, 0xff, 20);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(read_all(steps[i]), ERR_PARSE);
        assert_int_equal(plain.len, 2 * (128 << 10)); /* two blocks of three */
        assert_memory_equal(plain.p, text, plain.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_that_is_too_wide_is_told_apart),
        T(zstd_packs_and_unpacks),
        T(a_packer_gives_the_same_bytes_each_time),
        T(zstd_unpack_stops_at_the_maximum),
        T(zstd_unpack_refuses_damage),
        T(dcz_leaves_out_what_both_ends_have),
        T(the_dictionary_of_records_never_changes),
        T(dcz_unpack_refuses_damage),
        T(what_is_filled_up_unpacks_to_the_same),
        T(reader_gives_plain_files_as_they_are),
        T(reader_joins_all_members_of_gzip),
        T(reader_joins_all_frames_of_zstd),
        T(reader_refuses_files_that_are_cut_off),
        T(reader_gives_what_is_before_the_damage_in_pieces_of_any_size),
    };

    return cmocka_run_group_tests_name("compress", tests, NULL, NULL);
}
