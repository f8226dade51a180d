// SPDX-License-Identifier: Apache-2.0
/* HTTP/2 frames written by hand (RFC 9113), over TLS that is in order. */
#include "hostile.h"

#include <string.h>

enum frame_type {
    DATA,
    HEADERS,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    PUSH_PROMISE,
    PING,
    GOAWAY,
    WINDOW_UPDATE,
    CONTINUATION
};

#define END_STREAM  1
#define END_HEADERS 4
#define PIECE       16000

static bool frame_head(struct conn *c, size_t len, int type, int flags,
                       uint32_t stream)
{
    uint8_t h[9] = {(uint8_t)(len >> 16),
                    (uint8_t)(len >> 8),
                    (uint8_t)len,
                    (uint8_t)type,
                    (uint8_t)flags,
                    (uint8_t)(stream >> 24),
                    (uint8_t)(stream >> 16),
                    (uint8_t)(stream >> 8),
                    (uint8_t)stream};

    return put(c, h, sizeof(h));
}

static bool frame(struct conn *c, int type, int flags, uint32_t stream,
                  const void *p, size_t len)
{
    return frame_head(c, len, type, flags, stream) &&
           (len == 0 || put(c, p, len));
}

/* The request is on its way once its HEADERS frame came. */
static void greet(struct conn *c)
{
    char p[8192];
    size_t have = 0;

    frame(c, SETTINGS, 0, 0, NULL, 0);
    /* preface, SETTINGS, WINDOW_UPDATE, HEADERS: more than 24 + 60 bytes */
    while (have < 120) {
        size_t n = take(c, p, sizeof(p));
        if (n == 0) {
            return;
        }
        have += n;
    }
}

static void status_200(struct conn *c)
{
    frame(c, HEADERS, END_HEADERS, 1, "\x88", 1);
}

static void h2_silence(struct conn *c)
{
    greet(c);
    hold(c);
}

static void h2_mute(struct conn *c)
{
    hold(c); /* not even SETTINGS */
}

static void h2_close(struct conn *c)
{
    greet(c);
}

static void h2_no_end(struct conn *c)
{
    greet(c);
    status_200(c);
    frame(c, DATA, 0, 1, "abc", 3);
    hold(c);
}

static void h2_cut(struct conn *c)
{
    greet(c);
    status_200(c);
    frame(c, DATA, 0, 1, "abc", 3);
}

static void h2_settings_flood(struct conn *c)
{
    static const uint8_t p[] = {0, 3, 0, 0, 0, 100};

    greet(c);
    while (frame(c, SETTINGS, 0, 0, p, sizeof(p))) {
        continue;
    }
}

static void h2_settings_odd(struct conn *c)
{
    static const uint8_t p[] = {0, 4, 0xff, 0xff, 0xff, 0xff, 0, 5, 0, 0, 0, 1};

    greet(c);
    frame(c, SETTINGS, 0, 0, p, sizeof(p));
    hold(c);
}

static void h2_settings_cut(struct conn *c)
{
    greet(c);
    frame(c, SETTINGS, 0, 0, "abcde", 5);
    hold(c);
}

static void h2_ping_flood(struct conn *c)
{
    greet(c);
    while (frame(c, PING, 0, 0, "12345678", 8)) {
        continue;
    }
}

static void h2_reset(struct conn *c)
{
    greet(c);
    frame(c, RST_STREAM, 0, 1, "\0\0\0\x02", 4);
    hold(c);
}

static void h2_reset_flood(struct conn *c)
{
    greet(c);
    while (frame(c, RST_STREAM, 0, 1, "\0\0\0\x02", 4)) {
        continue;
    }
}

static void h2_refuse(struct conn *c)
{
    greet(c);
    frame(c, RST_STREAM, 0, 1, "\0\0\0\x07", 4);
    hold(c);
}

static void h2_goaway(struct conn *c)
{
    greet(c);
    frame(c, GOAWAY, 0, 0,
          "\0\0\0\0\0\0\0\x0b"
          "enhance your calm",
          25);
    hold(c);
}

static void h2_goaway_flood(struct conn *c)
{
    greet(c);
    while (frame(c, GOAWAY, 0, 0, "\0\0\0\x01\0\0\0\0", 8)) {
        continue;
    }
}

static void h2_garbage(struct conn *c)
{
    uint8_t p[4096];

    fill(p, sizeof(p), 9);
    put(c, p, sizeof(p));
    hold(c);
}

static void h2_http1(struct conn *c)
{
    put_c(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
    hold(c);
}

static void h2_frame_huge(struct conn *c)
{
    char p[PIECE] = {0};

    greet(c);
    status_200(c);
    frame_head(c, 0xffffff, DATA, 0, 1);
    while (put(c, p, sizeof(p))) {
        continue;
    }
}

static void h2_continuation_flood(struct conn *c)
{
    char p[PIECE];

    memset(p, 0x82, sizeof(p)); /* `:method GET` over and over */
    greet(c);
    frame(c, HEADERS, 0, 1, "\x88", 1);
    while (frame(c, CONTINUATION, 0, 1, p, sizeof(p))) {
        continue;
    }
}

static void h2_continuation_empty(struct conn *c)
{
    greet(c);
    frame(c, HEADERS, 0, 1, "\x88", 1);
    while (frame(c, CONTINUATION, 0, 1, NULL, 0)) {
        continue;
    }
}

/* One header of 3,000 bytes goes into the table and is named 12,000 times. */
static void h2_hpack_bomb(struct conn *c)
{
    char p[PIECE];
    size_t n = 0;

    greet(c);
    p[n++] = (char)0x88;
    p[n++] = 0x40; /* literal with indexing, new name */
    p[n++] = 3;
    memcpy(p + n, "x-b", 3);
    n += 3;
    p[n++] = 0x7f; /* 127 + 2873, in two more bytes */
    p[n++] = (char)(0x80 | (2873 & 0x7f));
    p[n++] = (char)(2873 >> 7);
    memset(p + n, 'b', 3000);
    n += 3000;
    memset(p + n, 0xbe, 12000);
    n += 12000;
    frame(c, HEADERS, END_HEADERS, 1, p, n);
    hold(c);
}

static void h2_hpack_bad(struct conn *c)
{
    greet(c);
    frame(c, HEADERS, END_HEADERS | END_STREAM, 1, "\xff\xff\xff\xff\xff\xff",
          6);
    hold(c);
}

static void h2_header_nul(struct conn *c)
{
    greet(c);
    /* x\0y: a\r\nb */
    frame(c, HEADERS, END_HEADERS | END_STREAM, 1,
          "\x88\x00\x03x\0y\x04"
          "a\r\nb",
          11);
    hold(c);
}

static void h2_no_status(struct conn *c)
{
    greet(c);
    frame(c, HEADERS, END_HEADERS | END_STREAM, 1, "\x00\x01x\x01y", 5);
    hold(c);
}

static void h2_data_first(struct conn *c)
{
    greet(c);
    frame(c, DATA, 0, 1, "abc", 3);
    hold(c);
}

static void h2_wrong_stream(struct conn *c)
{
    greet(c);
    frame(c, HEADERS, END_HEADERS, 7, "\x88", 1);
    hold(c);
}

static void h2_push(struct conn *c)
{
    greet(c);
    frame(c, PUSH_PROMISE, END_HEADERS, 1, "\0\0\0\x02\x82\x84\x87", 7);
    hold(c);
}

static void h2_empty_data_flood(struct conn *c)
{
    greet(c);
    status_200(c);
    while (frame(c, DATA, 0, 1, NULL, 0)) {
        continue;
    }
}

static void h2_endless_body(struct conn *c)
{
    char p[PIECE];

    memset(p, 'a', sizeof(p));
    greet(c);
    status_200(c);
    while (frame(c, DATA, 0, 1, p, sizeof(p))) {
        continue; /* flow control or not */
    }
}

static void h2_window_overflow(struct conn *c)
{
    greet(c);
    frame(c, WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff", 4);
    frame(c, WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff", 4);
    hold(c);
}

static void h2_window_zero(struct conn *c)
{
    greet(c);
    frame(c, WINDOW_UPDATE, 0, 1, "\0\0\0\0", 4);
    hold(c);
}

static void h2_priority_flood(struct conn *c)
{
    uint32_t stream = 3;

    greet(c);
    while (frame(c, PRIORITY, 0, stream, "\0\0\0\x01\x10", 5)) {
        stream = (stream + 2) & 0x7fffffff;
    }
}

static void h2_unknown_flood(struct conn *c)
{
    greet(c);
    while (frame(c, 0xee, 0xff, 1, "what is this", 12)) {
        continue;
    }
}

static void h2_informational(struct conn *c)
{
    greet(c);
    /* `:status 103` as a literal */
    while (frame(c, HEADERS, END_HEADERS, 1,
                 "\x08\x03"
                 "103",
                 5)) {
        continue;
    }
}

static void h2_length_wrong(struct conn *c)
{
    greet(c);
    /* content-length: 10 */
    frame(c, HEADERS, END_HEADERS, 1,
          "\x88\x0f\x0d\x02"
          "10",
          6);
    frame(c, DATA, END_STREAM, 1, "abc", 3);
    hold(c);
}

static void h2_redirect_self(struct conn *c)
{
    greet(c);
    /* :status 302, location: / */
    frame(c, HEADERS, END_HEADERS | END_STREAM, 1,
          "\x08\x03"
          "302"
          "\x0f\x1f\x01/",
          9);
    hold(c);
}

#define H2(name, fn)                                                           \
    {                                                                          \
        name, AT_H2, fn                                                        \
    }

const struct trick h2_tricks[] = {
    H2("h2-silence", h2_silence),
    H2("h2-mute", h2_mute),
    H2("h2-close", h2_close),
    H2("h2-no-end", h2_no_end),
    H2("h2-cut", h2_cut),
    H2("h2-settings-flood", h2_settings_flood),
    H2("h2-settings-odd", h2_settings_odd),
    H2("h2-settings-cut", h2_settings_cut),
    H2("h2-ping-flood", h2_ping_flood),
    H2("h2-reset", h2_reset),
    H2("h2-reset-flood", h2_reset_flood),
    H2("h2-refuse", h2_refuse),
    H2("h2-goaway", h2_goaway),
    H2("h2-goaway-flood", h2_goaway_flood),
    H2("h2-garbage", h2_garbage),
    H2("h2-http1", h2_http1),
    H2("h2-frame-huge", h2_frame_huge),
    H2("h2-continuation-flood", h2_continuation_flood),
    H2("h2-continuation-empty", h2_continuation_empty),
    H2("h2-hpack-bomb", h2_hpack_bomb),
    H2("h2-hpack-bad", h2_hpack_bad),
    H2("h2-header-nul", h2_header_nul),
    H2("h2-no-status", h2_no_status),
    H2("h2-data-first", h2_data_first),
    H2("h2-wrong-stream", h2_wrong_stream),
    H2("h2-push", h2_push),
    H2("h2-empty-data-flood", h2_empty_data_flood),
    H2("h2-endless-body", h2_endless_body),
    H2("h2-window-overflow", h2_window_overflow),
    H2("h2-window-zero", h2_window_zero),
    H2("h2-priority-flood", h2_priority_flood),
    H2("h2-unknown-flood", h2_unknown_flood),
    H2("h2-informational", h2_informational),
    H2("h2-length-wrong", h2_length_wrong),
    H2("h2-redirect-self", h2_redirect_self),
    {NULL, AT_H2, NULL},
};
