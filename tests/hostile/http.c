// SPDX-License-Identifier: Apache-2.0
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define OK200    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
#define BOMB     ((size_t)64 << 20)
#define REDIRECT "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: "

/* ---- bodies ---------------------------------------------------------------
 */

static void endless(struct conn *c, const char *piece)
{
    while (put_c(c, piece)) {
        continue;
    }
}

static void endless_body(struct conn *c)
{
    char piece[16385];

    memset(piece, 'a', sizeof(piece) - 1);
    piece[sizeof(piece) - 1] = '\0';
    put_c(c, OK200 "\r\n");
    endless(c, piece);
}

static void drip(struct conn *c, const char *piece)
{
    while (put_c(c, piece)) {
        nap_ms(300);
    }
}

static void drip_body(struct conn *c)
{
    put_c(c, OK200 "Content-Length: 100000\r\n\r\n");
    drip(c, "a");
}

static void drip_head(struct conn *c)
{
    put_c(c, "HTTP/1.1 200 OK\r\nX-Long: ");
    drip(c, "a");
}

static void silence(struct conn *c)
{
    hold(c);
}

static void close_now(struct conn *c)
{
    (void)c;
}

static void reset_now(struct conn *c)
{
    reset(c);
}

static void reset_in_body(struct conn *c)
{
    put_c(c, OK200 "Content-Length: 1000\r\n\r\nsome of it");
    nap_ms(100);
    reset(c);
}

static void no_body(struct conn *c)
{
    put_c(c, OK200 "Content-Length: 1000\r\n\r\n");
}

static void length_short(struct conn *c)
{
    put_c(c, OK200 "Content-Length: 10\r\n\r\n");
    for (int i = 0; i < 100; i++) {
        put_c(c, "0123456789");
    }
}

static void length_long(struct conn *c)
{
    put_c(c, OK200 "Content-Length: 1000\r\n\r\n0123456789");
    hold(c);
}

static void length_is(struct conn *c, const char *length)
{
    putf(c, OK200 "Content-Length: %s\r\n\r\n0123456789", length);
}

static void length_negative(struct conn *c)
{
    length_is(c, "-5");
}

static void length_huge(struct conn *c)
{
    length_is(c, "99999999999999999999999999");
}

static void length_words(struct conn *c)
{
    length_is(c, "ten");
}

static void length_twice(struct conn *c)
{
    length_is(c, "10\r\nContent-Length: 3");
}

static void binary_body(struct conn *c)
{
    uint8_t body[5000];

    fill(body, sizeof(body), 1);
    memcpy(body, "<title>\0\xff\xfe</title>", 18);
    put_c(c, OK200 "Content-Length: 5000\r\n\r\n");
    put(c, body, sizeof(body));
}

static void title_huge(struct conn *c)
{
    char piece[1001];

    memset(piece, 't', 1000);
    piece[1000] = '\0';
    put_c(c, OK200 "Content-Length: 400007\r\n\r\n<title>");
    for (int i = 0; i < 400; i++) {
        put_c(c, piece);
    }
}

/* ---- chunks ---------------------------------------------------------------
 */

#define CHUNKED OK200 "Transfer-Encoding: chunked\r\n\r\n"

static void chunk_words(struct conn *c)
{
    put_c(c, CHUNKED "zz\r\nabc\r\n0\r\n\r\n");
}

static void chunk_huge(struct conn *c)
{
    put_c(c, CHUNKED "ffffffffffffffff1\r\nabc");
}

static void chunk_negative(struct conn *c)
{
    put_c(c, CHUNKED "-1\r\nabc\r\n0\r\n\r\n");
}

static void chunk_cut(struct conn *c)
{
    put_c(c, CHUNKED "100\r\nabc");
}

static void chunk_no_end(struct conn *c)
{
    put_c(c, CHUNKED "3\r\nabcdef\r\n");
}

static void chunk_extension(struct conn *c)
{
    put_c(c, CHUNKED "3;");
    endless(c,
            "x=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy;");
}

static void chunk_tiny(struct conn *c)
{
    put_c(c, CHUNKED);
    endless(c, "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n1\r\ne\r\n1\r\nf\r\n");
}

static void chunk_and_length(struct conn *c)
{
    put_c(c, OK200 "Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3\r\nabc\r\n0\r\n\r\n");
}

static void chunk_trailers(struct conn *c)
{
    put_c(c, CHUNKED "3\r\nabc\r\n0\r\n");
    endless(c,
            "X-Trailer: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
}

/* ---- headers --------------------------------------------------------------
 */

static void head_2mb(struct conn *c)
{
    char piece[1025];

    memset(piece, 'h', 1024);
    piece[1024] = '\0';
    put_c(c, OK200 "X-Long: ");
    for (int i = 0; i < 2048; i++) {
        put_c(c, piece);
    }
    put_c(c, "\r\n\r\nabc");
}

static void head_10000(struct conn *c)
{
    put_c(c, OK200);
    for (int i = 0; i < 10000; i++) {
        putf(c, "X-H%d: v\r\n", i);
    }
    put_c(c, "\r\nabc");
}

static void head_endless(struct conn *c)
{
    put_c(c, OK200);
    endless(c, "X-H: v\r\n");
}

static void head_fold(struct conn *c)
{
    put_c(c, OK200 "X-Fold: a\r\n");
    for (int i = 0; i < 80000; i++) {
        put_c(c, " b\r\n");
    }
    put_c(c, "\r\nabc");
}

static void head_fold_first(struct conn *c)
{
    put_c(c, "HTTP/1.1 200 OK\r\n folded into nothing\r\n\r\nabc");
}

static void head_inject(struct conn *c)
{
    put_c(c, OK200 "X-A: one\rX-B: two\r\nX-C: \x01\x1b[31m\x7f\x9b\"\\\r\n"
                   "X-\xff\xfe: \xc3\x28</script>\r\nContent-Length: 3\r\n"
                   "\r\nabc");
}

static void head_nul(struct conn *c)
{
    static const char head[] =
        OK200 "X-A: one\0two\r\nX\0B: three\r\nContent-Length: 3\r\n\r\nabc";

    put(c, head, sizeof(head) - 1);
}

static void head_no_colon(struct conn *c)
{
    put_c(c,
          OK200 "no colon at all\r\n: no name\r\nContent-Length: 3\r\n\r\nabc");
}

static void status_words(struct conn *c)
{
    put_c(c, "HTTP/1.1 okay then\r\n\r\nabc");
}

static void status_huge(struct conn *c)
{
    put_c(c, "HTTP/1.1 99999999999 OK\r\nContent-Length: 3\r\n\r\nabc");
}

static void status_000(struct conn *c)
{
    put_c(c, "HTTP/1.1 000 OK\r\nContent-Length: 3\r\n\r\nabc");
}

static void version_99(struct conn *c)
{
    put_c(c, "HTTP/99.9 200 OK\r\nContent-Length: 3\r\n\r\nabc");
}

static void version_09(struct conn *c)
{
    put_c(c, "<html>no head at all</html>");
}

static void garbage(struct conn *c)
{
    uint8_t p[4096];

    fill(p, sizeof(p), 5);
    put(c, p, sizeof(p));
}

static void continue_flood(struct conn *c)
{
    endless(c, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void switching(struct conn *c)
{
    put_c(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: none\r\n"
             "Connection: Upgrade\r\n\r\n");
    garbage(c);
}

static void no_content_body(struct conn *c)
{
    put_c(c, "HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n0123456789");
}

/* ---- encodings ------------------------------------------------------------
 */

static void bomb_deflate(struct conn *c, const char *encoding, int window)
{
    z_stream z = {0};
    uint8_t zeros[65536] = {0}, out[65536];

    if (deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        return;
    }
    putf(c, OK200 "Content-Encoding: %s\r\n\r\n", encoding);
    for (size_t done = 0; done < BOMB && !c->gone; done += sizeof(zeros)) {
        z.next_in = zeros;
        z.avail_in = sizeof(zeros);
        do {
            z.next_out = out;
            z.avail_out = sizeof(out);
            deflate(&z, Z_NO_FLUSH);
            put(c, out, sizeof(out) - z.avail_out);
        } while (z.avail_out == 0);
    }
    deflateEnd(&z);
}

static void bomb_gzip(struct conn *c)
{
    bomb_deflate(c, "gzip", 15 + 16);
}

static void bomb_zlib(struct conn *c)
{
    bomb_deflate(c, "deflate", 15);
}

static void bomb_br(struct conn *c)
{
    /* 8 MiB of zeros */
    static const uint8_t br[] = {0x9f, 0xff, 0xff, 0x7f, 0xf8, 0x27, 0x00,
                                 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x0f};

    put_c(c, OK200 "Content-Encoding: br\r\n\r\n");
    put(c, br, sizeof(br));
}

static void bomb_zstd(struct conn *c)
{
    char *zeros = calloc(1, BOMB);
    size_t room = ZSTD_compressBound(BOMB);
    char *out = malloc(room);
    size_t n = zeros && out ? ZSTD_compress(out, room, zeros, BOMB, 3) : 0;

    put_c(c, OK200 "Content-Encoding: zstd\r\n\r\n");
    if (!ZSTD_isError(n)) {
        put(c, out, n);
    }
    free(zeros);
    free(out);
}

static void zstd_window(struct conn *c)
{
    /* a frame that asks for a window of 2 GiB */
    static const uint8_t head[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00,
                                   0xa8, 0x03, 0x00, 0x10, 0x00};

    put_c(c, OK200 "Content-Encoding: zstd\r\n\r\n");
    put(c, head, sizeof(head));
}

static void gzip_garbage(struct conn *c)
{
    put_c(c, OK200 "Content-Encoding: gzip\r\n\r\n");
    garbage(c);
}

static void gzip_cut(struct conn *c)
{
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b};

    put_c(c, OK200 "Content-Encoding: gzip\r\n\r\n");
    put(c, head, sizeof(head));
}

static void gzip_head_endless(struct conn *c)
{
    static const uint8_t head[] = {0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3};

    put_c(c, OK200 "Content-Encoding: gzip\r\n\r\n");
    put(c, head, sizeof(head));
    endless(c, "a-file-name-that-does-not-end-");
}

static void gzip_nested(struct conn *c)
{
    put_c(c, OK200 "Content-Encoding: gzip");
    for (int i = 0; i < 200; i++) {
        put_c(c, ", gzip");
    }
    put_c(c, "\r\n\r\nabc");
}

static void encoding_unknown(struct conn *c)
{
    put_c(c, OK200 "Content-Encoding: rot13\r\nContent-Length: 3\r\n\r\nnop");
}

/* ---- redirects ------------------------------------------------------------
 */

static void to(struct conn *c, const char *where)
{
    put_c(c, REDIRECT);
    put_c(c, where);
    put_c(c, "\r\n\r\n");
}

static int number_of(const char *path)
{
    return (int)strtol(path + (*path == '/'), NULL, 10);
}

static void redirect_self(struct conn *c)
{
    to(c, "/");
}

static void redirect_pair(struct conn *c)
{
    to(c, strcmp(c->path, "/") == 0 ? "/other" : "/");
}

static void redirect_eleven(struct conn *c)
{
    char where[24];

    snprintf(where, sizeof(where), "/%d", (number_of(c->path) + 1) % 11);
    to(c, where);
}

static void redirect_names(struct conn *c)
{
    char where[100];

    snprintf(where, sizeof(where), "http://n%d.redirect-names." DOMAIN "/%d",
             number_of(c->path) + 1, number_of(c->path) + 1);
    to(c, where);
}

static void redirect_private(struct conn *c)
{
    to(c, "http://10.0.0.1/");
}

static void redirect_loopback(struct conn *c)
{
    to(c, "http://127.0.0.1/");
}

static void redirect_loopback6(struct conn *c)
{
    to(c, "http://[::1]/");
}

static void redirect_mapped(struct conn *c)
{
    to(c, "http://[::ffff:127.0.0.1]/");
}

static void redirect_decimal(struct conn *c)
{
    to(c, "http://2130706433/");
}

static void redirect_octal(struct conn *c)
{
    to(c, "http://0177.0.0.1/");
}

static void redirect_link_local(struct conn *c)
{
    to(c, "http://169.254.169.254/latest/meta-data/");
}

static void redirect_file(struct conn *c)
{
    to(c, "file:///etc/passwd");
}

static void redirect_scheme(struct conn *c)
{
    to(c, "gopher://private." DOMAIN ":70/_x");
}

static void redirect_script(struct conn *c)
{
    to(c, "javascript:alert(1)");
}

static void redirect_name_private(struct conn *c)
{
    to(c, "http://private." DOMAIN "/");
}

static void redirect_name_loopback(struct conn *c)
{
    to(c, "http://loopback." DOMAIN "/");
}

static void redirect_localhost(struct conn *c)
{
    to(c, "http://localhost/");
}

static void redirect_port(struct conn *c)
{
    to(c, "http://good0." DOMAIN ":22/");
}

static void redirect_port_0(struct conn *c)
{
    to(c, "http://good0." DOMAIN ":0/");
}

static void redirect_long(struct conn *c)
{
    char where[60001];

    memset(where, 'x', sizeof(where));
    where[0] = '/';
    where[sizeof(where) - 1] = '\0';
    to(c, where);
}

static void redirect_nul(struct conn *c)
{
    static const char head[] =
        REDIRECT "http://good0." DOMAIN "\0.evil/\r\n\r\n";

    put(c, head, sizeof(head) - 1);
}

static void redirect_spaces(struct conn *c)
{
    to(c, "http://good0." DOMAIN "\t/a b\"<>\x01\xff");
}

static void redirect_userinfo(struct conn *c)
{
    to(c, "http://good0." DOMAIN "@127.0.0.1/");
}

static void redirect_empty(struct conn *c)
{
    to(c, "");
}

static void redirect_no_host(struct conn *c)
{
    to(c, "http:///nowhere");
}

static void redirect_no_name(struct conn *c)
{
    to(c, "http://nobody-has-this." DOMAIN "/");
}

/* ---- cookies --------------------------------------------------------------
 */

static void cookies(struct conn *c)
{
    if (strcmp(c->path, "/") != 0) {
        put_c(c, OK200 "Content-Length: 3\r\n\r\nabc");
        return;
    }
    put_c(c, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /in\r\n");
    for (int i = 0; i < 900; i++) {
        putf(c, "Set-Cookie: c%d=%0200d\r\n", i, i);
    }
    put_c(c, "\r\n");
}

static void cookies_5000(struct conn *c)
{
    put_c(c, OK200);
    for (int i = 0; i < 5000; i++) {
        putf(c, "Set-Cookie: c%d=%d\r\n", i, i);
    }
    put_c(c, "\r\nabc");
}

static void cookie_inject(struct conn *c)
{
    static const char head[] =
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /in\r\n"
        "Set-Cookie: a=b\x01"
        "c\r\nSet-Cookie: d=e\rX-Injected: f\r\n"
        "Set-Cookie: g=h; Domain=example; Path=\r\nSet-Cookie: =;;;=\r\n"
        "Set-Cookie: i=j; Expires=Thu, 99 Foo 999999999999 99:99:99\r\n\r\n";

    if (strcmp(c->path, "/") != 0) {
        put_c(c, OK200 "Content-Length: 3\r\n\r\nabc");
    } else {
        put(c, head, sizeof(head) - 1);
    }
}

#define PLAIN(name, fn)                                                        \
    {                                                                          \
        name, AT_HTTP, fn                                                      \
    }
#define SECURE(name, fn)                                                       \
    {                                                                          \
        name, AT_HTTPS, fn                                                     \
    }

const struct trick http_tricks[] = {
    PLAIN("endless-body", endless_body),
    PLAIN("drip-body", drip_body),
    PLAIN("drip-head", drip_head),
    PLAIN("silence", silence),
    PLAIN("close", close_now),
    PLAIN("reset", reset_now),
    PLAIN("reset-in-body", reset_in_body),
    PLAIN("no-body", no_body),
    PLAIN("length-short", length_short),
    PLAIN("length-long", length_long),
    PLAIN("length-negative", length_negative),
    PLAIN("length-huge", length_huge),
    PLAIN("length-words", length_words),
    PLAIN("length-twice", length_twice),
    PLAIN("binary-body", binary_body),
    PLAIN("title-huge", title_huge),
    PLAIN("chunk-words", chunk_words),
    PLAIN("chunk-huge", chunk_huge),
    PLAIN("chunk-negative", chunk_negative),
    PLAIN("chunk-cut", chunk_cut),
    PLAIN("chunk-no-end", chunk_no_end),
    PLAIN("chunk-extension", chunk_extension),
    PLAIN("chunk-tiny", chunk_tiny),
    PLAIN("chunk-and-length", chunk_and_length),
    PLAIN("chunk-trailers", chunk_trailers),
    PLAIN("head-2mb", head_2mb),
    PLAIN("head-10000", head_10000),
    PLAIN("head-endless", head_endless),
    PLAIN("head-fold", head_fold),
    PLAIN("head-fold-first", head_fold_first),
    PLAIN("head-inject", head_inject),
    PLAIN("head-nul", head_nul),
    PLAIN("head-no-colon", head_no_colon),
    PLAIN("status-words", status_words),
    PLAIN("status-huge", status_huge),
    PLAIN("status-000", status_000),
    PLAIN("version-99", version_99),
    PLAIN("version-09", version_09),
    PLAIN("garbage", garbage),
    PLAIN("continue-flood", continue_flood),
    PLAIN("switching", switching),
    PLAIN("no-content-body", no_content_body),
    PLAIN("bomb-gzip", bomb_gzip),
    PLAIN("bomb-deflate", bomb_zlib),
    SECURE("bomb-br", bomb_br),
    SECURE("bomb-zstd", bomb_zstd),
    SECURE("zstd-window", zstd_window),
    PLAIN("gzip-garbage", gzip_garbage),
    PLAIN("gzip-cut", gzip_cut),
    PLAIN("gzip-head-endless", gzip_head_endless),
    PLAIN("gzip-nested", gzip_nested),
    PLAIN("encoding-unknown", encoding_unknown),
    PLAIN("redirect-self", redirect_self),
    PLAIN("redirect-pair", redirect_pair),
    PLAIN("redirect-eleven", redirect_eleven),
    PLAIN("redirect-names", redirect_names),
    PLAIN("redirect-private", redirect_private),
    PLAIN("redirect-loopback", redirect_loopback),
    PLAIN("redirect-loopback6", redirect_loopback6),
    PLAIN("redirect-mapped", redirect_mapped),
    PLAIN("redirect-decimal", redirect_decimal),
    PLAIN("redirect-octal", redirect_octal),
    PLAIN("redirect-link-local", redirect_link_local),
    PLAIN("redirect-file", redirect_file),
    PLAIN("redirect-scheme", redirect_scheme),
    PLAIN("redirect-script", redirect_script),
    PLAIN("redirect-name-private", redirect_name_private),
    PLAIN("redirect-name-loopback", redirect_name_loopback),
    PLAIN("redirect-localhost", redirect_localhost),
    PLAIN("redirect-port", redirect_port),
    PLAIN("redirect-port-0", redirect_port_0),
    PLAIN("redirect-long", redirect_long),
    PLAIN("redirect-nul", redirect_nul),
    PLAIN("redirect-spaces", redirect_spaces),
    PLAIN("redirect-userinfo", redirect_userinfo),
    PLAIN("redirect-empty", redirect_empty),
    PLAIN("redirect-no-host", redirect_no_host),
    PLAIN("redirect-no-name", redirect_no_name),
    PLAIN("cookies", cookies),
    PLAIN("cookies-5000", cookies_5000),
    PLAIN("cookie-inject", cookie_inject),
    {NULL, AT_HTTP, NULL},
};
