// SPDX-License-Identifier: Apache-2.0
/* One pass over the text. Wherever digits begin, what stands there is read as
 * an address in each of its forms, whichever way its separators are written,
 * and compared as a value: so no form has to be spelled out beforehand, and a
 * longer number that merely contains an address is left alone.
 */
#include "record/scrub.h"

#include "base/buf.h"
#include <string.h>

#define REPLACEMENT "[scrubbed]"

/* Spellings of the separators: as they are, percent-encoded (once and twice),
 * as HTML character references, in a script or regular expression. The plain
 * one comes first. */
static const char *const dots[] = {".",      "%2e",    "%252e",    "&#46;",
                                   "&#046;", "&#x2e;", "&period;", "\\u002e",
                                   "\\.",    NULL};
static const char *const dashes[] = {"-", "%2d", "\\u002d", NULL};
static const char *const colons[] = {":",       "%3a",     "%253a",
                                     "&#58;",   "&#058;",  "&#x3a;",
                                     "&colon;", "\\u003a", NULL};

static bool is_hex(char c)
{
    return ascii_isdigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Length of the separator at `pos` in one of its spellings, else 0. */
static size_t separator(struct str t, size_t pos, const char *const *forms)
{
    size_t left = t.len - pos;

    if (left == 0) {
        return 0;
    }
    if (t.p[pos] == forms[0][0]) {
        return 1;
    }
    if (t.p[pos] != '%' && t.p[pos] != '&' && t.p[pos] != '\\') {
        return 0;
    }
    for (size_t i = 1; forms[i]; i++) {
        size_t n = strlen(forms[i]);

        if (left >= n &&
            str_ieq((struct str){t.p + pos, n}, (struct str){forms[i], n})) {
            return n;
        }
    }
    return 0;
}

static char char_at(struct str t, size_t pos)
{
    return pos < t.len ? t.p[pos] : '\0';
}

/* Length of an escaped character at `pos` ("%20", "\u0020"), else 0: its
 * digits are not part of a number that follows. */
static size_t escape_len(struct str t, size_t pos)
{
    size_t n = 0, from = 0;

    if (t.p[pos] == '%') {
        n = 3;
        from = 1;
    } else if (t.p[pos] == '\\' && char_at(t, pos + 1) == 'u') {
        n = 6;
        from = 2;
    }
    if (n == 0 || n > t.len - pos) {
        return 0;
    }
    for (size_t i = from; i < n; i++) {
        if (!is_hex(t.p[pos + i])) {
            return 0;
        }
    }
    return n;
}

/* The character before `pos`; a space stands for an escaped one. What looks
 * like an escape may also be a plain "%" before a number, so both readings of
 * "%198.51.100.7" are tried. */
static char char_before(struct str t, size_t pos)
{
    if ((pos >= 3 && escape_len(t, pos - 3) == 3) ||
        (pos >= 6 && escape_len(t, pos - 6) == 6)) {
        return ' ';
    }
    return pos > 0 ? t.p[pos - 1] : ' ';
}

/* The IPv4 address inside an IPv6 one (mapped, NAT64, 6to4), or the address
 * itself. */
static struct ip essence(const struct ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    struct ip v4 = {.family = 4};

    if (ip->family != 6) {
        return *ip;
    }
    if (memcmp(ip->b, mapped, 12) == 0 || memcmp(ip->b, nat64, 12) == 0) {
        memcpy(v4.b, ip->b + 12, 4);
    } else if (ip->b[0] == 0x20 && ip->b[1] == 0x02) {
        memcpy(v4.b, ip->b + 2, 4);
    } else {
        return *ip;
    }
    return v4;
}

bool scrub_is_own(const struct scrub *s, const struct ip *ip)
{
    struct ip a = essence(ip);

    if (ip->family == 0) {
        return false;
    }
    for (size_t i = 0; i < s->n_own; i++) {
        struct ip own = essence(&s->own[i]);

        if (ip_eq(&own, &a) || ip_eq(&s->own[i], ip)) {
            return true;
        }
    }
    return false;
}

/* ---- IPv4 ---------------------------------------------------------------- */

struct chain {
    unsigned value[5]; /* 256: not an octet */
    size_t end[5];
    size_t n;
};

/* Up to five decimal numbers with separators between them. */
static void read_chain(struct str t, size_t pos, const char *const *forms,
                       struct chain *c)
{
    c->n = 0;
    while (c->n < 5 && ascii_isdigit(char_at(t, pos))) {
        unsigned v = 0;

        for (; ascii_isdigit(char_at(t, pos)); pos++) {
            v = v * 10 + (unsigned)(t.p[pos] - '0');
            v = v > 256 ? 256 : v;
        }
        c->value[c->n] = v;
        c->end[c->n++] = pos;
        pos += separator(t, pos, forms);
    }
}

static bool octets(const struct chain *c, struct ip *forward, struct ip *back)
{
    *forward = *back = (struct ip){.family = 4};
    if (c->n < 4) {
        return false;
    }
    for (size_t i = 0; i < 4; i++) {
        if (c->value[i] > 255) {
            return false;
        }
        forward->b[i] = back->b[3 - i] = (uint8_t)c->value[i];
    }
    return true;
}

/* Is the number at `pos` the first of its dotted run? */
static bool begins_run(struct str t, size_t pos, char sep)
{
    return !(pos >= 2 && t.p[pos - 1] == sep && ascii_isdigit(t.p[pos - 2]));
}

static bool is_letter(char c)
{
    return ascii_isalnum(c) && !ascii_isdigit(c);
}

/* End of an IPv4 address to be replaced that begins at `pos`, else 0. */
static size_t match_v4(const struct scrub *s, struct str t, size_t pos)
{
    struct chain c = {.n = 0};
    struct ip forward, back;
    size_t end = pos;

    while (end - pos < 4 && ascii_isdigit(char_at(t, end))) {
        end++;
    }
    if (!memchr(".-%&\\", char_at(t, end), 5) ||
        ascii_isdigit(char_before(t, pos))) {
        return 0;
    }
    read_chain(t, pos, dots, &c);
    if (octets(&c, &forward, &back)) {
        if (scrub_is_own(s, &forward) || scrub_is_own(s, &back) ||
            (!s->public_known && c.n == 4 && begins_run(t, pos, '.'))) {
            return c.end[3];
        }
        return 0;
    }
    /* providers name their customers' lines 1-2-3-4.example.net */
    read_chain(t, pos, dashes, &c);
    if (!octets(&c, &forward, &back)) {
        return 0;
    }
    if (scrub_is_own(s, &forward) || scrub_is_own(s, &back)) {
        return c.end[3];
    }
    return !s->public_known && c.n == 4 && begins_run(t, pos, '-') &&
                   char_at(t, c.end[3]) == '.' &&
                   is_letter(char_at(t, c.end[3] + 1))
               ? c.end[3]
               : 0;
}

/* ---- IPv6 ---------------------------------------------------------------- */

/* 32 hex digits with dots between them, as in ip6.arpa. */
static size_t match_nibbles(const struct scrub *s, struct str t, size_t pos)
{
    struct ip ip = {.family = 6};

    for (size_t i = 0; i < 32; i++) {
        char c = ascii_lower(char_at(t, pos));
        unsigned v;

        if (!is_hex(c)) {
            return 0;
        }
        v = (unsigned)(ascii_isdigit(c) ? c - '0' : c - 'a' + 10);
        ip.b[15 - i / 2] |= (uint8_t)(i % 2 ? v << 4 : v);
        pos++;
        if (i < 31) {
            size_t n = separator(t, pos, dots);

            if (n == 0) {
                return 0;
            }
            pos += n;
        }
    }
    if (is_hex(char_at(t, pos))) {
        return 0; /* the last one goes on: these were no nibbles */
    }
    return !s->public_known || scrub_is_own(s, &ip) ? pos : 0;
}

#define RUN_MAX   48
#define RUN_PARTS 18

/* A run of hex digits, colons and dots, its separators brought to their plain
 * form, with the places where an address might end. */
struct run {
    char text[RUN_MAX];
    size_t len;
    size_t at[RUN_PARTS];  /* in `text` */
    size_t src[RUN_PARTS]; /* in the source */
    size_t n;
    unsigned colons;
};

static void mark_end(struct run *r, size_t pos)
{
    if (r->n < RUN_PARTS) {
        r->at[r->n] = r->len;
        r->src[r->n++] = pos;
    }
}

static void read_run(struct str t, size_t pos, struct run *r)
{
    bool digits = false;

    memset(r, 0, sizeof(*r));
    while (r->len < RUN_MAX - 1) {
        size_t n;

        if (is_hex(char_at(t, pos))) {
            r->text[r->len++] = t.p[pos++];
            digits = true;
            continue;
        }
        if (digits) {
            mark_end(r, pos);
        }
        digits = false;
        n = separator(t, pos, colons);
        if (n) {
            r->colons++;
            r->text[r->len++] = ':';
        } else if (r->colons >= 2 && (n = separator(t, pos, dots)) > 0) {
            r->text[r->len++] = '.';
        } else {
            break;
        }
        pos += n;
        if (r->len >= 2 && r->text[r->len - 2] == ':') {
            mark_end(r, pos); /* "2001:db8::" */
        }
    }
    if (digits && r->len == RUN_MAX - 1) {
        mark_end(r, pos);
    }
}

/* Would a reader take this for an address, when we do not know our own? */
static bool looks_like_v6(struct str t, size_t from, size_t to,
                          const struct run *r, size_t part)
{
    static const struct ip none = {.family = 6};
    char before = char_before(t, from), after = char_at(t, to);
    bool digit = false;
    struct ip ip;

    for (size_t i = 0; i < r->at[part]; i++) {
        digit |= ascii_isdigit(r->text[i]);
    }
    if (!digit || ascii_isalnum(before) || before == ':' ||
        ascii_isalnum(after) || (after == ':' && is_hex(char_at(t, to + 1)))) {
        return false;
    }
    return ip_parse((struct str){r->text, r->at[part]}, &ip) &&
           !ip_eq(&ip, &none);
}

static size_t match_v6(const struct scrub *s, struct str t, size_t pos)
{
    size_t colon = pos;
    struct run r;

    while (colon - pos < 5 && is_hex(char_at(t, colon))) {
        colon++;
    }
    if (colon - pos > 4 || !separator(t, colon, colons) ||
        (is_hex(char_before(t, pos)) && is_hex(t.p[pos]))) {
        return 0;
    }
    read_run(t, pos, &r);
    if (r.colons < 2) {
        return 0;
    }
    while (r.n > 0) {
        struct ip ip;

        r.n--;
        if (ip_parse((struct str){r.text, r.at[r.n]}, &ip) &&
            (scrub_is_own(s, &ip) ||
             (!s->public_known &&
              looks_like_v6(t, pos, r.src[r.n], &r, r.n)))) {
            return r.src[r.n];
        }
    }
    return 0;
}

/* ---- the pass ------------------------------------------------------------ */

/* End of what must go and begins at `pos` (a hex digit or colon), else 0. */
static size_t match(const struct scrub *s, struct str t, size_t pos)
{
    char c = t.p[pos];
    size_t end = 0;

    if (ascii_isdigit(c)) {
        end = match_v4(s, t, pos);
    }
    if (!end && separator(t, pos + 1, dots) && is_hex(c) &&
        !ascii_isalnum(char_before(t, pos))) {
        end = match_nibbles(s, t, pos);
    }
    return end ? end : match_v6(s, t, pos);
}

struct str scrub_text(struct region *r, const struct scrub *s, struct str text)
{
    size_t done = 0, i = 0;
    struct buf out;
    struct str result = text;

    if (text.len == 0 || (s->n_own == 0 && s->public_known)) {
        return text;
    }
    /* the shortest address, "::1", may become ten bytes */
    buf_init(&out, text.len * 4 + 64);
    while (i < text.len) {
        char c = text.p[i];
        size_t end = is_hex(c) || c == ':' ? match(s, text, i) : 0;

        if (!end) {
            i++;
            continue;
        }
        buf_add(&out, text.p + done, i - done);
        buf_add_c(&out, REPLACEMENT);
        done = i = end;
    }
    if (done > 0) {
        buf_add(&out, text.p + done, text.len - done);
        result =
            out.failed ? (struct str){NULL, 0} : region_str(r, buf_str(&out));
    }
    buf_fini(&out);
    return result;
}
