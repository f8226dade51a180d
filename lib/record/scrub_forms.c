// SPDX-License-Identifier: Apache-2.0
#include "record/scrub_forms.h"

#include "base/ascii.h"
#include "base/hex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct teller {
    enum err (*fn)(void *arg, const struct scrub_form *f);
    void *arg;
    int name;
    enum err failed;
};

static void tell(struct teller *t, enum scrub_form_edge edge, const char *fmt,
                 ...) PRINTF_LIKE(3, 4);

static void tell(struct teller *t, enum scrub_form_edge edge, const char *fmt,
                 ...)
{
    struct scrub_form f = {.edge = edge, .name = t->name};
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(f.text, sizeof(f.text), fmt, ap);
    va_end(ap);
    if (!t->failed) {
        t->failed = t->fn(t->arg, &f);
    }
}

/* The same in capitals, if that is another text. */
static void tell_both(struct teller *t, enum scrub_form_edge edge,
                      const char *text)
{
    char upper[SCRUB_FORM_MAX];
    size_t n = str_copy(upper, sizeof(upper), text);

    tell(t, edge, "%s", text);
    for (size_t i = 0; i < n && upper[i]; i++) {
        upper[i] = ascii_upper(upper[i]);
    }
    if (strcmp(upper, text) != 0) {
        tell(t, edge, "%s", upper);
    }
}

/* The bytes in decimal, as one number. */
static void tell_integer(struct teller *t, const uint8_t *b, size_t len)
{
    char digits[SCRUB_FORM_MAX];
    uint8_t rest[16];
    size_t n = 0;
    bool more = true;

    memcpy(rest, b, len);
    while (more) {
        unsigned carry = 0;

        more = false;
        for (size_t i = 0; i < len; i++) {
            unsigned v = carry << 8 | rest[i];
            rest[i] = (uint8_t)(v / 10);
            carry = v % 10;
            more = more || rest[i] != 0;
        }
        digits[n++] = (char)('0' + carry);
    }
    for (size_t i = 0; i < n / 2; i++) {
        char c = digits[i];
        digits[i] = digits[n - 1 - i];
        digits[n - 1 - i] = c;
    }
    digits[n] = '\0';
    tell(t, SCRUB_FORM_NUMBER, "%s", digits);
}

/* ---- IPv4 ---------------------------------------------------------------- */

static void forms_of_ipv4(struct teller *t, const uint8_t *b)
{
    unsigned w = b[0], x = b[1], y = b[2], z = b[3];

    tell(t, SCRUB_FORM_VALUE, "%u.%u.%u.%u", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "%03u.%03u.%03u.%03u", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "0%o.0%o.0%o.0%o", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "%04o.%04o.%04o.%04o", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "0x%x.0x%x.0x%x.0x%x", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "0x%02x.0x%02x.0x%02x.0x%02x", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "0x%02X.0x%02X.0x%02X.0x%02X", w, x, y, z);
    tell(t, SCRUB_FORM_HEX, "%02x%02x%02x%02x", w, x, y, z);
    tell(t, SCRUB_FORM_HEX, "%02X%02X%02X%02X", w, x, y, z);
    tell(t, SCRUB_FORM_HEX, "0x%02x%02x%02x%02x", w, x, y, z);
    tell(t, SCRUB_FORM_HEX, "0x%02X%02X%02X%02X", w, x, y, z);
    tell(t, SCRUB_FORM_NUMBER, "0%o", w << 24 | x << 16 | y << 8 | z);
    tell_integer(t, b, 4);
    tell(t, SCRUB_FORM_NUMBER, "%03u%03u%03u%03u", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "%u.%u.%u.%u", z, y, x, w);
    tell(t, SCRUB_FORM_VALUE, "%u-%u-%u-%u", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "%u-%u-%u-%u", z, y, x, w);
    tell(t, SCRUB_FORM_VALUE, "::ffff:%u.%u.%u.%u", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "64:ff9b::%u.%u.%u.%u", w, x, y, z);
    tell(t, SCRUB_FORM_VALUE, "::ffff:%x:%x", w << 8 | x, y << 8 | z);
    tell(t, SCRUB_FORM_VALUE, "64:ff9b::%x:%x", w << 8 | x, y << 8 | z);
    tell(t, SCRUB_FORM_VALUE, "2002:%x:%x::", w << 8 | x, y << 8 | z);
    tell(t, SCRUB_FORM_VALUE, "2002:%x:%x::1", w << 8 | x, y << 8 | z);
    tell(t, SCRUB_FORM_VALUE, "%u.%u.%u.0/24", w, x, y);
}

/* ---- IPv6 ---------------------------------------------------------------- */

/* As names of hosts and files have it, which cannot hold colons. */
static void without_colons(struct teller *t, const char *text)
{
    for (const char *mark = "-_."; *mark; mark++) {
        char other[SCRUB_FORM_MAX];

        str_copy(other, sizeof(other), text);
        for (char *p = other; *p; p++) {
            *p = *p == ':' ? *mark : *p;
        }
        tell_both(t, *mark == '-' ? SCRUB_FORM_VALUE : SCRUB_FORM_WORD, other);
    }
}

static void network_of_ipv6(struct teller *t, const struct ip *ip,
                            unsigned bits)
{
    char text[IP_TEXT_MAX], net_text[SCRUB_FORM_MAX];
    struct ip net = {.family = 6};

    memcpy(net.b, ip->b, bits / 8);
    ip_format(&net, text);
    snprintf(net_text, sizeof(net_text), "%s/%u", text, bits);
    tell_both(t, SCRUB_FORM_VALUE, net_text);
}

static void forms_of_ipv6(struct teller *t, const struct ip *ip)
{
    static const char digits[] = "0123456789abcdef";
    char shortest[IP_TEXT_MAX], full[40], plain[40], hex[33], nibbles[64];
    size_t n = 0, m = 0;

    ip_format(ip, shortest);
    hex_encode(ip->b, 16, hex);
    for (size_t i = 0; i < 8; i++) {
        n += (size_t)snprintf(full + n, sizeof(full) - n, "%s%.4s",
                              i ? ":" : "", hex + 4 * i);
        m +=
            (size_t)snprintf(plain + m, sizeof(plain) - m, "%s%x", i ? ":" : "",
                             (unsigned)(ip->b[2 * i] << 8 | ip->b[2 * i + 1]));
    }
    for (size_t i = 0; i < 32; i++) {
        unsigned b = ip->b[15 - i / 2];
        nibbles[2 * i] = digits[i % 2 ? b >> 4 : b & 15];
        nibbles[2 * i + 1] = i < 31 ? '.' : '\0';
    }
    tell_both(t, SCRUB_FORM_VALUE, shortest);
    tell_both(t, SCRUB_FORM_VALUE, full);
    tell_both(t, SCRUB_FORM_VALUE, plain);
    without_colons(t, shortest);
    without_colons(t, full);
    without_colons(t, plain);
    tell_both(t, SCRUB_FORM_WORD, nibbles);
    tell_both(t, SCRUB_FORM_HEX, hex);
    tell_integer(t, ip->b, 16);
    network_of_ipv6(t, ip, 48);
    network_of_ipv6(t, ip, 56);
    network_of_ipv6(t, ip, 64);
}

/* ---- hardware addresses -------------------------------------------------- */

static void forms_of_bytes(struct teller *t, const uint8_t *b, size_t len)
{
    char bare[17], sep[24];

    hex_encode(b, len, bare);
    tell_both(t, SCRUB_FORM_HEX, bare);
    for (int dash = 0; dash < 2; dash++) {
        size_t n = 0;

        for (size_t i = 0; i < len; i++) {
            n += (size_t)snprintf(sep + n, sizeof(sep) - n, "%s%02x",
                                  i == 0 ? "" : (dash ? "-" : ":"), b[i]);
        }
        tell_both(t, SCRUB_FORM_WORD, sep);
    }
}

static void forms_of_mac(struct teller *t, const uint8_t *m)
{
    uint8_t e[8];
    char text[SCRUB_FORM_MAX];

    forms_of_bytes(t, m, 6);
    snprintf(text, sizeof(text), "%02x%02x.%02x%02x.%02x%02x", m[0], m[1], m[2],
             m[3], m[4], m[5]);
    tell_both(t, SCRUB_FORM_WORD, text);
    scrub_own_eui64(m, e);
    forms_of_bytes(t, e, 8);
    snprintf(text, sizeof(text), "%x:%x:%x:%x", (unsigned)(e[0] << 8 | e[1]),
             (unsigned)(e[2] << 8 | e[3]), (unsigned)(e[4] << 8 | e[5]),
             (unsigned)(e[6] << 8 | e[7]));
    tell_both(t, SCRUB_FORM_WORD, text);
    snprintf(text, sizeof(text), "%02x%02x:%02x%02x:%02x%02x:%02x%02x", e[0],
             e[1], e[2], e[3], e[4], e[5], e[6], e[7]);
    tell_both(t, SCRUB_FORM_WORD, text);
}

/* ---- all ------------------------------------------------------------------
 */

static void forms_of_name(struct teller *t, const char *name)
{
    char lower[SCRUB_NAME_MAX];
    size_t n = str_copy(lower, sizeof(lower), name);

    for (size_t i = 0; i < n && lower[i]; i++) {
        lower[i] = ascii_lower(lower[i]);
    }
    tell_both(t, SCRUB_FORM_WORD, lower);
    lower[0] = ascii_upper(lower[0]);
    tell(t, SCRUB_FORM_WORD, "%s", lower);
    tell(t, SCRUB_FORM_WORD, "%s", name);
}

enum err scrub_forms_each(const struct scrub *s,
                          enum err (*fn)(void *arg, const struct scrub_form *f),
                          void *arg)
{
    struct teller t = {.fn = fn, .arg = arg, .name = -1};

    for (size_t i = 0; i < s->n_own; i++) {
        struct ip own = ip_essence(&s->own[i]);

        if (own.family == 4) {
            forms_of_ipv4(&t, own.b);
        } else if (own.family == 6) {
            forms_of_ipv6(&t, &own);
        }
    }
    for (size_t i = 0; i < s->n_macs; i++) {
        forms_of_mac(&t, s->mac[i]);
    }
    for (size_t i = 0; i < s->n_names; i++) {
        t.name = (int)i;
        forms_of_name(&t, s->name[i]);
    }
    return t.failed;
}
