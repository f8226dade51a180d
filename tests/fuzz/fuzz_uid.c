// SPDX-License-Identifier: Apache-2.0
/* The canonical form of the canonical form is itself, and so is its hash. The
 * same bytes also go through the scrub, whose result must hold no address of
 * ours any more. */
#include "base/ascii.h"
#include "record/scrub.h"
#include "record/uid.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void canonical_twice(struct str text)
{
    static const struct json_limits lim = {1 << 20, 10000, 1 << 16, 30};
    struct json_doc *doc = NULL, *again = NULL;
    uint8_t a[SHA256_LEN], b[SHA256_LEN];
    struct buf one, two;
    char uid[UID_MAX];

    if (json_parse(text, &lim, &doc, NULL)) {
        return;
    }
    buf_init(&one, (size_t)1 << 24);
    buf_init(&two, (size_t)1 << 24);
    if (uid_canonical(doc, json_root(doc), &one) == ERR_OK) {
        must(json_parse(buf_str(&one), NULL, &again, NULL) == ERR_OK);
        must(uid_canonical(again, json_root(again), &two) == ERR_OK);
        must(str_eq(buf_str(&one), buf_str(&two)));
    }
    if (uid_hash(doc, a) == ERR_OK && again) {
        must(uid_hash(again, b) == ERR_OK);
        must(memcmp(a, b, sizeof(a)) == 0);
        must(uid_text(a, 1700000000, 1700000000, "IT", NULL, 0, uid) == ERR_OK);
        must(strlen(uid) < UID_MAX);
    }
    json_doc_free(doc);
    json_doc_free(again);
    buf_fini(&one);
    buf_fini(&two);
}

static struct scrub *own(size_t variant)
{
    static struct scrub all[4];
    struct scrub *s = &all[variant];

    if (!s->prepared) {
        *s = (struct scrub){.own = {{4, {198, 51, 100, 7}},
                                    {6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}}},
                            .n_own = 2,
                            .mac = {{2, 0x11, 0x22, 0x33, 0x44, 0x55}},
                            .n_macs = 1,
                            .name = {"marysbox"},
                            .n_names = 1,
                            .known4 = variant % 2 == 0,
                            .known6 = variant < 2};
        must(scrub_prepare(s) == ERR_OK);
    }
    return s;
}

/* Nothing that is looked for is in what was written: no form, in no encoding.
 */
static void scrub(struct str text)
{
    const struct scrub *s = own(text.len % 4);
    struct region *r = region_new((size_t)64 << 20);
    struct str out;

    if (!r) {
        return;
    }
    out = scrub_text(r, s, text);
    must(out.p || text.len == 0);
    must(scrub_text(r, s, out).p == out.p);
    for (size_t at = 0; at < out.len;) {
        struct str rest = str_sub(out, at, SIZE_MAX);
        size_t n = str_find(rest, STR("198.51.100.7"));

        if (n == SIZE_MAX) {
            break;
        }
        at += n; /* only as a part of a longer number */
        must((at > 0 && ascii_isdigit(out.p[at - 1])) ||
             (at + 12 < out.len && ascii_isdigit(out.p[at + 12])));
        at += 12;
    }
    region_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};

    canonical_twice(text);
    scrub(text);
    return 0;
}
