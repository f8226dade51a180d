// SPDX-License-Identifier: Apache-2.0
/* Streaming JSON writer into a struct buf; its functions are jw_, because they
 * stand on nearly every line of what writes a record. Commas and nesting are
 * kept by the writer; errors stick in the buffer (`buf.failed`). Strings are
 * escaped as in RFC 8259; bytes that are not UTF-8 must go through
 * jw_maybe_binary.
 */
#ifndef PARALLAX_BASE_JSON_OUT_H
#define PARALLAX_BASE_JSON_OUT_H

#include "base/buf.h"

#define JW_MAX_DEPTH 32

struct jw {
    struct buf *out; /* borrowed */
    unsigned depth;
    bool comma[JW_MAX_DEPTH];
};

/* A writer that appends to `out`, which must outlive it. */
void jw_init(struct jw *w, struct buf *out);

/* Begin and end an object or an array, as a value. */
void jw_obj(struct jw *w);
void jw_obj_end(struct jw *w);

void jw_arr(struct jw *w);     /* begins an array */
void jw_arr_end(struct jw *w); /* ends it */

/* The name of the member whose value comes next. */
void jw_key(struct jw *w, const char *key);

/* The same for a name that is not NUL-terminated. */
void jw_key_str(struct jw *w, struct str key);

/* Values. A string; what of it is not UTF-8 becomes U+FFFD. */
void jw_str(struct jw *w, struct str s);
void jw_c(struct jw *w, const char *s); /* NULL writes null */

void jw_i64(struct jw *w, int64_t v); /* a whole number */
void jw_num(struct jw *w, double v);  /* shortest that reads back the same;
                                         null unless finite */
void jw_null(struct jw *w);           /* null */

/* Microseconds as seconds with a fraction. */
void jw_seconds(struct jw *w, int64_t us);

/* For tests: true or false; jw_kb writes them with their key. */
void jw_bool(struct jw *w, bool v);

/* A complete JSON value, copied verbatim. */
void jw_raw(struct jw *w, struct str json);

/* OONI's MaybeBinary: a string when valid UTF-8, else
 * {"format":"base64","data":...}. */
void jw_maybe_binary(struct jw *w, struct str bytes);

/* OONI's BinaryData: always the base64 object; null when empty. */
void jw_binary(struct jw *w, struct str bytes);

/* A bare base64 string. */
void jw_base64(struct jw *w, struct str bytes);

/* Key and value in one call. */
void jw_kc(struct jw *w, const char *key, const char *s);
void jw_ks(struct jw *w, const char *key, struct str s);
void jw_ki(struct jw *w, const char *key, int64_t v);

void jw_kb(struct jw *w, const char *key, bool v); /* true or false */
void jw_kn(struct jw *w, const char *key);         /* null */

/* One string with its quotes, escaped as jw_str does. */
void jw_add_quoted(struct buf *out, struct str s);

/* Shortest decimal form of a finite double that reads back the same, in
 * printf's %g or %e form whatever the locale; returns its length. */
size_t jw_format_double(double v, char out[32]);

#endif
