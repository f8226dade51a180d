// SPDX-License-Identifier: Apache-2.0
/* One HTTP response as the record holds it. */
#ifndef PARALLAX_VERDICT_READ_VHTTP_H
#define PARALLAX_VERDICT_READ_VHTTP_H

#include "base/json.h"

struct vhttp {
    struct str url;
    bool got_headers; /* also set when the transfer failed later */
    int64_t status;
    const struct json *headers_list; /* [[name, value]...] or NULL */
    const struct json *headers;      /* {name: value} or NULL */
    struct str body;
    bool truncated;
    bool changed; /* where it leads to is not what the server wrote */
    bool final;   /* success with a 2xx, 4xx or 5xx status */
};

/* Value of a response header, name of any case; false if absent. */
bool vhttp_header(const struct vhttp *h, const char *name, struct str *value);
/* Walks the headers: start with *at NULL; false at the end. */
bool vhttp_next_header(const struct vhttp *h, const struct json **at,
                       struct str *name, struct str *value);

#endif
