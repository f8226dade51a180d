// SPDX-License-Identifier: Apache-2.0
/* Host names made ASCII, and their registrable domains. */
#include "wire/host.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "wire/host_symbols.h"
#include "wire/ip.h"
#include <idn2.h>
#include <libpsl.h>
#include <string.h>

/* The mapping of UTS 46 may shorten a name, hence room above HOST_MAX. */
#define INPUT_MAX HOST_SYMBOLS_MAX

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.p[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static bool label_char(char c)
{
    return ascii_isalnum(c) || c == '-' || c == '_';
}

/* Punycode that does not decode cannot be a name; code points that IDNA2008
 * dislikes (emoji) are in use all the same and are let through. */
static bool a_label_decodes(const char *label)
{
    char *unicode = NULL;
    int rc = idn2_to_unicode_8z8z(label, &unicode, 0);
    idn2_free(unicode);
    return rc != IDN2_PUNYCODE_BAD_INPUT && rc != IDN2_PUNYCODE_OVERFLOW &&
           rc != IDN2_PUNYCODE_BIG_OUTPUT && rc != IDN2_ENCODING_ERROR;
}

static enum err check_label(struct str label, struct diag *d)
{
    char z[64];
    if (label.len == 0) {
        return diag_set(d, ERR_PARSE, "host name has an empty label");
    }
    if (label.len > 63) {
        return diag_set(d, ERR_PARSE, "host name has a label above 63 bytes");
    }
    for (size_t i = 0; i < label.len; i++) {
        if (!label_char(label.p[i])) {
            return diag_set(d, ERR_PARSE,
                            "host name has a byte that is not allowed (0x%02x)",
                            (unsigned char)label.p[i]);
        }
    }
    if (!str_starts(label, "xn--")) {
        return ERR_OK;
    }
    memcpy(z, label.p, label.len);
    z[label.len] = '\0';
    if (!a_label_decodes(z)) {
        return diag_set(d, ERR_PARSE, "host name has a bad A-label: %s", z);
    }
    return ERR_OK;
}

/* Lower-cases in place and checks what is already ASCII. */
static enum err finish(struct region *r, struct str name, const char **out,
                       struct diag *d)
{
    struct str rest, label;
    char *text;
    if (str_ends(name, ".")) {
        name.len--;
    }
    if (name.len == 0) {
        return diag_set(d, ERR_PARSE, "host name is empty");
    }
    if (name.len > HOST_MAX) {
        return diag_set(d, ERR_PARSE, "host name is longer than %d bytes",
                        HOST_MAX);
    }
    text = region_strndup(r, name.p, name.len);
    if (!text) {
        return ERR_NOMEM;
    }
    for (size_t i = 0; i < name.len; i++) {
        text[i] = ascii_lower(text[i]);
    }
    rest = (struct str){text, name.len};
    while (str_next(&rest, '.', &label)) {
        enum err e = check_label(label, d);
        if (e) {
            return e;
        }
    }
    *out = text;
    return ERR_OK;
}

enum err host_to_ascii(struct region *r, struct str name, const char **out,
                       struct diag *d)
{
    char z[INPUT_MAX + 1];
    uint8_t *ascii = NULL;
    if (name.len > INPUT_MAX) {
        return diag_set(d, ERR_PARSE, "host name is longer than %d bytes",
                        HOST_MAX);
    }
    if (is_ascii(name)) {
        return finish(r, name, out, d);
    }
    if (!utf8_valid(name) || memchr(name.p, 0, name.len)) {
        return diag_set(d, ERR_PARSE, "host name is not valid UTF-8");
    }
    memcpy(z, name.p, name.len);
    z[name.len] = '\0';
    int rc = idn2_lookup_u8((const uint8_t *)z, &ascii,
                            IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc == IDN2_MALLOC) {
        return ERR_NOMEM;
    }
    if (rc != IDN2_OK) {
        char symbols[HOST_MAX + 1];
        if (host_symbols_to_ascii(name, symbols, sizeof(symbols)) == ERR_OK) {
            return finish(r, str_c(symbols), out, d);
        }
        return diag_set(d, ERR_PARSE, "host name: %s", idn2_strerror(rc));
    }
    /* What a mapping made of look-alikes of '/', '@' or ':' is refused here. */
    enum err e = finish(r, str_c((const char *)ascii), out, d);
    idn2_free(ascii);
    return e;
}

const char *host_registrable(const char *name)
{
    struct ip ip;
    if (ip_parse(str_c(name), &ip)) {
        return name;
    }
    const char *reg = psl_registrable_domain(psl_builtin(), name);
    return reg ? reg : name;
}

bool host_is_public_suffix(const char *name)
{
    return psl_is_public_suffix(psl_builtin(), name) == 1;
}

bool host_has_known_suffix(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot &&
           psl_is_public_suffix2(psl_builtin(), dot + 1,
                                 PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) == 1;
}

bool host_domain_match(const char *host, const char *domain)
{
    struct ip ip;
    size_t h = strlen(host), n = strlen(domain);
    if (strcmp(host, domain) == 0) {
        return true;
    }
    if (n == 0 || h <= n || ip_parse(str_c(host), &ip)) {
        return false;
    }
    return host[h - n - 1] == '.' && strcmp(host + h - n, domain) == 0;
}

bool host_cookie_domain_ok(const char *host, const char *domain)
{
    if (strcmp(host, domain) == 0) {
        return true; /* the cookie becomes host-only (5.3, step 5) */
    }
    return host_domain_match(host, domain) &&
           psl_is_cookie_domain_acceptable(psl_builtin(), host, domain);
}
