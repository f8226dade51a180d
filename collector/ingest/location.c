// SPDX-License-Identifier: Apache-2.0
/* Written as OONI's collector reads them, so that its clients meet no surprise.
 */
#include "collector/ingest/location.h"

#include "base/ascii.h"

#include <string.h>

static bool upper_alnum(char c)
{
    return ascii_isalnum(c) && c == ascii_upper(c);
}

bool location_asn_parse(struct str text, uint32_t *out)
{
    int64_t n = 0;
    if (!str_starts(text, "AS") || text.len < LOCATION_ASN_MIN ||
        text.len > LOCATION_ASN_MAX || !ascii_isdigit(text.p[2]) ||
        (text.p[2] == '0' && text.len > LOCATION_ASN_MIN) ||
        str_to_i64(str_sub(text, 2, SIZE_MAX), 0, UINT32_MAX, &n) != ERR_OK) {
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

uint32_t location_asn_claimed(const char *text)
{
    char upper[LOCATION_ASN_MAX + 1];
    if (!text || strlen(text) > LOCATION_ASN_MAX) {
        return 0;
    }
    size_t n = strlen(text);
    for (size_t i = 0; i <= n; i++) {
        upper[i] = ascii_upper(text[i]);
    }
    uint32_t asn = 0;
    return location_asn_parse(str_c(upper), &asn) ? asn : 0;
}

bool location_cc_ok(struct str text)
{
    return text.len == 2 && upper_alnum(text.p[0]) && upper_alnum(text.p[1]);
}

void location_cc_claimed(const char *text, char out[3])
{
    char cc[3] = "";
    size_t n = 0;
    for (const char *p = text ? text : ""; *p; p++) {
        if (*p == '_') {
            continue;
        }
        if (n == 2 || !ascii_isalnum(*p)) {
            n = 0;
            break;
        }
        cc[n++] = ascii_upper(*p);
    }
    memcpy(out, n == 2 ? cc : "ZZ", 2);
    out[2] = '\0';
}
