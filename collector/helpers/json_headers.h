// SPDX-License-Identifier: Apache-2.0
/* The head of an HTTP request comes back as JSON, as it arrived: OONI's client
 * sends letters in odd cases and looks which of them were changed on the way. A
 * small_server_fn.
 */
#ifndef PARALLAX_COLLECTOR_HELPERS_JSON_HEADERS_H
#define PARALLAX_COLLECTOR_HELPERS_JSON_HEADERS_H

#include "base/buf.h"

/* Waits for the empty line; then 200 with {"request_line","request_headers":
 * [[name,value]...],"headers_dict":{name:[value...]}}, or 431 if there are too
 * many, and the connection ends. A line without a colon is no header and is
 * left out; blanks around a value are not part of it (RFC 9112, 5.1). */
bool json_headers(struct buf *in, struct buf *out);

#endif
