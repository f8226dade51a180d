// SPDX-License-Identifier: Apache-2.0
/* How many runs a dead line or a login page ended since the last check-in that
 * worked: two numbers in the file `outages` of the state directory, without
 * times or places. The next run that checks in tells them, and removes the
 * file.
 */
#ifndef PARALLAX_PROBE_RUN_OUTAGE_NOTE_H
#define PARALLAX_PROBE_RUN_OUTAGE_NOTE_H

#include "base/diag.h"
#include "probe/run/outage.h"

struct outage_note {
    int64_t line, portal; /* runs */
};

/* One more run ended with `o`. A damaged file is begun anew. */
MUST_USE enum err outage_note_add(enum outage o, struct diag *d);
/* What was noted, all 0 if nothing was; the file is gone then. ERR_PARSE: it is
 * damaged, and gone as well. */
MUST_USE enum err outage_note_take(struct outage_note *out, struct diag *d);

#endif
