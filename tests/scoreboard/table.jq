# SPDX-License-Identifier: Apache-2.0
# One row per scene and measurement: what was done, what the middlebox did of it,
# what the two verdicts say. Input: the lines of scenes.tsv; $m: {"LAB.N":
# {packets: {LINE: number}, said: {URL: verdicts}}}; $repeat: how many N.
split("\t")
| {id: .[0], lab: .[1], kind: .[2], table: .[3], truth: .[4], method: .[5],
   elsewhere: .[6], url: .[7],
   acts: (.[8] | if . == "-" then [] else split(",") end), told: .[9]} as $s
| range(1; $repeat + 1) as $n
| $m[0]["\($s.lab).\($n)"] as $r
| ([$s.acts[] | $r.packets[.] // 0] | add // 0) as $packets
# What servers are told to say stands in the scenario; what happens to packets
# stands in truth.jsonl.
| ($s.truth == "blocked" and ($packets > 0 or $s.told == "yes")) as $observable
| ($r.said[$s.url] // {}) as $v
| [$s.id, $s.lab, $s.kind, $s.table, $s.truth, $s.method, $s.elsewhere,
   (if $observable then "yes" else "no" end), $n,
   ($v.blocking // "missing"), ($v.state // "missing"), ($v.method // "-"),
   ($v.rule // "-"), ($v.confidence // 0), ($v.seconds // 0), $s.url]
| @tsv
