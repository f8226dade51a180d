// SPDX-License-Identifier: Apache-2.0
/* By the rules and with the words of OONI's collector, so that its clients meet
 * no surprise. */
#include "collector/ingest/metadata.h"

#include "base/ascii.h"
#include "collector/ingest/location.h"

#include <stdio.h>
#include <string.h>

#define TEST_MIN 2 /* characters of a test's name, underscores left out */

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

/* How many characters that leaves; `out` has as many of them as fit. */
static size_t without_underscores(struct str test, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < test.len; i++) {
        if (test.p[i] != '_') {
            if (n < size - 1) {
                out[n] = test.p[i];
            }
            n++;
        }
    }
    out[n < size ? n : size - 1] = '\0';
    return n;
}

enum err metadata_check(const struct json *record, struct refusal *why)
{
    struct str cc = json_str(json_get(record, "probe_cc"));
    struct str test = json_str(json_get(record, "test_name"));
    struct str asn = json_str(json_get(record, "probe_asn"));
    struct findings f = {.text = ""};
    bool lower = true, plain = true;
    for (size_t i = 0; i < test.len; i++) {
        lower = lower && test.p[i] == ascii_lower(test.p[i]);
        plain = plain && (ascii_isalnum(test.p[i]) || test.p[i] == '_');
    }
    char name[REPORT_ID_TEST_MAX + 1];
    bool bare = without_underscores(test, name, sizeof(name)) < TEST_MIN;
    bool as = str_starts(asn, "AS");
    finding(&f, !location_cc_ok(cc), "bad_cc", "probe_cc");
    finding(&f, bare || test.len > REPORT_ID_TEST_MAX, "tn_len", "test_name");
    finding(&f, !lower, "tn_no_lower", "test_name");
    finding(&f, !plain, "tn_chars", "test_name");
    finding(&f, asn.len < LOCATION_ASN_MIN || asn.len > LOCATION_ASN_MAX,
            "asn_len", "probe_asn");
    finding(&f, !as, "asn_no_as_prefix", "probe_asn");
    finding(&f, as && asn.len > LOCATION_ASN_MIN && asn.p[2] == '0',
            "asn_leading_zero", "probe_asn");
    if (f.len > 0) {
        return refusal_set(why, REFUSAL_METADATA, f.key, "Errors: [%s]",
                           f.text);
    }
    uint32_t n = 0;
    if (!location_asn_parse(asn, &n)) {
        return refusal_set(why, REFUSAL_ASN, "probe_asn",
                           "not a network number");
    }
    return ERR_OK;
}

const char *metadata_misfit(const struct report_id *id,
                            const struct json *record)
{
    struct str cc = json_str(json_get(record, "probe_cc"));
    struct str asn = json_str(json_get(record, "probe_asn"));
    struct str test = json_str(json_get(record, "test_name"));
    char plain[sizeof(id->test)];
    uint32_t number = 0;
    bool known = location_asn_parse(asn, &number) && number != 0;
    if (without_underscores(test, plain, sizeof(plain)) != strlen(id->test) ||
        strcmp(plain, id->test) != 0) {
        return "test_name";
    }
    if (!str_eq_c(cc, "ZZ") && !str_ieq_c(cc, id->cc)) {
        return "probe_cc";
    }
    return known && number != id->asn ? "probe_asn" : NULL;
}
