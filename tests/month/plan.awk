# SPDX-License-Identifier: Apache-2.0
# plan.awk -v seed=N -v delay=SECONDS -v run=SECONDS: reads the times at which a timer
# calls (EPOCH, a line each), and prints what happens at each, where a run takes at
# least so long:
#   TRUE LINE CUT_AFTER OFF LOST MODE SEED
# TRUE   when the call comes, with its random delay
# LINE   up or down
# CUT    - or after how many seconds of the call the power is cut
# OFF    ... for how many seconds it is off then
# LOST   ... after how many calls the clock is right again
# MODE   ... and where it begins: 1970 or where it stopped
# SEED   ... what is left of what was not synced (after_cut)
# Not rand(), which is another in each awk.
function chance() {
    state = (state * 16807) % 2147483647
    return state / 2147483647
}
function below(n) { return int(chance() * n) }
BEGIN {
    state = (seed * 7919) % 2147483646 + 1
    for (i = 0; i < 10; i++)
        chance()
}
{
    at = $1 + below(delay)
    # The first day is quiet, so that something is measured whenever its runs are.
    if (NR <= 144) {
        print at, "up", "-", 0, 0, "stopped", 0
        next
    }
    if (at >= line_until) {
        # on for a day or two, off for some hours
        line = line == "up" ? "down" : "up"
        if (line_until == 0)
            line = "up"
        line_until = at + (line == "up" ? 43200 + below(129600) : 3600 + below(28800))
    }
    # About three times a day the power would be cut at this call. What works is rare, so
    # that life.sh takes it for the next one that does.
    cut = "-"
    if (chance() < 3 / 144)
        cut = sprintf("%.2f", chance() < 0.3 ? chance() * 0.2 : 0.3 + chance() * (run - 0.6))
    print at, line, cut, chance() < 0.7 ? 600 + below(7200) : 7200 + below(72000), \
        below(9), chance() < 0.5 ? "1970" : "stopped", below(4)
}
