// SPDX-License-Identifier: Apache-2.0
/* Reading JSON. The bytes are first scanned by our own strict scanner (RFC
 * 8259: UTF-8, depth, node count, string length, duplicate keys), then read by
 * cJSON; every node knows its span in the source, so that raw bytes can be cut
 * out, and strings with \u0000 or integers above 2^53 are read from the span.
 * The only file that includes cJSON is json.c.
 */
#ifndef PARALLAX_BASE_JSON_H
#define PARALLAX_BASE_JSON_H

#include "base/diag.h"
#include "base/region.h"

struct json_doc; /* owns everything below it */
struct json;     /* one node, borrowed from its doc */

struct json_limits {
    size_t max_bytes; /* of the text */
    size_t max_nodes;
    size_t max_string; /* bytes of one string in the source */
    unsigned max_depth;
};

/* 32 MiB, 2,000,000 nodes, 24 MiB, 64 deep. */
extern const struct json_limits json_default_limits;

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUM,
    JSON_STR,
    JSON_ARR,
    JSON_OBJ
};

/* Parses exactly one value (surrounding white space allowed). `text` is
 * borrowed and must outlive the doc. On failure `d` names the byte offset,
 * line and the reason, and, where known, the key path. */
MUST_USE enum err json_parse(struct str text, const struct json_limits *lim,
                             struct json_doc **out, struct diag *d);
void json_doc_free(struct json_doc *doc);
const struct json *json_root(const struct json_doc *doc);
/* Length of the first complete JSON value at the start of `text`, for reading
 * streams; *len is 0 when the value is not complete yet. */
MUST_USE enum err json_value_len(struct str text, const struct json_limits *lim,
                                 size_t *len, struct diag *d);

/* All getters accept NULL nodes and wrong types, and then answer "absent". */
enum json_type json_type(const struct json *n); /* NULL gives JSON_NULL */
const struct json *json_get(const struct json *obj, const char *key);
/* Walks "a.b.c". */
const struct json *json_path(const struct json *obj, const char *path);
size_t json_len(const struct json *arr_or_obj);
const struct json *json_first(const struct json *arr_or_obj);
const struct json *json_next(const struct json *n);
struct str json_key(const struct json *member); /* name in its object */
bool json_is_str(const struct json *n);
bool json_is_num(const struct json *n);
bool json_is_obj(const struct json *n);
bool json_is_arr(const struct json *n);
bool json_is_null(const struct json *n); /* absent or null */
/* Decoded string; borrowed from the doc; {NULL,0} if it is not a string. */
struct str json_str(const struct json *n);
/* The same, NUL-terminated; NULL if not a string or if it contains NUL. */
const char *json_cstr(const struct json *n);
bool json_i64(const struct json *n, int64_t *out); /* exact integers only */
bool json_num(const struct json *n, double *out);
bool json_bool(const struct json *n, bool *out);
/* Source bytes of the value, borrowed from the text given to json_parse. */
struct str json_span(const struct json_doc *doc, const struct json *n);

#endif
