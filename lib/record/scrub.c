// SPDX-License-Identifier: Apache-2.0
/* One pass over the text. Wherever digits begin, what stands there is read as
 * an address in each of its forms, whichever way its separators are written,
 * and compared as a value: so no form has to be spelled out beforehand, and a
 * longer number that merely contains an address is left alone. Only the forms
 * without separators (one number, base64) are written down first, and looked
 * for where their first byte stands.
 */
#include "record/scrub.h"

#include "base/ascii.h"
#include "base/buf.h"
#include <string.h>

#define PASSES_MAX 4

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

static const char *const slashes[] = {
    "/", "%2f", "%252f", "&#47;", "&#x2f;", "&sol;", "\\u002f", "\\/", NULL};

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
    struct ip v4 = {.family = 4};

    if (ip->family != 6) {
        return *ip;
    }
    if (ip_is_nat64(ip, &v4)) {
        return v4;
    }
    if (memcmp(ip->b, mapped, 12) == 0) {
        memcpy(v4.b, ip->b + 12, 4);
    } else if (ip->b[0] == 0x20 && ip->b[1] == 0x02) {
        memcpy(v4.b, ip->b + 2, 4);
    } else {
        return *ip;
    }
    return v4;
}

bool scrub_knows(const struct scrub *s, const struct ip *ip)
{
    struct ip a = essence(ip);

    return a.family == 4 ? s->known4 : s->known6;
}

/* Sites see an IPv4 address also where this device has none (NAT64); an IPv6
 * one only if it has one. */
bool scrub_knows_all(const struct scrub *s)
{
    bool six = false;

    for (size_t i = 0; i < s->n_own; i++) {
        six = six || (s->own[i].family == 6 && !ip_is_never(&s->own[i]));
    }
    return s->known4 && (s->known6 || !six);
}

/* Is it to go while our own public address of its family is unknown? What is
 * not global stays, because verdicts need it; but what stands in examples, and
 * what providers give to lines that share an address, may be a volunteer's. */
static bool may_be_ours(const struct scrub *s, const struct ip *ip)
{
    static const uint8_t examples4[][3] = {
        {192, 0, 2}, {198, 51, 100}, {203, 0, 113}};
    struct ip a = essence(ip);

    if (scrub_knows(s, ip) || ip_eq(&s->asked, ip)) {
        return false;
    }
    if (a.family == 6) {
        return !ip_is_special(&a) || memcmp(a.b, "\x20\x01\x0d\xb8", 4) == 0;
    }
    for (size_t i = 0; i < 3; i++) {
        if (memcmp(a.b, examples4[i], 3) == 0) {
            return true;
        }
    }
    return !ip_is_special(&a) || (a.b[0] == 100 && (a.b[1] & 0xc0) == 64);
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

/* Does a prefix length, such as "/24", stand at `pos`? Its end, else 0. */
static size_t prefix_len(struct str t, size_t pos, const char *len)
{
    size_t n = pos < t.len ? separator(t, pos, slashes) : 0;

    if (n == 0 || char_at(t, pos + n) != len[0] ||
        char_at(t, pos + n + 1) != len[1] ||
        ascii_isdigit(char_at(t, pos + n + 2))) {
        return 0;
    }
    return pos + n + 2;
}

/* An own network, "198.51.100.0/24", whose address ends at `end`. */
static size_t match_net4(const struct scrub *s, struct str t, size_t end,
                         const struct ip *net)
{
    size_t after = net->b[3] == 0 ? prefix_len(t, end, "24") : 0;

    for (size_t i = 0; after && i < s->n_own; i++) {
        struct ip own = essence(&s->own[i]);

        if (own.family == 4 && memcmp(own.b, net->b, 3) == 0) {
            return after;
        }
    }
    return 0;
}

static bool own_octet(const struct scrub *s, unsigned v)
{
    for (size_t i = 0; i < s->n_own; i++) {
        struct ip own = essence(&s->own[i]);

        if (own.family == 4 && (own.b[0] == v || own.b[3] == v)) {
            return true;
        }
    }
    return false;
}

/* Four numbers with one and the same separator of up to three bytes between
 * them, whatever it is: "198_51_100_7", "198, 51, 100, 7", "198[.]51[.]...".
 * The first number ends at `end`. */
static size_t match_separated(const struct scrub *s, struct str t, size_t pos,
                              size_t end)
{
    struct chain c = {.n = 0};
    struct ip forward, back;
    struct str sep = {t.p + end, 0};

    while (sep.len < 4 && end + sep.len < t.len &&
           !ascii_isalnum(sep.p[sep.len])) {
        sep.len++;
    }
    if (sep.len == 0 || sep.len > 3 ||
        !ascii_isdigit(char_at(t, end + sep.len))) {
        return 0;
    }
    while (c.n < 4) {
        unsigned v = 0;

        for (; ascii_isdigit(char_at(t, pos)); pos++) {
            v = v * 10 + (unsigned)(t.p[pos] - '0');
            v = v > 256 ? 256 : v;
        }
        if (c.n == 0 && !own_octet(s, v)) {
            return 0;
        }
        c.value[c.n] = v;
        c.end[c.n++] = pos;
        if (!str_eq(str_sub(t, pos, sep.len), sep) ||
            !ascii_isdigit(char_at(t, pos + sep.len))) {
            break;
        }
        pos += sep.len;
    }
    return octets(&c, &forward, &back) &&
                   (scrub_is_own(s, &forward) || scrub_is_own(s, &back))
               ? c.end[3]
               : 0;
}

/* Is this the end of a name that is looked up for an address? */
static bool is_reversed(struct str t, size_t end)
{
    size_t n = end < t.len ? separator(t, end, dots) : 0;

    return n > 0 && str_ieq_c(str_sub(t, end + n, 7), "in-addr");
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
    if (end - pos > 3 || end == t.len || ascii_isalnum(t.p[end]) ||
        ascii_isdigit(char_before(t, pos))) {
        return 0;
    }
    if (!memchr(".-%&\\", t.p[end], 5)) {
        return match_separated(s, t, pos, end);
    }
    read_chain(t, pos, dots, &c);
    if (octets(&c, &forward, &back)) {
        size_t net = match_net4(s, t, c.end[3], &forward);

        if (net) {
            return net;
        }
        if (scrub_is_own(s, &forward) || scrub_is_own(s, &back) ||
            (c.n == 4 && begins_run(t, pos, '.') &&
             may_be_ours(s, is_reversed(t, c.end[3]) ? &back : &forward))) {
            return c.end[3];
        }
        return 0;
    }
    /* providers name their customers' lines 1-2-3-4.example.net */
    read_chain(t, pos, dashes, &c);
    if (!octets(&c, &forward, &back)) {
        return match_separated(s, t, pos, end);
    }
    if (scrub_is_own(s, &forward) || scrub_is_own(s, &back)) {
        return c.end[3];
    }
    return c.n == 4 && begins_run(t, pos, '-') && may_be_ours(s, &forward)
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
    return may_be_ours(s, &ip) || scrub_is_own(s, &ip) ? pos : 0;
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

/* An own network, "2001:db8:0:1::/64", whose address ends at `end`. */
static size_t match_net6(const struct scrub *s, struct str t, size_t end,
                         const struct ip *net)
{
    static const struct {
        const char *len;
        size_t bytes;
    } lens[] = {{"48", 6}, {"64", 8}};

    static const uint8_t zero[16] = {0};

    for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
        size_t n = lens[l].bytes, after = prefix_len(t, end, lens[l].len);

        for (size_t i = 0; after && i < s->n_own; i++) {
            if (s->own[i].family == 6 && net->family == 6 &&
                memcmp(s->own[i].b, net->b, n) == 0 &&
                memcmp(net->b + n, zero, 16 - n) == 0) {
                return after;
            }
        }
    }
    return 0;
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
        size_t net;

        r.n--;
        if (!ip_parse((struct str){r.text, r.at[r.n]}, &ip)) {
            continue;
        }
        net = match_net6(s, t, r.src[r.n], &ip);
        if (net || scrub_is_own(s, &ip) ||
            (may_be_ours(s, &ip) &&
             looks_like_v6(t, pos, r.src[r.n], &r, r.n))) {
            return net ? net : r.src[r.n];
        }
    }
    return 0;
}

/* ---- forms without separators ------------------------------------------- */

#define FORM_MAX 64

/* What our addresses look like as one word. */
struct form {
    char text[FORM_MAX]; /* lower case, unless base64 */
    size_t len;
    bool base64;
    bool edge; /* base64: bits of the address in the byte before, ... */
    bool tail; /* ... and in the byte after */
    bool decimal;
};

enum {
    FIRST_OF_ADDRESS = 1,
    FIRST_OF_FORM = 2
};

struct forms {
    struct form f[SCRUB_MAX_OWN * 6];
    size_t n;
    uint8_t first[256]; /* what may begin with this byte */
    bool second[256];   /* may it follow the first one of a form? */
};

static void add_form(struct forms *fs, const struct form *f)
{
    char c = f->text[0];

    fs->f[fs->n++] = *f;
    fs->first[(uint8_t)c] |= FIRST_OF_FORM;
    fs->second[(uint8_t)f->text[1]] = true;
    fs->second[(uint8_t)ascii_upper(f->text[1])] = true;
    if (!f->base64) {
        fs->first[(uint8_t)ascii_upper(c)] |= FIRST_OF_FORM;
    }
}

static void add_hex(struct forms *fs, const struct ip *ip)
{
    static const char digits[] = "0123456789abcdef";
    struct form f = {.len = ip->family == 4 ? 8 : 32};

    for (size_t i = 0; i < f.len; i++) {
        f.text[i] = digits[(ip->b[i / 2] >> (i % 2 ? 0 : 4)) & 15];
    }
    add_form(fs, &f);
}

static void add_decimal(struct forms *fs, const struct ip *ip)
{
    struct form f = {.decimal = true};
    uint32_t v = (uint32_t)ip->b[0] << 24 | (uint32_t)ip->b[1] << 16 |
                 (uint32_t)ip->b[2] << 8 | ip->b[3];
    char back[16];

    do {
        back[f.len++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < f.len; i++) {
        f.text[i] = back[f.len - 1 - i];
    }
    add_form(fs, &f);
}

/* The text of an address inside base64, with `lead` other bytes before it in
 * its group of three: the characters that only the address determines. None of
 * them is one in which the URL alphabet differs. */
static void add_base64(struct forms *fs, const char *text, size_t lead)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text), bits = 8 * (lead + len);
    struct form f = {.base64 = true, .edge = lead > 0, .tail = bits % 6 != 0};

    for (size_t at = (8 * lead + 5) / 6 * 6; at + 6 <= bits; at += 6) {
        unsigned v = 0;

        for (size_t b = at - 8 * lead; b < at - 8 * lead + 6; b++) {
            v = v << 1 | ((uint8_t)text[b / 8] >> (7 - b % 8) & 1u);
        }
        f.text[f.len++] = alphabet[v];
    }
    add_form(fs, &f);
}

static void make_forms(const struct scrub *s, struct forms *fs)
{
    memset(fs, 0, sizeof(*fs));
    for (unsigned c = 0; c < 256; c++) {
        fs->first[c] = is_hex((char)c) || c == ':' ? FIRST_OF_ADDRESS : 0;
    }
    for (size_t i = 0; i < s->n_own; i++) {
        struct ip own = essence(&s->own[i]);
        char text[IP_TEXT_MAX];

        ip_format(&own, text);
        add_hex(fs, &own);
        if (own.family == 4) {
            add_decimal(fs, &own);
        }
        for (size_t lead = 0; lead < 3; lead++) {
            add_base64(fs, text, lead);
        }
    }
}

static bool is_base64(char c)
{
    return ascii_isalnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

/* A number stands by itself: "0x" may precede a hexadecimal one, and a decimal
 * one is no part of a fraction. */
static bool stands_alone(struct str t, size_t pos, const struct form *f)
{
    size_t end = pos + f->len;
    char before = char_before(t, pos);

    if (f->decimal) {
        return !ascii_isalnum(before) && !ascii_isalnum(char_at(t, end)) &&
               !(before == '.' && pos >= 2 && ascii_isdigit(t.p[pos - 2])) &&
               !(char_at(t, end) == '.' && ascii_isdigit(char_at(t, end + 1)));
    }
    if (ascii_lower(before) == 'x' && pos >= 2 && t.p[pos - 2] == '0') {
        before = char_before(t, pos - 2);
    }
    return !ascii_isalnum(before) && !ascii_isalnum(char_at(t, end));
}

/* End of a form that begins at `*pos`, else 0. A base64 character that the
 * address shares with its neighbour goes too: *pos may become one less. */
static size_t match_form(const struct forms *fs, struct str t, size_t *pos)
{
    for (size_t i = 0; i < fs->n; i++) {
        const struct form *f = &fs->f[i];
        struct str here = str_sub(t, *pos, f->len);
        struct str form = {f->text, f->len};
        size_t end = *pos + f->len;

        if (ascii_lower(f->text[1]) != ascii_lower(char_at(t, *pos + 1))) {
            continue;
        }
        if (!f->base64) {
            if (str_ieq(here, form) && stands_alone(t, *pos, f)) {
                return end;
            }
        } else if (str_eq(here, form)) {
            *pos -= f->edge && *pos > 0 && is_base64(t.p[*pos - 1]);
            return end + (f->tail && is_base64(char_at(t, end)));
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

/* One pass; the text itself when there is nothing to replace, {NULL,0} without
 * memory. */
static struct str pass(struct region *r, const struct scrub *s,
                       const struct forms *forms, struct str text)
{
    size_t done = 0, i = 0;
    struct buf out;
    struct str result = text;

    /* the shortest address, "::1", may become ten bytes */
    buf_init(&out, text.len * 4 + 64);
    while (i < text.len) {
        uint8_t first = forms->first[(uint8_t)text.p[i]];
        size_t from = i;
        size_t end = first & FIRST_OF_ADDRESS ? match(s, text, i) : 0;

        if (!end && first & FIRST_OF_FORM &&
            forms->second[(uint8_t)char_at(text, i + 1)]) {
            end = match_form(forms, text, &from);
        }
        if (!end) {
            i++;
            continue;
        }
        from = from < done ? done : from;
        buf_add(&out, text.p + done, from - done);
        buf_add_c(&out, SCRUBBED);
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

struct str scrub_text(struct region *r, const struct scrub *s, struct str text)
{
    struct forms forms;
    struct str before;

    if (text.len == 0 || (s->n_own == 0 && s->known4 && s->known6)) {
        return text;
    }
    make_forms(s, &forms);
    /* What was cut out may leave an address where a longer number stood. */
    for (int i = 0; i < PASSES_MAX; i++) {
        before = text;
        text = pass(r, s, &forms, text);
        if (!text.p || text.p == before.p) {
            break;
        }
    }
    return text;
}
