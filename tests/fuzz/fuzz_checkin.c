// SPDX-License-Identifier: Apache-2.0
/* What a collector answers to a check-in, the file it is remembered in, and
 * the consent file. First byte: which of them. */
#include "probe/deliver/checkin.c" /* no library holds the probe */
#include "probe/volunteer/consent.c"
#include "probe/volunteer/paths.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_helpers(const struct checkin *c)
{
    if (strlen(c->cc) != 2 || c->n_helpers > CHECKIN_MAX_HELPERS) {
        abort();
    }
    for (size_t i = 0; i < c->n_helpers; i++) {
        if (!usable_address(c->helpers[i].url) || !c->helpers[i].type[0]) {
            abort();
        }
    }
}

static void check_consent(struct str text)
{
    struct consent c = {.given = false};
    struct diag d = {""};
    char classes[16];
    enum err e = consent_parse(text, &c, &d);
    consent_format_classes(c.accepted, classes);
    if ((e == ERR_OK) != c.given || (e == ERR_OK) != (classes[0] != '\0')) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct region *r = region_new(4u << 20);
    struct checkin c;
    struct diag d = {""};
    char month[CHECKIN_MONTH] = "";
    if (size > 0 && r) {
        struct str text = {(const char *)data + 1, size - 1};
        if (data[0] % 3 == 0) {
            if (checkin_parse(r, text, &c, &d) == ERR_OK) {
                check_helpers(&c);
            }
        } else if (data[0] % 3 == 1) {
            if (parse_cache(r, text, "https://a.example", 2026 * 12 + 10, &c,
                            month, &d) == ERR_OK) {
                check_helpers(&c);
            }
        } else {
            check_consent(text);
        }
    }
    region_free(r);
    return 0;
}
