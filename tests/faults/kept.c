// SPDX-License-Identifier: Apache-2.0
/* By LD_PRELOAD: the kernel says that something keeps its clock right, if
 * KEPT=1, or that nothing does. For devices of which the clock is lost.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

int adjtimex(struct timex *t)
{
    const char *kept = getenv("KEPT");
    memset(t, 0, sizeof(*t));
    if (kept && strcmp(kept, "1") == 0) {
        t->status = STA_PLL;
        return TIME_OK;
    }
    t->status = STA_UNSYNC;
    return TIME_ERROR;
}
