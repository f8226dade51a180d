// SPDX-License-Identifier: Apache-2.0
/* JSON written piece by piece. */
#include "base/json_out.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "base/utf8.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void jw_init(struct jw *w, struct buf *out)
{
    memset(w, 0, sizeof(*w));
    w->out = out;
}

/* A value begins: the comma before it, and the state after it. */
static void value(struct jw *w)
{
    if (w->depth >= JW_MAX_DEPTH) {
        return;
    }
    if (w->comma[w->depth]) {
        buf_add_byte(w->out, ',');
    }
    w->comma[w->depth] = true;
}

static void open_with(struct jw *w, uint8_t bracket)
{
    value(w);
    buf_add_byte(w->out, bracket);
    w->depth++;
    if (w->depth < JW_MAX_DEPTH) {
        w->comma[w->depth] = false;
    } else if (!w->out->failed) {
        w->out->failed = ERR_LIMIT;
    }
}

static void close_with(struct jw *w, uint8_t bracket)
{
    if (w->depth == 0) {
        if (!w->out->failed) {
            w->out->failed = ERR_INTERNAL;
        }
        return;
    }
    w->depth--;
    buf_add_byte(w->out, bracket);
}

void jw_obj(struct jw *w)
{
    open_with(w, '{');
}

void jw_obj_end(struct jw *w)
{
    close_with(w, '}');
}

void jw_arr(struct jw *w)
{
    open_with(w, '[');
}

void jw_arr_end(struct jw *w)
{
    close_with(w, ']');
}

static void add_escape(struct buf *out, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    static const char letter['\\' + 1] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };

    if (letter[c]) {
        char two[2] = {'\\', letter[c]};
        buf_add(out, two, sizeof(two));
        return;
    }
    char six[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    buf_add(out, six, sizeof(six));
}

/* Runs of bytes that travel as they are go out in one piece. */
void jw_add_quoted(struct buf *out, struct str s)
{
    size_t done = 0, i = 0;

    buf_add_byte(out, '"');
    while (i < s.len) {
        i += str_plain(str_sub(s, i, SIZE_MAX));
        if (i == s.len) {
            break;
        }
        uint8_t c = (uint8_t)s.p[i];
        size_t n = c >= 0x80 ? utf8_len(s.p + i, s.len - i) : 0;
        if (n) {
            i += n;
            continue;
        }
        buf_add(out, s.p + done, i - done);
        if (c >= 0x80) {
            buf_add(out, "\xef\xbf\xbd", 3); /* U+FFFD */
        } else {
            add_escape(out, c);
        }
        i++;
        done = i;
    }
    if (i > done) {
        buf_add(out, s.p + done, i - done);
    }
    buf_add_byte(out, '"');
}

void jw_key_str(struct jw *w, struct str key)
{
    value(w);
    jw_add_quoted(w->out, key);
    buf_add_byte(w->out, ':');
    /* the value that follows brings no comma of its own */
    if (w->depth < JW_MAX_DEPTH) {
        w->comma[w->depth] = false;
    }
}

void jw_key(struct jw *w, const char *key)
{
    jw_key_str(w, str_c(key));
}

void jw_str(struct jw *w, struct str s)
{
    value(w);
    jw_add_quoted(w->out, s);
}

void jw_c(struct jw *w, const char *s)
{
    if (s) {
        jw_str(w, str_c(s));
    } else {
        jw_null(w);
    }
}

void jw_i64(struct jw *w, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRId64, v);

    value(w);
    buf_add(w->out, text, (size_t)n);
}

/* printf writes the locale's decimal mark, which may have several bytes. */
static size_t plain_number(char *text)
{
    size_t to = 0;
    bool in_mark = false;

    for (size_t i = 0; text[i]; i++) {
        char c = text[i];
        bool plain = ascii_isdigit(c) || c == '-' || c == '+' || c == 'e';

        if (plain || !in_mark) {
            text[to++] = plain ? c : '.';
        }
        in_mark = !plain;
    }
    text[to] = 0;
    return to;
}

static bool reads_back(const char *text, double v)
{
    double back = strtod(text, NULL);
    uint64_t was, is;

    memcpy(&was, &v, sizeof(was));
    memcpy(&is, &back, sizeof(is));
    return was == is; /* bit by bit: the sign of a zero counts */
}

/* Adds one to the last digit of a mantissa that stands before an `e`. False
 * when it is all nines. */
static bool count_up(char *text)
{
    for (char *p = strchr(text, 'e'); p && p > text;) {
        p--;
        if (*p == '9') {
            *p = '0';
        } else if (ascii_isdigit(*p)) {
            ++*p;
            return true;
        }
    }
    return false;
}

/* At a power of two the next double above is twice as far as the one below,
 * and the nearest 16 digits may miss where the next ones up still hit. */
static bool sixteen_upwards(double v, char out[32])
{
    snprintf(out, 32, "%.15e", v);
    return count_up(out) && reads_back(out, v);
}

size_t jw_format_double(double v, char out[32])
{
    if (v == 0 && signbit(v)) {
        return str_copy(out, 32, "-0.0"); /* "-0" would be the integer */
    }
    /* every double has its own 15 digits, except the subnormal ones */
    for (int digits = fabs(v) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, v);
        if (digits == 17 || reads_back(out, v) ||
            (digits == 16 && sixteen_upwards(v, out))) {
            break;
        }
    }
    return plain_number(out);
}

void jw_num(struct jw *w, double v)
{
    char text[32];

    if (!isfinite(v)) {
        jw_null(w);
        return;
    }
    value(w);
    buf_add(w->out, text, jw_format_double(v, text));
}

void jw_seconds(struct jw *w, int64_t us)
{
    char text[32];
    uint64_t abs = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    int n = snprintf(text, sizeof(text), "%s%" PRIu64 ".%06" PRIu64,
                     us < 0 ? "-" : "", abs / 1000000, abs % 1000000);

    while (n > 0 && text[n - 1] == '0') {
        n--;
    }
    if (n > 0 && text[n - 1] == '.') {
        n--;
    }
    value(w);
    buf_add(w->out, text, (size_t)n);
}

void jw_bool(struct jw *w, bool v)
{
    value(w);
    buf_add_c(w->out, v ? "true" : "false");
}

void jw_null(struct jw *w)
{
    value(w);
    buf_add_c(w->out, "null");
}

void jw_raw(struct jw *w, struct str json)
{
    value(w);
    buf_add_str(w->out, json);
}

void jw_base64(struct jw *w, struct str bytes)
{
    value(w);
    buf_add_byte(w->out, '"');
    base64_add(w->out, bytes);
    buf_add_byte(w->out, '"');
}

static void base64_object(struct jw *w, struct str bytes)
{
    jw_obj(w);
    jw_kc(w, "format", "base64");
    jw_key(w, "data");
    jw_base64(w, bytes);
    jw_obj_end(w);
}

void jw_maybe_binary(struct jw *w, struct str bytes)
{
    if (utf8_valid(bytes)) {
        jw_str(w, bytes);
    } else {
        base64_object(w, bytes);
    }
}

void jw_binary(struct jw *w, struct str bytes)
{
    if (bytes.len == 0) {
        jw_null(w);
    } else {
        base64_object(w, bytes);
    }
}

void jw_kc(struct jw *w, const char *key, const char *s)
{
    jw_key(w, key);
    jw_c(w, s);
}

void jw_ks(struct jw *w, const char *key, struct str s)
{
    jw_key(w, key);
    jw_str(w, s);
}

void jw_ki(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, key);
    jw_i64(w, v);
}

void jw_kb(struct jw *w, const char *key, bool v)
{
    jw_key(w, key);
    jw_bool(w, v);
}

void jw_kn(struct jw *w, const char *key)
{
    jw_key(w, key);
    jw_null(w);
}
