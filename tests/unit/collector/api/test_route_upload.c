// SPDX-License-Identifier: Apache-2.0
/* How records may come: packed, deep, through a proxy, too late. */
#include "collector/api/route.h"

#include "base/compress.h"
#include "record/dictionary.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/collector/api/route_fixture.h"

static void zstd_uploads_are_read_and_bombs_are_not(void **state)
{
    struct fixture *f = *state;
    char plain[300], packed[300], bomb[300];
    struct str text = str_c(UPLOAD(RECORD("")));
    struct buf z;
    buf_init(&z, 1 << 20);
    assert_int_equal(compress_pack(text, 3, &z), ERR_OK);
    upload(f, text, NULL, "127.0.0.1", NULL, 200, plain, sizeof(plain));
    upload(f, buf_str(&z), "zstd", "127.0.0.1", NULL, 200, packed,
           sizeof(packed));
    assert_string_equal(plain, packed); /* the same content, the same uid */
    upload(f, buf_str(&z), NULL, "127.0.0.1", NULL, 400, packed,
           sizeof(packed));
    upload(f, text, "zstd", "127.0.0.1", NULL, 400, packed, sizeof(packed));
    assert_non_null(strstr(packed, "{\"detail\":\"Incorrect format\","));
    upload(f, text, "gzip", "127.0.0.1", NULL, 415, packed, sizeof(packed));
    upload(f, buf_str(&z), "dcz", "127.0.0.1", NULL, 400, packed,
           sizeof(packed));
    buf_clear(&z);
    assert_int_equal(compress_pack_dcz(text, 3, dictionary_text(), &z), ERR_OK);
    upload(f, buf_str(&z), "dcz", "127.0.0.1", NULL, 200, packed,
           sizeof(packed));
    assert_string_equal(plain, packed);
    upload(f, buf_str(&z), "zstd", "127.0.0.1", NULL, 400, packed,
           sizeof(packed));
    z.p[DCZ_HEADER_LEN - 1] ^= 1;
    upload(f, buf_str(&z), "dcz", "127.0.0.1", NULL, 415, packed,
           sizeof(packed));
    char *zeros = calloc(1, 8 << 20);
    assert_non_null(zeros);
    buf_clear(&z);
    assert_int_equal(compress_pack((struct str){zeros, 8 << 20}, 3, &z),
                     ERR_OK);
    assert_true(z.len < 10000);
    upload(f, buf_str(&z), "zstd", "127.0.0.1", NULL, 413, bomb, sizeof(bomb));
    free(zeros);
    buf_fini(&z);
}

static void deep_and_wide_json_is_refused(void **state)
{
    struct fixture *f = *state;
    struct buf b;
    buf_init(&b, 4 << 20);
    buf_add_c(&b, "{\"format\":\"json\",\"content\":{\"a\":");
    for (int i = 0; i < 100000; i++) {
        buf_add_byte(&b, '[');
    }
    char answer[300];
    upload(f, buf_str(&b), NULL, "127.0.0.1", NULL, 400, answer,
           sizeof(answer));
    buf_fini(&b);
}

struct tags {
    unsigned n;
    char source[12][33];
    char x_probe[12][33];
};

static bool take_tags(void *arg, const struct store_row *row)
{
    struct tags *t = arg;
    assert_true(t->n < 12);
    memcpy(t->source[t->n], row->source_tag, 33);
    memcpy(t->x_probe[t->n], row->x_probe, 33);
    t->n++;
    return true;
}

#define TAGGED(second)                                                         \
    "{\"format\":\"json\",\"x_probe\":\"00112233445566778899AABBCCDDEEFF\","   \
    "\"content\":{\"test_name\":\"web_connectivity\",\"probe_cc\":\"IT\","     \
    "\"probe_asn\":\"AS137\",\"measurement_start_time\":"                      \
    "\"2024-02-12 20:33:4" second "\",\"input\":\"http://a.example/\","        \
    "\"test_keys\":{\"queries\":[],\"tcp_connect\":[],"                        \
    "\"tls_handshakes\":[],\"requests\":[],\"network_events\":[]}}}"

static void a_source_is_known_by_its_prefix_as_the_proxy_tells(void **state)
{
    struct fixture *f = *state;
    char a[300];
    /* 10.0.0.1 is a proxy of ours; what it adds last is believed */
    upload(f, str_c(TAGGED("0")), NULL, "10.0.0.1", "9.9.9.9, 130.192.91.211",
           200, a, sizeof(a));
    upload(f, str_c(TAGGED("1")), NULL, "10.0.0.1", "1.2.3.4,130.192.91.7", 200,
           a, sizeof(a));
    upload(f, str_c(TAGGED("2")), NULL, "10.0.0.1", "130.192.92.7", 200, a,
           sizeof(a));
    /* nobody else's word counts: the socket's own address does */
    upload(f, str_c(TAGGED("3")), NULL, "130.192.92.9", "130.192.91.7", 200, a,
           sizeof(a));
    /* loopback says nothing about who it was, nor does nonsense */
    upload(f, str_c(TAGGED("4")), NULL, "127.0.0.1", "130.192.91.7", 200, a,
           sizeof(a));
    upload(f, str_c(TAGGED("5")), NULL, "10.0.0.1", "unknown", 200, a,
           sizeof(a));
    /* one line is one place, however it is written */
    static const char *const forms[] = {
        "::ffff:130.192.91.211", "[::ffff:130.192.91.9]", "130.192.91.5:4711",
        "[2002:82c0:5b07:1::1]:80", "64:ff9b::82c0:5b08"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char body[sizeof(TAGGED("xx"))];
        snprintf(body, sizeof(body), "%s", TAGGED("9"));
        memcpy(strstr(body, "20:33:4") + 3, "34", 2);
        strstr(body, "20:34:4")[7] = (char)('0' + i);
        upload(f, str_c(body), NULL, "10.0.0.1", forms[i], 200, a, sizeof(a));
    }
    /* nor an exit of Tor */
    upload(f, str_c(TAGGED("6")), NULL, "10.0.0.1", "185.220.101.4", 200, a,
           sizeof(a));
    struct tags t = {0};
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->store, &all, take_tags, &t), ERR_OK);
    assert_int_equal(t.n, 12);
    for (size_t i = 7; i < 12; i++) { /* a minute later */
        assert_string_equal(t.source[i], t.source[0]);
    }
    assert_int_equal(strlen(t.source[0]), 32);
    assert_string_equal(t.source[0], t.source[1]);
    assert_string_not_equal(t.source[0], t.source[2]);
    assert_string_equal(t.source[2], t.source[3]);
    assert_string_equal(t.source[4], "");
    assert_string_equal(t.source[5], "");
    assert_string_equal(t.source[6], "");
    assert_string_equal(t.x_probe[0], "00112233445566778899aabbccddeeff");
}

/* What a proxy of ours says of a network that is nobody's in particular. */
static void invented_places_behind_a_proxy_are_none(void **state)
{
    struct fixture *f = *state;
    static const char *const named[] = {
        "10.0.1.1",   "172.31.2.1", "192.168.3.1",    "169.254.4.1",
        "100.64.5.1", "fe80:1::1",  "[fd00:2::1]:80", "::ffff:10.0.6.1",
        "172.32.0.1", "100.128.0.1"};
    char a[300];
    for (size_t i = 0; i < 10; i++) {
        char body[sizeof(TAGGED("x"))];
        snprintf(body, sizeof(body), "%s", TAGGED("0"));
        strstr(body, "20:33:4")[7] = (char)('0' + i);
        upload(f, str_c(body), NULL, "10.0.0.1", named[i], 200, a, sizeof(a));
    }
    struct tags t = {0};
    struct store_filter all = {0};
    assert_int_equal(store_scan(f->store, &all, take_tags, &t), ERR_OK);
    assert_int_equal(t.n, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(strlen(t.source[i]), i < 8 ? 0 : 32);
    }
}

static void uploads_after_the_drain_are_told_to_come_again(void **state)
{
    struct fixture *f = *state;
    ingest_stop(f->service.ingest);
    char answer[300];
    upload(f, str_c(UPLOAD(RECORD(""))), NULL, "127.0.0.1", NULL, 503, answer,
           sizeof(answer));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(zstd_uploads_are_read_and_bombs_are_not),
        T(deep_and_wide_json_is_refused),
        T(a_source_is_known_by_its_prefix_as_the_proxy_tells),
        T(invented_places_behind_a_proxy_are_none),
        T(uploads_after_the_drain_are_told_to_come_again),
    };
    if (crypto_setup() != ERR_OK) {
        return 1;
    }
    log_setup("test", LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
