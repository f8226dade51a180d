// SPDX-License-Identifier: Apache-2.0
/* By the rules of OONI's collector, so that its clients meet no surprise. */
#include "collector/ingest/report_id.h"

#include "base/ascii.h"
#include "base/base64.h"
#include "collector/ingest/location.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"

#include <stdio.h>
#include <string.h>

#define ID_FIELDS    6
#define COLLECTOR_ID "1"

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
        f[1].len > REPORT_ID_TEST_MAX ||
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
    char test[REPORT_ID_TEST_MAX + 1] = "";
    size_t n = 0;
    for (const char *p = test_name ? test_name : ""; *p; p++) {
        if (ascii_isalnum(*p) && n < sizeof(test) - 1) {
            test[n++] = ascii_lower(*p);
        }
    }
    char cc[3], rand[17], when[20];
    location_cc_claimed(probe_cc, cc);
    random_text(rand);
    if (clock_format(now_s, when) != ERR_OK) {
        str_copy(when, sizeof(when), "1970-01-01 00:00:00");
    }
    snprintf(out, REPORT_ID_MAX,
             "%.4s%.2s%.2sT%.2s%.2s%.2sZ_%s_%s_%u_n" COLLECTOR_ID "_%s", when,
             when + 5, when + 8, when + 11, when + 14, when + 17, test, cc,
             location_asn_claimed(probe_asn), rand);
}
