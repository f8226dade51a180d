// SPDX-License-Identifier: Apache-2.0
/* Hellos made by OpenSSL through memory BIOs, and hand-made bad ones. */
#include "base/cur.h"
#include "wire/tlsmsg.h"
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    SSL_CTX *client, *server;
    struct buf join, hello, reply;
};

static void drain(SSL *ssl, struct buf *out)
{
    uint8_t bytes[20000];
    int n = BIO_read(SSL_get_wbio(ssl), bytes, sizeof(bytes));
    if (n > 0) {
        buf_add(out, bytes, (size_t)n);
    }
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *len,
                       const unsigned char *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)in;
    (void)in_len;
    (void)arg;
    *out = (const unsigned char *)"h2";
    *len = 2;
    return SSL_TLSEXT_ERR_OK;
}

static SSL *with_bios(SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    assert_non_null(ssl);
    assert_non_null(in);
    assert_non_null(out);
    SSL_set_bio(ssl, in, out);
    return ssl;
}

/* One flight each way; without a certificate the server answers an alert,
 * unless the suite needs none. */
static void exchange(struct fixture *f, int max_version, const char *ciphers)
{
    SSL *c = with_bios(f->client), *s = with_bios(f->server);
    SSL_set_max_proto_version(c, max_version);
    if (ciphers) {
        SSL_set_security_level(c, 0);
        SSL_set_security_level(s, 0);
        assert_int_equal(SSL_set_cipher_list(c, ciphers), 1);
        assert_int_equal(SSL_set_cipher_list(s, ciphers), 1);
    }
    SSL_set_tlsext_host_name(c, "www.example.com");
    SSL_set_alpn_protos(c, (const unsigned char *)"\2h2\10http/1.1", 12);
    SSL_connect(c);
    drain(c, &f->hello);
    BIO_write(SSL_get_rbio(s), f->hello.p, (int)f->hello.len);
    SSL_accept(s);
    drain(s, &f->reply);
    SSL_free(c);
    SSL_free(s);
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    f.client = SSL_CTX_new(TLS_client_method());
    f.server = SSL_CTX_new(TLS_server_method());
    if (!f.client || !f.server) {
        return -1;
    }
    SSL_CTX_set_dh_auto(f.server, 1);
    SSL_CTX_set_alpn_select_cb(f.server, choose_alpn, NULL);
    buf_init(&f.join, 1 << 20);
    buf_init(&f.hello, 1 << 20);
    buf_init(&f.reply, 1 << 20);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    SSL_CTX_free(f->client);
    SSL_CTX_free(f->server);
    buf_fini(&f->join);
    buf_fini(&f->hello);
    buf_fini(&f->reply);
    return 0;
}

static void a_client_hello_tells_name_protocols_and_versions(void **state)
{
    struct fixture *f = *state;
    struct tls_client_hello h;
    struct str body, list, proto;
    uint8_t type;
    exchange(f, TLS1_3_VERSION, NULL);
    assert_int_equal(
        tlsmsg_handshake(buf_str(&f->hello), &f->join, &type, &body), ERR_OK);
    assert_int_equal(type, TLS_CLIENT_HELLO);
    assert_int_equal(f->join.len, 0); /* borrowed, nothing was copied */
    assert_int_equal(tlsmsg_client_hello(body, &h), ERR_OK);
    assert_true(str_eq_c(h.sni, "www.example.com"));
    assert_int_equal(h.legacy_version, 0x0303);
    assert_int_equal(h.session_id.len, 32);
    assert_true(tlsmsg_has_u16(h.versions, 0x0304));
    assert_false(tlsmsg_has_u16(h.versions, 0x0300));
    assert_true(tlsmsg_has_u16(h.ciphers, 0x1301));
    assert_false(h.ech);
    list = h.alpn;
    assert_true(tlsmsg_alpn_next(&list, &proto) && str_eq_c(proto, "h2"));
    assert_true(tlsmsg_alpn_next(&list, &proto) && str_eq_c(proto, "http/1.1"));
    assert_false(tlsmsg_alpn_next(&list, &proto));
}

static void a_hello_in_small_records_is_put_together(void **state)
{
    struct fixture *f = *state;
    struct tls_client_hello h;
    struct str body;
    uint8_t type;
    struct buf cut;
    exchange(f, TLS1_3_VERSION, NULL);
    buf_init(&cut, 1 << 20);
    for (size_t i = 5; i < f->hello.len; i += 3) {
        size_t n = f->hello.len - i < 3 ? f->hello.len - i : 3;
        buf_add(&cut, "\x16\3\1\0", 4);
        buf_add_byte(&cut, (uint8_t)n);
        buf_add(&cut, f->hello.p + i, n);
    }
    for (size_t n = 0; n < cut.len; n++) {
        assert_int_equal(tlsmsg_handshake(str_sub(buf_str(&cut), 0, n),
                                          &f->join, &type, &body),
                         ERR_NOTFOUND);
    }
    assert_int_equal(tlsmsg_handshake(buf_str(&cut), &f->join, &type, &body),
                     ERR_OK);
    assert_int_equal(tlsmsg_client_hello(body, &h), ERR_OK);
    assert_true(str_eq_c(h.sni, "www.example.com"));
    buf_fini(&cut);
}

static void a_server_hello_tells_version_cipher_and_protocol(void **state)
{
    struct fixture *f = *state;
    struct tls_server_hello h;
    struct str body;
    uint8_t type;
    exchange(f, TLS1_2_VERSION, "ADH-AES128-SHA256");
    assert_int_equal(
        tlsmsg_handshake(buf_str(&f->reply), &f->join, &type, &body), ERR_OK);
    assert_int_equal(type, TLS_SERVER_HELLO);
    assert_int_equal(tlsmsg_server_hello(body, &h), ERR_OK);
    assert_string_equal(tlsmsg_version_name(h.version), "TLSv1.2");
    assert_int_equal(h.cipher, 0x006c);
    assert_true(str_eq_c(h.alpn, "h2"));
    assert_false(h.retry);
}

static void an_alert_is_named(void **state)
{
    struct fixture *f = *state;
    struct tls_record rec;
    struct tls_alert a;
    exchange(f, TLS1_3_VERSION, NULL); /* the server has no certificate */
    struct cur c = cur_of(f->reply.p, f->reply.len);
    assert_int_equal(tlsmsg_record(&c, &rec), ERR_OK);
    assert_int_equal(rec.type, TLS_ALERT);
    assert_int_equal(tlsmsg_alert(rec.body, &a), ERR_OK);
    assert_int_equal(a.level, 2);
    assert_string_equal(tlsmsg_alert_name(a.description), "handshake_failure");
    assert_null(tlsmsg_alert_name(255));
    assert_int_equal(tlsmsg_alert(STR("\1"), &a), ERR_PARSE);
    assert_int_equal(tlsmsg_alert(STR("\3\x28"), &a), ERR_PARSE);
    assert_int_equal(tlsmsg_alert(STR("\2\x28\x28"), &a), ERR_PARSE);
}

/* Bytes of a ServerHello in TLS 1.3 with the random of a retry. */
static void a_retry_is_told_from_a_server_hello(void **state)
{
    static const char random[] =
        "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
        "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";
    struct fixture *f = *state;
    struct tls_server_hello h;
    buf_add_u16(&f->hello, 0x0303);
    buf_add(&f->hello, random, 32);
    buf_add(&f->hello, "\0\x13\x01\0\0\6\0\x2b\0\2\3\4", 12);
    assert_int_equal(tlsmsg_server_hello(buf_str(&f->hello), &h), ERR_OK);
    assert_true(h.retry);
    assert_string_equal(tlsmsg_version_name(h.version), "TLSv1.3");
}

static void every_cut_of_a_hello_is_refused(void **state)
{
    struct fixture *f = *state;
    struct tls_client_hello h;
    struct tls_server_hello sh;
    struct str body;
    uint8_t type;
    exchange(f, TLS1_2_VERSION, "ADH-AES128-SHA256");
    assert_int_equal(
        tlsmsg_handshake(buf_str(&f->hello), &f->join, &type, &body), ERR_OK);
    size_t accepted = 0;
    for (size_t n = 0; n < body.len; n++) {
        accepted += tlsmsg_client_hello(str_sub(body, 0, n), &h) == ERR_OK;
    }
    assert_true(accepted <= 1); /* one without extensions is whole */
    assert_int_equal(
        tlsmsg_handshake(buf_str(&f->reply), &f->join, &type, &body), ERR_OK);
    accepted = 0;
    for (size_t n = 0; n < body.len; n++) {
        accepted += tlsmsg_server_hello(str_sub(body, 0, n), &sh) == ERR_OK;
    }
    assert_true(accepted <= 1);
}

static void what_is_not_tls_is_refused_at_its_first_bytes(void **state)
{
    struct fixture *f = *state;
    struct str body;
    uint8_t type;

    static const struct {
        const char *p;
        size_t len;
        enum err want;
    } rows[] = {
        {"", 0, ERR_NOTFOUND},
        {"G", 1, ERR_PARSE},
        {"HTTP/1.1 200 OK", 15, ERR_PARSE},
        {"\x16\2", 2, ERR_PARSE},
        {"\x16\3\1\0", 4, ERR_NOTFOUND},
        {"\x16\3\1\xff\xff", 5, ERR_PARSE},
        {"\x16\3\1\0\0", 5, ERR_PARSE},
        {"\x17\3\1\0\1x", 6, ERR_PARSE},
        {"\x16\3\1\0\4\1\2\0\0", 9, ERR_PARSE}, /* a message of 128 KiB */
        {"\x16\3\1\0\4\1\0\0\0", 9, ERR_OK},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str s = {rows[i].p, rows[i].len};
        if (tlsmsg_handshake(s, &f->join, &type, &body) != rows[i].want) {
            fail_msg("row %zu", i);
        }
    }
}

static void versions_and_alerts_have_names(void **state)
{
    (void)state;
    assert_string_equal(tlsmsg_version_name(0x0300), "SSLv3");
    assert_string_equal(tlsmsg_version_name(0x0301), "TLSv1");
    assert_string_equal(tlsmsg_version_name(0x0302), "TLSv1.1");
    assert_string_equal(tlsmsg_version_name(0x7f1c), "");
    assert_string_equal(tlsmsg_alert_name(0), "close_notify");
    assert_string_equal(tlsmsg_alert_name(112), "unrecognized_name");
    assert_string_equal(tlsmsg_alert_name(120), "no_application_protocol");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_client_hello_tells_name_protocols_and_versions),
        TEST(a_hello_in_small_records_is_put_together),
        TEST(a_server_hello_tells_version_cipher_and_protocol),
        TEST(an_alert_is_named),
        TEST(a_retry_is_told_from_a_server_hello),
        TEST(every_cut_of_a_hello_is_refused),
        TEST(what_is_not_tls_is_refused_at_its_first_bytes),
        TEST(versions_and_alerts_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
