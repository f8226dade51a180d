# SPDX-License-Identifier: Apache-2.0
# What a record says, as an entry of {URL: verdicts}. Seconds: until the last step
# of any of the site's measurements, as the record has it; what a wrong clock
# makes of a packet's time is left out.
{key: .input, value: (.test_keys | {
    blocking: (.blocking | tostring),
    state: .x_verdict.state,
    method: (.x_verdict.method // "-"),
    rule: (.x_verdict.reasons[0].rule // "-"),
    confidence: .x_verdict.confidence,
    seconds: ([.. | objects | .t? | numbers | select(. < 100000)] | max)})}
