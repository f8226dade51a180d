// SPDX-License-Identifier: Apache-2.0
/* The strict reading of the bytes of JSON that stands below json.h: grammar,
 * limits, UTF-8, and a node for each value. For json.c alone.
 */
#ifndef PARALLAX_BASE_JSON_SCAN_H
#define PARALLAX_BASE_JSON_SCAN_H

#include "base/diag.h"
#include "base/json_type.h"
#include "base/str.h"

/* Nodes lie in document order, so the first child of a container is the next
 * node, and the next sibling is `skip` nodes further on. */
struct json {
    struct str key; /* decoded, in the source or in doc->strings */
    uint32_t begin, end;
    uint32_t skip; /* nodes of this subtree, itself included */
    uint32_t n;    /* members, or bytes of the decoded string */
    uint8_t type;  /* enum json_type */
    bool last;     /* of its container */
    bool exact;    /* an integer; a string with U+0000 */

    union {
        const char *text;          /* strings: NUL-terminated */
        const struct json **index; /* big objects: members sorted by key */
        double num;
        int64_t whole; /* numbers that are `exact` */
        bool flag;
    } v;
};

struct json_doc {
    struct str text;
    struct json *nodes;
    const struct json *root; /* one of them */
    size_t n_nodes;
    char *strings; /* decoded: all values, and keys with escapes */
    size_t strings_used;
};

/* What the scanner's stack holds. */
#define DEPTH_CAP 256

struct level {
    size_t node;
    size_t members;
    size_t last; /* node of the newest member */
    struct str key;
    bool object;
};

struct scan {
    struct str text;
    struct json_limits lim;
    struct json_doc *doc; /* NULL: only the length is wanted */
    size_t cap;           /* of doc->nodes */
    size_t pos;
    size_t n_nodes;
    unsigned depth;
    struct level stack[DEPTH_CAP];
    bool truncated; /* failed because the text ended */
    struct diag *diag;
};

/* Reads one value, of which each part becomes a node if s->doc is set; s->pos
 * is left after it. Errors say where: byte, line, path. */
MUST_USE enum err json_scan_one(struct scan *s);

/* Passes over white space. */
void json_scan_space(struct scan *s);

/* Returns `e` with a message about the place s->pos, or `at`. */
enum err json_scan_fail(struct scan *s, enum err e, const char *why);
enum err json_scan_fail_at(struct scan *s, size_t at, enum err e,
                           const char *why);

/* Control characters have no business in a message: each becomes "?". */
void json_scan_printable(char *text);

#endif
