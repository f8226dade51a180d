// SPDX-License-Identifier: Apache-2.0
/* Names of the rules behind x_verdict. They stand in published records: a name
 * is never given another meaning, only added or retired.
 */
#ifndef PARALLAX_VERDICT_RULES_H
#define PARALLAX_VERDICT_RULES_H

/* The page came as it should. */
#define RULE_PAGE_VERIFIED "page_over_verified_tls"
#define RULE_PAGE_SAME     "page_same_as_control"

/* The name. */
#define RULE_DNS_BOGON         "dns_bogon_answer"
#define RULE_DNS_NEGATIVE      "dns_negative_answer_contradicted"
#define RULE_DNS_REFUSED       "dns_refused_for_this_name"
#define RULE_DNS_SILENT        "dns_silence_for_this_name"
#define RULE_DNS_FORGED_CERT   "dns_address_fails_certificate"
#define RULE_DNS_FORGED_DEAD   "dns_address_serves_nothing"
#define RULE_DNS_FORGED_PAGE   "dns_address_serves_other_page"
#define RULE_DNS_FINGERPRINT   "dns_known_forged_address"
#define RULE_DNS_TWO_ANSWERS   "dns_two_answers_contradict"
#define RULE_DNS_EARLY         "dns_answer_too_early"
#define RULE_DNS_REDIRECT      "dns_failure_at_redirect"
#define RULE_DNS_RESOLVER_DOWN "resolver_not_answering"
#define RULE_DNS_SERVFAIL      "dns_servfail"
#define RULE_DNS_ONLY_HERE     "name_exists_only_here"
#define RULE_DNS_UNCONFIRMED   "dns_differs_unconfirmed"
#define RULE_DNS_FOR_ALL       "dns_address_for_every_name"
#define RULE_DNS_UNKNOWN_CAUSE "dns_failure_of_unknown_cause"

/* The address. */
#define RULE_IP_TIMEOUT  "tcp_timeout_control_connects"
#define RULE_IP_REFUSED  "tcp_refused_control_connects"
#define RULE_IP_REJECTED "tcp_rejected_control_connects"
#define RULE_IP_REDIRECT "tcp_failure_at_redirect"
#define RULE_IP_TLS_PORT "tcp_failure_on_https_port_only"
#define RULE_NO_ROUTE    "no_route_from_here"

/* The handshake. */
#define RULE_TLS_RESET       "tls_reset_control_succeeds"
#define RULE_TLS_EOF         "tls_closed_control_succeeds"
#define RULE_TLS_TIMEOUT     "tls_timeout_control_succeeds"
#define RULE_TLS_REDIRECT    "tls_failure_at_redirect"
#define RULE_TLS_HTTPS_ONLY  "tls_failure_page_over_http_works"
#define RULE_TLS_CERT        "certificate_not_trusted_here"
#define RULE_TLS_INTERCEPTED "intercepted_with_its_name_only"
#define RULE_TLS_CERT_DATE   "certificate_date_or_local_clock"
#define RULE_TLS_OTHER       "tls_failure_of_other_kind"

/* The page. */
#define RULE_HTTP_RESET        "http_reset_control_succeeds"
#define RULE_HTTP_EOF          "http_closed_control_succeeds"
#define RULE_HTTP_TIMEOUT      "http_timeout_control_succeeds"
#define RULE_HTTP_FINGERPRINT  "block_page_known"
#define RULE_HTTP_FORGED       "page_forged_in_transit"
#define RULE_HTTP_HEADERLESS   "page_without_headers"
#define RULE_HTTP_DIFFERS      "page_differs"
#define RULE_HTTP_SLOW         "page_incomplete_or_slow"
#define RULE_HTTP_AFTER_TLS    "failure_inside_tls"
#define RULE_HTTP_CHALLENGE    "bot_challenge"
#define RULE_HTTP_REFUSES      "server_refuses_visitor"
#define RULE_HTTP_BAD_REDIRECT "server_redirect_unusable"
#define RULE_HTTP_OTHER_SITE   "redirected_to_another_site"
#define RULE_HTTP_INSTITUTION  "page_of_local_institution"
#define RULE_FALSE_POSITIVE    "page_known_as_harmless"

/* The speed, with the site's name and without. */
#define RULE_SLOW_NAMED   "slow_with_its_name_only"
#define RULE_STALLS_NAMED "stalls_with_its_name_only"
#define RULE_SLOW_ANYWAY  "slow_without_its_name_too"

/* A second look. */
#define RULE_AGAIN_SAME    "second_measurement_agrees"
#define RULE_AGAIN_DIFFERS "second_measurement_differs"
#define RULE_AGAIN_MISSING "measured_once"
#define RULE_RESIDUAL      "residual_of_another_site"

/* The packets. */
#define RULE_PACKET_DISTANCE "forged_packet_from_another_distance"

/* The site, the control, ourselves. */
#define RULE_DOWN_DNS        "name_exists_nowhere"
#define RULE_DOWN_TCP        "unreachable_for_control_too"
#define RULE_DOWN_TLS        "tls_fails_for_control_too"
#define RULE_DOWN_HTTP       "page_fails_for_control_too"
#define RULE_DOWN_ADDRESS    "address_unusable_everywhere"
#define RULE_NO_CONTROL      "no_control"
#define RULE_CONTROL_NO_PAGE "control_got_no_page"
#define RULE_CONTRADICTS     "record_contradicts_itself"
#define RULE_OLD_RECORD      "record_without_transaction_ids"
#define RULE_NOTHING         "nothing_measured"
#define RULE_INTERNAL        "probe_internal_error"

#endif
