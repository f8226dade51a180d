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

/* A page that is the pattern is known by it or by one that says more. */
static void find_itself(const struct fingerprints *f, size_t i)
{
    const struct fingerprint *fp = fingerprints_get(f, i);
    struct str cc = STR("RU");
    struct fp_match m = {NULL, NULL};
    bool decides = fp_worth_decides(fp);
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

/* The sanitizer's regexec reads up to a NUL, whatever REG_STARTEND says. */
static char text_z[TEXT_MAX + 1];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {text_z, size}, csv = {NULL, 0};
    int64_t when = -1;
    if (size > TEXT_MAX) {
        return 0;
    }
    if (size > 0) {
        memcpy(text_z, data, size);
    }
    text_z[size] = '\0';
    if (fingerprint_sets_read(text, &csv, &when) == ERR_OK) {
        must(when >= 0 && csv.len < text.len);
        text = csv;
    }
    read_list(text);
    return 0;
}
