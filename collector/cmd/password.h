// SPDX-License-Identifier: Apache-2.0
/* Asking for a password, as minisign does: on the terminal, which shows nothing
 * of it; where standard input is none, the next line of that.
 */
#ifndef PARALLAX_COLLECTOR_CMD_PASSWORD_H
#define PARALLAX_COLLECTOR_CMD_PASSWORD_H

#include "base/diag.h"

#define PASSWORD_MAX 256 /* with its NUL */

/* Asks with `prompt`. Whoever calls wipes `out` with crypto_forget. ERR_INVAL:
 * none was given, or one that is too long; `d` says which. */
MUST_USE enum err password_ask(const char *prompt, char out[PASSWORD_MAX],
                               struct diag *d);

/* Asks twice, for a new one. ERR_INVAL also: the two differ. */
MUST_USE enum err password_ask_new(char out[PASSWORD_MAX], struct diag *d);

#endif
