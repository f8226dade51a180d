# SPDX-License-Identifier: Apache-2.0
# What records say, as said.jq has it, with the collector's verdict in the place of
# the probe's. Input: {URL: verdicts}; $stored: the lines of its list.
reduce $stored[] as $row (.; if .[$row.input // ""] then .[$row.input] += {
    blocking: ($row.blocking | if . == null then "null" else . end),
    state: $row.state,
    method: ($row.method // "-"),
    rule: (if $row.control_late == null then "no_late_control" else "-" end)} else . end)
