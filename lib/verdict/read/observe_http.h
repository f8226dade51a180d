// SPDX-License-Identifier: Apache-2.0
/* The pages of a record (`test_keys.requests`), each put to its endpoint. */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_HTTP_H
#define PARALLAX_VERDICT_READ_OBSERVE_HTTP_H

#include "base/diag.h"
#include "verdict/read/observations.h"

/* `tk` is test_keys; the endpoints of `o` are known. ERR_PARSE: `d` names the
 * key. */
MUST_USE enum err observe_http(struct observations *o, const struct json *tk,
                               struct diag *d);

#endif
