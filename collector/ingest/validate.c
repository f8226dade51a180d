// SPDX-License-Identifier: Apache-2.0
#include "collector/ingest/validate.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ASN_TEXT_MIN  3
#define ASN_TEXT_MAX  12
#define TEST_NAME_MAX 30
#define ID_FIELDS     6
#define COLLECTOR_ID  "1"

bool asn_parse(struct str text, uint32_t *out)
{
    int64_t n = 0;
    if (!str_starts(text, "AS") || text.len < ASN_TEXT_MIN ||
        text.len > ASN_TEXT_MAX || !ascii_isdigit(text.p[2]) ||
        (text.p[2] == '0' && text.len > ASN_TEXT_MIN) ||
        str_to_i64(str_sub(text, 2, SIZE_MAX), 0, UINT32_MAX, &n) != ERR_OK) {
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

uint32_t asn_normalise(const char *text)
{
    char upper[ASN_TEXT_MAX + 1];
    if (!text || strlen(text) > ASN_TEXT_MAX) {
        return 0;
    }
    size_t n = strlen(text);
    for (size_t i = 0; i <= n; i++) {
        upper[i] = ascii_upper(text[i]);
    }
    uint32_t asn = 0;
    return asn_parse(str_c(upper), &asn) ? asn : 0;
}

static bool upper_alnum(char c)
{
    return ascii_isalnum(c) && c == ascii_upper(c);
}

void cc_normalise(const char *text, char out[3])
{
    char cc[3] = "";
    size_t n = 0;
    for (const char *p = text ? text : ""; *p; p++) {
        if (*p == '_') {
            continue;
        }
        if (n == 2 || !upper_alnum(ascii_upper(*p))) {
            n = 0;
            break;
        }
        cc[n++] = ascii_upper(*p);
    }
    memcpy(out, n == 2 ? cc : "ZZ", 2);
    out[2] = '\0';
}

/* ---- report ids -------------------------------------------------------------
 */

bool report_id_parse(struct str text, struct report_id *out)
{
    struct str f[ID_FIELDS];
    size_t n = 0;
    struct str field;
    if (text.len >= REPORT_ID_MAX) {
        return false;
    }
    for (size_t from = 0;; n++) {
        size_t at = str_find_char(str_sub(text, from, SIZE_MAX), '_');
        if (n == ID_FIELDS) {
            return false;
        }
        field = str_sub(text, from, at);
        f[n] = field;
        if (at == SIZE_MAX) {
            n++;
            break;
        }
        from += at + 1;
    }
    struct report_id id = {0};
    int64_t asn = 0;
    if (n != ID_FIELDS || f[2].len != 2 || f[1].len < 2 ||
        f[1].len >= TEST_NAME_MAX ||
        str_to_i64(f[3], 0, UINT32_MAX, &asn) != ERR_OK) {
        return false;
    }
    for (size_t i = 0; i < f[1].len; i++) {
        if (!ascii_isalnum(f[1].p[i])) {
            return false;
        }
    }
    memcpy(id.cc, f[2].p, 2);
    memcpy(id.test, f[1].p, f[1].len);
    id.asn = (uint32_t)asn;
    *out = id;
    return true;
}

/* 16 characters of base64 whose two odd ones are both written `o`. */
static void random_text(char out[17])
{
    uint8_t bytes[12];
    crypto_random(bytes, sizeof(bytes));
    struct buf b;
    buf_init(&b, 32);
    if (base64_add(&b, (struct str){(const char *)bytes, sizeof(bytes)}) ==
            ERR_OK &&
        b.len == 16) {
        memcpy(out, b.p, 16);
    } else {
        memset(out, 'o', 16);
    }
    out[16] = '\0';
    for (size_t i = 0; i < 16; i++) {
        if (out[i] == '+' || out[i] == '/') {
            out[i] = 'o';
        }
    }
    buf_fini(&b);
}

void report_id_make(const char *probe_cc, const char *probe_asn,
                    const char *test_name, int64_t now_s,
                    char out[REPORT_ID_MAX])
{
    char test[TEST_NAME_MAX] = "";
    size_t n = 0;
    for (const char *p = test_name ? test_name : ""; *p; p++) {
        if (ascii_isalnum(*p) && n < sizeof(test) - 1) {
            test[n++] = ascii_lower(*p);
        }
    }
    char cc[3], rand[17], when[20];
    cc_normalise(probe_cc, cc);
    random_text(rand);
    if (clock_format(now_s, when) != ERR_OK) {
        str_copy(when, sizeof(when), "1970-01-01 00:00:00");
    }
    snprintf(out, REPORT_ID_MAX,
             "%.4s%.2s%.2sT%.2s%.2s%.2sZ_%s_%s_%u_n" COLLECTOR_ID "_%s", when,
             when + 5, when + 8, when + 11, when + 14, when + 17, test, cc,
             asn_normalise(probe_asn), rand);
}

/* ---- metadata ---------------------------------------------------------------
 */

enum err refuse_record(struct refusal *why, const char *reason, const char *key,
                       const char *fmt, ...)
{
    why->reason = reason;
    str_copy(why->key, sizeof(why->key), key);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why->d.text, sizeof(why->d.text), fmt, ap);
    va_end(ap);
    return ERR_PARSE;
}

struct findings {
    char text[160];
    size_t len;
    const char *key; /* the first that was wrong */
};

static void finding(struct findings *f, bool wrong, const char *name,
                    const char *key)
{
    if (!wrong) {
        return;
    }
    int n = snprintf(f->text + f->len, sizeof(f->text) - f->len, "%s'%s'",
                     f->len ? ", " : "", name);
    f->len += n > 0 ? (size_t)n : 0;
    f->key = f->key ? f->key : key;
}

enum err metadata_check(const struct json *record, struct refusal *why)
{
    struct str cc = json_str(json_get(record, "probe_cc"));
    struct str test = json_str(json_get(record, "test_name"));
    struct str asn = json_str(json_get(record, "probe_asn"));
    struct findings f = {.text = ""};
    bool lower = true;
    for (size_t i = 0; i < test.len; i++) {
        lower = lower && test.p[i] == ascii_lower(test.p[i]);
    }
    bool as = str_starts(asn, "AS");
    finding(&f, cc.len != 2 || !upper_alnum(cc.p[0]) || !upper_alnum(cc.p[1]),
            "bad_cc", "probe_cc");
    finding(&f, test.len < 2 || test.len > TEST_NAME_MAX, "tn_len",
            "test_name");
    finding(&f, !lower, "tn_no_lower", "test_name");
    finding(&f, asn.len < ASN_TEXT_MIN || asn.len > ASN_TEXT_MAX, "asn_len",
            "probe_asn");
    finding(&f, !as, "asn_no_as_prefix", "probe_asn");
    finding(&f, as && asn.len > ASN_TEXT_MIN && asn.p[2] == '0',
            "asn_leading_zero", "probe_asn");
    if (f.len > 0) {
        return refuse_record(why, "bad_metadata", f.key, "Errors: [%s]",
                             f.text);
    }
    uint32_t n = 0;
    if (!asn_parse(asn, &n)) {
        return refuse_record(why, "asn_invalid", "probe_asn",
                             "not a network number");
    }
    return ERR_OK;
}

bool metadata_fits(const struct report_id *id, const struct json *record)
{
    struct str cc = json_str(json_get(record, "probe_cc"));
    struct str asn = json_str(json_get(record, "probe_asn"));
    struct str test = json_str(json_get(record, "test_name"));
    char plain[sizeof(id->test)] = "";
    size_t n = 0;
    for (size_t i = 0; i < test.len; i++) {
        if (test.p[i] != '_') {
            if (n == sizeof(plain) - 1) {
                return false;
            }
            plain[n++] = test.p[i];
        }
    }
    uint32_t number = 0;
    bool known = asn_parse(asn, &number) && number != 0;
    return strcmp(plain, id->test) == 0 &&
           (str_eq_c(cc, "ZZ") || str_ieq_c(cc, id->cc)) &&
           (!known || number == id->asn);
}
