// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include "util.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define BUFFER (4 << 20)

static volatile sig_atomic_t over;

static void on_term(int sig)
{
    (void)sig;
    over = 1;
}

void lab_capture(const char *path, int ready)
{
    char error[PCAP_ERRBUF_SIZE] = "";
    pcap_t *p = pcap_create("eth0", error);
    if (!p || pcap_set_snaplen(p, 65535) || pcap_set_immediate_mode(p, 1) ||
        pcap_set_buffer_size(p, BUFFER) || pcap_set_promisc(p, 0)) {
        lab_fail("capture: %s", error);
    }
    if (pcap_activate(p) < 0 || pcap_setnonblock(p, 1, error) < 0) {
        lab_fail("capture: %s", pcap_geterr(p));
    }
    pcap_dumper_t *out = pcap_dump_open(p, path);
    if (!out) {
        lab_fail("capture: %s", pcap_geterr(p));
    }
    struct sigaction sa = {.sa_handler = on_term};
    sigaction(SIGTERM, &sa, NULL);
    if (write(ready, "r", 1) != 1) {
        lab_fail("capture: nobody waits for it");
    }
    struct pollfd fd = {pcap_get_selectable_fd(p), POLLIN, 0};
    while (!over) {
        // What is idle for a moment is written out, to be read meanwhile.
        if (poll(&fd, 1, 100) == 0) {
            pcap_dump_flush(out);
        }
        pcap_dispatch(p, -1, pcap_dump, (unsigned char *)out);
    }
    pcap_dispatch(p, -1, pcap_dump, (unsigned char *)out);
    pcap_dump_close(out);
    pcap_close(p);
}
