// SPDX-License-Identifier: Apache-2.0
#include "probe/plan/zone.h"

#include "base/clock.h"

#include <time.h>

/* A date in UTC, taken for a local one, lies off by the difference. (Within the
 * hours in which clocks are changed it is that of before or behind.) */
int64_t zone_offset_s(int64_t unix_s)
{
    time_t now = (time_t)unix_s;
    struct tm utc;
    if ((int64_t)now != unix_s || !gmtime_r(&now, &utc)) {
        return 0;
    }
    utc.tm_isdst = -1;
    time_t as_local = mktime(&utc);
    int64_t offset = unix_s - (int64_t)as_local;
    return as_local == (time_t)-1 || offset > DAY_S || offset < -DAY_S ? 0
                                                                       : offset;
}
