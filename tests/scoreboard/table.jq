# SPDX-License-Identifier: Apache-2.0
# One row per scene: what was done, what the middlebox did of it, what the two
# verdicts say. Input: the lines of scenes.tsv; $truth: {"LINE:NUMBER": packets};
# $said: {URL: verdicts}.
split("\t")
| {id: .[0], line: .[1], kind: .[2], truth: .[3], method: .[4], url: .[5],
   acts: (.[7] | if . == "-" then [] else split(",") end)} as $s
| $s
# A resolver that lies is told to by the scenario; what else happens to
# packets stands in truth.jsonl.
| .packets = ([.acts[] as $n | $truth["\($s.line):\($n)"] // 0] | add // 0)
| .lied = (.kind | IN("dns-private-address", "dns-other-server",
                      "dns-other-page-http", "dns-alias",
                      "dns-known-forged", "dns-denied", "dns-emptied",
                      "dns-at-redirect"))
| .observable = (.truth == "blocked" and (.packets > 0 or .lied))
| .said = ($said[.url] // null)
| [.id, .line, .kind, .truth, .method,
   (if .observable then "yes" else "no" end), .url,
   (.said.blocking // "missing"), (.said.state // "missing"),
   (.said.method // "-"), (.said.rule // "-"), .packets]
| @tsv
