// SPDX-License-Identifier: Apache-2.0
/* By the rules and with the words of OONI's collector, so that its clients meet
 * no surprise. */
#include "collector/ingest/metadata.h"

#include "base/ascii.h"
#include "collector/ingest/location.h"

#include <stdio.h>
#include <string.h>

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
    finding(&f, !location_cc_ok(cc), "bad_cc", "probe_cc");
    finding(&f, test.len < 2 || test.len > REPORT_ID_TEST_MAX, "tn_len",
            "test_name");
    finding(&f, !lower, "tn_no_lower", "test_name");
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
    bool known = location_asn_parse(asn, &number) && number != 0;
    return strcmp(plain, id->test) == 0 &&
           (str_eq_c(cc, "ZZ") || str_ieq_c(cc, id->cc)) &&
           (!known || number == id->asn);
}
