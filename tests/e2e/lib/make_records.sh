#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make_records.sh: synthetic measurement records, one JSON object a line, made
# by jq from lines of standard input:
#     CC ASN START KIND URL       START as 2026-11-03T08:00:00
# KIND is ok, dns, ip, tls, http or down: what the volunteer met. The control
# reached the site but for `down`.
set -eu
jq -Rc '
def answers(a): [{answer_type: "A", ipv4: a, ttl: null, asn: 64500,
                  as_org_name: "Example Hosting"}];
def query($host; engine; type; id; ok; a): {
    engine: engine, hostname: $host, query_type: type, t: 0.01, tags:
    (if engine == "getaddrinfo" then ["classic", "depth=0"] else ["depth=0"] end),
    transaction_id: id, resolver_hostname: null, resolver_port: null,
    resolver_address: (if engine == "udp" then "1.1.1.1:53"
                       elif engine == "doh" then "https://dns.google/dns-query"
                       else "" end),
    failure: (if ok then null else "dns_nxdomain_error" end),
    answers: (if ok then answers(a) else null end)};
def body($host): "<html><head><title>A page of \($host)</title></head><body>"
    + ([range(40)] | map("line \(.) of \($host)") | join("\n")) + "</body></html>";
split(" ") as $in | select($in | length == 5)
| $in[3] as $kind | $in[4] as $url
| ($url | sub("^https?://"; "") | sub("/.*"; "")) as $host
| ($url | startswith("https:")) as $tls
| (if $tls then 443 else 80 end) as $port
| "45.64.1.9" as $addr | "\($addr):\($port)" as $ep
| ($kind != "dns" and $kind != "down") as $named # by the first resolver
| ($kind != "down") as $known                   # by any resolver
| ($known and $kind != "ip") as $connected
| ($connected and $kind != "tls") as $secured
| ((if $named then ["classic"] else [] end)
   + ["tcptls_experiment", "depth=0", "fetch_body=true"]) as $tags
| {
    data_format_version: "0.2.0", input: $url,
    measurement_start_time: ($in[2] | sub("T"; " ")),
    test_start_time: ($in[2] | sub("T"; " ")), test_runtime: 1.5,
    probe_asn: $in[1], probe_cc: $in[0], probe_ip: "127.0.0.1",
    probe_network_name: "Net \($in[1])", report_id: "", resolver_asn: $in[1],
    resolver_ip: "192.0.2.53", resolver_network_name: "Net \($in[1])",
    software_name: "parallax", software_version: "0.1.0",
    test_name: "web_connectivity", test_version: "0.5.28",
    test_keys: {
      agent: "redirect", client_resolver: "192.0.2.53",
      queries: [query($host; "getaddrinfo"; "ANY"; 10001; $named; $addr),
                query($host; "udp"; "A"; 20001; $known; $addr),
                query($host; "doh"; "A"; 30001; $known; $addr)],
      tcp_connect: (if $known then [{ip: $addr, port: $port, t: 0.1,
          transaction_id: 50001, tags: $tags, status:
          {failure: (if $connected then null else "generic_timeout_error" end),
           success: $connected}}] else [] end),
      tls_handshakes: (if $connected and $tls then [{network: "tcp",
          address: $ep, cipher_suite: "", negotiated_protocol: "h2",
          no_tls_verify: false, server_name: $host, t: 0.2, tls_version:
          "TLSv1.3", peer_certificates: [], transaction_id: 50001, tags: $tags,
          failure: (if $secured then null else "connection_reset" end)}]
          else [] end),
      requests: (if $secured then [{network: "tcp", address: $ep, alpn: "",
          failure: (if $kind == "http" then "connection_reset" else null end),
          request: {method: "GET", url: $url, headers: {}, headers_list: [],
                    body: "", body_is_truncated: false, tor: {is_tor: false},
                    x_transport: "tcp"},
          response: (if $kind == "http"
              then {body: "", body_is_truncated: false, code: 0, headers: {},
                    headers_list: []}
              else {body: body($host), body_is_truncated: false, code: 200,
                    headers: {"Content-Type": "text/html"},
                    headers_list: [["Content-Type", "text/html"]]} end),
          t: 0.4, transaction_id: 50001, tags: $tags}] else [] end),
      network_events: [],
      control_failure: null,
      x_control_request: {http_request: $url, http_request_headers: {},
          tcp_connect: (if $known then [$ep] else [] end)},
      control: (if $kind == "down" then
          {tcp_connect: {}, tls_handshake: {}, dns: {failure: "dns_name_error",
           addrs: []}, http_request: {failure: "dns_lookup_error",
           body_length: -1, title: "", headers: {}, status_code: -1}}
        else
          {tcp_connect: {($ep): {status: true, failure: null}},
           tls_handshake: (if $tls then {($ep): {server_name: $host,
               status: true, failure: null}} else {} end),
           dns: {failure: null, addrs: [$addr]},
           http_request: {failure: null, body_length: (body($host) | utf8bytelength),
               title: "A page of \($host)", status_code: 200,
               headers: {"Content-Type": "text/html"}},
           ip_info: {($addr): {asn: 64500, flags: 11}}} end)
    }
  }'
