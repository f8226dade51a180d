// SPDX-License-Identifier: Apache-2.0
#include "verdict/read/vhttp.h"

bool vhttp_next_header(const struct vhttp *h, const struct json **at,
                       struct str *name, struct str *value)
{
    bool list = json_len(h->headers_list) > 0;
    const struct json *n =
        *at ? json_next(*at) : json_first(list ? h->headers_list : h->headers);
    if (!n) {
        return false;
    }
    *at = n;
    *name = list ? json_str(json_first(n)) : json_key(n);
    *value = json_str(list ? json_next(json_first(n)) : n);
    return true;
}

bool vhttp_header(const struct vhttp *h, const char *name, struct str *value)
{
    const struct json *at = NULL;
    struct str key, text;
    while (vhttp_next_header(h, &at, &key, &text)) {
        if (str_ieq_c(key, name)) {
            *value = text;
            return true;
        }
    }
    return false;
}
