// SPDX-License-Identifier: Apache-2.0
/* Labels cut at their symbols, mapped, and put together again. */
#include "wire/host_symbols.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "wire/punycode.h"

#include <idn2.h>
#include <stdio.h>

/* Symbols that browsers let into names by UTS 46, and IDNA2008 does not:
 * arrows, technical signs, shapes, dingbats, emoji. */
static bool is_symbol(uint32_t c)
{
    return (c >= 0x2190 && c <= 0x21ff) || (c >= 0x2300 && c <= 0x2328) ||
           (c >= 0x232b && c <= 0x23ff) || (c >= 0x2500 && c <= 0x27bf) ||
           (c >= 0x2900 && c <= 0x297f) || (c >= 0x2b00 && c <= 0x2bff) ||
           (c >= 0x1f000 && c <= 0x1f0ff) || (c >= 0x1f1e6 && c <= 0x1f1ff) ||
           (c >= 0x1f300 && c <= 0x1faff);
}

/* They only choose how the symbol before them is drawn; the mapping of UTS 46
 * takes them out. */
static bool is_selector(uint32_t c)
{
    return c == 0xfe0e || c == 0xfe0f;
}

/* Code points of one label, mapped. */
struct points {
    uint32_t c[64];
    size_t n;
};

static bool add_points(struct points *p, struct str text)
{
    while (text.len > 0) {
        if (p->n == sizeof(p->c) / sizeof(p->c[0])) {
            return false;
        }
        p->c[p->n++] = utf8_next(&text);
    }
    return true;
}

/* What stands between symbols: mapped as a label of its own. */
static int add_letters(struct points *p, struct str text)
{
    char z[HOST_SYMBOLS_MAX + 1];
    char *ascii = NULL, *letters = NULL;
    bool plain = true;

    for (size_t i = 0; i < text.len; i++) {
        z[i] = ascii_lower(text.p[i]);
        plain = plain && (unsigned char)z[i] < 0x80;
    }
    z[text.len] = '\0';
    if (plain) {
        return add_points(p, str_c(z)) ? IDN2_OK : IDN2_TOO_BIG_LABEL;
    }
    int rc = idn2_lookup_u8((const uint8_t *)z, (uint8_t **)&ascii,
                            IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc == IDN2_OK) {
        rc = idn2_to_unicode_8z8z(ascii, &letters, 0);
    }
    if (rc == IDN2_OK && !add_points(p, str_c(letters))) {
        rc = IDN2_TOO_BIG_LABEL;
    }
    idn2_free(ascii);
    idn2_free(letters);
    return rc;
}

static int map_label(struct str label, struct points *p)
{
    struct str rest = label;
    size_t from = 0;
    int rc = IDN2_OK;

    p->n = 0;
    while (rc == IDN2_OK && rest.len > 0) {
        size_t at = label.len - rest.len;
        uint32_t c = utf8_next(&rest);
        if (!is_symbol(c) && !is_selector(c)) {
            continue;
        }
        rc = add_letters(p, str_sub(label, from, at - from));
        from = label.len - rest.len;
        if (rc == IDN2_OK && is_symbol(c) &&
            !add_points(p, str_sub(label, at, from - at))) {
            rc = IDN2_TOO_BIG_LABEL;
        }
    }
    return rc == IDN2_OK ? add_letters(p, str_sub(label, from, label.len)) : rc;
}

/* Adds the label to the name in `out`, which is *n bytes long. */
static enum err add_label(const struct points *p, char *out, size_t size,
                          size_t *n)
{
    char text[64];
    bool plain = true;
    size_t k = 0;

    for (size_t i = 0; i < p->n; i++) {
        uint32_t c = p->c[i];
        if (c < 0x80 && !ascii_isalnum((char)c) && c != '-') {
            return ERR_PARSE; /* a dot in disguise, for one */
        }
        plain = plain && c < 0x80;
    }
    for (; plain && k < p->n && k + 1 < sizeof(text); k++) {
        text[k] = (char)p->c[k];
    }
    text[k] = '\0';
    if (!plain && punycode_write(p->c, p->n, text, sizeof(text)) != ERR_OK) {
        return ERR_LIMIT;
    }
    *n += (size_t)snprintf(out + *n, size - *n, "%s%s%s", *n ? "." : "",
                           plain ? "" : "xn--", text);
    return *n < size ? ERR_OK : ERR_LIMIT;
}

enum err host_symbols_to_ascii(struct str name, char *out, size_t size)
{
    struct str label;
    size_t n = 0;

    if (name.len > HOST_SYMBOLS_MAX) {
        return ERR_LIMIT;
    }
    while (str_next(&name, '.', &label)) {
        struct points p;
        enum err e = ERR_PARSE;
        if (map_label(label, &p) == IDN2_OK) {
            e = add_label(&p, out, size, &n);
        }
        if (e != ERR_OK) {
            return e;
        }
    }
    return n > 0 ? ERR_OK : ERR_PARSE;
}
