// SPDX-License-Identifier: Apache-2.0
/* TLS that breaks: by hand where OpenSSL would never write such a thing, with
 * OpenSSL and an odd certificate elsewhere, and cut after any number of bytes.
 */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALERT     21
#define HANDSHAKE 22
#define CHANGE    20
#define APPDATA   23

static bool record(struct conn *c, int type, const void *p, size_t n)
{
    uint8_t head[5] = {(uint8_t)type, 3, 3, (uint8_t)(n >> 8), (uint8_t)n};

    return put(c, head, sizeof(head)) && (n == 0 || put(c, p, n));
}

/* Reads a ClientHello; its session id is what a ServerHello repeats, an empty
 * one if there was no ClientHello. */
static bool take_hello(struct conn *c, uint8_t id[33])
{
    uint8_t p[4096];
    size_t have = 0;

    id[0] = 0;
    while (have < 100) {
        size_t n = take(c, p + have, sizeof(p) - have);
        if (n == 0) {
            return false;
        }
        have += n;
    }
    id[0] = p[43] <= 32 ? p[43] : 0;
    memcpy(id + 1, p + 44, id[0]);
    return true;
}

static size_t server_hello(uint8_t *p, const uint8_t id[33], bool retry)
{
    static const uint8_t retry_random[32] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
        0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
        0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};
    static const uint8_t retry_ext[] = {0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 24};
    size_t n = 4;

    p[n++] = 3;
    p[n++] = 3;
    if (retry) {
        memcpy(p + n, retry_random, 32);
    } else {
        fill(p + n, 32, 3);
    }
    n += 32;
    memcpy(p + n, id, (size_t)id[0] + 1);
    n += (size_t)id[0] + 1;
    p[n++] = retry ? 0x13 : 0xc0; /* TLS_AES_128_GCM | ECDHE-ECDSA-AES128 */
    p[n++] = retry ? 0x01 : 0x2b;
    p[n++] = 0;
    if (!retry) {
        memcpy(p + n, "\0\x05\xff\x01\0\x01\0", 7); /* RFC 5746 */
        n += 7;
    } else {
        p[n++] = 0;
        p[n++] = sizeof(retry_ext);
        memcpy(p + n, retry_ext, sizeof(retry_ext));
        n += sizeof(retry_ext);
    }
    p[0] = 2;
    p[1] = 0;
    p[2] = (uint8_t)((n - 4) >> 8);
    p[3] = (uint8_t)(n - 4);
    return n;
}

/* ---- before any ServerHello ------------------------------------------------
 */

static void tls_silence(struct conn *c)
{
    hold(c);
}

static void tls_close(struct conn *c)
{
    (void)c;
}

static void tls_close_after_hello(struct conn *c)
{
    uint8_t id[33];

    take_hello(c, id);
}

static void tls_reset(struct conn *c)
{
    uint8_t id[33];

    take_hello(c, id);
    reset(c);
}

static void tls_garbage(struct conn *c)
{
    uint8_t p[4096], id[33];

    take_hello(c, id);
    fill(p, sizeof(p), 11);
    put(c, p, sizeof(p));
    hold(c);
}

static void tls_http(struct conn *c)
{
    uint8_t id[33];

    take_hello(c, id);
    put_c(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    hold(c);
}

static void alert(struct conn *c, int level, int what)
{
    uint8_t p[2] = {(uint8_t)level, (uint8_t)what}, id[33];

    take_hello(c, id);
    record(c, ALERT, p, sizeof(p));
    hold(c);
}

static void alert_handshake(struct conn *c)
{
    alert(c, 2, 40);
}

static void alert_internal(struct conn *c)
{
    alert(c, 2, 80);
}

static void alert_name(struct conn *c)
{
    alert(c, 2, 112);
}

static void alert_version(struct conn *c)
{
    alert(c, 2, 70);
}

static void alert_unknown(struct conn *c)
{
    alert(c, 2, 199);
}

static void alert_close(struct conn *c)
{
    alert(c, 1, 0);
}

static void alert_flood(struct conn *c)
{
    uint8_t p[2] = {1, 112}, id[33];

    take_hello(c, id);
    while (record(c, ALERT, p, sizeof(p))) {
        continue;
    }
}

static void empty_records(struct conn *c)
{
    uint8_t id[33];

    take_hello(c, id);
    while (record(c, HANDSHAKE, NULL, 0)) {
        continue;
    }
}

static void change_flood(struct conn *c)
{
    uint8_t id[33];

    take_hello(c, id);
    while (record(c, CHANGE, "\x01", 1)) {
        continue;
    }
}

static void record_oversize(struct conn *c)
{
    uint8_t p[65535], id[33];

    take_hello(c, id);
    fill(p, sizeof(p), 2);
    record(c, HANDSHAKE, p, sizeof(p));
    hold(c);
}

static void record_type(struct conn *c)
{
    uint8_t id[33];

    take_hello(c, id);
    record(c, 99, "abcdef", 6);
    hold(c);
}

static void record_version(struct conn *c)
{
    uint8_t id[33];

    take_hello(c, id);
    put(c, "\x16\x09\x09\x00\x04\x02\x00\x00\x00", 9);
    hold(c);
}

static void record_drip(struct conn *c)
{
    uint8_t p[128], id[33];

    take_hello(c, id);
    size_t n = server_hello(p, id, false);
    put(c, "\x16\x03\x03\x00", 4);
    put(c, &(uint8_t){(uint8_t)n}, 1);
    for (size_t i = 0; i < n && !c->gone; i++) {
        put(c, p + i, 1);
        nap_ms(400);
    }
    hold(c);
}

static void hello_endless(struct conn *c)
{
    uint8_t p[16000] = {2, 0xff, 0xff, 0xff}, id[33];

    take_hello(c, id);
    while (record(c, HANDSHAKE, p, sizeof(p))) {
        continue;
    }
}

static void hello_retry_twice(struct conn *c)
{
    uint8_t p[128], id[33];

    take_hello(c, id);
    size_t n = server_hello(p, id, true);
    record(c, HANDSHAKE, p, n);
    record(c, HANDSHAKE, p, n);
    hold(c);
}

static void hello_cipher(struct conn *c)
{
    uint8_t p[128], id[33];

    take_hello(c, id);
    size_t n = server_hello(p, id, false);
    p[n - 10] = 0x00; /* NULL-MD5, never offered */
    p[n - 9] = 0x01;
    record(c, HANDSHAKE, p, n);
    hold(c);
}

static void finished_first(struct conn *c)
{
    uint8_t p[16] = {20, 0, 0, 12}, id[33];

    take_hello(c, id);
    record(c, HANDSHAKE, p, sizeof(p));
    hold(c);
}

/* ---- certificates by hand --------------------------------------------------
 */

static void cert_garbage(struct conn *c)
{
    uint8_t p[128], id[33], cert[610] = {11, 0, 2, 94, 0, 2, 91, 0, 2, 88};

    take_hello(c, id);
    record(c, HANDSHAKE, p, server_hello(p, id, false));
    fill(cert + 10, sizeof(cert) - 10, 13);
    record(c, HANDSHAKE, cert, sizeof(cert));
    hold(c);
}

static void cert_empty(struct conn *c)
{
    uint8_t p[128], id[33], cert[7] = {11, 0, 0, 3, 0, 0, 0};

    take_hello(c, id);
    record(c, HANDSHAKE, p, server_hello(p, id, false));
    record(c, HANDSHAKE, cert, sizeof(cert));
    hold(c);
}

static void cert_lengths(struct conn *c)
{
    uint8_t p[128], id[33], cert[40] = {11, 0, 0, 36, 0xff, 0xff, 0xff, 0xff};

    take_hello(c, id);
    record(c, HANDSHAKE, p, server_hello(p, id, false));
    record(c, HANDSHAKE, cert, sizeof(cert));
    hold(c);
}

/* ---- odd certificates, handshake by OpenSSL --------------------------------
 */

static SSL_CTX *odd_context(const char *name, enum cert_kind kind)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    char host[300];

    snprintf(host, sizeof(host), "%s." DOMAIN, name);
    SSL_CTX_set_security_level(ctx, 0);
    if (!cert_use(ctx, host, kind)) {
        fprintf(stderr, "hostile: no certificate for %s\n", host);
    }
    return ctx;
}

static void with_cert(struct conn *c, const char *name, enum cert_kind kind)
{
    SSL_CTX *ctx = odd_context(name, kind);

    if (tls_accept(c, ctx)) {
        serve_page(c);
    }
    SSL_CTX_free(ctx);
}

static void chain_100(struct conn *c)
{
    with_cert(c, "tls-chain-100", CERT_CHAIN_100);
}

static void cert_64k(struct conn *c)
{
    with_cert(c, "tls-cert-64k", CERT_64K);
}

static void cert_1m(struct conn *c)
{
    with_cert(c, "tls-cert-1m", CERT_1M);
}

static void cert_nul(struct conn *c)
{
    with_cert(c, "tls-cert-nul", CERT_NUL_NAME);
}

static void curve_key(struct conn *c)
{
    with_cert(c, "tls-curve-key", CERT_SECP256K1);
}

static void with_group(struct conn *c, const char *name, const char *group,
                       int version)
{
    SSL_CTX *ctx = odd_context(name, CERT_GOOD);

    if (group) {
        SSL_CTX_set1_groups_list(ctx, group);
    }
    if (version) {
        SSL_CTX_set_min_proto_version(ctx, version);
        SSL_CTX_set_max_proto_version(ctx, version);
        SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
    }
    if (tls_accept(c, ctx)) {
        serve_page(c);
    }
    SSL_CTX_free(ctx);
}

static void curve_521(struct conn *c)
{
    with_group(c, "tls-curve-521", "P-521", 0);
}

static void curve_brainpool(struct conn *c)
{
    with_group(c, "tls-curve-brainpool", "brainpoolP384r1", 0);
}

static void version_10(struct conn *c)
{
    with_group(c, "tls-version-10", NULL, TLS1_VERSION);
}

/* ---- after the handshake ---------------------------------------------------
 */

static SSL_CTX *after(struct conn *c, const char *name)
{
    SSL_CTX *ctx = odd_context(name, CERT_GOOD);

    if (tls_accept(c, ctx) && take_request(c)) {
        return ctx;
    }
    SSL_CTX_free(ctx);
    c->gone = true;
    return NULL;
}

static void close_after(struct conn *c)
{
    SSL_CTX_free(after(c, "tls-close-after"));
}

static void reset_after(struct conn *c)
{
    SSL_CTX_free(after(c, "tls-reset-after"));
    reset(c);
}

static void broken_mac(struct conn *c)
{
    uint8_t p[300];
    SSL_CTX *ctx = after(c, "tls-broken-mac");

    if (ctx) {
        put_c(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        SSL_set_quiet_shutdown(c->ssl, 1);
        SSL_free(c->ssl);
        c->ssl = NULL;
        fill(p, sizeof(p), 17);
        record(c, APPDATA, p, sizeof(p));
        hold(c);
    }
    SSL_CTX_free(ctx);
}

static void cut_body(struct conn *c)
{
    SSL_CTX *ctx = after(c, "tls-cut-body");

    put_c(c, "HTTP/1.1 200 OK\r\n\r\nno length and no close_notify");
    SSL_CTX_free(ctx);
}

static void ticket_flood(struct conn *c)
{
    SSL_CTX *ctx = after(c, "tls-ticket-flood");

    while (ctx && now_ms() < c->until_ms &&
           SSL_new_session_ticket(c->ssl) == 1 &&
           SSL_do_handshake(c->ssl) == 1) {
        continue;
    }
    SSL_CTX_free(ctx);
}

static void key_flood(struct conn *c)
{
    SSL_CTX *ctx = after(c, "tls-key-flood");

    while (ctx && now_ms() < c->until_ms &&
           SSL_key_update(c->ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
           SSL_do_handshake(c->ssl) == 1) {
        continue;
    }
    SSL_CTX_free(ctx);
}

static void goodbye(struct conn *c)
{
    SSL_CTX *ctx = after(c, "tls-goodbye");

    if (ctx) {
        SSL_shutdown(c->ssl);
    }
    SSL_CTX_free(ctx);
}

/* ---- cut handshakes --------------------------------------------------------
 */

static size_t pump_in(struct conn *c, BIO *in)
{
    uint8_t p[4096];
    ssize_t n = recv(c->fd, p, sizeof(p), 0);

    if (n <= 0) {
        return 0;
    }
    BIO_write(in, p, (int)n);
    return (size_t)n;
}

static SSL *cut_ssl(bool tls12, SSL_CTX **ctx, BIO **in, BIO **out)
{
    *ctx = odd_context(tls12 ? "*.cut12" : "*.cut13", CERT_GOOD);
    SSL_CTX_set_min_proto_version(*ctx, TLS1_2_VERSION);
    if (tls12) {
        SSL_CTX_set_max_proto_version(*ctx, TLS1_2_VERSION);
    }
    SSL *ssl = SSL_new(*ctx);
    *in = BIO_new(BIO_s_mem());
    *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, *in, *out);
    SSL_set_accept_state(ssl);
    return ssl;
}

/* Sends what the server would, but only the first c->n bytes of it, and never
 * the last byte that the client needs. */
void tls_cut(struct conn *c, bool tls12)
{
    SSL_CTX *ctx;
    BIO *in, *out;
    SSL *ssl = cut_ssl(tls12, &ctx, &in, &out);
    size_t left = c->n;

    while (pump_in(c, in) > 0) {
        SSL_do_handshake(ssl);
        char *p;
        size_t n = (size_t)BIO_get_mem_data(out, &p);
        bool last = !tls12 || SSL_is_init_finished(ssl);

        if (n == 0) {
            continue;
        }
        size_t send_n = n <= left ? n : left;
        if (last && send_n == n) {
            send_n = n - 1;
        }
        put(c, p, send_n);
        left -= send_n;
        if (last || send_n < n) {
            break;
        }
        (void)BIO_reset(out); /* of memory: never fails */
    }
    SSL_free(ssl);
    SSL_CTX_free(ctx);
}

/* One handshake with ourselves, in memory. */
size_t tls_flight(bool tls12)
{
    SSL_CTX *ctx, *client_ctx = SSL_CTX_new(TLS_client_method());
    BIO *in, *out, *client_in = BIO_new(BIO_s_mem()),
                   *client_out = BIO_new(BIO_s_mem());
    SSL *server = cut_ssl(tls12, &ctx, &in, &out);
    SSL *client = SSL_new(client_ctx);
    size_t total = 0;

    SSL_set_bio(client, client_in, client_out);
    SSL_set_connect_state(client);
    for (int i = 0; i < 4 && !SSL_is_init_finished(client); i++) {
        char *p;
        SSL_do_handshake(client);
        if (SSL_is_init_finished(client)) {
            break;
        }
        long n = BIO_get_mem_data(client_out, &p);
        BIO_write(in, p, (int)n);
        (void)BIO_reset(client_out); /* of memory: never fails */
        SSL_do_handshake(server);
        n = BIO_get_mem_data(out, &p);
        total += (size_t)n;
        BIO_write(client_in, p, (int)n);
        (void)BIO_reset(out); /* of memory: never fails */
    }
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_ctx);
    SSL_CTX_free(ctx);
    return total;
}

#define TLS(name, fn)                                                          \
    {                                                                          \
        name, AT_TLS, fn                                                       \
    }

const struct trick tls_tricks[] = {
    TLS("tls-silence", tls_silence),
    TLS("tls-close", tls_close),
    TLS("tls-close-after-hello", tls_close_after_hello),
    TLS("tls-reset", tls_reset),
    TLS("tls-garbage", tls_garbage),
    TLS("tls-http", tls_http),
    TLS("tls-alert-handshake", alert_handshake),
    TLS("tls-alert-internal", alert_internal),
    TLS("tls-alert-name", alert_name),
    TLS("tls-alert-version", alert_version),
    TLS("tls-alert-unknown", alert_unknown),
    TLS("tls-alert-close", alert_close),
    TLS("tls-alert-flood", alert_flood),
    TLS("tls-empty-records", empty_records),
    TLS("tls-change-flood", change_flood),
    TLS("tls-record-oversize", record_oversize),
    TLS("tls-record-type", record_type),
    TLS("tls-record-version", record_version),
    TLS("tls-record-drip", record_drip),
    TLS("tls-hello-endless", hello_endless),
    TLS("tls-hello-retry-twice", hello_retry_twice),
    TLS("tls-hello-cipher", hello_cipher),
    TLS("tls-finished-first", finished_first),
    TLS("tls-cert-garbage", cert_garbage),
    TLS("tls-cert-empty", cert_empty),
    TLS("tls-cert-lengths", cert_lengths),
    TLS("tls-chain-100", chain_100),
    TLS("tls-cert-64k", cert_64k),
    TLS("tls-cert-1m", cert_1m),
    TLS("tls-cert-nul", cert_nul),
    TLS("tls-curve-key", curve_key),
    TLS("tls-curve-521", curve_521),
    TLS("tls-curve-brainpool", curve_brainpool),
    TLS("tls-version-10", version_10),
    TLS("tls-close-after", close_after),
    TLS("tls-reset-after", reset_after),
    TLS("tls-broken-mac", broken_mac),
    TLS("tls-cut-body", cut_body),
    TLS("tls-ticket-flood", ticket_flood),
    TLS("tls-key-flood", key_flood),
    TLS("tls-goodbye", goodbye),
    {NULL, AT_TLS, NULL},
};
