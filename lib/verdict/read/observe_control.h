// SPDX-License-Identifier: Apache-2.0
/* The answer of the control (`test_keys.control`), and what it says about each
 * lookup, address and endpoint that this probe saw.
 */
#ifndef PARALLAX_VERDICT_READ_OBSERVE_CONTROL_H
#define PARALLAX_VERDICT_READ_OBSERVE_CONTROL_H

#include "base/diag.h"
#include "verdict/read/observations.h"

/* What stands in `tk` of another control beside the one that counts. */
enum other_control observe_control_other(const struct json *tk);
/* `tk` is test_keys; lookups and endpoints of `o` are known. `ctl` is the
 * answer. Without request or answer nothing changes. ERR_PARSE: `d` names the
 * key. */
MUST_USE enum err observe_control(struct observations *o, const struct json *tk,
                                  const struct json *ctl, struct diag *d);

#endif
