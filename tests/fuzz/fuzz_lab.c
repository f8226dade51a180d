// SPDX-License-Identifier: Apache-2.0
// What the lab's censor reads off the wire: packets, ClientHellos, requests,
// DNS questions, and the URLs of site lists.
#include "dnsforge.h"
#include "packet.h"
#include "sitelist.h"
#include "six.h"
#include "sni.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[256];
    struct lab_packet p;
    struct lab_question q;
    struct lab_port port;
    uint8_t out[LAB_PACKET_MAX];
    lab_sni_find(data, size, name);
    lab_http_host(data, size, name);
    if (lab_packet_parse(&p, data, size)) {
        lab_packet_icmp(out, 1, 64, 11, 0, &p);
    }
    if (lab_dns_question(data, size, &q)) {
        static const uint8_t rdata[16];
        size_t n = lab_dns_forge(out, sizeof(out), data, &q, false, rdata, 16);
        if (n && (n > sizeof(out) || out[7] != 1)) {
            abort();
        }
    }
    static const struct lab_conf c = {
        .volunteers = 1,
        .volunteer = {{.v6 = LAB_V6_ON, .addr6 = {0x2e, 0x64}}}};
    uint8_t other[LAB_PACKET_MAX];
    int who;
    lab_six_up(&c, data, size, other, sizeof(other), &who);
    lab_six_down(&c, 0, data, size, other, sizeof(other));
    if (size) {
        lab_url_host((const char *)data, size, name, &port);
    }
    return 0;
}
