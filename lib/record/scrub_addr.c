// SPDX-License-Identifier: Apache-2.0
#include "record/scrub_addr.h"

#include "base/ascii.h"
#include "base/hex.h"

#include <string.h>

static char char_at(struct str t, size_t pos)
{
    return pos < t.len ? t.p[pos] : '\0';
}

/* ---- characters -----------------------------------------------------------
 */

#define DIGIT  1u /* 0 to 9 */
#define LETTER 2u /* a to f, in any case */
#define COLON  4u
#define OTHER  8u /* another letter */

static const uint8_t class[256] = {
    ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
    ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['a'] = 2, ['b'] = 2,
    ['c'] = 2, ['d'] = 2, ['e'] = 2, ['f'] = 2, ['A'] = 2, ['B'] = 2,
    ['C'] = 2, ['D'] = 2, ['E'] = 2, ['F'] = 2, [':'] = 4, ['g'] = 8,
    ['h'] = 8, ['i'] = 8, ['j'] = 8, ['k'] = 8, ['l'] = 8, ['m'] = 8,
    ['n'] = 8, ['o'] = 8, ['p'] = 8, ['q'] = 8, ['r'] = 8, ['s'] = 8,
    ['t'] = 8, ['u'] = 8, ['v'] = 8, ['w'] = 8, ['x'] = 8, ['y'] = 8,
    ['z'] = 8, ['G'] = 8, ['H'] = 8, ['I'] = 8, ['J'] = 8, ['K'] = 8,
    ['L'] = 8, ['M'] = 8, ['N'] = 8, ['O'] = 8, ['P'] = 8, ['Q'] = 8,
    ['R'] = 8, ['S'] = 8, ['T'] = 8, ['U'] = 8, ['V'] = 8, ['W'] = 8,
    ['X'] = 8, ['Y'] = 8, ['Z'] = 8};

static uint8_t class_at(struct str t, size_t pos)
{
    return pos < t.len ? class[(uint8_t)t.p[pos]] : 0;
}

static bool is_hex(char c)
{
    return class[(uint8_t)c] & (DIGIT | LETTER);
}

/* ---- IPv4 ---------------------------------------------------------------- */

/* A number as it may be meant: octets are written in several ways. */
struct number {
    unsigned value[2]; /* 256: none; decimal, and octal or hexadecimal */
    size_t end;
};

static unsigned add_digit(unsigned v, unsigned base, int d)
{
    v = v >= 256 || (unsigned)d >= base ? 256 : v * base + (unsigned)d;
    return v < 256 ? v : 256;
}

/* "7", "007", "0x07"; false if no number begins at `pos`. */
static bool read_number(struct str t, size_t pos, struct number *out)
{
    bool hex = char_at(t, pos) == '0' &&
               ascii_lower(char_at(t, pos + 1)) == 'x' &&
               is_hex(char_at(t, pos + 2));
    size_t from = hex ? pos + 2 : pos;

    out->end = from;
    out->value[0] = hex ? 256 : 0;
    out->value[1] = 0;
    while (hex ? is_hex(char_at(t, out->end))
               : ascii_isdigit(char_at(t, out->end))) {
        int d = hex_digit(t.p[out->end++]);
        out->value[0] = add_digit(out->value[0], 10, d);
        out->value[1] = add_digit(out->value[1], hex ? 16 : 8, d);
    }
    if (!hex && (out->end - from < 2 || t.p[from] != '0')) {
        out->value[1] = 256;
    }
    return out->end > from;
}

#define CHAIN 5

/* Numbers with one and the same separator between them. */
struct chain {
    struct number number[CHAIN];
    size_t n;
    struct str sep;
};

/* Up to three bytes between the first number and the next: whatever they are,
 * "198_51_100_7", "198, 51, 100, 7", "198[.]51[.]100[.]7". */
static struct str separator_at(struct str t, size_t pos)
{
    size_t n = 0;

    while (n < 4 && pos + n < t.len && !ascii_isalnum(t.p[pos + n])) {
        n++;
    }
    return n > 3 ? (struct str){NULL, 0} : str_sub(t, pos, n);
}

static void read_chain(struct str t, size_t pos, struct chain *c)
{
    c->n = 0;
    if (!read_number(t, pos, &c->number[0])) {
        return;
    }
    c->n = 1;
    c->sep = separator_at(t, c->number[0].end);
    while (c->sep.len > 0 && c->n < CHAIN) {
        pos = c->number[c->n - 1].end;
        if (!str_eq(str_sub(t, pos, c->sep.len), c->sep) ||
            !read_number(t, pos + c->sep.len, &c->number[c->n])) {
            return;
        }
        c->n++;
    }
}

static bool means(const struct number *n, uint8_t octet)
{
    return n->value[0] == octet || n->value[1] == octet;
}

/* The first four numbers are `n` octets of the address, forward or backward. */
static bool is_address(const struct chain *c, const uint8_t *b)
{
    bool forward = true, back = true;

    for (size_t i = 0; i < 4; i++) {
        forward = forward && means(&c->number[i], b[i]);
        back = back && means(&c->number[i], b[3 - i]);
    }
    return forward || back;
}

static bool is_own4(const struct scrub *s, const struct chain *c,
                    struct ip *found)
{
    for (size_t i = 0; i < s->n_own && c->n >= 4; i++) {
        struct ip own = ip_essence(&s->own[i]);

        if (own.family == 4 && is_address(c, own.b)) {
            *found = own;
            return true;
        }
    }
    return false;
}

/* The first four numbers as decimal octets. */
static bool decimal(const struct chain *c, struct ip *forward, struct ip *back)
{
    *forward = *back = (struct ip){.family = 4};
    for (size_t i = 0; i < 4; i++) {
        if (c->n < 4 || c->number[i].value[0] > 255) {
            return false;
        }
        forward->b[i] = back->b[3 - i] = (uint8_t)c->number[i].value[0];
    }
    return true;
}

/* Does a prefix length, such as "/24", stand at `pos`? Its end, else 0. */
static size_t prefix_len(struct str t, size_t pos, unsigned bits)
{
    if (char_at(t, pos) != '/' ||
        char_at(t, pos + 1) != (char)('0' + bits / 10) ||
        char_at(t, pos + 2) != (char)('0' + bits % 10) ||
        ascii_isdigit(char_at(t, pos + 3))) {
        return 0;
    }
    return pos + 3;
}

/* An own network: "198.51.100.0/24", "198.51.100.*", "198.51.100.x". */
static size_t match_net4(const struct scrub *s, struct str t,
                         const struct chain *c)
{
    struct ip net = {.family = 4};
    size_t end = c->n >= 3 ? c->number[2].end : 0;
    char last = char_at(t, end + c->sep.len);

    for (size_t i = 0; i < 3; i++) {
        if (c->n < 3 || c->number[i].value[0] > 255) {
            return 0;
        }
        net.b[i] = (uint8_t)c->number[i].value[0];
    }
    if (c->n == 3) {
        bool any = (last == '*' || ascii_lower(last) == 'x') &&
                   !ascii_isalnum(char_at(t, end + c->sep.len + 1)) &&
                   str_eq(str_sub(t, end, c->sep.len), c->sep);
        end = any ? end + c->sep.len + 1 : 0;
    } else {
        end = means(&c->number[3], 0) ? prefix_len(t, c->number[3].end, 24) : 0;
    }
    return end > 0 && scrub_own_is_net(s, &net, 24) ? end : 0;
}

/* Is the number at `pos` the first of its run? */
static bool begins_run(struct str t, size_t pos, char sep)
{
    return !(pos >= 2 && t.p[pos - 1] == sep && ascii_isdigit(t.p[pos - 2]));
}

/* What may be ours: four octets with dots (not a longer number, such as that of
 * a version, unless the fifth is a port), or with dashes, as providers name
 * their customers' lines. */
static bool may_be_own4(const struct scrub *s, struct str t, size_t pos,
                        const struct chain *c, struct ip *found)
{
    struct ip forward, back;

    if (s->known4 || c->sep.len != 1 || !decimal(c, &forward, &back)) {
        return false;
    }
    size_t end = c->number[3].end;
    bool reversed =
        char_at(t, end) == '.' && str_ieq_c(str_sub(t, end + 1, 7), "in-addr");
    *found = reversed ? back : forward;
    if (c->sep.p[0] == '-') {
        return scrub_own_may_be(s, found);
    }
    return c->sep.p[0] == '.' && begins_run(t, pos, '.') &&
           (c->n == 4 || c->number[4].value[0] > 255) &&
           scrub_own_may_be(s, found);
}

static size_t match_v4(const struct scrub *s, struct str t, size_t pos,
                       struct ip *found)
{
    struct chain c;

    if (pos > 0 && ascii_isdigit(t.p[pos - 1])) {
        return 0;
    }
    read_chain(t, pos, &c);
    if (c.n < 3) {
        return 0;
    }
    size_t net = match_net4(s, t, &c);
    if (net > 0) {
        *found = (struct ip){.family = 0};
        return net;
    }
    return is_own4(s, &c, found) || may_be_own4(s, t, pos, &c, found)
               ? c.number[3].end
               : 0;
}

/* ---- IPv6 ---------------------------------------------------------------- */

/* 32 hex digits with dots between them, as in ip6.arpa. */
static size_t match_nibbles(const struct scrub *s, struct str t, size_t pos,
                            struct ip *found)
{
    struct ip ip = {.family = 6};

    for (size_t i = 0; i < 32; i++) {
        int v = hex_digit(char_at(t, pos + 2 * i));

        if (v < 0 || (i < 31 && char_at(t, pos + 2 * i + 1) != '.')) {
            return 0;
        }
        ip.b[15 - i / 2] |= (uint8_t)(i % 2 ? v << 4 : v);
    }
    if (is_hex(char_at(t, pos + 63))) {
        return 0; /* the last one goes on: these were no nibbles */
    }
    *found = ip;
    return scrub_own_is(s, &ip) || scrub_own_may_be(s, &ip) ? pos + 63 : 0;
}

#define RUN_MAX   48
#define RUN_PARTS 18

/* A run of hex digits, colons (or dashes) and dots, with the places where an
 * address might end. */
struct run {
    char text[RUN_MAX]; /* with colons */
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

static void read_run(struct str t, size_t pos, char sep, struct run *r)
{
    bool digits = false;

    memset(r, 0, sizeof(*r));
    for (; r->len < RUN_MAX - 1; pos++) {
        char c = char_at(t, pos);

        if (is_hex(c)) {
            r->text[r->len++] = c;
            digits = true;
            continue;
        }
        if (digits) {
            mark_end(r, pos);
        }
        digits = false;
        if (c == sep) {
            r->colons++;
            r->text[r->len++] = ':';
        } else if (r->colons >= 2 && c == '.') {
            r->text[r->len++] = '.';
        } else {
            return;
        }
        if (r->len >= 2 && r->text[r->len - 2] == ':') {
            mark_end(r, pos + 1); /* "2001:db8::" */
        }
    }
    if (digits) {
        mark_end(r, pos);
    }
}

/* Would a reader take this for an address, when we do not know our own? */
static bool looks_like_v6(struct str t, size_t from, size_t to,
                          const struct run *r, size_t part)
{
    char before = from > 0 ? t.p[from - 1] : ' ', after = char_at(t, to);
    bool digit = false;

    for (size_t i = 0; i < r->at[part]; i++) {
        digit = digit || ascii_isdigit(r->text[i]);
    }
    return digit && !is_hex(before) && before != ':' && !is_hex(after) &&
           !(after == ':' && is_hex(char_at(t, to + 1)));
}

/* An own network, "2001:db8:0:1::/64", whose address ends at `end`. */
static size_t match_net6(const struct scrub *s, struct str t, size_t end,
                         const struct ip *net)
{
    static const unsigned lens[] = {48, 56, 64};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        size_t after = prefix_len(t, end, lens[i]);

        if (after > 0 && net->family == 6 &&
            scrub_own_is_net(s, net, lens[i])) {
            return after;
        }
    }
    return 0;
}

static size_t match_run(const struct scrub *s, struct str t, size_t pos,
                        char sep, struct ip *found)
{
    struct run r;

    read_run(t, pos, sep, &r);
    while (r.colons >= 2 && r.n > 0) {
        struct ip ip;

        r.n--;
        if (!ip_parse((struct str){r.text, r.at[r.n]}, &ip)) {
            continue;
        }
        size_t net = match_net6(s, t, r.src[r.n], &ip);
        *found = net ? (struct ip){.family = 0} : ip;
        if (net > 0 || scrub_own_is(s, &ip) ||
            (scrub_own_may_be(s, &ip) &&
             looks_like_v6(t, pos, r.src[r.n], &r, r.n))) {
            return net ? net : r.src[r.n];
        }
    }
    return 0;
}

static size_t match_v6(const struct scrub *s, struct str t, size_t pos,
                       struct ip *found)
{
    size_t sep = pos;

    while (sep - pos < 5 && is_hex(char_at(t, sep))) {
        sep++;
    }
    char c = char_at(t, sep);
    if (sep - pos > 4 || (c != ':' && c != '-') ||
        (pos > 0 && is_hex(t.p[pos - 1]) && is_hex(t.p[pos]))) {
        return 0;
    }
    return match_run(s, t, pos, c, found);
}

/* ---- where to look ------------------------------------------------------- */

/* May an address begin with the digit at `pos`, whose number ends with a mark:
 * is it an octet of ours, or anybody's while ours is unknown? */
static bool octet_at(const struct scrub *s, struct str t, size_t pos)
{
    struct number n;

    if (!read_number(t, pos, &n) || n.end == t.len ||
        class_at(t, n.end) & (DIGIT | LETTER | OTHER)) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        unsigned v = n.value[i];
        if (v < 256 && s->octets[v / 8] >> v % 8 & 1) {
            return true;
        }
    }
    return !s->known4 && (t.p[n.end] == '.' || t.p[n.end] == '-') &&
           class_at(t, n.end + 1) & DIGIT;
}

/* Up to four hex digits with a colon, a dash, or (one) a dot behind them. */
static bool group_at(struct str t, size_t pos)
{
    size_t end = pos;

    while (end - pos < 5 && class_at(t, end) & (DIGIT | LETTER)) {
        end++;
    }
    char c = char_at(t, end);
    return end - pos < 5 &&
           (c == ':' || c == '-' || (c == '.' && end - pos == 1));
}

size_t scrub_addr_next(const struct scrub *s, struct str t, size_t pos)
{
    uint8_t before = pos > 0 ? class_at(t, pos - 1) : 0;

    for (; pos < t.len; pos++) {
        uint8_t here = class[(uint8_t)t.p[pos]];

        if (((here & DIGIT) && !(before & DIGIT) && octet_at(s, t, pos)) ||
            ((here & (DIGIT | LETTER)) && !(before & (DIGIT | LETTER)) &&
             group_at(t, pos)) ||
            ((here & COLON) && char_at(t, pos + 1) == ':')) {
            return pos;
        }
        before = here;
    }
    return t.len;
}

size_t scrub_addr_match(const struct scrub *s, struct str t, size_t pos,
                        struct ip *found)
{
    struct ip ignored;
    char c = t.p[pos];
    size_t end = 0;

    found = found ? found : &ignored;
    if (ascii_isdigit(c)) {
        end = match_v4(s, t, pos, found);
    }
    if (!end && is_hex(c) && char_at(t, pos + 1) == '.' &&
        !(pos > 0 && ascii_isalnum(t.p[pos - 1]))) {
        end = match_nibbles(s, t, pos, found);
    }
    return end ? end : match_v6(s, t, pos, found);
}
