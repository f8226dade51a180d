// SPDX-License-Identifier: Apache-2.0
/* Who takes the site's place with a certificate that this device trusts: a
 * virus scanner, an office, a state whose authority people were told to
 * install.
 *
 * Authorities that browsers know publish each certificate before they hand it
 * out, and it says so itself (RFC 6962, 3.3). One that does not, where the
 * control is shown one of another authority at the same address, is the work of
 * an authority that was added to this device.
 */
#ifndef PARALLAX_VERDICT_INTERPOSED_H
#define PARALLAX_VERDICT_INTERPOSED_H

#include "verdict/read/observations.h"

/* The handshake at `end` succeeded, with such a certificate. False where that
 * cannot be told: the record has no certificate of it, or the control's answer
 * none. Without memory it cannot, either. */
bool interposed(const struct vendpoint *end);

#endif
