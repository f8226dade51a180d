// SPDX-License-Identifier: Apache-2.0
/* Typed reads of a record's members. Each checks the type and, where it is
 * wrong, fails with ERR_PARSE and a message in `d` that names the place:
 * "test_keys.queries[3].hostname: want a string, not a number". What a string
 * borrows belongs to the record. On failure *out is unchanged.
 */
#ifndef PARALLAX_VERDICT_READ_FIELD_H
#define PARALLAX_VERDICT_READ_FIELD_H

#include "base/diag.h"
#include "base/json.h"
#include "verdict/read/outcome.h"

/* Where a value stands, spelt out only when something is wrong:
 * list, list.key, list[i].key or list["name"].key. */
struct at {
    const char *list;
    size_t i; /* AT_NONE: no index */
    struct str name;
    const char *key;
};

#define AT_NONE          SIZE_MAX
#define AT_KEY(l, k)     ((struct at){(l), AT_NONE, {NULL, 0}, (k)})
#define AT_I(l, n, k)    ((struct at){(l), (n), {NULL, 0}, (k)})
#define AT_NAME(l, s, k) ((struct at){(l), AT_NONE, (s), (k)})

/* A failure string, or null or `false` for success. */
MUST_USE enum err field_outcome(const struct json *n, struct at at,
                                struct outcome *out, struct diag *d);
/* A string; null gives {NULL, 0}. */
MUST_USE enum err field_str(const struct json *n, struct at at, struct str *out,
                            struct diag *d);
/* An integer; null gives 0. */
MUST_USE enum err field_i64(const struct json *n, struct at at, int64_t *out,
                            struct diag *d);
/* A number; null gives 0. */
MUST_USE enum err field_num(const struct json *n, struct at at, double *out,
                            struct diag *d);
/* A boolean; null gives false. */
MUST_USE enum err field_bool(const struct json *n, struct at at, bool *out,
                             struct diag *d);
/* An array of at most `max` entries, or null. */
MUST_USE enum err field_arr(const struct json *n, struct at at, size_t max,
                            struct diag *d);
/* An object of at most `max` members, or null. */
MUST_USE enum err field_obj(const struct json *n, struct at at, size_t max,
                            struct diag *d);
/* ERR_PARSE; `d` says "place: what". */
MUST_USE enum err field_fail(struct at at, const char *what, struct diag *d);

#endif
