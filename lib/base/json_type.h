// SPDX-License-Identifier: Apache-2.0
/* The kinds of JSON values, and how much of a text is read: what the readers
 * json.h and json_scan.h share.
 */
#ifndef PARALLAX_BASE_JSON_TYPE_H
#define PARALLAX_BASE_JSON_TYPE_H

#include <stddef.h>

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUM,
    JSON_STR,
    JSON_ARR,
    JSON_OBJ
};

struct json_limits {
    size_t max_bytes; /* of the text */
    size_t max_nodes;
    size_t max_string; /* bytes of one string in the source */
    unsigned max_depth;
};

#endif
