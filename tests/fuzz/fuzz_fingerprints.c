// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a list of fingerprints and as a stored set: what is kept of a
 * list is read again as the same, and each pattern finds itself. */
#include "collector/ingest/fingerprint_sets.h"
#include "record/fp_worth.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void no_bad_row(void *arg, const char *msg)
{
    (void)arg;
    (void)msg;
    abort();
}

static void count_bad(void *arg, const char *msg)
{
    must(strncmp(msg, "list:", 5) == 0);
    ++*(size_t *)arg;
}

/* Two capitals each, with commas between, or nothing. */
static void countries_are_clean(const char *c)
{
    size_t n = strlen(c);
    must(n == 0 || n % 3 == 2);
    for (size_t i = 0; i < n; i++) {
        must(i % 3 == 2 ? c[i] == ',' : c[i] >= 'A' && c[i] <= 'Z');
    }
}

/* No row accuses in a country that it does not name, nor in an unknown one. */
static void says_what_it_may(const struct fingerprint *fp)
{
    bool anywhere = fp->countries[0] == '\0';
    countries_are_clean(fp->countries);
    must(anywhere || fp_worth_of(fp, STR("ZZ")) != FP_WORTH_PROOF);
    must(anywhere || fp_worth_of(fp, STR("")) != FP_WORTH_PROOF);
    must(anywhere || strstr(fp->countries, "QX") ||
         fp_worth_of(fp, STR("QX")) != FP_WORTH_PROOF);
    must(fp->confidence > 0 || fp_worth_of(fp, STR("QX")) == FP_WORTH_NOTHING);
}

/* A page that is the pattern is known by it or by one that says more. */
static void find_itself(const struct fingerprints *f, size_t i)
{
    const struct fingerprint *fp = fingerprints_get(f, i);
    struct str cc = STR("RU");
    struct fp_match m = {NULL, NULL, false};
    bool decides = fp_worth_decides(fp);
    must(fp->pattern.len > 0);
    if (fp->how == FP_REGEXP) {
        return;
    }
    if (fp->where == FP_BODY) {
        must(!fingerprints_match_body(f, fp->pattern, cc, &m));
        must(!fp_worth_is_harmless(fp) || m.harmless);
        must(!decides || m.fp == fp || !fp_worth_more(fp, m.fp, cc));
    } else if (fp->where == FP_DNS) {
        m.fp = fingerprints_match_dns(f, fp->pattern, cc);
        must(!m.fp || !fp_worth_more(fp, m.fp, cc));
        must(!fp_worth_is_harmless(fp) || !m.fp);
    } else {
        must(!fingerprints_match_header(f, str_c(fp->header), fp->pattern, cc,
                                        &m));
        must(!decides || m.fp == fp || !fp_worth_more(fp, m.fp, cc));
    }
}

static void read_list(struct str text)
{
    struct fingerprints *f = NULL, *again = NULL;
    struct buf kept;
    size_t bad = 0;
    buf_init(&kept, (size_t)1 << 24);
    if (fingerprints_builtin(&f) != ERR_OK ||
        fingerprints_builtin(&again) != ERR_OK) {
        goto out;
    }
    size_t own = fingerprints_count(f);
    if (fingerprints_add_csv(f, "list", text, &kept, count_bad, &bad) !=
        ERR_OK) {
        goto out;
    }
    must(fingerprints_add_csv(again, "kept", buf_str(&kept), NULL, no_bad_row,
                              NULL) == ERR_OK);
    must(fingerprints_count(again) == fingerprints_count(f));
    for (size_t i = own; i < fingerprints_count(f); i++) {
        must(str_eq(fingerprints_get(f, i)->pattern,
                    fingerprints_get(again, i)->pattern));
        must(strcmp(fingerprints_get(f, i)->countries,
                    fingerprints_get(again, i)->countries) == 0);
        says_what_it_may(fingerprints_get(f, i));
        find_itself(f, i);
    }
    struct fp_match m;
    must(!fingerprints_match_body(f, text, STR("ZZ"), &m));
    must(!fingerprints_match_header(f, STR("location"), text, STR(""), &m));
out:
    buf_fini(&kept);
    fingerprints_free(f);
    fingerprints_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size}, csv = {NULL, 0};
    int64_t when = -1;
    if (size > TEXT_MAX) {
        return 0;
    }
    if (fingerprint_sets_read(text, &csv, &when) == ERR_OK) {
        must(when >= 0 && csv.len < text.len);
        text = csv;
    }
    read_list(text);
    return 0;
}
