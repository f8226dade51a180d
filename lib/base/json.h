// SPDX-License-Identifier: Apache-2.0
/* Reading JSON. The bytes are first scanned by our own strict scanner (RFC
 * 8259: UTF-8, depth, node count, string length, duplicate keys), which keeps
 * what it reads; every node knows its span in the source, so that raw bytes can
 * be cut out.
 */
#ifndef PARALLAX_BASE_JSON_H
#define PARALLAX_BASE_JSON_H

#include "base/diag.h"
#include "base/json_type.h"
#include "base/region.h"

struct json_doc; /* owns everything below it */
struct json;     /* one node, borrowed from its doc */

/* 32 MiB, 2,000,000 nodes, 24 MiB, 64 deep. */
extern const struct json_limits json_default_limits;

/* Parses exactly one value (surrounding white space allowed). `text` is
 * borrowed and must outlive the doc. On failure `d` names the byte offset,
 * line and the reason, and, where known, the key path. Without `lim` the
 * limits are json_default_limits. */
MUST_USE enum err json_parse(struct str text, const struct json_limits *lim,
                             struct json_doc **out, struct diag *d);

/* Frees the doc and all its nodes; NULL is allowed. */
void json_doc_free(struct json_doc *doc);

/* The value that was parsed; NULL gives NULL. */
const struct json *json_root(const struct json_doc *doc);

/* Makes a value of the doc its root: what stands in an envelope need not be
 * parsed again. Spans stay those of the whole text. */
void json_enter(struct json_doc *doc, const struct json *value);

/* Length of the first complete JSON value at the start of `text`, for reading
 * streams; *len is 0 when the value is not complete yet. */
MUST_USE enum err json_value_len(struct str text, const struct json_limits *lim,
                                 size_t *len, struct diag *d);

/* All getters accept NULL nodes and wrong types, and then answer "absent":
 * false, NULL, 0, or {NULL,0}. What they return is borrowed from the doc. */

/* NULL gives JSON_NULL. */
enum json_type json_type(const struct json *n);

/* The member of that name; json_path walks "a.b.c". */
const struct json *json_get(const struct json *obj, const char *key);
const struct json *json_path(const struct json *obj, const char *path);

/* How many elements or members there are. */
size_t json_len(const struct json *arr_or_obj);

/* The first element or member, and the one behind `n` in the same container;
 * NULL when there is none. */
const struct json *json_first(const struct json *arr_or_obj);
const struct json *json_next(const struct json *n);

/* The decoded name of a member in its object. */
struct str json_key(const struct json *member);

/* Of what kind it is. */
bool json_is_str(const struct json *n);
bool json_is_obj(const struct json *n);
bool json_is_arr(const struct json *n);

/* Absent or null. */
bool json_is_null(const struct json *n);

/* The decoded string. */
struct str json_str(const struct json *n);
/* The same, NUL-terminated; NULL too if it contains U+0000. */
const char *json_cstr(const struct json *n);

/* Exact integers only: 1.0 and 1e3 are none. */
bool json_i64(const struct json *n, int64_t *out);
/* Any finite number. */
bool json_num(const struct json *n, double *out);
/* True or false. */
bool json_bool(const struct json *n, bool *out);

/* Source bytes of the value, borrowed from the text given to json_parse. */
struct str json_span(const struct json_doc *doc, const struct json *n);

#endif
