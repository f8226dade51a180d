// SPDX-License-Identifier: Apache-2.0
/* Records one after the other in a file, some of them cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../tmp.h"
#include "base/stream.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* What is read from `text`: each value, or "!LINE" where there is none, with
 * blanks between. */
static const char *read_all(const char *text)
{
    static char said[512];
    char path[64];
    struct stream *s = NULL;
    struct diag d = {""};
    said[0] = '\0';
    tmp_path(path, sizeof(path), "parallax-stream-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    enum err e = stream_open(path, &s, &d);
    unlink(path);
    assert_int_equal(e, ERR_OK);
    for (size_t i = 0; i < 20; i++) {
        struct stream_item item;
        size_t n = strlen(said);
        e = stream_next(s, &item, &d);
        if (e != ERR_OK && e != ERR_PARSE) {
            break;
        }
        if (e == ERR_OK) {
            snprintf(said + n, sizeof(said) - n, STR_FMT " ",
                     STR_ARG(item.text));
        } else {
            assert_true(d.text[0] != '\0');
            snprintf(said + n, sizeof(said) - n, "!%u ", item.line);
        }
    }
    stream_close(s);
    assert_int_equal(e, ERR_NOTFOUND);
    return said;
}

static void a_line_is_a_record(void **state)
{
    (void)state;
    assert_string_equal(read_all("{\"a\":1}\n{\"b\":2}\n"),
                        "{\"a\":1} {\"b\":2} ");
    assert_string_equal(read_all("{\"a\":\n 1}\r\n\n{\"b\":2}"),
                        "{\"a\":\n 1} {\"b\":2} ");
    assert_string_equal(read_all(""), "");
    /* a text sequence, RFC 7464 */
    assert_string_equal(read_all("\x1e{\"a\":1}\n\x1e{\"b\":2}\n"),
                        "{\"a\":1} {\"b\":2} ");
}

/* Wherever a line was cut off, the next one is read by itself. */
static void a_line_that_was_cut_off_takes_no_other(void **state)
{
    static const char whole[] =
        "{\"a\":{\"b\":[1,{\"c\":\"d\"},true]},\"e\":2}";
    char text[256];
    (void)state;
    for (size_t n = 1; n < sizeof(whole) - 1; n++) {
        snprintf(text, sizeof(text), "%.*s\n{\"z\":1}\n", (int)n, whole);
        assert_string_equal(read_all(text), "!1 {\"z\":1} ");
        snprintf(text, sizeof(text), "%.*s\n{\"z\":1}\n{\"y\":2}\n", (int)n,
                 whole);
        assert_string_equal(read_all(text), "!1 {\"z\":1} {\"y\":2} ");
        snprintf(text, sizeof(text), "{\"y\":2}\n%.*s\n%.*s\n{\"z\":1}", (int)n,
                 whole, (int)n, whole);
        assert_string_equal(read_all(text), "{\"y\":2} !2 !3 {\"z\":1} ");
        snprintf(text, sizeof(text), "{\"z\":1}\n%.*s", (int)n, whole);
        assert_string_equal(read_all(text), "{\"z\":1} !2 ");
    }
}

/* ---- files that are not whole, or large
 * --------------------------------------
 */

struct made {
    char path[64];
    struct buf b;
};

static void make_begin(struct made *m)
{
    buf_init(&m->b, (size_t)128 << 20);
}

static struct stream *make_open(struct made *m)
{
    struct stream *s = NULL;
    struct diag d = {""};
    assert_int_equal(m->b.failed, ERR_OK);
    tmp_path(m->path, sizeof(m->path), "parallax-stream-XXXXXX");
    int fd = mkstemp(m->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, m->b.p, m->b.len), m->b.len);
    close(fd);
    enum err e = stream_open(m->path, &s, &d);
    unlink(m->path);
    buf_fini(&m->b);
    assert_int_equal(e, ERR_OK);
    return s;
}

/* A record of `len` bytes. */
static void add_record(struct buf *b, size_t len)
{
    char *pad = malloc(len);
    assert_non_null(pad);
    memset(pad, 'x', len);
    buf_add_c(b, "{\"a\":[");
    for (len -= sizeof("{\"a\":[\"\"]}") - 1; len > 0;) {
        size_t n = len < 7000000 ? len : 7000000;
        n = len - n > 0 && len - n < 3 ? n - 3 : n;
        buf_add_byte(b, '"');
        buf_add(b, pad, n);
        buf_add_c(b, len > n ? "\"," : "\"");
        len -= len > n ? n + 3 : n;
    }
    buf_add_c(b, "]}");
    free(pad);
}

/* What stands before a record takes nothing of its room. */
static void each_record_has_all_the_room(void **state)
{
    (void)state;
    static const size_t lens[] = {(size_t)30 << 20, (size_t)32 << 20,
                                  (size_t)24 << 20, (size_t)26 << 20};
    struct made m;
    struct stream_item item;
    struct diag d;
    make_begin(&m);
    for (size_t i = 0; i < 4; i++) {
        add_record(&m.b, lens[i]);
        buf_add_byte(&m.b, '\n');
    }
    struct stream *s = make_open(&m);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(stream_next(s, &item, &d), ERR_OK);
        assert_int_equal(item.text.len, lens[i]);
    }
    assert_int_equal(stream_next(s, &item, &d), ERR_NOTFOUND);
    stream_close(s);
}

static void one_that_is_too_large_takes_no_other(void **state)
{
    (void)state;
    struct made m;
    struct stream_item item;
    struct diag d;
    make_begin(&m);
    buf_add_c(&m.b, "{\"a\":1}\n");
    add_record(&m.b, ((size_t)33 << 20) + 1);
    buf_add_c(&m.b, "\n{\"b\":2}\n");
    struct stream *s = make_open(&m);
    assert_int_equal(stream_next(s, &item, &d), ERR_OK);
    assert_int_equal(stream_next(s, &item, &d), ERR_PARSE);
    assert_int_equal(item.line, 2);
    assert_int_equal(stream_next(s, &item, &d), ERR_OK);
    assert_int_equal(item.line, 3);
    assert_int_equal(stream_next(s, &item, &d), ERR_NOTFOUND);
    stream_close(s);
}

static void a_mark_of_byte_order_is_no_record(void **state)
{
    (void)state;
    assert_string_equal(read_all("\xEF\xBB\xBF{\"a\":1}\n{\"b\":2}\n"),
                        "{\"a\":1} {\"b\":2} ");
}

/* `n` records, each another, packed as `gzip` does. */
static void add_packed(struct buf *b, unsigned n)
{
    struct buf plain;
    buf_init(&plain, 1 << 20);
    for (unsigned i = 0; i < n; i++) {
        uint32_t x = i * 2654435761u + 1;
        buf_printf(&plain, "{\"n\":%u,\"x\":\"", i);
        for (unsigned k = 0; k < 60; k++) {
            x = x * 1664525u + 1013904223u;
            buf_printf(&plain, "%08x", x);
        }
        buf_add_c(&plain, "\"}\n");
    }
    z_stream gz = {0};
    assert_int_equal(
        deflateInit2(&gz, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uLong room = deflateBound(&gz, (uLong)plain.len);
    unsigned char *packed = malloc(room);
    assert_non_null(packed);
    gz.next_in = plain.p;
    gz.avail_in = (uInt)plain.len;
    gz.next_out = packed;
    gz.avail_out = (uInt)room;
    assert_int_equal(deflate(&gz, Z_FINISH), Z_STREAM_END);
    buf_add(b, packed, (size_t)(room - gz.avail_out));
    deflateEnd(&gz);
    buf_fini(&plain);
    free(packed);
}

/* How many records come before the file is said to end; how it does in *e. */
static unsigned count_records(struct made *m, enum err *e, struct diag *d)
{
    struct stream *s = make_open(m);
    struct stream_item item;
    unsigned n = 0;
    while ((*e = stream_next(s, &item, d)) == ERR_OK) {
        n++;
    }
    stream_close(s);
    return n;
}

/* As much as `zcat` gives: a few records are in the bytes that are missing. */
static void what_is_left_of_a_cut_file_is_read(void **state)
{
    (void)state;
    static const unsigned records[] = {20, 150, 300};
    for (size_t i = 0; i < 3; i++) {
        struct made m;
        struct diag d = {""};
        enum err e;
        make_begin(&m);
        add_packed(&m.b, records[i]);
        m.b.len -= 600;
        unsigned n = count_records(&m, &e, &d);
        assert_int_equal(e, ERR_IO);
        assert_non_null(strstr(d.text, "cut off or damaged in line"));
        assert_true(n < records[i] && n + 4 >= records[i]);
    }
}

static void what_stands_behind_a_packed_file_is_told(void **state)
{
    (void)state;
    struct made m;
    struct diag d = {""};
    enum err e;
    make_begin(&m);
    add_packed(&m.b, 20);
    buf_add_c(&m.b, "garbage");
    assert_int_equal(count_records(&m, &e, &d), 20);
    assert_int_equal(e, ERR_IO);
    assert_non_null(strstr(d.text, "in line 21"));
    make_begin(&m);
    add_packed(&m.b, 20);
    buf_add(&m.b, "\0\0\0\0", 4); /* as tapes leave it */
    assert_int_equal(count_records(&m, &e, &d), 20);
    assert_int_equal(e, ERR_NOTFOUND);
}

static void add_sum(uint8_t head[512])
{
    unsigned sum = 0;
    memset(head + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += head[i];
    }
    snprintf((char *)head + 148, 8, "%06o", sum);
}

static void a_damaged_head_of_a_member_is_told(void **state)
{
    (void)state;
    for (int hurt = 0; hurt < 2; hurt++) {
        struct made m;
        struct stream_item item;
        struct diag d;
        uint8_t head[512] = "a.json";
        make_begin(&m);
        snprintf((char *)head + 124, 12, "%011o", 7u);
        head[156] = '0';
        memcpy(head + 257, "ustar", 6);
        add_sum(head);
        head[124 + 9] = (uint8_t)(head[124 + 9] + hurt);
        buf_add(&m.b, head, sizeof(head));
        buf_add_c(&m.b, "{\"a\":1}");
        memset(head, 0, sizeof(head));
        buf_add(&m.b, head, sizeof(head) - 7);
        buf_add(&m.b, head, sizeof(head));
        struct stream *s = make_open(&m);
        assert_int_equal(stream_next(s, &item, &d) == ERR_OK, !hurt);
        stream_close(s);
    }
}

static void names_in_an_archive_are_plain(void **state)
{
    (void)state;
    struct made m;
    struct stream_item item;
    struct diag d;
    uint8_t head[512] = {0};
    make_begin(&m);
    snprintf((char *)head, 100, "\x1b[31mred\x9b\xc2\x9b\xc3\xa9.json");
    snprintf((char *)head + 124, 12, "%011o", 7u);
    head[156] = '0';
    memcpy(head + 257, "ustar", 6);
    add_sum(head);
    buf_add(&m.b, head, sizeof(head));
    buf_add_c(&m.b, "{\"a\":1}");
    memset(head, 0, sizeof(head));
    buf_add(&m.b, head, sizeof(head) - 7);
    buf_add(&m.b, head, sizeof(head));
    struct stream *s = make_open(&m);
    assert_int_equal(stream_next(s, &item, &d), ERR_OK);
    assert_string_equal(item.member, "?[31mred??\xc3\xa9.json");
    assert_int_equal(stream_next(s, &item, &d), ERR_NOTFOUND);
    stream_close(s);
}

/* It is said what it is, instead of what it is not. */
static void what_is_packed_otherwise_is_named(void **state)
{
    (void)state;

    static const struct {
        const char *begins, *name;
    } kinds[] = {
        {"\xFD"
         "7zXZ",
         "is xz:"},
        {"BZh91AY", "is bzip2:"},
        {"PK\x03\x04", "is zip:"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct made m;
        struct diag d = {""};
        enum err e;
        make_begin(&m);
        buf_add_c(&m.b, kinds[i].begins);
        buf_add_c(&m.b, "x\n{\"a\":1}\n"); /* by chance */
        assert_int_equal(count_records(&m, &e, &d), 0);
        assert_int_equal(e, ERR_IO);
        assert_non_null(strstr(d.text, kinds[i].name));
    }
}

static void a_packed_member_costs_itself_only(void **state)
{
    (void)state;
    struct made m;
    struct stream_item item;
    struct diag d = {""};
    uint8_t head[512] = "a.json.gz";
    struct buf packed;
    buf_init(&packed, 1 << 20);
    add_packed(&packed, 2);
    make_begin(&m);
    for (int i = 0; i < 2; i++) {
        size_t len = i == 0 ? packed.len : 7;
        snprintf((char *)head + 124, 12, "%011o", (unsigned)len);
        head[156] = '0';
        memcpy(head + 257, "ustar", 6);
        add_sum(head);
        buf_add(&m.b, head, sizeof(head));
        buf_add(&m.b, i == 0 ? (char *)packed.p : "{\"a\":1}", len);
        memset(head, 0, sizeof(head));
        buf_add(&m.b, head, (512 - len % 512) % 512);
        str_copy((char *)head, sizeof(head), "b.json");
    }
    buf_fini(&packed);
    struct stream *s = make_open(&m);
    assert_int_equal(stream_next(s, &item, &d), ERR_PARSE);
    assert_non_null(strstr(d.text, "is gzip: unpack it first"));
    assert_int_equal(stream_next(s, &item, &d), ERR_OK);
    assert_string_equal(item.member, "b.json");
    stream_close(s);
}

static void a_directory_is_no_file(void **state)
{
    (void)state;
    struct stream *s = NULL;
    struct diag d = {""};
    assert_int_equal(stream_open(".", &s, &d), ERR_INVAL);
    assert_string_equal(d.text, ".: is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_record),
        cmocka_unit_test(a_line_that_was_cut_off_takes_no_other),
        cmocka_unit_test(each_record_has_all_the_room),
        cmocka_unit_test(one_that_is_too_large_takes_no_other),
        cmocka_unit_test(a_mark_of_byte_order_is_no_record),
        cmocka_unit_test(what_is_left_of_a_cut_file_is_read),
        cmocka_unit_test(what_stands_behind_a_packed_file_is_told),
        cmocka_unit_test(a_damaged_head_of_a_member_is_told),
        cmocka_unit_test(names_in_an_archive_are_plain),
        cmocka_unit_test(what_is_packed_otherwise_is_named),
        cmocka_unit_test(a_packed_member_costs_itself_only),
        cmocka_unit_test(a_directory_is_no_file),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
