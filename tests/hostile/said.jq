# SPDX-License-Identifier: Apache-2.0
# What a record says about its site: name, said, state, runtime. The first that
# failed counts: the lookup, the last page, the handshakes, the connections.
.test_keys as $k
| ([$k.queries[]? | select(.engine == "getaddrinfo")][0]) as $lookup
| ([$k.requests[]?] | sort_by(.t) | last) as $page
| (if $k.x_verdict.state == "internal" then "internal"
   elif $lookup and $lookup.failure then "dns \($lookup.failure)"
   elif $page and $page.failure then "http \($page.failure)"
   elif $page then "http \($page.response.code)"
     + (if $page.response.body_is_truncated then " truncated" else "" end)
     + (if ($k.requests | length) > 1
        then " after \(($k.requests | length) - 1) redirects" else "" end)
   elif ($k.tls_handshakes // [] | length) > 0 then
     "tls " + ($k.tls_handshakes | map(.failure // "ok") | unique | join(" "))
   elif ($k.tcp_connect // [] | length) > 0 then
     "tcp " + ($k.tcp_connect | map(.status.failure // "ok") | unique | join(" "))
   else "nothing tried" end) as $said
| [(.input | sub("^https?://"; "") | sub("[.]hostile[.]example/$"; "")
    | sub("^k[0-9]+[.]"; "")), $said, $k.x_verdict.state, .test_runtime]
| @tsv
